/** Models side by side: completion rate, average and best of every pair of a benchmark, as in Si et al. 2026, section 3. Pure. */
import type { Amount, Benchmark, Estimate, Pair } from "../../protocol/analysis.ts";
import { ideasPlanned, type Search } from "../../protocol/search.ts";
import { implementerOf } from "./best-of-n.ts";
import { rewardsOf } from "./epochs.ts";
import { meanOf, shareOf } from "./intervals.ts";
import { quantileOfBest } from "./order-statistics.ts";
import { type Trajectory, wasTried } from "./trajectories.ts";

/** Newest first; within one, pairs in the order they were begun. */
export function benchmarksOf(trajectories: readonly Trajectory[], searches: readonly Search[]): Benchmark[] {
  const bySearch = Map.groupBy(trajectories, ({ idea }) => idea.search);
  return [...Map.groupBy(searches, ({ benchmark }) => benchmark)]
    .flatMap(([benchmark, all]) => {
      if (benchmark === null) return [];
      const pairs = [...Map.groupBy(all, (search) => JSON.stringify([search.plan.source, implementerOf(search)])).values()];
      return {
        benchmark,
        startedAt: Math.min(...all.map(({ startedAt }) => startedAt)),
        ended: all.every(({ state }) => state === "ended"),
        pairs: pairs.map((of) =>
          pairOf(
            of,
            of.flatMap(({ id }) => bySearch.get(id) ?? []),
          ),
        ),
      };
    })
    .sort((a, b) => b.benchmark - a.benchmark);
}

function pairOf(searches: readonly Search[], trajectories: readonly Trajectory[]): Pair {
  const [first] = searches;
  const tried = trajectories.filter(wasTried);
  const { valid, best, bestIdea } = rewardsOf(tried);
  return {
    ideator: first?.plan.source ?? "",
    implementer: first === undefined ? "" : implementerOf(first),
    searches: searches.map(({ id }) => id),
    ideas: trajectories.length,
    planned: searches.reduce((sum, { plan }) => sum + ideasPlanned(plan), 0),
    tried: tried.length,
    valid,
    open: trajectories.filter(({ state }) => state === "open").length,
    aside: trajectories.filter(({ state }) => state === "aside").length,
    completion: shareOf(valid, tried.length),
    mean: meanOf(tried.flatMap(({ reward }) => reward ?? [])),
    best: best === null ? null : bestOf(tried, best),
    bestIdea,
    spent: searches.reduce((sum, { spent }) => plus(sum, spent), { dollars: 0, tokens: 0, hours: 0 }),
  };
}

/**
 * The best with the percentile interval of its bootstrap over all ideas that were tried, failed ones among them. It says how much of the
 * best was luck within what was seen: its upper end is the best itself, and it has no lower one where a repeat may end without any result.
 */
function bestOf(tried: readonly Trajectory[], best: number): Estimate {
  const sorted = tried.map(({ reward }) => reward ?? -Infinity).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const low = quantileOfBest(sorted, sorted.length, 0.025);
  return { value: best, low: Number.isFinite(low) ? low : null, high: best };
}

function plus(a: Amount, b: Amount): Amount {
  return { dollars: a.dollars + b.dollars, tokens: a.tokens + b.tokens, hours: a.hours + b.hours };
}
