/** CodeLens above each hunk of a proposal, and an overview at the top of each of its files. */
import * as vscode from "vscode";
import type { HunkRef } from "../commands/registry.ts";
import { commandTo } from "../commands/registry.ts";
import { LensNews } from "../lenses/news.ts";
import { Disposables } from "../lifecycle.ts";
import type { Reviews } from "./reviews.ts";
import type { ReviewSession, SessionFile } from "./session.ts";
import { lensLine, tallyText } from "./walk.ts";

export class ReviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #reviews: Reviews;
  readonly #owner = new Disposables();
  readonly #news = this.#owner.add(new LensNews((uri) => this.#reviews.of(uri) !== null));

  readonly onDidChangeCodeLenses = this.#news.event;

  constructor(reviews: Reviews) {
    this.#reviews = reviews;
    this.#owner.add(reviews.onDidChange(() => this.#news.tell()));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const found = this.#reviews.of(document.uri);
    if (found === null) return [];
    // The change event may still be on its way; lenses are drawn for the text as it is now.
    found.session.update(document);
    this.#news.came(document.uri);
    return [...overview(found.session), ...hunkLenses(found.session, found.file, document.lineCount)];
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

function overview(session: ReviewSession): vscode.CodeLens[] {
  const top = new vscode.Range(0, 0, 0, 0);
  const { tally } = session;
  const commands = [
    commandTo("provingGround.nextHunk", tallyText(tally)),
    ...(tally.undecided === 0
      ? []
      : [commandTo("provingGround.acceptAll", "Accept all"), commandTo("provingGround.rejectAll", "Reject all")]),
    commandTo("provingGround.approveReview", "$(check-all) Approve"),
  ];
  return commands.map((command) => new vscode.CodeLens(top, command));
}

function hunkLenses(session: ReviewSession, file: SessionFile, lineCount: number): vscode.CodeLens[] {
  return file.hunks.flatMap((hunk) => {
    const line = lensLine(hunk, lineCount);
    const range = new vscode.Range(line, 0, line, 0);
    const ref: HunkRef = { lab: session.lab.key, idea: session.idea, hunk: hunk.id };
    const what = file.base === null ? " new file" : file.proposed === null ? " deletion" : "";
    const commands =
      session.decisions[hunk.id] === "accepted"
        ? [commandTo("provingGround.undoAccept", `✓ Accepted${what} · undo`, ref)]
        : [commandTo("provingGround.acceptHunk", `Accept${what}`, ref), commandTo("provingGround.rejectHunk", `Reject${what}`, ref)];
    return commands.map((command) => new vscode.CodeLens(range, command));
  });
}
