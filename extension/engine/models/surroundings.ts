/** What a model client needs from the outside: the network, time and chance, as parameters so that tests need no sleeping. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Surroundings {
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Uniform in [0, 1): spreads retries. */
  random: () => number;
  /** Resolves after that many milliseconds; rejects when the signal fires. */
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const REAL_SURROUNDINGS: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  now: Date.now,
  random: Math.random,
  pause: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { signal });
  },
};
