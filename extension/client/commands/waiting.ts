/** Commands that answer what waits: letting ideas pass their gates, one, several or all, and letting a search go on. */
import * as vscode from "vscode";
import { counted } from "../../protocol/format.ts";
import type { Idea } from "../../protocol/idea.ts";
import { ideasAdmit, searchGoOn } from "../../protocol/methods.ts";
import { waitingIn } from "../../protocol/waiting.ts";
import type { Lab } from "../engine/lab.ts";
import type { Presenter } from "../present.ts";
import { approveAsTheyStand } from "../review/contribution.ts";
import type { Reviews } from "../review/reviews.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import type { Handlers } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface WaitingParts {
  ideation: Ideation;
  presenter: Presenter;
  reviews: Reviews;
  targets: Targets;
}

const mayPass = (idea: Idea, lab: Lab) => actionsOn(idea, lab.searchOf(idea)).has("admit");

export function waitingHandlers({ ideation, presenter, reviews, targets }: WaitingParts): Handlers {
  return {
    "provingGround.admit": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, mayPass, "Let ideas pass");
      await lab.link.request(ideasAdmit, { ideas: items.map(({ id }) => id) });
    },
    "provingGround.admitAll": async () => {
      const { lab } = ideation.need();
      const list = lab.snapshot === null ? [] : waitingIn(lab.snapshot);
      const ideas = list.flatMap((one) => (one.kind === "idea" ? [one] : []));
      const unseen = ideas.filter(({ gate }) => gate === "diffs").map(({ idea }) => idea);
      const passing = ideas.filter(({ gate }) => gate !== "diffs").map(({ idea }) => idea.id);
      const searches = list.flatMap((one) => (one.kind === "parents" ? [one.search.id] : []));
      if (ideas.length + searches.length === 0) {
        void presenter.say("info", "Nothing waits at a gate.");
        return;
      }
      if (unseen.length > 0 && !(await mayApproveUnseen(unseen.length))) return;
      if (passing.length > 0) await lab.link.request(ideasAdmit, { ideas: passing });
      for (const search of searches) await lab.link.request(searchGoOn, { search });
      if (unseen.length > 0) await approveAsTheyStand(reviews, presenter, lab, unseen);
    },
    "provingGround.goOn": async (clicked, selected) => {
      const { lab, items } = await targets.searches(clicked, selected, (search) => search.asksForParents, "Go on");
      for (const { id } of items) await lab.link.request(searchGoOn, { search: id });
    },
  };
}

async function mayApproveUnseen(count: number): Promise<boolean> {
  const approve = "Approve and Let Pass";
  const detail = "Their code is committed as it stands, undecided hunks included, and a search runs it when its gate for runs is open.";
  const what = `Approve ${counted(count, "proposal")} without review?`;
  return (await vscode.window.showWarningMessage(what, { modal: true, detail }, approve)) === approve;
}
