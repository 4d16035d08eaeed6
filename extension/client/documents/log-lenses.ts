/** What the lines above and below a log say: how it is shown, and the ways to the rest of it. */
import * as vscode from "vscode";
import { bytesText, capitalised } from "../../protocol/format.ts";
import { sentence } from "../../protocol/message.ts";
import { commandTo } from "../commands/registry.ts";
import { LensNews } from "../lenses/news.ts";
import { Disposables } from "../lifecycle.ts";
import { addressOf } from "./file-system.ts";
import type { Logs, LogView } from "./logs.ts";

export class LogLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #logs: Logs;
  readonly #owner = new Disposables();
  readonly #news = this.#owner.add(new LensNews((uri) => addressOf(uri)?.kind === "log"));
  readonly onDidChangeCodeLenses = this.#news.event;

  constructor(logs: Logs) {
    this.#logs = logs;
    this.#owner.add(logs.onDidChangeView(() => this.#news.tell()));
  }

  provideCodeLenses({ uri, lineCount }: vscode.TextDocument): vscode.CodeLens[] {
    this.#news.came(uri);
    const view = this.#logs.view(uri);
    if (view === undefined) return [];
    const { before, after } = view.log.place;
    const above = [
      { title: stateOf(view), command: "" },
      ...(before > 0 ? [commandTo("provingGround.showEarlierLog", `Show Earlier (${bytesText(before)} before this)`, uri)] : []),
      ...(before > 0 || view.log.detached ? [commandTo("provingGround.openWholeLog", "Open Whole File", uri)] : []),
    ];
    const below = view.log.detached
      ? [
          commandTo("provingGround.showLaterLog", `Show Later (${bytesText(after)} after this)`, uri),
          commandTo("provingGround.followLog", "Go to the End", uri),
        ]
      : [];
    const at = (line: number) => (command: vscode.Command) => new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command);
    return [...above.map(at(0)), ...below.map(at(lineCount - 1))];
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

function stateOf({ log, following, problem }: LogView): string {
  if (problem !== null) return sentence(`the log cannot be read on: ${problem.message}`);
  const run = log.lab.run(log.run);
  const state = `${run === null ? "" : `${capitalised(run.state)} · `}${bytesText(log.place.size)}`;
  if (!log.grows) return log.place.size === 0 ? `${state} · nothing was written` : state;
  if (log.lab.link.state.kind !== "connected") return `${state} · waits for the engine`;
  if (following) return log.place.size === 0 ? `${state} · nothing written yet` : `${state} · follows its end`;
  return `${state} · stays as it is until its last line is in view`;
}
