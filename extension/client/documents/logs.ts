/**
 * The logs that are open: read at their end, followed while their last line is in view, left alone while somebody reads further up.
 *
 * A log is a read-only file to the editor, so that its tab outlives a reload of the window. Its changes come another way, as those of a
 * virtual document: what the editor applies from there costs no undo, which for a file would keep every line that ever scrolled by, and of
 * texts of this length it finds the lines that were added or dropped, so that selection, search and scrolling hold.
 */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import { SCHEME } from "./address.ts";
import { LogDocument } from "./log-document.ts";

/** Milliseconds between two readings of a log; a target that answers slowly is asked less often. */
const PACE = 500;
/** Share of the time that a target may be busy answering. */
const BUSY = 0.2;
const PATIENCE = 5000;

interface Open {
  readonly uri: vscode.Uri;
  readonly log: LogDocument;
  /** Texts that the editor is still to be given; the last one stays. */
  texts: string[];
  /** What to do once the editor shows the last of them. */
  shown: () => void;
  timer: NodeJS.Timeout | null;
  reading: boolean;
  following: boolean;
  problem: ProvingGroundError | null;
  /** What was last told of how it is shown. */
  told: string;
}

/** How a log is shown just now. */
export interface LogView {
  readonly log: LogDocument;
  readonly following: boolean;
  readonly problem: ProvingGroundError | null;
}

export class Logs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #viewed = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #open = new Map<string, Open>();

  readonly onDidChange = this.#changed.event;
  /** How a log is shown has changed. */
  readonly onDidChangeView = this.#viewed.event;

  constructor(labs: Labs) {
    const wakeAll = () => this.#wake();
    this.#owner.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.#owner.add(labs.onDidChangeLab(wakeAll));
    this.#owner.add(labs.onDidChange(wakeAll));
    this.#owner.add(vscode.window.onDidChangeVisibleTextEditors(wakeAll));
    this.#owner.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#close(uri)));
    this.#owner.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#arrived(document.uri)));
  }

  /** Text of a log as its document opens; errors are those of {@link EngineLink.request}. */
  async read(uri: vscode.Uri, lab: Lab, run: number): Promise<string> {
    const open = this.#open.get(uri.toString()) ?? this.#add(uri, lab, run);
    await open.log.toEnd();
    open.texts = [open.log.text];
    this.#wake();
    return open.log.text;
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    const texts = this.#open.get(uri.toString())?.texts;
    return texts !== undefined && texts.length > 1 ? texts.shift() : texts?.[0];
  }

  view(uri: vscode.Uri): LogView | undefined {
    return this.#open.get(uri.toString());
  }

  /** Shows the log's end and goes along with it. */
  async toEnd(uri: vscode.Uri): Promise<void> {
    await this.#move(uri, async ({ log }) => ({
      texts: await log.toEnd(),
      move: () => revealEnd(editorsOf(uri).map((editor) => ({ editor, cursor: true }))),
    }));
  }

  /** Shows more of what is before the part that is shown; what is in view stays there. */
  async earlier(uri: vscode.Uri): Promise<void> {
    await this.#move(uri, async ({ log }) => {
      const { texts, lines } = await log.earlier();
      return { texts, move: () => revealLine(editorsOf(uri), lines) };
    });
  }

  /** Shows more of what is after the part that is shown. */
  async later(uri: vscode.Uri): Promise<void> {
    const lines = editorsOf(uri)[0]?.visibleRanges[0]?.start.line ?? 0;
    await this.#move(uri, async ({ log }) => {
      const { texts, lines: gone } = await log.later();
      return { texts, move: () => revealLine(editorsOf(uri), lines - gone) };
    });
  }

  dispose(): void {
    for (const { uri } of [...this.#open.values()]) this.#close(uri);
    this.#owner.dispose();
  }

  #add(uri: vscode.Uri, lab: Lab, run: number): Open {
    const open: Open = {
      ...{ uri, log: new LogDocument(lab, run), texts: [], shown: () => undefined },
      ...{ timer: null, reading: false, following: false, problem: null, told: "" },
    };
    this.#open.set(uri.toString(), open);
    return open;
  }

  #close(uri: vscode.Uri): void {
    const open = this.#open.get(uri.toString());
    if (open?.timer != null) clearTimeout(open.timer);
    this.#open.delete(uri.toString());
  }

  /** Reads on in logs that are in view, as far as they are not about to anyway. */
  #wake(): void {
    for (const open of this.#open.values()) {
      this.#tell(open);
      if (open.timer === null && !open.reading) this.#later(open, 0);
    }
  }

  /** Says so where a log is shown in another way than before. */
  #tell(open: Open): void {
    const { log, following, problem } = open;
    const { kind } = log.lab.link.state;
    const told = [log.lab.run(log.run)?.state, kind, log.grows, log.detached, following, problem?.message].join();
    if (told === open.told) return;
    open.told = told;
    this.#viewed.fire();
  }

  #later(open: Open, milliseconds: number): void {
    if (editorsOf(open.uri).length === 0 || open.log.lab.link.state.kind !== "connected" || !open.log.grows) return;
    open.timer = setTimeout(() => {
      open.timer = null;
      void this.#follow(open);
    }, milliseconds);
  }

  async #follow(open: Open): Promise<void> {
    const began = Date.now();
    const all = editorsOf(open.uri);
    const editors = all.filter(isAtEnd).map((editor) => ({ editor, cursor: isOnLastLine(editor) }));
    open.following = editors.length > 0 && !open.log.detached;
    open.reading = true;
    try {
      if (open.following) this.#give(open, await open.log.follow(editors.length < all.length), () => revealEnd(editors));
      open.problem = null;
    } catch (error) {
      open.problem = ProvingGroundError.from(error);
    }
    open.reading = false;
    this.#tell(open);
    if (this.#open.get(open.uri.toString()) !== open) return;
    this.#later(open, open.problem === null ? Math.min(PATIENCE, Math.max(PACE, (Date.now() - began) / BUSY)) : PATIENCE);
  }

  async #move(uri: vscode.Uri, read: (open: Open) => Promise<{ texts: string[]; move: () => void }>): Promise<void> {
    const open = this.#open.get(uri.toString());
    if (open === undefined) return;
    const { texts, move } = await read(open);
    if (texts.length === 0) move();
    this.#give(open, texts, move);
    this.#wake();
  }

  /** Gives the editor texts one after the other: it asks for the next when it shows the one before. */
  #give(open: Open, texts: readonly string[], shown: () => void): void {
    if (texts.length === 0) return;
    open.shown = shown;
    open.texts = [...texts];
    texts.forEach(() => this.#changed.fire(open.uri));
  }

  #arrived(uri: vscode.Uri): void {
    const open = this.#open.get(uri.toString());
    if (open?.texts.length === 1) open.shown();
  }
}

const editorsOf = (uri: vscode.Uri) =>
  vscode.window.visibleTextEditors.filter(({ document }) => document.uri.toString() === uri.toString());

/** Whether the last line is in view, and nothing is selected that somebody may be about to copy. */
function isAtEnd({ document, visibleRanges, selections }: vscode.TextEditor): boolean {
  const last = visibleRanges.at(-1)?.end.line ?? 0;
  return last >= document.lineCount - 2 && selections.every((selection) => selection.isEmpty);
}

const isOnLastLine = ({ document, selection }: vscode.TextEditor) => selection.active.line >= document.lineCount - 1;

/** Shows the last line; a cursor that was there goes along. */
function revealEnd(editors: readonly { editor: vscode.TextEditor; cursor: boolean }[]): void {
  for (const { editor, cursor } of editors) {
    // Its start, because that of a long line tells where one is.
    const last = new vscode.Position(editor.document.lineCount - 1, 0);
    if (cursor) editor.selection = new vscode.Selection(last, last);
    editor.revealRange(new vscode.Range(last, last), vscode.TextEditorRevealType.Default);
  }
}

function revealLine(editors: readonly vscode.TextEditor[], line: number): void {
  for (const editor of editors) {
    const at = new vscode.Range(Math.max(0, line), 0, Math.max(0, line), 0);
    editor.selection = new vscode.Selection(at.start, at.start);
    editor.revealRange(at, vscode.TextEditorRevealType.AtTop);
  }
}
