/** Commands on ideas: writing, implementing, reviewing, running, choosing as parents. */
import * as vscode from "vscode";
import { ideaDiff, ideasDuplicate, ideasReject, parentsSet, proposalDiscard } from "../../protocol/methods.ts";
import { PlaceMarks } from "../documents/beside.ts";
import { openIdea, writeIdea } from "../documents/contribution.ts";
import type { LabFileSystem } from "../documents/file-system.ts";
import type { Labs } from "../engine/labs.ts";
import { counted } from "../../protocol/format.ts";
import type { Contribution } from "../lifecycle.ts";
import { approve, openReview } from "../review/contribution.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import type { IdeaAction } from "../sidebar/idea-rows.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Search } from "../../protocol/search.ts";
import { progressText, searchName } from "../../protocol/search-text.ts";
import { implementAgain, implementByHand, implementIdeas, repairIdeas, tryAgain } from "./implementing.ts";
import type { ImplementingParts } from "./implementing.ts";
import { attemptHandlers } from "./attempts.ts";
import { markHandlers } from "./marks.ts";
import { runIdeas } from "./running.ts";
import { execute, registerCommands } from "./registry.ts";
import type { Handlers } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface IdeaParts extends ImplementingParts {
  labs: Labs;
  files: LabFileSystem;
  targets: Targets;
  /** Whether the composer is in view, where progress shows already. */
  composing: () => boolean;
}

const able = (action: IdeaAction) => (idea: Idea) => actionsOn(idea).has(action);
const ids = (ideas: readonly Idea[]) => ideas.map((idea) => idea.id);

export const ideaCommands =
  (parts: IdeaParts): Contribution =>
  (owner) => {
    const handlers: Handlers = { ...writing(parts), ...implementing(parts), ...choosing(parts), ...markHandlers(parts.targets) };
    const marks = owner.add(new PlaceMarks());
    owner.add(registerCommands({ ...handlers, ...attemptHandlers(parts, marks) }, parts.presenter.error));
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
      await writeIdea(files, lab, environment.name, await pickSearch(lab.openSearches(environment.name)));
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

/** The search that an idea of the human's own is to join; null for none. @throws ProvingGroundError `cancelled` */
async function pickSearch(open: readonly Search[]): Promise<number | null> {
  if (open.length === 0) return null;
  const rows = [
    ...open.map((search) => ({
      label: `Join ${searchName(search)}`,
      description: progressText(search),
      detail: "Implemented and run as its own ideas are; can become a parent of later ones.",
      search: search.id,
    })),
    { label: "On its own", description: "", detail: "You say when it is implemented and run.", search: null },
  ];
  const picked = await vscode.window.showQuickPick(rows, { title: "Where does your idea belong?" });
  if (picked === undefined) throw new ProvingGroundError("cancelled", "nothing was picked");
  return picked.search;
}

function implementing(parts: IdeaParts): Handlers {
  const { presenter, reviews, targets } = parts;
  return {
    "provingGround.implement": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("implement"), "Implement ideas");
      await implementIdeas(parts, lab, items);
    },
    "provingGround.implementAgain": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("again"), "Implement ideas again");
      await implementAgain(parts, lab, items);
    },
    "provingGround.tryAgain": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("retry"), "Try again with a note");
      await tryAgain(parts, lab, items);
    },
    "provingGround.repair": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("repair"), "Repair failed runs");
      await repairIdeas(parts, lab, items);
    },
    "provingGround.implementByHand": async (clicked) => {
      const { lab, items } = await targets.ideas(clicked, undefined, able("implement"), "Write an idea's code", false);
      for (const { id } of items) await implementByHand(parts, lab, id);
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
      await runIdeas(lab, items);
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
