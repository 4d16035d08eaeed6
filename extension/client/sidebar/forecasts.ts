/** Keeps the forecast of what the user is choosing: a question that was overtaken is cancelled, and its answer is never shown. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Forecast } from "../../protocol/search.ts";
import type { Plan } from "./search-form.ts";

/** What a forecast is asked for; `state` is anything else that a change of makes an answer old. */
export interface Question {
  environment: string;
  plan: Plan;
  state: string;
}

export type Answer = { kind: "forecast"; forecast: Forecast } | { kind: "failed"; error: ProvingGroundError };

export class Forecasts {
  readonly #ask: (question: Question, signal: AbortSignal) => Promise<Forecast>;
  readonly #changed: () => void;
  #asked = "";
  #aborter: AbortController | null = null;
  #answer: Answer | null = null;

  constructor(ask: (question: Question, signal: AbortSignal) => Promise<Forecast>, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** The newest answer; null before the first. */
  get answer(): Answer | null {
    return this.#answer;
  }

  /** Whether something has changed since that answer, and another one is on its way. */
  get pending(): boolean {
    return this.#aborter !== null;
  }

  /** Asks, unless this was asked last; null asks nothing and forgets what was answered. */
  want(question: Question | null): void {
    // What ideas are to be about changes nothing that could be foreseen.
    const asked = question === null ? "" : JSON.stringify({ ...question, plan: { ...question.plan, instructions: "" } });
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#aborter?.abort();
    this.#aborter = null;
    if (question === null) {
      this.#answer = null;
      return;
    }
    const aborter = new AbortController();
    this.#aborter = aborter;
    const have = (answer: Answer) => {
      if (this.#aborter !== aborter) return;
      this.#aborter = null;
      this.#answer = answer;
      this.#changed();
    };
    this.#ask(question, aborter.signal).then(
      (forecast) => have({ kind: "forecast", forecast }),
      (thrown: unknown) => have({ kind: "failed", error: ProvingGroundError.from(thrown) }),
    );
  }

  dispose(): void {
    this.want(null);
  }
}
