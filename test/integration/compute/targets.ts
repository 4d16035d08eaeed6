/** The targets that the cases of targets.test.ts run over. A new one is one more entry. */
import type { Compute } from "../../../extension/engine/compute/compute.ts";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { SshCompute } from "../../../extension/engine/compute/ssh.ts";
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
    pending: ["sees no variable of the engine or of a login that it was not given"],
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
];
