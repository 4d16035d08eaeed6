/** Commands on ideas: writing, implementing, reviewing, running, choosing as parents. */
import * as vscode from "vscode";
import { ideaDiff, ideasDuplicate, ideasReject, implement, parentsSet, proposalDiscard, runsEnqueue } from "../../protocol/methods.ts";
import { BY_HAND } from "../../protocol/model.ts";
import type { ImplementResult } from "../../protocol/methods.ts";
import { openIdea, writeIdea } from "../documents/contribution.ts";
import type { LabFileSystem } from "../documents/file-system.ts";
import type { Lab } from "../engine/lab.ts";
import { counted } from "../format.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { approve, openReview } from "../review/contribution.ts";
import type { Reviews } from "../review/reviews.ts";
import type { Models } from "../settings/models.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import type { IdeaAction } from "../sidebar/idea-rows.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import type { Idea } from "../../protocol/idea.ts";
import { execute, registerCommands } from "./registry.ts";
import type { Handlers } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface IdeaParts {
  files: LabFileSystem;
  ideation: Ideation;
  models: Models;
  presenter: Presenter;
  reviews: Reviews;
  targets: Targets;
  /** Whether the composer is in view, where progress shows already. */
  composing: () => boolean;
}

const able = (action: IdeaAction) => (idea: Idea) => actionsOn(idea).has(action);
const ids = (ideas: readonly Idea[]) => ideas.map((idea) => idea.id);

export const ideaCommands =
  (parts: IdeaParts): Contribution =>
  (owner) => {
    const handlers: Handlers = { ...writing(parts), ...implementing(parts), ...choosing(parts) };
    owner.add(registerCommands(handlers, parts.presenter.error));
  };

function writing({ files, ideation, presenter, targets, composing }: IdeaParts): Handlers {
  /** Where the composer is out of sight, a notification stands in for it. */
  const visibly = async (title: string, work: () => Promise<void>) => {
    if (composing()) {
      await work();
      return;
    }
    await presenter.work(title, async (signal, onProgress) => {
      signal.addEventListener("abort", () => ideation.cancel());
      const subscription = ideation.onDidChange(() => {
        const { busy } = ideation;
        if (busy === null) return;
        const { message, done, total } = busy;
        onProgress({ progress: 0, message, ...(done === null || total === null ? {} : { done, total }) });
      });
      try {
        await work();
      } finally {
        subscription.dispose();
      }
    });
    const { message } = ideation;
    if (message !== null) void presenter.say(message.level, message.text);
  };
  return {
    "provingGround.generate": async () => {
      ideation.need();
      await visibly("Writing ideas", () => ideation.generate());
    },
    "provingGround.nextEpoch": async () => {
      ideation.need();
      await visibly("Writing the next epoch", () => ideation.nextEpoch());
    },
    "provingGround.writeIdea": async () => {
      const { lab, environment } = ideation.need();
      await writeIdea(files, lab, environment.name);
    },
    "provingGround.openIdea": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, () => true, "Open an idea", false);
      for (const { id } of items) await openIdea(lab, id);
    },
    "provingGround.duplicate": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, able("duplicate"), "Duplicate an idea", false);
      for (const { id } of items) {
        const copy = await lab.link.request(ideasDuplicate, { idea: id });
        // The answer may arrive before the change that tells of the copy.
        await openIdea(lab, copy.id, copy.title);
      }
    },
    "provingGround.reject": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("reject"), "Reject ideas");
      await lab.link.request(ideasReject, { ideas: ids(items) });
    },
    "provingGround.restore": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("restore"), "Restore ideas");
      await lab.link.request(ideasReject, { ideas: ids(items), restore: true });
    },
  };
}

function implementing({ ideation, models, presenter, reviews, targets }: IdeaParts): Handlers {
  return {
    "provingGround.implement": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("implement"), "Implement ideas");
      const sources = items.map((idea) => idea.source);
      const model = await models.forImplementing(lab, sources, ideation.draft.model);
      const title = items.length === 1 ? `Implementing “${items[0]?.title ?? ""}”` : `Implementing ${items.length} ideas`;
      const done = await presenter.work(title, (signal, onProgress) =>
        lab.link.request(implement, { ideas: ids(items), model }, { signal, onProgress }),
      );
      tellImplemented(presenter, lab, done);
    },
    "provingGround.implementByHand": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, able("implement"), "Write an idea's code", false);
      for (const { id } of items) {
        await lab.link.request(implement, { ideas: [id], model: BY_HAND });
        await openReview(reviews, lab, id);
      }
    },
    "provingGround.review": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, able("review"), "Review a proposal", false);
      for (const { id } of items) await openReview(reviews, lab, id);
    },
    "provingGround.approve": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("review"), "Approve proposals");
      const sessions = [];
      for (const { id } of items) sessions.push(await reviews.open(lab, id));
      if (await approve(reviews, presenter, sessions)) return;
    },
    "provingGround.discardProposal": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("review"), "Throw proposals away");
      const what = items.length === 1 ? `the proposal for “${items[0]?.title ?? ""}”` : `${items.length} proposals`;
      const discard = "Throw Away";
      const detail = "Edits made in the review are lost; the ideas become drafts again.";
      if ((await vscode.window.showWarningMessage(`Throw away ${what}?`, { modal: true, detail }, discard)) !== discard) return;
      for (const { id } of items) await lab.link.request(proposalDiscard, { idea: id });
    },
    "provingGround.openDiff": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, able("diff"), "Show an idea's diff", false);
      for (const { id } of items) {
        const { diff } = await lab.link.request(ideaDiff, { idea: id });
        const document = await vscode.workspace.openTextDocument({ content: diff, language: "diff" });
        await vscode.window.showTextDocument(document, { preview: true });
      }
    },
    "provingGround.run": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("run"), "Run ideas");
      await lab.link.request(runsEnqueue, { ideas: ids(items) });
    },
  };
}

function choosing({ ideation, presenter, targets }: IdeaParts): Handlers {
  return {
    "provingGround.useAsParents": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("parent"), "Use ideas as parents");
      const environment = items[0]?.environment ?? "";
      const chosen = items.filter((idea) => idea.environment === environment);
      await lab.link.request(parentsSet, { environment, ideas: ids(chosen) });
      void presenter.say("info", `The next epoch builds on ${counted(chosen.length, "parent")}.`, {
        "Next Epoch": () => execute("provingGround.nextEpoch"),
      });
    },
    "provingGround.clearParents": async () => {
      const { lab, environment } = ideation.need();
      await lab.link.request(parentsSet, { environment: environment.name, ideas: [] });
    },
  };
}

/** One message for a whole batch: what waits for review, what could not be implemented and why. */
function tellImplemented(presenter: Presenter, lab: Lab, results: readonly ImplementResult[]): void {
  const ready = results.filter((result) => result.status === "in review");
  const failed = results.filter((result) => result.status !== "in review");
  const [first] = ready;
  const reasons = [...new Set(failed.map((result) => result.reason ?? "no reason was given"))].slice(0, 2).join("; ");
  const said = [
    ...(ready.length === 0 ? [] : [`${counted(ready.length, "proposal is", "proposals are")} ready for review.`]),
    ...(failed.length === 0 ? [] : [`${counted(failed.length, "idea")} could not be implemented: ${reasons}.`]),
  ].join(" ");
  if (said === "") return;
  const actions = first === undefined ? {} : { Review: () => execute("provingGround.review", { lab: lab.key, idea: first.idea }) };
  void presenter.say(failed.length > 0 ? "warning" : "info", said.replace(/\.\.$/, "."), actions);
}
