/** The places that `npm run bench:scheduler` executes runs on: a target is added by one entry. */
import type { EngineConnection } from "../../extension/protocol/connect.ts";
import * as methods from "../../extension/protocol/methods.ts";

export interface BenchTarget {
  name: string;
  /** Share of the ideal makespan that runs of one second should reach. */
  share: number;
  /** Has a fresh engine use it for all runs, so many at once; @returns gives back what that took */
  open(client: EngineConnection, slots: number): Promise<() => Promise<void>>;
}

export const TARGETS: readonly BenchTarget[] = [
  {
    name: "local",
    share: 0.95,
    open: async (client, slots) => {
      await client.request(methods.engineConfigure, { slots });
      return () => Promise.resolve();
    },
  },
];
