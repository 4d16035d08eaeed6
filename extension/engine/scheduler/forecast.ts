/** What runs will take before they are queued, from what earlier ones took. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { RunsForecast } from "../../protocol/search.ts";

const HOUR = 3600;

export interface Outlook {
  /** Mean wall time of a run in seconds; null before the first. */
  seconds: number | null;
  /** Runs that can go on at once. */
  slots: number;
  /** Runs that are before them: queued ones, and those under way. */
  before: number;
  /** What keeps targets from taking them, in words; empty when one can. */
  obstacles: readonly string[];
}

/** @param manifest its budget stands in for the time of a run that nobody has seen yet */
export function forecastRuns(runs: number, { resources, budget }: Manifest, { seconds, slots, before, obstacles }: Outlook): RunsForecast {
  const each = seconds ?? budget?.seconds ?? null;
  const gpus = resources.gpus * resources.nodes;
  return {
    ...{ runs, gpus, each },
    hours: each === null ? null : (runs * each * Math.max(1, gpus)) / HOUR,
    seconds: each === null ? null : Math.ceil((runs + before) / slots) * each,
    warnings: [...obstacles],
  };
}
