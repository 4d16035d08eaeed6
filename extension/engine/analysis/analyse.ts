/** Everything that is said of an environment's trajectories together. Pure. */
import type { Analysis } from "../../protocol/analysis.ts";
import type { Search } from "../../protocol/search.ts";
import { benchmarksOf } from "./benchmark.ts";
import { comparisonsOf } from "./best-of-n.ts";
import { completionOf } from "./completion.ts";
import { epochFigures } from "./epochs.ts";
import { expensesOf } from "./expenses.ts";
import { kindsOf } from "./kinds.ts";
import type { Material } from "./material.ts";
import { scaleOf } from "./reward.ts";
import { similarityOf } from "./similarity.ts";
import { type Trajectory, trajectoriesOf } from "./trajectories.ts";

export function analyse(material: Material): Analysis {
  const { environment, attempts, runs, searches, texts } = material;
  const scale = scaleOf(environment);
  const trajectories = trajectoriesOf(material, scale);
  return {
    environment: environment.name,
    scale,
    epochs: epochFigures(trajectories),
    completion: completionOf(trajectories, attempts, runs),
    kinds: kindsOf(trajectories),
    similarity: similarityOf(writtenAnew(trajectories, searches), texts),
    comparisons: comparisonsOf(trajectories, searches, scale.baseline !== null),
    expenses: expensesOf(material),
    benchmarks: benchmarksOf(trajectories, searches),
  };
}

/** Without the ideas that a search took over from another, word for word, to have them implemented by another model. */
function writtenAnew(trajectories: readonly Trajectory[], searches: readonly Search[]): readonly Trajectory[] {
  const takers = new Set(searches.filter(({ plan }) => plan.ideasOf !== null).map(({ id }) => id));
  return takers.size === 0 ? trajectories : trajectories.filter(({ idea }) => idea.search === null || !takers.has(idea.search));
}
