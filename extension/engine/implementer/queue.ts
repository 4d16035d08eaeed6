/** Lets a fixed number of pieces of work go on at once and no two on the same idea; the others wait their turn. */
import { ProvingGroundError } from "../../protocol/errors.ts";

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param atOnce how many may go on at the same time */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /**
   * Does the work when it is its turn.
   * @throws ProvingGroundError `cancelled` when the signal fires before that; what the work throws
   */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(cancelled());
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}

/** Ideas whose files somebody is changing: implementing, approving and discarding exclude each other. */
export class Claims {
  readonly #held = new Map<number, Claim>();

  /** Whether the idea is claimed. */
  has(idea: number): boolean {
    return this.#held.has(idea);
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * @param work is given a function that says that its result is about to be seen: from then on, whoever claims the idea because of it
   *   waits for the tidying up instead of being refused
   * @throws ProvingGroundError `usage` while the idea is claimed by other work
   */
  async hold<T>(idea: number, doing: string, work: (finishing: () => void) => Promise<T>): Promise<T> {
    for (let held = this.#held.get(idea); held !== undefined; held = this.#held.get(idea)) {
      if (!held.finishing) {
        throw new ProvingGroundError("usage", `idea #${idea} is being ${held.doing} right now`, { hint: "Wait until that is done." });
      }
      await held.over;
    }
    const { promise, resolve } = Promise.withResolvers<null>();
    const claim: Claim = { doing, finishing: false, over: promise };
    this.#held.set(idea, claim);
    try {
      return await work(() => {
        claim.finishing = true;
      });
    } finally {
      this.#held.delete(idea);
      resolve(null);
    }
  }
}

interface Claim {
  doing: string;
  finishing: boolean;
  over: Promise<null>;
}

function cancelled(): ProvingGroundError {
  return new ProvingGroundError("cancelled", "cancelled before it began");
}
