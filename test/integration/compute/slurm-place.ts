/** Jobs on a real Slurm: a target whose calls to its site are counted, and waiting for what Slurm has no events for. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Compute, Job, JobRef, JobState } from "../../../extension/engine/compute/compute.ts";
import { LocalSite } from "../../../extension/engine/compute/local-site.ts";
import { SlurmCompute } from "../../../extension/engine/compute/slurm.ts";
import { SlurmTarget } from "../../../extension/protocol/target.ts";
import type { Slurm } from "../../fixtures/slurm.ts";
import { asked, folder, job } from "./place.ts";

/** A site that counts the scripts it runs. */
export class CountingSite extends LocalSite {
  calls = 0;
  override run(script: string, seconds?: number): Promise<Buffer> {
    this.calls += 1;
    return super.run(script, seconds);
  }
}

export interface SlurmPlace {
  compute: SlurmCompute;
  site: CountingSite;
  lab: string;
  /** Folder that holds the jobs. */
  root: string;
  /** A job of its own lab, with folders of its own. */
  todo: (id: string, command: string, more?: Partial<Job>) => Job;
  /** What a file of a job says; empty while there is none. */
  text: (ref: JobRef, file?: string) => string;
}

let labs = 0;

/** A lab of its own on a cluster. @param base folder for it; absent: one that goes away with the test */
export function slurmPlace(slurm: Slurm, settings: Record<string, unknown> = {}, base = folder()): SlurmPlace {
  const root = join(base, "it's 5% there");
  const lab = `lab${(labs += 1)}`;
  const site = new CountingSite({ root, environment: { ...slurm.environment, API_KEY: "secret" } });
  const target = SlurmTarget.parse({ kind: "slurm", name: "cluster", ...settings });
  return {
    ...{ site, lab, root, compute: new SlurmCompute({ site, settings: target, lab, beat: 0.2, settle: 0.5 }) },
    todo: (id, command, more) => job(join(base, "runs", id), command, { id, ...more }),
    text: (ref, file = "stdout.log") => {
      const path = join(root, ref.id, file);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    },
  };
}

/** Resolves with what `look` finds, once it finds something. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false> | T | null | undefined | false): Promise<T> {
  const found = await asked(
    async () => await look(),
    (answer) => answer !== null && answer !== undefined && answer !== false,
  );
  return found as T;
}

export async function stateOf(compute: Compute, ref: JobRef): Promise<JobState> {
  const [state] = await compute.poll([ref]);
  if (state === undefined) throw new Error("no state");
  return state;
}

/** Resolves with a job's state once it is one of these. */
export const becomes = (compute: Compute, ref: JobRef, ...wanted: JobState["state"][]) =>
  eventually(async () => {
    const state = await stateOf(compute, ref);
    return wanted.includes(state.state) && state;
  });
