/** The reviews that are open in this window, and which of them an editor belongs to. */
import * as vscode from "vscode";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import { setContext } from "../settings/context-keys.ts";
import { ReviewSession } from "./session.ts";
import type { SessionFile } from "./session.ts";

/** Label of a review's tab. */
export const reviewTitle = (title: string) => `Review: ${title}`;

export class Reviews implements vscode.Disposable {
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #sessions = new Map<string, { session: ReviewSession; subscription: vscode.Disposable }>();
  readonly #opening = new Map<string, Promise<ReviewSession>>();
  readonly #onError: (error: unknown) => void;

  /** Hunks or decisions changed, or a review came or went. */
  readonly onDidChange = this.#changed.event;

  constructor(labs: Labs, onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#owner.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.of(document.uri)?.session.update(document)));
    this.#owner.add(vscode.window.tabGroups.onDidChangeTabs(() => this.#showContext()));
    this.#owner.add(vscode.window.tabGroups.onDidChangeTabGroups(() => this.#showContext()));
    this.#owner.add(vscode.window.onDidChangeActiveTextEditor(() => this.#showContext()));
    this.#owner.add(
      labs.onDidChangeLab(({ lab, change: { snapshot } }) => {
        for (const { session } of this.#sessions.values()) {
          const idea = session.lab === lab ? snapshot.ideas.find((one) => one.id === session.idea) : undefined;
          // Approved or thrown away somewhere else: there is nothing left to review.
          if (idea !== undefined && idea.status !== "in review") void this.close(session);
        }
      }),
    );
    this.#showContext();
  }

  get all(): readonly ReviewSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }

  get(lab: Lab, idea: number): ReviewSession | undefined {
    return this.#sessions.get(`${lab.key}/${idea}`)?.session;
  }

  /** The review and the file that an editor's document belongs to. */
  of(uri: vscode.Uri): { session: ReviewSession; file: SessionFile } | null {
    for (const { session } of this.#sessions.values()) {
      const file = session.fileOf(uri);
      if (file !== undefined) return { session, file };
    }
    return null;
  }

  /** The review in front: of the active editor, else of the active tab. */
  get front(): ReviewSession | null {
    const editor = vscode.window.activeTextEditor;
    const byEditor = editor === undefined ? null : this.of(editor.document.uri);
    if (byEditor !== null) return byEditor.session;
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    return tab === undefined ? null : (this.all.find((session) => this.#isTabOf(tab, session)) ?? null);
  }

  /** The open review of an idea, or a new one. @throws ProvingGroundError `no-proposal` */
  async open(lab: Lab, idea: number): Promise<ReviewSession> {
    const known = this.get(lab, idea);
    if (known !== undefined) {
      await known.refresh();
      return known;
    }
    // Several documents of one proposal may be restored at once; two reviews of it would not know of each other's decisions.
    const key = `${lab.key}/${idea}`;
    const opening = this.#opening.get(key) ?? this.#open(lab, idea).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(lab: Lab, idea: number): Promise<ReviewSession> {
    const session = await ReviewSession.open(lab, idea);
    const subscription = session.onDidChange(() => {
      this.#changed.fire();
      this.#showContext();
    });
    this.#sessions.set(`${lab.key}/${idea}`, { session, subscription });
    this.#changed.fire();
    this.#showContext();
    return session;
  }

  /** Opens the review of a document that was restored with the window, if it is one of a proposal. */
  adopt(labs: Labs, document: vscode.TextDocument): void {
    if (document.uri.scheme !== "file" || this.of(document.uri) !== null) return;
    const place = proposalOf(document.uri.fsPath);
    const lab = labs.all.find((one) => one.repository === place?.repository);
    const idea = lab?.snapshot?.ideas.find((one) => one.id === place?.idea);
    if (lab !== undefined && idea?.status === "in review") this.open(lab, idea.id).catch(this.#onError);
  }

  /** Forgets a review and closes its tabs. */
  async close(session: ReviewSession): Promise<void> {
    const key = `${session.lab.key}/${session.idea}`;
    const known = this.#sessions.get(key);
    if (known?.session !== session) return;
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => this.#isTabOf(tab, session));
    this.#sessions.delete(key);
    known.subscription.dispose();
    session.dispose();
    await vscode.window.tabGroups.close(tabs);
    this.#changed.fire();
    this.#showContext();
  }

  dispose(): void {
    for (const { session, subscription } of this.#sessions.values()) {
      subscription.dispose();
      session.dispose();
    }
    this.#owner.dispose();
  }

  #isTabOf(tab: vscode.Tab, session: ReviewSession): boolean {
    const { input } = tab;
    if (input instanceof vscode.TabInputTextDiff) return session.fileOf(input.modified) !== undefined;
    if (input instanceof vscode.TabInputText) return session.fileOf(input.uri) !== undefined;
    // The editor for several diffs has no input that extensions may see; its label is ours.
    return tab.label === reviewTitle(session.title);
  }

  #showContext(): void {
    setContext("provingGround.inReview", this.front !== null);
    setContext(
      "provingGround.reviewFiles",
      this.all.flatMap((session) => session.files.map((file) => (file.uri.scheme === "file" ? file.uri.fsPath : file.uri.path))),
    );
  }
}

/** Repository and idea of a path below `.proving-ground/proposals/<idea>/`; null for any other. */
export function proposalOf(path: string): { repository: string; idea: number } | null {
  const match = /^(.*)[\\/]\.proving-ground[\\/]proposals[\\/](\d+)[\\/]/.exec(path);
  return match === null ? null : { repository: match[1] ?? "", idea: Number(match[2]) };
}
