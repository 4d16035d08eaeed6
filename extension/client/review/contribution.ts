/** Reviewing inline: commands on the hunk at the cursor or under a lens, on all hunks, and approval. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Hunk } from "../../protocol/review.ts";
import { undecided } from "../../protocol/review.ts";
import type { HunkRef } from "../commands/registry.ts";
import { execute, registerCommands } from "../commands/registry.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { counted } from "../format.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { SCHEME } from "../documents/address.ts";
import { ReviewLenses } from "./lenses.ts";
import { offerInlineLayout, reveal, showReview } from "./open.ts";
import type { Reviews } from "./reviews.ts";
import { changedMeanwhile } from "./session.ts";
import type { ReviewSession, SessionFile } from "./session.ts";
import { hunkNear, step } from "./walk.ts";

export interface ReviewParts {
  labs: Labs;
  reviews: Reviews;
  presenter: Presenter;
  memento: vscode.Memento;
}

/** Where a command on a hunk applies. */
interface Spot {
  session: ReviewSession;
  hunk: Hunk;
}

export const review =
  ({ labs, reviews, presenter, memento }: ReviewParts): Contribution =>
  (owner) => {
    const lenses = owner.add(new ReviewLenses(reviews));
    for (const scheme of ["file", SCHEME]) owner.add(vscode.languages.registerCodeLensProvider({ scheme }, lenses));
    const adopt = () => {
      for (const document of vscode.workspace.textDocuments) reviews.adopt(labs, document);
    };
    owner.add(vscode.workspace.onDidOpenTextDocument((document) => reviews.adopt(labs, document)));
    owner.add(
      labs.onDidChangeLab(({ change }) => {
        if (change.delta === null) adopt();
      }),
    );
    owner.add(
      registerCommands(
        {
          "provingGround.acceptHunk": async (ref) => {
            const { session, hunk } = find(reviews, ref);
            await session.accept([hunk]);
            if (!isHunkRef(ref)) await moveOn(session);
          },
          "provingGround.undoAccept": async (ref) => {
            const { session, hunk } = find(reviews, ref);
            await session.undoAccept(hunk);
          },
          "provingGround.rejectHunk": async (ref) => {
            const { session, hunk } = find(reviews, ref);
            await session.reject([hunk]);
            if (!isHunkRef(ref)) await moveOn(session);
          },
          "provingGround.nextHunk": () => move(front(reviews), 1),
          "provingGround.previousHunk": () => move(front(reviews), -1),
          "provingGround.acceptAll": () => {
            const session = front(reviews);
            return session.accept(session.hunks);
          },
          "provingGround.rejectAll": () => {
            const session = front(reviews);
            return session.reject(undecided(session.decisions, session.hunks));
          },
          "provingGround.approveReview": async () => {
            await approve(reviews, presenter, [front(reviews)]);
          },
        },
        presenter.error,
      ),
    );
    owner.add(reviews.onDidChange(offerInlineLayoutOnce));
    let offered = false;
    function offerInlineLayoutOnce(): void {
      if (offered || reviews.all.length === 0) return;
      offered = true;
      offerInlineLayout(memento).catch(presenter.error);
    }
  };

/** Opens the review of an idea. */
export async function openReview(reviews: Reviews, lab: Lab, idea: number): Promise<void> {
  const session = await reviews.open(lab, idea);
  await showReview(session);
}

/**
 * Commits proposals as they stand. Undecided hunks are asked about once, for all of them together.
 * @returns whether they were approved
 */
export async function approve(reviews: Reviews, presenter: Presenter, sessions: readonly ReviewSession[]): Promise<boolean> {
  const open = sessions.reduce((sum, session) => sum + session.tally.undecided, 0);
  if (open > 0) {
    const what = sessions.length === 1 ? (sessions[0]?.title ?? "") : counted(sessions.length, "proposal");
    const accept = `Accept ${open === 1 ? "It" : "Them"} and Approve`;
    const chosen = await vscode.window.showWarningMessage(
      `Approve “${what}” with ${counted(open, "undecided hunk")}?`,
      { modal: true, detail: "Undecided hunks are accepted as they are. Rejected ones are already out of the proposal." },
      accept,
    );
    if (chosen !== accept) return false;
  }
  const approved: { lab: string; idea: number }[] = [];
  const title = sessions.length === 1 ? `Approving “${sessions[0]?.title ?? ""}”` : `Approving ${sessions.length} proposals`;
  await presenter.work(title, async (signal, onProgress) => {
    for (const [index, session] of sessions.entries()) {
      if (signal.aborted) throw new ProvingGroundError("cancelled", "cancelled");
      onProgress({ progress: 0, message: session.title, done: index, total: sessions.length });
      await session.approve("accept", signal);
      approved.push({ lab: session.lab.key, idea: session.idea });
      await reviews.close(session);
    }
  });
  const waiting = sessions[0]?.lab.snapshot?.ideas.find(
    (idea) => idea.status === "in review" && !approved.some((one) => one.idea === idea.id),
  );
  const said = approved.length === 1 ? `Approved “${sessions[0]?.title ?? ""}”.` : `Approved ${approved.length} proposals.`;
  void presenter.say("info", said, {
    Run: () => execute("provingGround.run", approved[0], approved),
    ...(waiting === undefined
      ? {}
      : { "Review Next": () => execute("provingGround.review", { lab: sessions[0]?.lab.key ?? "", idea: waiting.id }) }),
  });
  return true;
}

function front(reviews: Reviews): ReviewSession {
  const session = reviews.front ?? (reviews.all.length === 1 ? reviews.all[0] : undefined);
  if (session === undefined) {
    throw new ProvingGroundError("usage", "no review is in front", {
      hint: "Open one from the Ideas view: the idea's status is “in review”.",
    });
  }
  return session;
}

/** Lenses name their hunk; the keyboard passes nothing and the title bar the document's address. */
function isHunkRef(ref: HunkRef | undefined): ref is HunkRef {
  return ref !== undefined && "hunk" in ref;
}

/** The hunk a lens names, or the one at the cursor. */
function find(reviews: Reviews, ref: HunkRef | undefined): Spot {
  if (isHunkRef(ref)) {
    const session = reviews.all.find((one) => one.lab.key === ref.lab && one.idea === ref.idea);
    const hunk = session?.hunk(ref.hunk);
    if (session === undefined || hunk === undefined) throw changedMeanwhile();
    return { session, hunk };
  }
  const editor = vscode.window.activeTextEditor;
  const found = editor === undefined ? null : reviews.of(editor.document.uri);
  const hunk = editor === undefined || found === null ? null : hunkNear(found.file.hunks, editor.selection.active.line);
  if (found === null || hunk === null) {
    throw new ProvingGroundError("usage", "the cursor is in no hunk", { hint: "Click into the changed file first." });
  }
  return { session: found.session, hunk };
}

/** Where the cursor is in a review, or before its first file. */
function cursor(session: ReviewSession): { path: string; line: number } {
  const editor = vscode.window.activeTextEditor;
  const file: SessionFile | undefined = editor === undefined ? undefined : session.fileOf(editor.document.uri);
  return file === undefined || editor === undefined ? { path: "", line: -1 } : { path: file.path, line: editor.selection.active.line };
}

async function move(session: ReviewSession, direction: 1 | -1): Promise<void> {
  const hunk = step(session.files, cursor(session), direction);
  if (hunk !== null) await reveal(session, hunk);
}

/** After a decision by keyboard: to the next hunk that still needs one. */
async function moveOn(session: ReviewSession): Promise<void> {
  if (session.tally.undecided === 0) return;
  const here = cursor(session);
  const hunk = step(session.files, { ...here, line: here.line - 1 }, 1, (one) => session.decisions[one.id] === undefined);
  if (hunk !== null) await reveal(session, hunk);
}
