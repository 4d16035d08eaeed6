/** Everything that is said of an environment's trajectories together. Pure. */
import type { Analysis } from "../../protocol/analysis.ts";
import { benchmarksOf } from "./benchmark.ts";
import { comparisonsOf } from "./best-of-n.ts";
import { completionOf } from "./completion.ts";
import { epochFigures } from "./epochs.ts";
import { expensesOf } from "./expenses.ts";
import { kindsOf } from "./kinds.ts";
import type { Material } from "./material.ts";
import { scaleOf } from "./reward.ts";
import { similarityOf } from "./similarity.ts";
import { trajectoriesOf } from "./trajectories.ts";

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
    similarity: similarityOf(trajectories, texts),
    comparisons: comparisonsOf(trajectories, searches, scale.baseline !== null),
    expenses: expensesOf(material),
    benchmarks: benchmarksOf(trajectories, searches),
  };
}
