/** Opens ideas, their attempts and logs, says why an idea is read-only, and what more there is of a log. */
import * as vscode from "vscode";
import type { Idea } from "../../protocol/idea.ts";
import type { IdeaRef } from "../commands/registry.ts";
import { commandTo, execute } from "../commands/registry.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { counted } from "../../protocol/format.ts";
import { LensNews } from "../lenses/news.ts";
import { type Contribution, Disposables } from "../lifecycle.ts";
import { sentence } from "../../protocol/message.ts";
import { OUTCOME_WORDS } from "../outcome-words.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import { SCHEME } from "./address.ts";
import { AttemptLenses } from "./attempt-lenses.ts";
import { addressOf, isFrozen, LabFileSystem, uriOf } from "./file-system.ts";
import { LogLenses } from "./log-lenses.ts";
import { TITLE_COLUMN } from "./template.ts";

/** Registers the file system and what goes with it. */
export const documents =
  (files: LabFileSystem, labs: Labs): Contribution =>
  (owner) => {
    owner.add(vscode.workspace.registerFileSystemProvider(SCHEME, files, { isCaseSensitive: true }));
    const lenses = owner.add(new IdeaLenses(files, labs));
    const attemptLenses = owner.add(new AttemptLenses(labs));
    for (const provider of [lenses, attemptLenses]) {
      owner.add(vscode.languages.registerCodeLensProvider({ scheme: SCHEME, language: "markdown" }, provider));
    }
    owner.add(
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME, pattern: "**/logs/*.log" }, owner.add(new LogLenses(files.logs))),
    );
  };

/**
 * Opens an idea's document, the one that is already open if there is one: a title may have changed since.
 * @param title needed only where the lab does not know the idea yet
 */
export async function openIdea(lab: Lab, id: number, title?: string): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => {
    const address = addressOf(document.uri);
    return address?.kind === "idea" && address.lab === lab.key && address.idea === id;
  });
  const uri = open?.uri ?? uriOf({ kind: "idea", lab: lab.key, idea: id }, title ?? lab.idea(id).title);
  await vscode.window.showTextDocument(uri, { preview: true });
}

/** Opens the attempts at an idea; the document that shows them already, if one does. */
export async function openAttempts(lab: Lab, { id, title }: Idea): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => {
    const address = addressOf(document.uri);
    return address?.kind === "attempts" && address.lab === lab.key && address.idea === id;
  });
  // It stays when an answer is opened from it.
  await vscode.window.showTextDocument(open?.uri ?? uriOf({ kind: "attempts", lab: lab.key, idea: id }, title), { preview: false });
}

/** Opens a new idea with the cursor where its title goes. @param search that it joins when it is saved */
export async function writeIdea(files: LabFileSystem, lab: Lab, environment: string, search: number | null): Promise<void> {
  const at = new vscode.Position(0, TITLE_COLUMN);
  await vscode.window.showTextDocument(files.newIdea(lab, environment, search), {
    preview: false,
    selection: new vscode.Range(at, at),
  });
}

/** Opens a run's log at its end; the document that shows it already, if one does. */
export async function openLog(lab: Lab, run: number): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => {
    const address = addressOf(document.uri);
    return address?.kind === "log" && address.lab === lab.key && address.run === run;
  });
  const title = lab.run(run);
  const uri = uriOf({ kind: "log", lab: lab.key, run }, title === null ? "" : `${lab.runTitle(title)} seed ${title.seed}`);
  const document = open ?? (await vscode.workspace.openTextDocument(uri));
  const end = new vscode.Position(document.lineCount - 1, 0);
  await vscode.window.showTextDocument(document, { preview: true, selection: new vscode.Range(end, end) });
  if (open !== undefined) await execute("provingGround.followLog", open.uri);
}

class IdeaLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #files: LabFileSystem;
  readonly #labs: Labs;
  readonly #owner = new Disposables();
  readonly #news = this.#owner.add(new LensNews((uri) => this.#files.ideaOf(uri) !== null));
  readonly onDidChangeCodeLenses = this.#news.event;

  constructor(files: LabFileSystem, labs: Labs) {
    this.#files = files;
    this.#labs = labs;
    this.#owner.add(labs.onDidChangeLab(() => this.#news.tell()));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const lab = this.#labs.byKey(addressOf(document.uri)?.lab ?? "");
    const id = this.#files.ideaOf(document.uri);
    this.#news.came(document.uri);
    if (lab === undefined || id === null) return [];
    const idea = lab.snapshot?.ideas.find((one) => one.id === id);
    if (idea === undefined) return [];
    const ref: IdeaRef = { lab: lab.key, idea: id };
    const top = new vscode.Range(0, 0, 0, 0);
    const lens = (command: vscode.Command) => new vscode.CodeLens(top, command);
    const why = idea.outcome === null ? "" : `: ${OUTCOME_WORDS[idea.outcome]}`;
    const state = [lens({ title: `#${id} · ${idea.status}${why}`, command: "" }), ...repetition(lab, idea).map(lens)];
    if (isFrozen(lab, id)) {
      const frozen =
        idea.status === "implementing"
          ? "read-only while it is being implemented"
          : "read-only: its code is committed, so it stays as it was executed";
      return [...state, lens({ title: frozen, command: "" }), lens(commandTo("provingGround.duplicate", "Duplicate to change it", ref))];
    }
    if (idea.status === "in review") return [...state, lens(commandTo("provingGround.review", "Review", ref))];
    if (idea.status === "rejected") return [...state, lens(commandTo("provingGround.restore", "Restore", ref))];
    const again = actionsOn(idea).has("retry")
      ? [
          lens(commandTo("provingGround.tryAgain", "Try Again with a Note…", ref)),
          lens(commandTo("provingGround.showAttempts", `Show ${counted(idea.attempts, "Attempt")}`, ref)),
        ]
      : [];
    return [...state, lens(commandTo("provingGround.implement", "Implement", ref)), ...again];
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

/** What an idea nearly repeats and how that went, with the way there. */
function repetition(lab: Lab, idea: Idea): vscode.Command[] {
  const told = lab.repetitionOf(idea);
  if (told === null || idea.repeats === null) return [];
  return [commandTo("provingGround.openIdea", sentence(told), { lab: lab.key, idea: idea.repeats.idea })];
}
