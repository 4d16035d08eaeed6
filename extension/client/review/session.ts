/** One proposal under review: its hunks follow the documents, its decisions follow the hunks. */
import * as vscode from "vscode";
import { proposalApprove, proposalDecide, proposalGet } from "../../protocol/methods.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { ProposalView } from "../../protocol/proposal.ts";
import type { Decisions, Hunk } from "../../protocol/review.ts";
import { hunksOf, settle } from "../../protocol/review.ts";
import type { Lab } from "../engine/lab.ts";
import { uriOf } from "../documents/file-system.ts";
import { asSaved } from "./as-shown.ts";
import { Decided } from "./decided.ts";
import { Following } from "./following.ts";
import { save } from "./saving.ts";
import { hunkSpan, tally } from "./walk.ts";
import type { ReviewedFile, Tally } from "./walk.ts";

export interface SessionFile extends ReviewedFile {
  /** The editable side: the working copy, or a read-only empty document for a deleted file. */
  readonly uri: vscode.Uri;
  /** The working copy, whether it exists or not. */
  readonly workingCopy: vscode.Uri;
  readonly baseUri: vscode.Uri;
  /** What was on the disk when the engine last looked. */
  readonly read: string | null;
}

export class ReviewSession implements vscode.Disposable {
  readonly lab: Lab;
  readonly idea: number;
  readonly title: string;
  /** The commit that the proposal is written on. */
  #base = "";
  #files: SessionFile[] = [];
  readonly #decided: Decided;
  readonly #following = new Following();
  readonly #changed = new vscode.EventEmitter<void>();
  #disposed = false;

  readonly onDidChange = this.#changed.event;

  private constructor(lab: Lab, view: ProposalView) {
    this.lab = lab;
    this.idea = view.idea;
    this.title = view.title;
    this.#decided = new Decided((decisions) => lab.link.request(proposalDecide, { idea: view.idea, decisions }));
    this.#take(view, this.#decided.now);
  }

  /** @throws ProvingGroundError `no-proposal` */
  static async open(lab: Lab, idea: number): Promise<ReviewSession> {
    return new ReviewSession(lab, await lab.link.request(proposalGet, { idea }));
  }

  get files(): readonly SessionFile[] {
    return this.#files;
  }

  get decisions(): Decisions {
    return this.#decided.now;
  }

  get tally(): Tally {
    return tally(this.#files, this.decisions);
  }

  get hunks(): Hunk[] {
    return this.#files.flatMap((file) => file.hunks);
  }

  fileOf(uri: vscode.Uri): SessionFile | undefined {
    const text = uri.toString();
    return this.#files.find((file) => file.uri.toString() === text);
  }

  file(path: string): SessionFile | undefined {
    return this.#files.find((file) => file.path === path);
  }

  hunk(id: string): Hunk | undefined {
    return this.hunks.find((hunk) => hunk.id === id);
  }

  /** Reads the proposal again: files may have come or gone. What was decided here stays decided. */
  async refresh(): Promise<void> {
    await this.#decided.tell();
    const decided = this.decisions;
    const view = await this.lab.link.request(proposalGet, { idea: this.idea });
    if (this.#disposed) return;
    this.#take(view, decided);
    this.#changed.fire();
  }

  /** A document of the proposal has another text: by the human, by undo, by us. */
  update(document: vscode.TextDocument): void {
    const file = this.fileOf(document.uri);
    if (file?.workingCopy.toString() !== document.uri.toString()) return;
    const proposed = asSaved(document.getText(), file);
    if (proposed === file.proposed) return;
    file.proposed = proposed;
    file.hunks = hunksOf(file);
    // An engine that is away learns the decisions when they change next, or at approval.
    this.#decide(settle(this.decisions, this.hunks)).catch(() => undefined);
  }

  accept(hunks: readonly Hunk[]): Promise<void> {
    return this.#decide({ ...this.decisions, ...Object.fromEntries(hunks.map((hunk) => [hunk.id, "accepted" as const])) });
  }

  undoAccept(hunk: Hunk): Promise<void> {
    return this.#decide(Object.fromEntries(Object.entries(this.decisions).filter(([id]) => id !== hunk.id)));
  }

  /**
   * Takes hunks out of the proposal: one edit that the editor can undo, then saved. A file that is new goes, a deleted one comes back.
   * @throws ProvingGroundError `usage` when the text was changed meanwhile; nothing is taken out then
   */
  async reject(hunks: readonly Hunk[]): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    const edited: vscode.TextDocument[] = [];
    let filesComeOrGo = false;
    for (const file of this.#files) {
      const mine = hunks.filter((hunk) => hunk.path === file.path);
      if (mine.length === 0) continue;
      if (file.base === null && mine.length === file.hunks.length) {
        edit.deleteFile(file.workingCopy, { ignoreIfNotExists: true });
        filesComeOrGo = true;
      } else if (file.proposed === null) {
        edit.createFile(file.workingCopy, { overwrite: true, contents: new TextEncoder().encode(file.base ?? "") });
        filesComeOrGo = true;
      } else {
        const document = await vscode.workspace.openTextDocument(file.workingCopy);
        this.update(document);
        for (const { id } of mine) {
          const hunk = this.hunk(id);
          if (hunk === undefined) throw changedMeanwhile();
          const { start, end } = hunkSpan(document.getText(), hunk);
          edit.replace(file.workingCopy, new vscode.Range(document.positionAt(start), document.positionAt(end)), hunk.baseLines.join(""));
        }
        edited.push(document);
      }
    }
    if (!(await vscode.workspace.applyEdit(edit))) throw changedMeanwhile();
    for (const document of edited) await document.save();
    if (filesComeOrGo) await this.refresh();
  }

  /**
   * Saves what the human typed, then commits the proposal as it is shown.
   * @throws ProvingGroundError `usage` when a file could not be saved, `proposal-changed` when the files on disk are not those shown
   */
  async approve(undecided: "accept" | "refuse", signal?: AbortSignal): Promise<Idea> {
    for (const document of vscode.workspace.textDocuments) {
      if (this.fileOf(document.uri)?.workingCopy.toString() === document.uri.toString()) await save(document);
    }
    await this.#decided.tell();
    const seen = this.hunks.map((hunk) => hunk.id);
    try {
      return await this.lab.link.request(proposalApprove, { idea: this.idea, undecided, seen }, { signal });
    } catch (error) {
      if (error instanceof ProvingGroundError && error.code === "proposal-changed") await this.refresh();
      throw error;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#following.dispose();
    this.#changed.dispose();
  }

  /** @param decided what was decided when the view was asked for */
  #take(view: ProposalView, decided: Decisions): void {
    const { key } = this.lab;
    this.#files = [...view.files, ...this.#unsaved(view)].map((file) => {
      const workingCopy = vscode.Uri.file(file.workingCopy);
      const open = openDocument(workingCopy);
      // An open document is what the human sees: newer than the disk where it is not saved, about to be read again where the disk is newer.
      const read = file.proposed;
      const proposed = read !== null && open !== undefined ? asSaved(open.getText(), { read, base: file.base }) : read;
      const pair = { path: file.path, base: file.base, proposed };
      return {
        ...pair,
        read,
        hunks: hunksOf(pair),
        workingCopy,
        uri: proposed === null ? uriOf({ kind: "deleted", lab: key, idea: view.idea, path: file.path }) : workingCopy,
        baseUri: uriOf({ kind: "base", lab: key, commit: view.base, path: file.path }),
      };
    });
    this.#following.follow(this.#files.map((file) => file.workingCopy));
    this.#base = view.base;
    this.#decided.take(view.decisions, decided, this.hunks);
  }

  /** Files that are on the disk as in the base, and are not in the editor: the human's edit is still to be saved. */
  #unsaved({ base, files }: ProposalView): ProposalView["files"] {
    if (base !== this.#base) return [];
    const listed = new Set(files.map(({ path }) => path));
    return this.#files.flatMap(({ path, base: text, proposed, workingCopy }) => {
      const open = openDocument(workingCopy);
      if (text === null || listed.has(path) || open === undefined) return [];
      const edited = asSaved(open.getText(), { read: text, base: text }) !== text;
      return edited ? [{ path, base: text, proposed, workingCopy: workingCopy.fsPath }] : [];
    });
  }

  async #decide(decisions: Decisions): Promise<void> {
    const others = this.#decided.change(decisions);
    this.#changed.fire();
    if (others) await this.#decided.tell();
  }
}

const openDocument = (uri: vscode.Uri) => vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());

export const changedMeanwhile = () => new ProvingGroundError("usage", "this hunk has changed; look at it again");
