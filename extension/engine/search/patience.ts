/** Waiting for a model that is away: longer each time, until it answers or somebody speaks of models. */
import type { After } from "../scheduler/clock.ts";

/** Milliseconds before it is asked again, the first time, the second …; the last one holds from then on. */
const WAITS = [15_000, 60_000, 120_000, 300_000, 600_000];

export class Patience {
  readonly #after: After;
  readonly #over: () => void;
  #tries = 0;
  #takeBack: (() => void) | null = null;

  /** @param over called when it is to be asked again */
  constructor(after: After, over: () => void) {
    this.#after = after;
    this.#over = over;
  }

  get waiting(): boolean {
    return this.#takeBack !== null;
  }

  /** It was away once more. */
  wait(): void {
    this.#cancel();
    const milliseconds = WAITS[Math.min(this.#tries++, WAITS.length - 1)] ?? 0;
    this.#takeBack = this.#after(milliseconds, () => this.wake());
  }

  /** It may be there again. */
  wake(): void {
    if (!this.waiting) return;
    this.#cancel();
    this.#over();
  }

  /** It has answered, or nobody waits any more. */
  end(): void {
    this.#tries = 0;
    this.#cancel();
  }

  #cancel(): void {
    this.#takeBack?.();
    this.#takeBack = null;
  }
}
