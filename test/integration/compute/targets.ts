/** The targets that the cases of targets.test.ts run over. A new one is one more entry. */
import { join } from "node:path";
import type { Compute } from "../../../extension/engine/compute/compute.ts";
import { LocalSite } from "../../../extension/engine/compute/local-site.ts";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { RayCompute } from "../../../extension/engine/compute/ray.ts";
import { SshCompute } from "../../../extension/engine/compute/ssh.ts";
import { SlurmCompute } from "../../../extension/engine/compute/slurm.ts";
import { SshSite } from "../../../extension/engine/compute/ssh-site.ts";
import { startSlurm } from "../../fixtures/slurm.ts";
import { RayTarget, SlurmTarget } from "../../../extension/protocol/target.ts";
import { startRay } from "../../fixtures/ray.ts";
import { startSshd } from "../../fixtures/sshd.ts";
import { BASE, temporary } from "./place.ts";

/** Must not be seen by any job: the engine has it, and so has every login of another machine. */
export const SECRET = "a-secret-that-nobody-sees";

/** A target that was set up for tests. */
export interface Place {
  compute: Compute;
  /** The same target as another engine sees it. */
  again(): Compute;
  end(): void | Promise<void>;
}

export interface Target {
  name: string;
  make: () => Promise<Place>;
  /** Whether the folders of ended jobs stay, because they are the record. */
  keeps: boolean;
  /** Whether it tells of changes; the jobs of others are polled. */
  watches: boolean;
  /** Cases that cannot hold there yet, by their names. */
  pending: readonly string[];
}

const CLUSTER = SlurmTarget.parse({ kind: "slurm", name: "cluster" });

export const TARGETS: readonly Target[] = [
  {
    name: "local",
    keeps: true,
    watches: true,
    pending: [],
    make: () => {
      const again = () => new LocalCompute({ environment: BASE });
      return Promise.resolve({ compute: again(), again, end: () => undefined });
    },
  },
  {
    name: "ssh",
    keeps: false,
    watches: true,
    pending: [],
    make: async () => {
      const sshd = await startSshd({ variables: { PROVING_GROUND_TEST_KEY: SECRET } });
      const far = temporary();
      const target = {
        kind: "ssh",
        name: "box",
        data: {},
        prelude: "",
        host: sshd.host,
        config: sshd.config,
        directory: far.path,
      } as const;
      const made: Compute[] = [];
      const again = () => {
        const compute = new SshCompute({ target, lab: "lab-1", environment: { ...BASE, PROVING_GROUND_TEST_KEY: SECRET } });
        made.push(compute);
        return compute;
      };
      const end = () => {
        for (const compute of made) compute.close();
        sshd.end();
        far.remove();
      };
      return { compute: again(), again, end };
    },
  },
  {
    name: "slurm on this machine",
    keeps: false,
    watches: true,
    pending: [],
    make: async () => {
      const slurm = await startSlurm({ cpus: 32 });
      const far = temporary();
      const again = () => {
        const site = new LocalSite({
          root: join(far.path, "jobs"),
          environment: { ...slurm.environment, PROVING_GROUND_TEST_KEY: SECRET },
        });
        return new SlurmCompute({ site, settings: CLUSTER, lab: "lab-1", beat: 0.2, settle: 0.5 });
      };
      const end = async () => {
        await slurm.stop();
        far.remove();
      };
      return { compute: again(), again, end };
    },
  },
  {
    name: "slurm behind a login node",
    keeps: false,
    watches: true,
    pending: [],
    make: async () => {
      const slurm = await startSlurm({ cpus: 32 });
      const { PATH, SLURM_CONF } = slurm.environment;
      const sshd = await startSshd({ variables: { PATH, SLURM_CONF, PROVING_GROUND_TEST_KEY: SECRET } });
      const far = temporary();
      const made: Compute[] = [];
      const again = () => {
        const { host, config } = sshd;
        const site = new SshSite({ host, config, directory: far.path, lab: "lab-1", environment: BASE });
        const compute = new SlurmCompute({ site, settings: { ...CLUSTER, host, config }, lab: "lab-1", beat: 0.2, settle: 0.5 });
        made.push(compute);
        return compute;
      };
      const end = async () => {
        for (const compute of made) compute.close();
        sshd.end();
        await slurm.stop();
        far.remove();
      };
      return { compute: again(), again, end };
    },
  },
  {
    name: "ray",
    keeps: false,
    watches: true,
    pending: [],
    make: async () => {
      const ray = await startRay({ variables: { PROVING_GROUND_TEST_KEY: SECRET } });
      const shared = temporary();
      const target = RayTarget.parse({ kind: "ray", name: "ray", address: ray.address, directory: shared.path });
      const made: Compute[] = [];
      const again = () => {
        const compute = new RayCompute({
          target,
          lab: "lab-1",
          folder: shared.path,
          environment: { ...BASE, PROVING_GROUND_TEST_KEY: SECRET },
        });
        made.push(compute);
        return compute;
      };
      const end = async () => {
        for (const compute of made) compute.close();
        await ray.end();
        shared.remove();
      };
      return { compute: again(), again, end };
    },
  },
];
