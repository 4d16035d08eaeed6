/** Having ideas implemented: by whom, what is replaced, and what came of it. */
import { sep } from "node:path";
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import { ideasGet, ideasRepair, implement, proposalGet } from "../../protocol/methods.ts";
import type { ImplementResult } from "../../protocol/methods.ts";
import { BY_HAND } from "../../protocol/model.ts";
import type { ProposalView } from "../../protocol/proposal.ts";
import type { Lab } from "../engine/lab.ts";
import { counted } from "../format.ts";
import type { Presenter } from "../present.ts";
import { asSaved } from "../review/as-shown.ts";
import { openReview } from "../review/contribution.ts";
import type { Reviews } from "../review/reviews.ts";
import { save } from "../review/saving.ts";
import type { Models } from "../settings/models.ts";
import { implementerModel, implementerSamples } from "../settings/settings.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { shortened } from "../sidebar/rows.ts";
import { execute } from "./registry.ts";
import type { IdeaRef } from "./registry.ts";

export interface ImplementingParts {
  ideation: Ideation;
  models: Models;
  presenter: Presenter;
  reviews: Reviews;
}

/** Characters of one reason in a notification; the attempts have all of it. */
const REASON_TOLD = 240;

export interface ImplementingChoices {
  /** Whether proposals that a human has worked on may be replaced. */
  replace?: boolean;
  /** A remark for the model. */
  note?: string;
}

/**
 * Implements ideas, by whoever the settings, the composer or the user says.
 * @throws ProvingGroundError
 */
export async function implementIdeas(
  parts: ImplementingParts,
  lab: Lab,
  items: readonly Idea[],
  choices: ImplementingChoices = {},
): Promise<void> {
  const { ideation, models, presenter, reviews } = parts;
  const sources = items.map((idea) => idea.source);
  const model = await models.forImplementing(lab, sources, ideation.draft.model);
  const [first] = items;
  const title = items.length === 1 ? `Implementing “${first?.title ?? ""}”` : `Implementing ${items.length} ideas`;
  const ideas = items.map(({ id }) => id);
  const asked = { ideas, model, samples: implementerSamples(), ...choices };
  let done: ImplementResult[];
  try {
    done = await presenter.work(title, (signal, onProgress) => lab.link.request(implement, asked, { signal, onProgress }));
  } catch (thrown) {
    const alone = model === null && items.length === 1 ? first : undefined;
    if (alone === undefined || ProvingGroundError.from(thrown).code !== "model") throw thrown;
    // There is no model, and the idea is in words: the human writes it.
    return implementByHand(parts, lab, alone.id);
  }
  // What waits for the human's hands is shown at once.
  if (model === BY_HAND && items.length === 1 && first !== undefined) await openReview(reviews, lab, first.id);
  else tellImplemented(presenter, lab, done, model === null);
}

/** Opens an idea's proposal for the human to write; one that is there goes on. */
export async function implementByHand({ reviews }: ImplementingParts, lab: Lab, idea: number): Promise<void> {
  await lab.link.request(implement, { ideas: [idea], model: BY_HAND });
  await openReview(reviews, lab, idea);
}

/** Implements ideas again; asks first where a human's work on a proposal would be lost. */
export async function implementAgain(parts: ImplementingParts, lab: Lab, items: readonly Idea[], note?: string): Promise<void> {
  const inReview = items.filter(({ status }) => status === "in review");
  const views = await Promise.all(inReview.map(({ id }) => lab.link.request(proposalGet, { idea: id })));
  const unsaved = new Map(views.map((view) => [view.idea, unsavedOf(view)]));
  const worked = views.filter(({ idea, edited }) => edited || (unsaved.get(idea)?.length ?? 0) > 0);
  if (worked.length > 0 && !(await mayReplace(worked.map(({ title }) => title)))) return;
  // A text that was never saved would stand in the editor against the new file.
  for (const document of [...unsaved.values()].flat()) await save(document);
  await implementIdeas(parts, lab, items, { replace: worked.length > 0, ...(note === undefined ? {} : { note }) });
}

/** Asks what the model is to do differently, and has it try again. */
export async function tryAgain(parts: ImplementingParts, lab: Lab, items: readonly Idea[]): Promise<void> {
  const details = await Promise.all(items.map(({ id }) => lab.link.request(ideasGet, { idea: id })));
  const worded = details.filter(({ knobs }) => knobs === null).map(({ idea }) => idea);
  const [first] = worded;
  if (first === undefined) {
    throw new ProvingGroundError("usage", "this idea is settings of knobs, which are edited exactly: no model would read a note", {
      hint: "Edit the idea, then implement it again.",
    });
  }
  const title = worded.length === 1 ? `Try again: ${first.title}` : `Try again: ${worded.length} ideas`;
  const placeHolder = "What is the model to do differently? For example: change only the schedule, leave the optimizer as it is";
  const failure = worded.length === 1 && first.problem !== null ? ` Last time: ${shortened(first.problem, REASON_TOLD)}` : "";
  const prompt = `The model reads it beside the idea and why earlier attempts failed.${failure}`;
  const note = await vscode.window.showInputBox({ title, prompt, placeHolder, ignoreFocusOut: true, validateInput: tooLong });
  if (note === undefined) throw new ProvingGroundError("cancelled", "no note was given");
  await implementAgain(parts, lab, worded, note.trim() === "" ? undefined : note.trim());
}

/** The most that the engine takes of a note. */
const NOTE_LIMIT = 10_000;
const tooLong = (note: string) => (note.length > NOTE_LIMIT ? `A note has at most ${NOTE_LIMIT} characters.` : null);

/** Hands ideas whose runs failed back to a model, each as a new idea; what it writes waits for review. */
export async function repairIdeas({ presenter }: ImplementingParts, lab: Lab, items: readonly Idea[]): Promise<void> {
  const title = items.length === 1 ? `Repairing “${items[0]?.title ?? ""}”` : `Repairing ${items.length} ideas`;
  const written = await presenter.work(title, (signal, onProgress) =>
    Promise.all(items.map(({ id }) => lab.link.request(ideasRepair, { idea: id, model: implementerModel() }, { signal, onProgress }))),
  );
  const results = written.map(({ id, status, problem }) => ({
    idea: id,
    status: status === "in review" ? ("in review" as const) : ("not implemented" as const),
    reason: problem,
  }));
  tellImplemented(presenter, lab, results, false);
}

/** Open documents of a proposal whose text is not the one on the disk. */
function unsavedOf({ folder, files }: ProposalView): vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter((document) => {
    const { uri, isDirty } = document;
    if (uri.scheme !== "file" || !uri.fsPath.startsWith(folder + sep)) return false;
    const file = files.find(({ workingCopy }) => workingCopy === uri.fsPath);
    if (file === undefined) return isDirty;
    return isDirty || asSaved(document.getText(), { read: file.proposed, base: file.base }) !== file.proposed;
  });
}

async function mayReplace(titles: readonly string[]): Promise<boolean> {
  const replace = "Replace";
  const what = titles.length === 1 ? `the proposal for “${titles[0] ?? ""}”` : `${titles.length} proposals`;
  const detail = "It was edited or reviewed by hand. That work is lost once a new proposal is written; if none can be, it stays.";
  return (await vscode.window.showWarningMessage(`Replace ${what}?`, { modal: true, detail }, replace)) === replace;
}

/** One message for a whole batch: what waits for review, what could not be implemented and why. */
function tellImplemented(presenter: Presenter, lab: Lab, results: readonly ImplementResult[], withoutModel: boolean): void {
  const ready = results.filter((result) => result.status === "in review");
  const failed = results.filter((result) => result.status !== "in review");
  const [first] = ready;
  const reasons = [...new Set(failed.map((result) => shortened(result.reason ?? "no reason was given", REASON_TOLD)))]
    .slice(0, 2)
    .join("; ");
  const said = [
    ...(ready.length === 0 ? [] : [`${counted(ready.length, "proposal is", "proposals are")} ready for review.`]),
    ...(failed.length === 0 ? [] : [`${counted(failed.length, "idea")} could not be implemented: ${reasons}.`]),
  ].join(" ");
  if (said === "") return;
  const refs = failed.map(({ idea }) => ({ lab: lab.key, idea }));
  const [left] = refs;
  const actions = {
    ...(first === undefined ? {} : { Review: () => execute("provingGround.review", { lab: lab.key, idea: first.idea }) }),
    ...(left === undefined ? {} : withoutModel ? byHand(left) : again(left, refs)),
  };
  void presenter.say(failed.length > 0 ? "warning" : "info", said.replace(/\.\.$/, "."), actions);
}

const byHand = (idea: IdeaRef) => ({ "Write by Hand": () => execute("provingGround.implementByHand", idea) });

/** What a human can do about ideas that a model failed at. */
const again = (first: IdeaRef, all: readonly IdeaRef[]) => ({
  // Of several the user picks one.
  "Show Attempts": () => (all.length === 1 ? execute("provingGround.showAttempts", first) : execute("provingGround.showAttempts")),
  "Try Again with a Note…": () => execute("provingGround.tryAgain", first, all),
});
