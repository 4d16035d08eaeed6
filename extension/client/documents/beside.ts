/** Opens a refused answer beside the file that it was meant for, at the place, which stays marked while the file is open. */
import * as vscode from "vscode";
import type { Attempt, Idea } from "../../protocol/idea.ts";
import { fileAt } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";
import { sentence } from "../../protocol/message.ts";
import { escapeMarkdown } from "../sidebar/rows.ts";
import { uriOf } from "./file-system.ts";
import { answerLine, meantLine } from "./meant-place.ts";

/** Characters of the reason beside the line; the whole is in the hover. */
const REASON_BESIDE = 160;

/** Marked places of base files that are open, by address. */
export class PlaceMarks implements vscode.Disposable {
  readonly #marks = new Map<string, vscode.DecorationOptions>();
  readonly #style = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("diffEditor.removedLineBackground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.errorForeground"),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
    after: { margin: "0 0 0 2em", color: new vscode.ThemeColor("editorError.foreground"), fontStyle: "italic" },
  });
  readonly #subscription = vscode.Disposable.from(
    // An editor that comes back into view is another one, without its decorations.
    vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.#draw(editor))),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#marks.delete(uri.toString())),
    this.#style,
  );

  /** @param line counts from 0 */
  mark(uri: vscode.Uri, line: number, reason: string): void {
    const short = reason.length > REASON_BESIDE ? `${reason.slice(0, REASON_BESIDE).trimEnd()} …` : reason;
    this.#marks.set(uri.toString(), {
      range: new vscode.Range(line, 0, line, 0),
      hoverMessage: new vscode.MarkdownString(escapeMarkdown(reason)),
      renderOptions: { after: { contentText: `← ${short}` } },
    });
    vscode.window.visibleTextEditors.forEach((editor) => this.#draw(editor));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #draw(editor: vscode.TextEditor): void {
    const mark = this.#marks.get(editor.document.uri.toString());
    if (mark !== undefined) editor.setDecorations(this.#style, [mark]);
  }
}

/**
 * The base's file in the active column, the answer in the next.
 * @returns false when the base has no such file: then the answer alone is shown
 */
export async function openBeside(lab: Lab, idea: Idea, attempt: Attempt, marks: PlaceMarks): Promise<boolean> {
  const { answer, place } = attempt;
  const commit = baseOf(lab, idea);
  const folder = lab.environment(idea.environment)?.directory ?? ".";
  const path = place === null ? null : folder === "." ? place.file : `${folder}/${place.file}`;
  const text = path === null || commit === null ? null : (await lab.link.request(fileAt, { commit, path })).text;
  if (place === null || path === null || commit === null || text === null) {
    await openAnswer(lab, attempt, 0, vscode.ViewColumn.Active);
    return false;
  }
  // A check names a line of the code with the change; where that belongs in the base, only the answer itself tells.
  const counted = CHECKS.has(attempt.outcome ?? "") ? undefined : place.line;
  const line = counted ?? meantLine(answer, place.file, text) ?? 1;
  const uri = uriOf({ kind: "base", lab: lab.key, commit, path });
  const at = new vscode.Position(Math.min(line, text.split(/\r?\n/).length) - 1, 0);
  const editor = await vscode.window.showTextDocument(uri, { preview: true, selection: new vscode.Range(at, at) });
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
  marks.mark(uri, at.line, sentence(attempt.reason ?? attempt.outcome ?? ""));
  await openAnswer(lab, attempt, answerLine(answer, place.file, text, line), vscode.ViewColumn.Beside);
  return true;
}

/** @param line of the answer that is to be in view; counts from 0 */
export async function openAnswer(lab: Lab, { idea, id }: Attempt, line: number, viewColumn: vscode.ViewColumn): Promise<void> {
  const uri = uriOf({ kind: "answer", lab: lab.key, idea, attempt: id });
  const at = new vscode.Range(line, 0, line, 0);
  const editor = await vscode.window.showTextDocument(uri, { viewColumn, preview: true, preserveFocus: true, selection: at });
  editor.revealRange(at, vscode.TextEditorRevealType.InCenter);
}

const CHECKS: ReadonlySet<string> = new Set(["syntax", "import", "smoke"]);

/** What the idea's code is written on: its commit's parent once it has one, else what another attempt would be written on now. */
function baseOf(lab: Lab, idea: Idea): string | null {
  if (idea.commit !== null) return `${idea.commit}^`;
  if (idea.base !== null) return lab.snapshot?.ideas.find(({ id }) => id === idea.base)?.commit ?? null;
  return lab.environment(idea.environment)?.baseline.commit ?? null;
}
