/** What the next ideas will take: pure arithmetic over what past runs took. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { counted, durationText } from "../../protocol/format.ts";

/** Newest finished runs that the mean is taken over. */
const WINDOW = 20;

/**
 * `about 1.4 min on 2 slots`, one run per idea; that it needs GPUs where no target has any; empty when nothing is known.
 * The time of a run is the mean of past runs, before the first one the environment's budget.
 * @param target that they are queued for; null: any
 */
export function forecastText(count: number, environment: ValidEnvironment, snapshot: Snapshot, target: string | null): string {
  const { gpus } = environment.manifest.resources;
  const open = snapshot.targets.filter(
    ({ name, problem, drained }) => problem === null && !drained && (target === null || name === target),
  );
  // What a cluster has, its own scheduler knows.
  const able = open.filter(({ kind, type }) => gpus === 0 || kind === "gpu" || type === "slurm" || type === "ray");
  if (open.length > 0 && able.length === 0) return `a run needs ${counted(gpus, "GPU")}, and no target has one`;
  const slots = able.reduce((sum, { slots: there }) => sum + there, 0);
  const seconds = meanSeconds(environment.name, snapshot) ?? environment.manifest.budget?.seconds ?? null;
  if (slots === 0 || seconds === null) return "";
  return `about ${durationText(Math.ceil(count / slots) * seconds)} of runs on ${counted(slots, "slot")}`;
}

function meanSeconds(environment: string, snapshot: Snapshot): number | null {
  const times = snapshot.runs
    .filter((run) => run.environment === environment && run.state === "succeeded")
    .slice(-WINDOW)
    .flatMap(({ startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [(endedAt - startedAt) / 1000]));
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length;
}
