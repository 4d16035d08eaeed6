/**
 * Gives new runs their places in the queue so that searches share it fairly, by start-time fair queueing (Goyal, Vin and Cheng 1996):
 * a run stands where the runs before it of its own search end, in time divided by the search's share. The order is kept in the queue
 * itself, so that a human sees it and can change it.
 */
import type { Priority } from "../../protocol/search.ts";

/** Shares of the queue. What a human asks for by hand is as urgent as a search can be. */
const SHARES: Record<Priority, number> = { low: 0.25, normal: 1, high: 4 };
export const BY_HAND: Priority = "high";

/**
 * Places of runs that are queued together.
 * @param count of them
 * @param cost what one takes: GPU seconds, or seconds where it needs no GPU
 * @param left highest place that any run has left the queue from
 * @param last highest place that a run of the same search was ever given; 0 for its first
 */
export function places(
  count: number,
  { cost, priority, left, last }: { cost: number; priority: Priority; left: number; last: number },
): number[] {
  const step = cost / SHARES[priority];
  const first = last === 0 ? left : Math.max(left, last + step);
  return Array.from({ length: count }, (_, nth) => first + nth * step);
}
