/** The editor's own language models, asked through a window that has them; no key is needed. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/idea.ts";
import { STALL_SECONDS } from "../../protocol/model.ts";
import type { Purpose } from "../../protocol/spending.ts";
import { LONGEST_ANSWER, tooLong } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import type { Completion, Happening, Message, Source } from "./language-model.ts";
import type { Surroundings } from "./surroundings.ts";
import { Watch } from "./watch.ts";

/** What a window is asked. */
export interface EditorRequest {
  model: string;
  messages: readonly Message[];
  /** Why, for the editor's question whether it may be. */
  reason: string;
}

/** A connected window with models of its own. */
export interface EditorWindow {
  /**
   * @param onText called with each piece, all before the result
   * @throws ProvingGroundError "engine-unreachable" when the window has gone, "model" or "cancelled"
   */
  complete(request: EditorRequest, signal: AbortSignal, onText: (text: string) => void): Promise<{ usage: Usage | null }>;
}

/** How a window ended its answer. */
type End = { usage: Usage | null } | { error: ProvingGroundError };

export class EditorModel implements Source {
  readonly id: string;
  readonly #windows: () => readonly EditorWindow[];
  readonly #lane: Lane;
  readonly #surroundings: Pick<Surroundings, "pause">;

  /** @param windows those that have the model now, the one to ask first in front */
  constructor(id: string, windows: () => readonly EditorWindow[], lane: Lane, surroundings: Pick<Surroundings, "pause">) {
    this.id = id;
    this.#windows = windows;
    this.#lane = lane;
    this.#surroundings = surroundings;
  }

  async *complete(request: Completion, signal: AbortSignal): AsyncGenerator<Happening> {
    const gone = new Set<EditorWindow>();
    for (;;) {
      const window = this.#windows().find((one) => !gone.has(one));
      if (window === undefined) throw noWindow(this.id);
      const leave = await this.#lane.enter(signal).catch((thrown: unknown) => {
        throw signal.aborted ? cancelled(this.id) : thrown;
      });
      let error: ProvingGroundError | null;
      try {
        error = yield* this.#ask(window, request, signal);
      } finally {
        leave();
      }
      if (error === null) return;
      if (error.code !== "engine-unreachable") throw error;
      gone.add(window);
      if (!this.#windows().some((one) => !gone.has(one))) throw noWindow(this.id, error);
      yield { type: "restart", message: `the window with ${this.id} was closed; asking another one` };
    }
  }

  /** @returns null, or the window's error */
  async *#ask(window: EditorWindow, request: Completion, signal: AbortSignal): AsyncGenerator<Happening, ProvingGroundError | null> {
    const connection = new AbortController();
    const watch = new Watch(STALL_SECONDS * 1000, this.#surroundings.pause, connection);
    const pieces: string[] = [];
    const ended: { end: End | null } = { end: null };
    let more = Promise.withResolvers<null>();
    const wake = () => {
      watch.touch();
      more.resolve(null);
    };
    const finish = (end: End) => {
      ended.end = end;
      wake();
    };
    try {
      yield { type: "asked" };
      const asked = { model: this.id, messages: request.messages, reason: reasonFor(request.purpose) };
      const onText = (text: string) => {
        pieces.push(text);
        wake();
      };
      window
        .complete(asked, AbortSignal.any([signal, connection.signal]), onText)
        .then(finish, (thrown: unknown) => finish({ error: ProvingGroundError.from(thrown) }));
      const limit = request.maxTokens ?? Infinity;
      let bytes = 0;
      for (;;) {
        for (let text = pieces.shift(); text !== undefined; text = pieces.shift()) {
          bytes += Buffer.byteLength(text);
          if (bytes > LONGEST_ANSWER) throw tooLong(this.id);
          yield { type: "text", text };
          // The editor offers no limit in tokens; a token has at least one byte.
          if (bytes > limit) {
            yield { type: "notice", message: "the answer was cut at the limit of its length" };
            return null;
          }
        }
        const { end } = ended;
        if (end !== null && pieces.length === 0) {
          if (signal.aborted) throw cancelled(this.id);
          if ("usage" in end) {
            if (end.usage !== null) yield { type: "usage", usage: end.usage };
            return null;
          }
          return watch.verdict === null ? end.error : stalled(this.id, watch.verdict);
        }
        await more.promise;
        more = Promise.withResolvers<null>();
      }
    } finally {
      watch.end();
      connection.abort();
    }
  }
}

function reasonFor({ kind, environment, idea }: Purpose): string {
  if (kind === "ideas") return `Proving Ground asks for ideas for ${environment}.`;
  const which = idea === undefined ? "an idea" : `idea #${idea}`;
  if (kind === "judgement") return `Proving Ground asks which kind of change ${which} for ${environment} is.`;
  return `Proving Ground asks for the code of ${which} for ${environment}.`;
}

function noWindow(id: string, cause?: unknown): ProvingGroundError {
  return new ProvingGroundError("model", `no open window has ${id}`, {
    hint: "It comes with the editor: open this repository in a window that has it, or choose another model.",
    ...(cause === undefined ? {} : { cause }),
  });
}

function stalled(id: string, verdict: string): ProvingGroundError {
  return new ProvingGroundError("model", `${id} ${verdict}`, { hint: "Try again, or choose another model." });
}

function cancelled(id: string): ProvingGroundError {
  return new ProvingGroundError("cancelled", `the request to ${id} was cancelled`);
}
