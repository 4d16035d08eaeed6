/** What can be done from the documents of attempts: trying again, opening an answer, opening it beside its file. */
import * as vscode from "vscode";
import { commandTo } from "../commands/registry.ts";
import type { Labs } from "../engine/labs.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import { sectionsOf } from "./attempts.ts";
import { addressOf } from "./file-system.ts";

export class AttemptLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #labs: Labs;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(labs: Labs) {
    this.#labs = labs;
    this.#subscription = labs.onDidChangeLab(() => this.#changed.fire());
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const address = addressOf(document.uri);
    if (address?.kind !== "attempts" && address?.kind !== "answer") return [];
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
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}
