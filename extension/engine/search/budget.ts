/** The caps of a search: what its models are held to, and room for the most that a run can take before it is queued. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { Search } from "../../protocol/search.ts";

const HOUR = 3600;
const BILLION = 1_000_000_000;

/** What its models may take all in all, in tokens and billionths of a dollar; null is no cap. */
export function limitsOf({ plan }: Pick<Search, "plan">): { tokens: number | null; cost: number | null } {
  const { dollars, tokens } = plan.caps;
  return { tokens: tokens === 0 ? null : tokens, cost: dollars === 0 ? null : Math.round(dollars * BILLION) };
}

/** Hours that a run takes at most, times its GPUs. */
export function mostHours({ timeout, gpus, nodes }: Manifest["resources"]): number {
  return (timeout * Math.max(1, gpus * nodes)) / HOUR;
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
