/** When to ask again for what takes the engine a while: after a change, one question at a time, with a rest in between. */

/** Milliseconds of rest after an answer. */
const REST = 1000;
/** In a large lab the engine is left alone this many times as long as the answer took it. */
const RESTS = 5;

export interface Time {
  /** Milliseconds. */
  now(): number;
  /** @returns calls it off */
  later(milliseconds: number, call: () => void): () => void;
}

export const PAGE_TIME: Time = {
  now: () => performance.now(),
  later: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

export class Freshness {
  readonly #time: Time;
  readonly #again: () => void;
  #subject = "";
  #state: readonly unknown[] = [];
  #begun = 0;
  /** A question is under way, or its answer has just come. */
  #held = false;
  #callOff: () => void = () => undefined;

  /** @param again called after a rest: something may have changed during it */
  constructor(time: Time, again: () => void) {
    this.#time = time;
    this.#again = again;
  }

  /**
   * Whether to ask now; then `settled` must follow.
   * @param subject another one is asked about at once
   * @param state what the answer depends on; entities that did not change are the same ones
   */
  due(subject: string, state: readonly unknown[]): boolean {
    if (subject === this.#subject && (this.#held || same(state, this.#state))) return false;
    this.#callOff();
    this.#subject = subject;
    this.#state = state;
    this.#begun = this.#time.now();
    this.#held = true;
    return true;
  }

  /** The answer about the subject has come, or will not. @returns whether it is still wanted */
  settled(subject: string): boolean {
    if (subject !== this.#subject || !this.#held) return false;
    const rest = Math.max(REST, RESTS * (this.#time.now() - this.#begun));
    this.#callOff = this.#time.later(rest, () => {
      this.#held = false;
      this.#again();
    });
    return true;
  }

  /** Nobody looks any more. */
  stop(): void {
    this.#callOff();
    this.#subject = "";
    this.#state = [];
    this.#held = false;
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
