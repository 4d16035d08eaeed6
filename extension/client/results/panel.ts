/** One results panel: sends its page the lab of one environment, answers its questions, does what its buttons say. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { ideaDiff, ideasGet, resultsAnalysis, runCurves, runLog } from "../../protocol/methods.ts";
import { FromResults } from "../../protocol/webview/results.ts";
import type { Ask, ToResults } from "../../protocol/webview/results.ts";
import { execute } from "../commands/registry.ts";
import type { Current } from "../engine/current.ts";
import { environmentId } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import { messageOf } from "../../protocol/message.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { fillWebview } from "../webview-page.ts";
import { exportResults } from "./export.ts";
import { deltaOf, snapshotOf } from "./view-of.ts";

const MARKING = { pinned: "provingGround.pin", banned: "provingGround.ban" } as const;

export interface PanelParts {
  extension: vscode.Uri;
  labs: Labs;
  current: Current;
  ideation: Ideation;
  onError: (error: unknown) => void;
}

export class ResultsPanel implements vscode.Disposable {
  readonly lab: Lab;
  readonly #parts: PanelParts;
  readonly #panel: vscode.WebviewPanel;
  readonly #owner = new Disposables();
  #environment: string;
  #ready = false;
  #reveal: number | null = null;

  /** @param panel filled and owned from now on */
  constructor(parts: PanelParts, panel: vscode.WebviewPanel, lab: Lab, environment: string) {
    this.lab = lab;
    this.#parts = parts;
    this.#panel = panel;
    this.#environment = environment;
    const { webview } = panel;
    this.#owner.add(panel);
    this.#owner.add(
      webview.onDidReceiveMessage((data: unknown) => {
        const message = FromResults.safeParse(data);
        if (message.success) Promise.resolve(this.#receive(message.data)).catch(parts.onError);
      }),
    );
    this.#owner.add(
      lab.link.onChange(({ delta }) => {
        if (delta === null) this.#sendSnapshot();
        else this.#post({ type: "delta", delta: deltaOf(delta, this.#environment) });
      }),
    );
    this.#owner.add(lab.link.onState(() => this.#sendOffline()));
    this.#owner.add(parts.ideation.onDidChange(() => this.#sendBusy()));
    panel.iconPath = vscode.Uri.joinPath(parts.extension, "media", "results.svg");
    this.#showTitle();
    fillWebview(webview, parts.extension, "results", "Results");
  }

  get environment(): string {
    return this.#environment;
  }

  get active(): boolean {
    return this.#panel.active;
  }

  onDidDispose(listener: () => void): void {
    this.#panel.onDidDispose(() => {
      this.#owner.dispose();
      listener();
    });
  }

  /** Brings the panel to the front, with an idea selected if one is named. */
  show(environment: string, idea?: number): void {
    this.#panel.reveal();
    this.#choose(environment);
    if (idea === undefined) return;
    this.#reveal = idea;
    this.#sendReveal();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #receive(message: FromResults): Promise<void> {
    const refs = (ids: readonly number[]) => ids.map((idea) => ({ lab: this.lab.key, idea }));
    const runs = (ids: readonly number[]) => ids.map((run) => ({ lab: this.lab.key, run }));
    switch (message.type) {
      case "ready":
        this.#ready = true;
        this.#sendSnapshot();
        this.#sendOffline();
        this.#sendBusy();
        this.#sendReveal();
        return;
      case "chooseEnvironment":
        this.#choose(message.environment);
        return;
      case "useAsParents":
        return execute("provingGround.useAsParents", undefined, refs(message.ideas));
      case "mark":
        return execute(message.mark === null ? "provingGround.unmark" : MARKING[message.mark], undefined, refs(message.ideas));
      case "nextEpoch":
        this.#parts.current.choose(environmentId(this.lab, this.#environment));
        return execute("provingGround.nextEpoch");
      case "implement":
        return execute("provingGround.implement", undefined, refs(message.ideas));
      case "review":
        return execute("provingGround.review", { lab: this.lab.key, idea: message.idea });
      case "run":
        return execute("provingGround.run", undefined, refs(message.ideas));
      case "runBaseline":
        this.#parts.current.choose(environmentId(this.lab, this.#environment));
        return execute("provingGround.runBaseline");
      case "stop":
        return execute("provingGround.stop", undefined, runs(message.runs));
      case "retry":
        return execute("provingGround.retry", undefined, runs(message.runs));
      case "openIdea":
        return execute("provingGround.openIdea", { lab: this.lab.key, idea: message.idea });
      case "openDiff":
        return execute("provingGround.openDiff", { lab: this.lab.key, idea: message.idea });
      case "openLog":
        return execute("provingGround.openLog", { lab: this.lab.key, run: message.run });
      case "export":
        return exportResults(this.lab, this.#environment, message.format);
      case "ask":
        return this.#answer(message.id, message.ask);
    }
  }

  async #answer(id: number, ask: Ask): Promise<void> {
    try {
      this.#post({ type: "answer", id, result: await this.#find(ask) });
    } catch (thrown) {
      this.#post({ type: "failure", id, error: ProvingGroundError.from(thrown).toData() });
    }
  }

  #find(ask: Ask): Promise<unknown> {
    const { link } = this.lab;
    switch (ask.question) {
      case "curves":
        return link.request(runCurves, { runs: ask.runs });
      case "diff":
        return link.request(ideaDiff, { idea: ask.idea });
      case "log":
        return link.request(runLog, { run: ask.run, from: ask.from, limit: ask.limit });
      case "idea":
        return link.request(ideasGet, { idea: ask.idea });
      case "analysis":
        return link.request(resultsAnalysis, { environment: ask.environment });
    }
  }

  #choose(environment: string): void {
    if (environment === this.#environment) return;
    this.#environment = environment;
    this.#showTitle();
    this.#sendSnapshot();
  }

  #showTitle(): void {
    const { labs } = this.#parts;
    this.#panel.title = `Results: ${labs.all.length > 1 ? environmentId(this.lab, this.#environment) : this.#environment}`;
  }

  #sendSnapshot(): void {
    const { snapshot } = this.lab;
    if (snapshot === null) return;
    this.#post({ type: "snapshot", environment: this.#environment, snapshot: snapshotOf(snapshot, this.#environment) });
  }

  #sendOffline(): void {
    const { state } = this.lab.link;
    const message = state.kind !== "offline" ? null : state.trying ? "The engine is gone; starting it again …" : messageOf(state.error);
    this.#post({ type: "offline", message });
  }

  #sendBusy(): void {
    this.#post({ type: "busy", message: this.#parts.ideation.busy?.message ?? null });
  }

  #sendReveal(): void {
    if (!this.#ready || this.#reveal === null) return;
    this.#post({ type: "reveal", idea: this.#reveal });
    this.#reveal = null;
  }

  /** Before its page is ready a panel is told nothing: it asks for everything with `ready`. */
  #post(message: ToResults): void {
    if (this.#ready) void this.#panel.webview.postMessage(message);
  }
}
