/** The targets besides this machine that faults are tried on: each is set up as a user does it, and takes all runs while this machine takes none. */
import path from "node:path";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { LOCAL as HERE, TargetSetting } from "../../../extension/protocol/target.ts";
import type { Ray } from "../../fixtures/ray.ts";
import type { Slurm } from "../../fixtures/slurm.ts";
import type { Sshd } from "../../fixtures/sshd.ts";
import { BROUGHT_BACK, type FaultTarget } from "./fault-lab.ts";

/** Where the target keeps jobs: its folder among those of the lab. */
const FAR = "far";

/** @param directory for jobs there; absent: beside the witness */
export const behindSsh = ({ host, config }: Sshd, directory?: string): FaultTarget =>
  target("box", [], (far) => ({ kind: "ssh", host, config, directory: directory ?? far }));

/** Slurm's commands on this machine: the engine sees the variables that lead to its configuration. */
export const onSlurm = ({ environment }: Slurm): FaultTarget => {
  const found = target("cluster", ["slurm.sh"], (far) => ({ kind: "slurm", directory: far }));
  return {
    ...found,
    open: async (base) => {
      const opened = await found.open(base);
      const before = { PATH: process.env.PATH, SLURM_CONF: process.env.SLURM_CONF };
      Object.assign(process.env, { PATH: environment.PATH, SLURM_CONF: environment.SLURM_CONF });
      return {
        ...opened,
        close: async () => {
          await opened.close();
          process.env.PATH = before.PATH;
          if (before.SLURM_CONF === undefined) delete process.env.SLURM_CONF;
          else process.env.SLURM_CONF = before.SLURM_CONF;
        },
      };
    },
  };
};

export const onRay = ({ address }: Ray): FaultTarget => target("ray", ["ray.sh"], (far) => ({ kind: "ray", address, directory: far }));

/** @param beside what else is in a run's folder */
function target(name: string, beside: readonly string[], setting: (far: string) => Record<string, unknown>): FaultTarget {
  return {
    name,
    open: (base) => {
      const made = setting(path.join(base, FAR));
      return Promise.resolve({
        name,
        jobs: String(made.directory),
        queues: made.kind !== "ssh",
        complete: [...BROUGHT_BACK, ...beside].sort(),
        configure: async (client: EngineConnection, slots: number) => {
          await client.request(methods.targetsConfigure, { targets: [TargetSetting.parse({ name, slots, ...made })] });
          await client.request(methods.targetsDrain, { target: HERE, drained: true });
        },
        close: () => Promise.resolve(),
      });
    },
  };
}
