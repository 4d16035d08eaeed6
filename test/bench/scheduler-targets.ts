/** The places that `npm run bench:scheduler` executes runs on: a target is added by one entry. */
import type { EngineConnection } from "../../extension/protocol/connect.ts";
import * as methods from "../../extension/protocol/methods.ts";
import { startSlurm } from "../fixtures/slurm.ts";

export interface BenchTarget {
  name: string;
  /** Share of the ideal makespan that runs of one second should reach. */
  share: number;
  /** Starts what it needs, before there is an engine. @param slots runs at a time */
  open(slots: number): Promise<OpenTarget>;
}

export interface OpenTarget {
  /** Has a fresh engine use it for all runs. */
  configure(client: EngineConnection): Promise<void>;
  /** Milliseconds that the target itself takes for so many jobs of a length in seconds, without us; absent: there is nothing but us. */
  alone?: (count: number, length: number) => Promise<number>;
  close(): Promise<void>;
}

/** A machine of our own, contained as a user has it or not at all. */
const local = (name: string, sandbox: "auto" | "off"): BenchTarget => ({
  name,
  share: 0.95,
  open: (slots) =>
    Promise.resolve({
      configure: async (client) => {
        await client.request(methods.engineConfigure, { slots, sandbox });
      },
      close: () => Promise.resolve(),
    }),
});

export const TARGETS: readonly BenchTarget[] = [
  local("local", "off"),
  local("contained", "auto"),
  {
    name: "slurm",
    share: 0.9,
    open: async (slots) => {
      const slurm = await startSlurm({ cpus: slots });
      // Jobs that wait there begin when Slurm has room for them: by default it is given 16 at a time.
      const given = 2 * slots;
      // The engine is started by this process and finds Slurm as a user's would.
      const before = { PATH: process.env.PATH, SLURM_CONF: process.env.SLURM_CONF };
      Object.assign(process.env, { PATH: slurm.environment.PATH, SLURM_CONF: slurm.environment.SLURM_CONF });
      return {
        configure: async (client) => {
          await client.request(methods.targetsConfigure, {
            targets: [{ kind: "slurm", name: "slurm", partition: "debug", slots: given, data: {}, prelude: "", directives: [] }],
          });
          await client.request(methods.targetsDrain, { target: "local", drained: true });
        },
        alone: async (count, length) => {
          const begun = performance.now();
          // As quick as anybody could: one shell, one command after the other; the last command waits for the last job.
          const one = `sbatch --parsable --output=/dev/null --wrap='sleep ${length}' > /dev/null\n`;
          const submit = one.repeat(count);
          await slurm.command("sh", "-c", `${submit}while [ -n "$(squeue --noheader)" ]; do sleep 0.05; done`);
          return performance.now() - begun;
        },
        close: async () => {
          Object.assign(process.env, before);
          if (before.SLURM_CONF === undefined) delete process.env.SLURM_CONF;
          await slurm.stop();
        },
      };
    },
  },
];
