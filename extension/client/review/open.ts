/** Opens a review in the editor's own diff editors, and offers their inline layout once. */
import * as vscode from "vscode";
import type { Hunk } from "../../protocol/review.ts";
import { reviewTitle } from "./reviews.ts";
import type { ReviewSession, SessionFile } from "./session.ts";
import { lensLine } from "./walk.ts";

const OFFERED = "provingGround.inlineOffered";

/** One diff editor for one file, the editor for several diffs for more. The first undecided hunk is in view. */
export async function showReview(session: ReviewSession): Promise<void> {
  const [only, second] = session.files;
  if (only === undefined) return;
  if (second === undefined) {
    const first = only.hunks.find((hunk) => session.decisions[hunk.id] === undefined) ?? only.hunks[0];
    await showFile(session, only, first ?? null);
    return;
  }
  await vscode.commands.executeCommand(
    "vscode.changes",
    reviewTitle(session.title),
    session.files.map((file) => [file.workingCopy, file.baseUri, file.uri]),
  );
}

/** Shows one file's diff with the cursor at a hunk. */
export async function showFile(session: ReviewSession, file: SessionFile, hunk: Hunk | null): Promise<void> {
  const document = await vscode.workspace.openTextDocument(file.uri);
  const line = hunk === null ? 0 : lensLine(hunk, document.lineCount);
  const options: vscode.TextDocumentShowOptions = { preview: false, selection: new vscode.Range(line, 0, line, 0) };
  const name = session.files.length > 1 ? `${session.title} (${file.path.split("/").at(-1) ?? ""})` : session.title;
  await vscode.commands.executeCommand("vscode.diff", file.baseUri, file.uri, reviewTitle(name), options);
}

/** Moves to a hunk: inside the editor that shows its file, else in a diff editor of its own. */
export async function reveal(session: ReviewSession, hunk: Hunk): Promise<void> {
  const file = session.file(hunk.path);
  if (file === undefined) return;
  const editor = vscode.window.visibleTextEditors.find((one) => one.document.uri.toString() === file.uri.toString());
  if (editor === undefined || editor !== vscode.window.activeTextEditor) {
    await showFile(session, file, hunk);
    return;
  }
  const line = lensLine(hunk, editor.document.lineCount);
  editor.selection = new vscode.Selection(line, 0, line, 0);
  editor.revealRange(new vscode.Range(line, 0, line + hunk.proposedLines.length, 0), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Asks once per workspace whether diffs are to be inline here; the user's other workspaces are never touched. */
export async function offerInlineLayout(memento: vscode.Memento): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("diffEditor");
  if (memento.get<boolean>(OFFERED) === true || configuration.get<boolean>("renderSideBySide") === false) return;
  await memento.update(OFFERED, true);
  const yes = "Use Inline Layout Here";
  const chosen = await vscode.window.showInformationMessage(
    "Reviews read best with changes inline, one below the other. Use this layout for diffs in this workspace?",
    yes,
    "Keep Side by Side",
  );
  if (chosen === yes) await configuration.update("renderSideBySide", false, vscode.ConfigurationTarget.Workspace);
}
