/** Tells editors that their lenses are new, until those in sight have come for them. */
import * as vscode from "vscode";
import { Disposables } from "../lifecycle.ts";
import { Reminder } from "./reminder.ts";

/** An editor that loses the focus forgets the lenses it was about to ask for, and goes on showing old ones or none. */
export class LensNews implements vscode.Disposable {
  readonly #isOurs: (uri: vscode.Uri) => boolean;
  readonly #owner = new Disposables();
  readonly #told = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #reminder = this.#owner.add(new Reminder(() => this.#told.fire(), later));
  /** Documents with lenses of ours in sight. */
  #shown: ReadonlySet<string> = new Set();

  /** For a provider's `onDidChangeCodeLenses`. */
  readonly event = this.#told.event;

  /** @param isOurs whether a document has lenses of this provider */
  constructor(isOurs: (uri: vscode.Uri) => boolean) {
    this.#isOurs = isOurs;
    this.#owner.add(vscode.window.onDidChangeVisibleTextEditors(() => this.#see()));
  }

  /** All lenses are new. */
  tell(): void {
    this.#told.fire();
    this.#shown = this.#inSight();
    this.#reminder.told(this.#shown);
  }

  /** An editor has come for the lenses of a document. */
  came(uri: vscode.Uri): void {
    this.#reminder.came(uri.toString());
  }

  dispose(): void {
    this.#owner.dispose();
  }

  /** An editor that has just come into sight asks by itself, unless it loses the focus before. */
  #see(): void {
    const before = this.#shown;
    this.#shown = this.#inSight();
    this.#reminder.told([...this.#shown].filter((uri) => !before.has(uri) || this.#reminder.owes(uri)));
  }

  #inSight(): Set<string> {
    const uris = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
    return new Set(uris.filter(this.#isOurs).map((uri) => uri.toString()));
  }
}

function later(act: () => void, milliseconds: number): vscode.Disposable {
  const timer = setTimeout(act, milliseconds);
  return new vscode.Disposable(() => clearTimeout(timer));
}
