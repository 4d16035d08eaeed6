/** Having ideas written: what the user asked for, what is under way, and what came of it. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { ideasGenerate, nextEpoch } from "../../protocol/methods.ts";
import type { Generated, ProgressReport } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { exploitShare } from "../../protocol/search.ts";
import type { ComposerState } from "../../protocol/webview/composer.ts";
import type { Current } from "../engine/current.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import { messageOf } from "../../protocol/message.ts";
import { noveltyRepeats } from "../settings/settings.ts";
import { answerSoFar, outcomeOf } from "./outcome.ts";

const MEMORY = "provingGround.composer";
/** Characters of a model's answer shown while it is written. */
const TEXT_SHOWN = 2000;

/** What the user chose; `exploit` null follows the epoch. */
export interface Draft {
  model: string;
  count: number;
  instructions: string;
  exploit: number | null;
}
const START: Draft = { model: OPERATORS, count: 6, instructions: "", exploit: null };

export class Ideation implements vscode.Disposable {
  readonly #current: Current;
  readonly #labs: Labs;
  readonly #memento: vscode.Memento;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  #draft: Draft;
  #busy: ComposerState["busy"] = null;
  #message: ComposerState["message"] = null;
  #aborter: AbortController | null = null;

  readonly onDidChange = this.#changed.event;

  constructor(current: Current, labs: Labs, memento: vscode.Memento) {
    this.#current = current;
    this.#labs = labs;
    this.#memento = memento;
    this.#draft = { ...START, ...memento.get<Partial<Draft>>(MEMORY) };
  }

  get draft(): Draft {
    return this.#draft;
  }

  get exploit(): number {
    return this.#draft.exploit ?? exploitShare((this.#current.environment?.epoch ?? 0) + 1);
  }

  get busy(): ComposerState["busy"] {
    return this.#busy;
  }

  get message(): ComposerState["message"] {
    return this.#message;
  }

  change(fields: Partial<Draft>): void {
    this.#draft = { ...this.#draft, ...fields };
    void this.#memento.update(MEMORY, this.#draft);
    this.#changed.fire();
  }

  /** Asks for ideas of the current epoch. Failures become the composer's message. */
  generate(): Promise<void> {
    return this.#work("Writing ideas", ({ lab, environment }, options) =>
      lab.link.request(
        ideasGenerate,
        {
          environment: environment.name,
          source: this.#draft.model,
          count: this.#draft.count,
          instructions: this.#draft.instructions,
          repeats: noveltyRepeats(),
        },
        options,
      ),
    );
  }

  /** Asks for the next epoch, built on the chosen parents. */
  nextEpoch(): Promise<void> {
    return this.#work(`Writing epoch ${(this.#current.environment?.epoch ?? 0) + 1}`, ({ lab, environment }, options) =>
      lab.link.request(
        nextEpoch,
        {
          environment: environment.name,
          source: this.#draft.model,
          count: this.#draft.count,
          instructions: this.#draft.instructions,
          exploit: this.exploit,
          repeats: noveltyRepeats(),
        },
        options,
      ),
    );
  }

  cancel(): void {
    this.#aborter?.abort();
  }

  /** What the current environment is. @throws ProvingGroundError saying what is missing */
  need() {
    const lab = this.#labs.need(this.#current.lab);
    const { environment } = this.#current;
    if (environment === null) {
      throw new ProvingGroundError("unknown-environment", `there is no usable environment in ${lab.name}`, {
        hint: "Add one that comes with Proving Ground, or a folder with an environment.yaml.",
      });
    }
    return { lab, environment };
  }

  dispose(): void {
    this.cancel();
    this.#owner.dispose();
  }

  async #work(
    title: string,
    ask: (
      what: ReturnType<Ideation["need"]>,
      options: { signal: AbortSignal; onProgress: (report: ProgressReport) => void },
    ) => Promise<Generated>,
  ): Promise<void> {
    if (this.#busy !== null) return;
    const aborter = new AbortController();
    this.#aborter = aborter;
    this.#show({ message: `${title} …`, done: null, total: null, text: "" }, null);
    try {
      let written = "";
      const generated = await ask(this.need(), {
        signal: aborter.signal,
        onProgress: ({ message, done, total, text }) => {
          written = `${written}${text ?? ""}`.slice(-TEXT_SHOWN);
          this.#show({ message, done: done ?? null, total: total ?? null, text: answerSoFar(written) }, null);
        },
      });
      this.#show(null, outcomeOf(generated));
    } catch (thrown) {
      const error = ProvingGroundError.from(thrown);
      this.#show(null, error.code === "cancelled" ? { level: "info", text: "Cancelled." } : { level: "error", text: messageOf(error) });
    } finally {
      this.#aborter = null;
    }
  }

  #show(busy: ComposerState["busy"], message: ComposerState["message"]): void {
    this.#busy = busy;
    this.#message = message;
    this.#changed.fire();
  }
}
