/** The composer's webview: sends it the whole state whenever anything in it changes, and does what its buttons say. */
import * as vscode from "vscode";
import { modelsList, parentsSet } from "../../protocol/methods.ts";
import { FromComposer } from "../../protocol/webview/composer.ts";
import type { ToComposer } from "../../protocol/webview/composer.ts";
import { execute } from "../commands/registry.ts";
import type { Current } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import type { Models } from "../settings/models.ts";
import { fillWebview } from "../webview-page.ts";
import { composerState } from "./composer-state.ts";
import type { Ideation } from "./ideation.ts";
import { ModelList } from "./model-list.ts";
import { clockText } from "./search-part.ts";
import type { Searching } from "./searching.ts";

/** Commands that an empty state may offer; nothing else is run for a webview. */
const OFFERED: ReadonlySet<string> = new Set([
  "workbench.trust.manage",
  "workbench.action.files.openFolder",
  "provingGround.initRepository",
  "provingGround.addEnvironment",
  "provingGround.reconnect",
]);

/** Milliseconds between looks at what passes with time while a search goes on. */
const TICK = 15_000;

const ON_SEARCH = {
  pause: "provingGround.pauseSearch",
  resume: "provingGround.resumeSearch",
  stop: "provingGround.stopSearch",
  change: "provingGround.changeSearch",
  goOn: "provingGround.goOn",
} as const;

export interface ComposerParts {
  extension: vscode.Uri;
  labs: Labs;
  current: Current;
  ideation: Ideation;
  searching: Searching;
  models: Models;
  onError: (error: unknown) => void;
}

export class Composer implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly view = "provingGround.composer";
  readonly #parts: ComposerParts;
  readonly #owner = new Disposables();
  readonly #models: ModelList<Lab>;
  #view: vscode.WebviewView | null = null;
  #sent = "";

  constructor(parts: ComposerParts) {
    this.#parts = parts;
    this.#models = new ModelList<Lab>(
      (lab) => lab.link.request(modelsList, {}),
      () => this.#send(),
      parts.onError,
    );
    this.#owner.add(parts.current.onDidChange(() => this.#send()));
    this.#owner.add(parts.ideation.onDidChange(() => this.#send()));
    this.#owner.add(parts.searching.onDidChange(() => this.#send()));
    const timer = setInterval(() => this.#send(), TICK);
    this.#owner.add({ dispose: () => clearInterval(timer) });
    this.#owner.add(
      parts.models.onDidChange(() => {
        this.#models.outdate();
        this.#send();
      }),
    );
  }

  get visible(): boolean {
    return this.#view?.visible ?? false;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    const own = new Disposables();
    own.add(
      view.webview.onDidReceiveMessage((data: unknown) => {
        const message = FromComposer.safeParse(data);
        if (message.success) Promise.resolve(this.#receive(message.data)).catch(this.#parts.onError);
      }),
    );
    const seen = () => {
      this.#parts.searching.look(view.visible);
      this.#send();
    };
    own.add(view.onDidChangeVisibility(seen));
    view.onDidDispose(() => {
      own.dispose();
      this.#view = null;
      this.#parts.searching.look(false);
    });
    fillWebview(view.webview, this.#parts.extension, "composer", "Composer");
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #receive(message: FromComposer): Promise<void> {
    const { ideation, current, searching } = this.#parts;
    switch (message.type) {
      case "ready":
        this.#sent = "";
        this.#send();
        return;
      case "change":
        this.#change(message);
        return;
      case "generate":
        return ideation.generate();
      case "nextEpoch":
        return ideation.nextEpoch();
      case "startSearch":
        await searching.start();
        return;
      case "onSearch":
        if (current.lab !== undefined) await execute(ON_SEARCH[message.action], { lab: current.lab.key, search: message.search });
        return;
      case "showWaiting":
        await vscode.commands.executeCommand("provingGround.waiting.focus");
        return;
      case "cancel":
        ideation.cancel();
        return;
      case "writeOne":
        return execute("provingGround.writeIdea");
      case "removeParent": {
        const { lab, environment } = current;
        if (lab === undefined || environment === null) return;
        const ideas = (lab.snapshot?.parents[environment.name] ?? []).filter((id) => id !== message.idea);
        await lab.link.request(parentsSet, { environment: environment.name, ideas });
        return;
      }
      case "command":
        if (OFFERED.has(message.command)) await vscode.commands.executeCommand(message.command);
    }
  }

  #change({ environment, model, count, instructions, exploit, search }: Extract<FromComposer, { type: "change" }>): void {
    if (search !== undefined) this.#parts.searching.change(defined(search));
    if (environment !== undefined) this.#parts.current.choose(environment);
    const fields = defined({ model, count, instructions, exploit });
    if (Object.keys(fields).length > 0) this.#parts.ideation.change(fields);
  }

  #send(): void {
    if (this.#view?.visible !== true) return;
    const { labs, current, ideation, searching } = this.#parts;
    const { lab } = current;
    searching.look(true);
    const now = Date.now();
    if (lab?.link.state.kind === "connected") this.#models.want(lab);
    const state = composerState({
      obstacle: labs.obstacle,
      link: lab?.link.state ?? null,
      snapshot: lab?.snapshot ?? null,
      environments: current.choices.map(({ id, lab: { name }, environment }) => ({
        id,
        label: labs.all.length > 1 ? `${name} · ${environment.name}` : environment.name,
        environment,
      })),
      id: current.id,
      models: lab === undefined ? [] : this.#models.of(lab),
      draft: ideation.draft,
      exploit: ideation.exploit,
      busy: ideation.busy,
      message: ideation.message,
      searching,
      clock: { now, text: (at) => clockText(at, now) },
    });
    const message: ToComposer = { type: "state", state };
    const text = JSON.stringify(message);
    if (text === this.#sent) return;
    this.#sent = text;
    void this.#view.webview.postMessage(message);
  }
}

/** The fields that are there. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<typeof defined<T>>;
}
