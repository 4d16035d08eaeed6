/** What can be done from the documents of attempts: trying again, opening an answer, opening it beside its file. */
import * as vscode from "vscode";
import { commandTo } from "../commands/registry.ts";
import type { Labs } from "../engine/labs.ts";
import { LensNews } from "../lenses/news.ts";
import { Disposables } from "../lifecycle.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import { sectionsOf } from "./attempts.ts";
import { addressOf } from "./file-system.ts";

export class AttemptLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #labs: Labs;
  readonly #owner = new Disposables();
  readonly #news = this.#owner.add(new LensNews((uri) => ofAttempts(uri) !== null));
  readonly onDidChangeCodeLenses = this.#news.event;

  constructor(labs: Labs) {
    this.#labs = labs;
    this.#owner.add(labs.onDidChangeLab(() => this.#news.tell()));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const address = ofAttempts(document.uri);
    if (address === null) return [];
    this.#news.came(document.uri);
    const lenses: vscode.CodeLens[] = [];
    const add = (line: number, command: vscode.Command) => lenses.push(new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command));
    const ref = { lab: address.lab, idea: address.idea };
    const idea = this.#labs.byKey(address.lab)?.snapshot?.ideas.find(({ id }) => id === address.idea);
    const actions = idea === undefined ? new Set() : actionsOn(idea);
    if (actions.has("retry")) add(0, commandTo("provingGround.tryAgain", "Try Again with a Note…", ref));
    if (address.kind === "answer") {
      add(0, commandTo("provingGround.showAttempts", "All Attempts", ref));
      return lenses;
    }
    if (actions.has("review")) add(0, commandTo("provingGround.review", "Review", ref));
    if (actions.has("edit")) add(0, commandTo("provingGround.openIdea", "Edit Idea", ref));
    for (const { attempt, line, place, answer } of sectionsOf(document.getText())) {
      if (place && answer) add(line, commandTo("provingGround.openBeside", "Open Beside the File", { ...ref, attempt }));
      if (answer) add(line, commandTo("provingGround.openAnswer", "Open the Answer", { ...ref, attempt }));
    }
    return lenses;
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

function ofAttempts(uri: vscode.Uri) {
  const address = addressOf(uri);
  return address?.kind === "attempts" || address?.kind === "answer" ? address : null;
}
