/** Where in the queue runs go that a human moves: pure, from the queue and what was moved to what the engine is asked. */
import type { Run } from "../../protocol/run.ts";

/** Queued runs in the order in which they are begun. */
export function inQueue(runs: readonly Run[]): Run[] {
  return runs.filter((run) => run.state === "queued").sort((a, b) => a.position - b.position || a.id - b.id);
}

export type Way = "first" | "up" | "down" | "last";

/** Runs that are to stand, in this order, before another one; null: at the end. */
export interface NewOrder {
  runs: number[];
  before: number | null;
}

/**
 * What moving runs comes to; several are gathered, in the order they have.
 * @param queue ids of all queued runs, in order
 * @returns null where nothing changes
 */
export function moved(queue: readonly number[], chosen: ReadonlySet<number>, way: Way): NewOrder | null {
  const others = queue.filter((id) => !chosen.has(id));
  const at = queue.findIndex((id) => chosen.has(id));
  const end = queue.findLastIndex((id) => chosen.has(id));
  switch (way) {
    case "first":
      return before(queue, chosen, others[0] ?? null);
    case "last":
      return before(queue, chosen, null);
    case "up":
      return before(queue, chosen, queue[at - 1] ?? others[0] ?? null);
    case "down": {
      const next = queue[end + 1];
      return next === undefined ? before(queue, chosen, null) : before(queue, chosen, others[others.indexOf(next) + 1] ?? null);
    }
  }
}

/** What dropping runs comes to. @param onto queued run that they are to stand before; null: the end */
export function dropped(queue: readonly number[], chosen: ReadonlySet<number>, onto: number | null): NewOrder | null {
  const from = onto === null ? [] : queue.slice(queue.indexOf(onto));
  return before(queue, chosen, from.find((id) => !chosen.has(id)) ?? null);
}

function before(queue: readonly number[], chosen: ReadonlySet<number>, next: number | null): NewOrder | null {
  const runs = queue.filter((id) => chosen.has(id));
  const others = queue.filter((id) => !chosen.has(id));
  const index = next === null ? others.length : others.indexOf(next);
  const after = others.toSpliced(index, 0, ...runs);
  return after.every((id, position) => id === queue[position]) ? null : { runs, before: next };
}
