/** A search against sampling alone: its best so far beside the best of as many fresh ideas of the same writer. Pure. */
import type { BudgetPoint, Comparison } from "../../protocol/analysis.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Search } from "../../protocol/search.ts";
import { chanceToReach, expectedBest, quantileOfBest } from "./order-statistics.ts";
import { spread } from "./spread.ts";
import { type Trajectory, wasTried } from "./trajectories.ts";

/** Budgets at which the two are compared. */
const MOST_POINTS = 60;

/** Fresh ideas that one search is compared with come from the same writer and, as far as is known, the same implementer. */
interface Side {
  search: Search | null;
  writers: string[];
  /** Tried ideas in the order written. */
  tried: Trajectory[];
}

/**
 * The comparison of Si et al. 2026 (arXiv 2601.14525, section on evolutionary search): best-of-N with the same budget of ideas. What is
 * gained over the baseline counts; a failed idea, or one that is worse, gains 0.
 * @param measured whether a baseline is known that gains are counted from
 */
export function comparisonsOf(trajectories: readonly Trajectory[], searches: readonly Search[], measured: boolean): Comparison[] {
  const byId = new Map(searches.map((search) => [search.id, search]));
  const tried = trajectories.filter(wasTried);
  const bySearch = Map.groupBy(tried, ({ idea }) => idea.search);
  const sides = searches
    .filter(({ benchmark, plan }) => benchmark === null && (plan.algorithm === "evolutionary" || plan.algorithm === "steady state"))
    .map((search): Side => ({ search, writers: [search.plan.source], tried: bySearch.get(search.id) ?? [] }));
  const byHand = bySearch.get(null) ?? [];
  const built = byHand.filter(({ idea }) => idea.strategy !== "fresh");
  if (built.length > 0) sides.push({ search: null, writers: [...new Set(built.map(writerOf))], tried: byHand });
  return sides.map((side) =>
    compared(
      side,
      tried.filter((one) => isFreshFor(one, side, byId)),
      measured,
    ),
  );
}

/** Who wrote an idea: `operators`, `human`, or a model. */
export function writerOf({ idea }: Pick<Trajectory, "idea">): string {
  return idea.model ?? (idea.source === "operator" ? OPERATORS : idea.source);
}

function isFreshFor(one: Trajectory, { search, writers }: Side, byId: ReadonlyMap<number, Search>): boolean {
  if (one.idea.strategy !== "fresh" || !writers.includes(writerOf(one))) return false;
  const other = one.idea.search === null ? undefined : byId.get(one.idea.search);
  if (other === undefined) return true;
  // What one search took over from another is the same idea once more.
  return search === null ? other.plan.ideasOf === null : implementerOf(other) === implementerOf(search);
}

/** The model that writes a search's code. */
export function implementerOf({ plan }: Pick<Search, "plan">): string {
  return plan.implementer ?? plan.source;
}

function compared(side: Side, fresh: readonly Trajectory[], measured: boolean): Comparison {
  const about = { search: side.search?.id ?? null, writers: side.writers, pool: fresh.length };
  const problem = problemOf(side, fresh, measured);
  if (problem !== null) return { ...about, points: [], problem };
  const pool = fresh.map(gain).sort((a, b) => a - b);
  let best = 0;
  const reached = side.tried.map((one) => (best = Math.max(best, gain(one))));
  const budgets = spread(
    [...reached.keys()].map((index) => index + 1),
    MOST_POINTS - 1,
  );
  // The whole budget, and the largest that there are fresh ideas for, are always among them.
  const marks = new Set([...budgets, Math.min(pool.length, reached.length), reached.length]);
  const points = [...marks].sort((a, b) => a - b).map((ideas) => point(ideas, reached[ideas - 1] ?? 0, pool));
  return { ...about, points, problem: null };
}

function point(ideas: number, best: number, pool: readonly number[]): BudgetPoint {
  if (ideas > pool.length) return { ideas, best, expected: null, reached: null };
  const [low, high] = [quantileOfBest(pool, ideas, 0.025), quantileOfBest(pool, ideas, 0.975)];
  return { ideas, best, expected: { value: expectedBest(pool, ideas), low, high }, reached: chanceToReach(pool, ideas, best) };
}

/** What an idea adds to the baseline, in the reward's unit. */
function gain({ reward }: Trajectory): number {
  return Math.max(0, reward ?? 0);
}

function problemOf({ search, writers, tried }: Side, fresh: readonly Trajectory[], measured: boolean): string | null {
  if (!measured) return "The baseline is not known, and gains are counted from it. Measure it.";
  const first = tried.findIndex(({ idea }) => idea.strategy !== "fresh");
  if (first === -1) return "Nothing that builds on results has been tried yet.";
  const own = new Set(tried.slice(0, first));
  if (fresh.some((one) => !own.has(one)) && fresh.length > first) return null;
  const who = writers.join(", ");
  const budget = search === null ? tried.length : Math.max(tried.length, search.plan.size * search.plan.epochs);
  return `There is nothing to compare it with: no fresh ideas by ${who} besides those it began with. A best-of-n search with ${budget} ideas gives the comparison.`;
}
