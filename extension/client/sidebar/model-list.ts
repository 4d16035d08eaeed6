/** The models that a lab's engine offers, asked for once per configuration. */
import type { ModelInfo } from "../../protocol/model.ts";

interface Asked<Lab> {
  lab: Lab;
  models: readonly ModelInfo[];
}

export class ModelList<Lab> {
  readonly #ask: (lab: Lab) => Promise<readonly ModelInfo[]>;
  readonly #onChange: () => void;
  readonly #onError: (error: unknown) => void;
  #asked: Asked<Lab> | null = null;
  #current = false;

  /** @param onChange called when a list that was asked for is there */
  constructor(ask: (lab: Lab) => Promise<readonly ModelInfo[]>, onChange: () => void, onError: (error: unknown) => void) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /** Those known of a lab. */
  of(lab: Lab): readonly ModelInfo[] {
    return this.#asked?.lab === lab ? this.#asked.models : [];
  }

  /** Asks for a lab's models unless they are known or on their way. */
  want(lab: Lab): void {
    if (this.#current && this.#asked?.lab === lab) return;
    // Until the answer is there, the list before it stays in sight.
    const asked = { lab, models: this.of(lab) };
    this.#asked = asked;
    this.#current = true;
    this.#ask(lab).then(
      (models) => {
        // An answer given before the configuration changed must not stand for the one after it.
        if (this.#asked !== asked) return;
        asked.models = models;
        this.#onChange();
      },
      (error: unknown) => {
        if (this.#asked === asked) this.#onError(error);
      },
    );
  }

  /** The configuration is another one: what is known or on its way is asked for again. */
  outdate(): void {
    this.#current = false;
  }
}
