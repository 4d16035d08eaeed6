/** What was decided in a review, here and in the engine: what was decided here is never lost to what is read from there. */
import type { Decisions, Hunk } from "../../protocol/review.ts";
import { settle } from "../../protocol/review.ts";

export class Decided {
  readonly #send: (decisions: Decisions) => Promise<unknown>;
  #now: Decisions = {};
  /** What the engine has. */
  #heard = this.#now;
  /** One after the other, so that what the engine has last is what was decided last. */
  #telling: Promise<unknown> = Promise.resolve();

  /** @param send tells the engine; what it rejects with is what {@link tell} rejects with */
  constructor(send: (decisions: Decisions) => Promise<unknown>) {
    this.#send = send;
  }

  get now(): Decisions {
    return this.#now;
  }

  /** @returns whether these are others than before */
  change(decisions: Decisions): boolean {
    if (JSON.stringify(decisions) === JSON.stringify(this.#now)) return false;
    this.#now = decisions;
    return true;
  }

  /**
   * Takes over what was read from the engine, unless something was decided here since that was asked for.
   * @param since what was decided here then
   * @param hunks those that are there; decisions on others mean nothing any more
   */
  take(read: Decisions, since: Decisions, hunks: readonly Hunk[]): void {
    const untouched = this.#now === since;
    this.#now = settle(untouched ? read : this.#now, hunks);
    if (untouched) this.#heard = this.#now;
  }

  /** Resolves when the engine has what is decided. */
  tell(): Promise<void> {
    const told = this.#telling.then(async () => {
      const decisions = this.#now;
      if (decisions === this.#heard) return;
      await this.#send(decisions);
      this.#heard = decisions;
    });
    this.#telling = told.catch(() => undefined);
    return told;
  }
}
