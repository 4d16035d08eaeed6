/** Having ideas implemented: by whom, what is replaced, and what came of it. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import { ideasRepair, implement, proposalGet } from "../../protocol/methods.ts";
import type { ImplementResult } from "../../protocol/methods.ts";
import { BY_HAND } from "../../protocol/model.ts";
import type { Lab } from "../engine/lab.ts";
import { counted } from "../format.ts";
import type { Presenter } from "../present.ts";
import { openReview } from "../review/contribution.ts";
import type { Reviews } from "../review/reviews.ts";
import type { Models } from "../settings/models.ts";
import { implementerModel } from "../settings/settings.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { execute } from "./registry.ts";

export interface ImplementingParts {
  ideation: Ideation;
  models: Models;
  presenter: Presenter;
  reviews: Reviews;
}

/**
 * Implements ideas, by whoever the settings, the composer or the user says.
 * @param replace whether proposals that a human has worked on may be replaced
 * @throws ProvingGroundError
 */
export async function implementIdeas(parts: ImplementingParts, lab: Lab, items: readonly Idea[], replace = false): Promise<void> {
  const { ideation, models, presenter, reviews } = parts;
  const sources = items.map((idea) => idea.source);
  const model = await models.forImplementing(lab, sources, ideation.draft.model);
  const [first] = items;
  const title = items.length === 1 ? `Implementing “${first?.title ?? ""}”` : `Implementing ${items.length} ideas`;
  const ideas = items.map(({ id }) => id);
  let done: ImplementResult[];
  try {
    done = await presenter.work(title, (signal, onProgress) =>
      lab.link.request(implement, { ideas, model, replace }, { signal, onProgress }),
    );
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

/** Implements ideas whose proposals are there already; asks first where a human's work would be lost. */
export async function implementAgain(parts: ImplementingParts, lab: Lab, items: readonly Idea[]): Promise<void> {
  const views = await Promise.all(items.map(({ id }) => lab.link.request(proposalGet, { idea: id })));
  const unsaved = new Map(views.map((view) => [view.idea, unsavedOf(view.files.map((file) => file.workingCopy))]));
  const worked = views.filter(({ idea, edited }) => edited || (unsaved.get(idea)?.length ?? 0) > 0);
  if (worked.length > 0 && !(await mayReplace(worked.map(({ title }) => title)))) return;
  // A text that was never saved would stand in the editor against the new file.
  for (const document of [...unsaved.values()].flat()) await document.save();
  await implementIdeas(parts, lab, items, worked.length > 0);
}

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

function unsavedOf(workingCopies: readonly string[]): vscode.TextDocument[] {
  const paths = new Set(workingCopies);
  return vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.scheme === "file" && paths.has(uri.fsPath));
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
  const reasons = [...new Set(failed.map((result) => result.reason ?? "no reason was given"))].slice(0, 2).join("; ");
  const said = [
    ...(ready.length === 0 ? [] : [`${counted(ready.length, "proposal is", "proposals are")} ready for review.`]),
    ...(failed.length === 0 ? [] : [`${counted(failed.length, "idea")} could not be implemented: ${reasons}.`]),
  ].join(" ");
  if (said === "") return;
  const [left] = withoutModel ? failed : [];
  const actions = {
    ...(first === undefined ? {} : { Review: () => execute("provingGround.review", { lab: lab.key, idea: first.idea }) }),
    ...(left === undefined ? {} : { "Write by Hand": () => execute("provingGround.implementByHand", { lab: lab.key, idea: left.idea }) }),
  };
  void presenter.say(failed.length > 0 ? "warning" : "info", said.replace(/\.\.$/, "."), actions);
}
