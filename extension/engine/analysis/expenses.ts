/** Money, tokens and hours, in all and by epoch. Pure. */
import type { Amount, Expenses } from "../../protocol/analysis.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Run } from "../../protocol/run.ts";
import type { CallSum, Material } from "./material.ts";

const BILLION = 1_000_000_000;
const HOUR = 3_600_000;

export function expensesOf({ environment, ideas, runs, calls }: Pick<Material, "environment" | "ideas" | "runs" | "calls">): Expenses {
  const { gpus } = environment.manifest.resources;
  const epochOf = new Map(ideas.map(({ id, epoch }) => [id, epoch]));
  const written = writtenAt(ideas);
  const epochs = new Map<number, Amount>();
  for (const { epoch } of ideas) if (!epochs.has(epoch)) epochs.set(epoch, nothing());
  const total = nothing();
  let [baselineHours, stopped, saved] = [0, 0, 0];
  for (const run of runs) {
    const hours = hoursOf(run) * Math.max(1, gpus);
    total.hours += hours;
    if (run.early !== null) {
      stopped++;
      saved += (run.early.saved / 3600) * Math.max(1, gpus);
    }
    if (run.idea === null) baselineHours += hours;
    else addTo(epochs, epochOf.get(run.idea), { ...nothing(), hours });
  }
  for (const call of calls) {
    const amount = { dollars: call.cost / BILLION, tokens: call.tokens, hours: 0 };
    add(total, amount);
    addTo(epochs, (call.idea === null ? undefined : epochOf.get(call.idea)) ?? epochServed(call, written), amount);
  }
  const all = (of: (call: CallSum) => number) => calls.reduce((sum, call) => sum + of(call), 0);
  return {
    ...{ gpus, total, stopped, saved, baselineHours },
    bounded: calls.some(({ bounded }) => bounded),
    calls: all((call) => call.calls),
    unpriced: all((call) => call.unpriced),
    purposes: [...Map.groupBy(calls, ({ purpose }) => purpose)].map(([purpose, of]) => ({
      purpose,
      calls: of.reduce((sum, call) => sum + call.calls, 0),
      dollars: of.reduce((sum, call) => sum + call.cost, 0) / BILLION,
      tokens: of.reduce((sum, call) => sum + call.tokens, 0),
    })),
    epochs: [...epochs].sort(([a], [b]) => a - b).map(([epoch, amount]) => ({ epoch, amount })),
  };
}

/** Ideas in the order written, by search. */
function writtenAt(ideas: readonly Idea[]): Map<number | null, Idea[]> {
  return Map.groupBy(
    ideas.toSorted((a, b) => a.createdAt - b.createdAt || a.id - b.id),
    ({ search }) => search,
  );
}

/** A call for ideas names none, as there are none yet: it served the epoch of those that its search wrote down next, else the last. */
function epochServed({ search, at }: CallSum, written: ReadonlyMap<number | null, readonly Idea[]>): number | undefined {
  const own = written.get(search) ?? [];
  let [low, high] = [0, own.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((own[middle]?.createdAt ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return (own[low] ?? own.at(-1))?.epoch;
}

function hoursOf({ startedAt, endedAt }: Run): number {
  return startedAt === null || endedAt === null ? 0 : (endedAt - startedAt) / HOUR;
}

function nothing(): Amount {
  return { dollars: 0, tokens: 0, hours: 0 };
}

function add(to: Amount, amount: Amount): void {
  to.dollars += amount.dollars;
  to.tokens += amount.tokens;
  to.hours += amount.hours;
}

function addTo(epochs: Map<number, Amount>, epoch: number | undefined, amount: Amount): void {
  const known = epoch === undefined ? undefined : epochs.get(epoch);
  if (known !== undefined) add(known, amount);
}
