/** The caps of a search that its runs count against: room for the most that a run can take is held before it is queued. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { Search } from "../../protocol/search.ts";

const HOUR = 3600;

/** Hours that a run takes at most, times its GPUs. */
export function mostHours({ timeout, gpus }: Manifest["resources"]): number {
  return (timeout * Math.max(1, gpus)) / HOUR;
}

/**
 * How many more runs may be queued.
 * @param open runs of the search that have not ended: each may still take all of its time
 * @returns Infinity without a cap
 */
export function runsLeft({ plan, spent }: Pick<Search, "plan" | "spent">, open: number, most: number): number {
  const { hours } = plan.caps;
  if (hours === 0) return Infinity;
  return Math.max(0, Math.floor((hours - spent.hours + 1e-9) / most) - open);
}

/** When the search's time is over, in milliseconds since 1970; null without a cap. */
export function deadlineOf({ plan, startedAt }: Pick<Search, "plan" | "startedAt">): number | null {
  return plan.caps.minutes === 0 ? null : startedAt + plan.caps.minutes * 60_000;
}
