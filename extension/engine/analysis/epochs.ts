/** Best and mean reward per epoch, as in Si et al. 2026 (arXiv 2601.14525, figures of the evolutionary search). Pure. */
import type { EpochFigures } from "../../protocol/analysis.ts";
import { isComplete, type Trajectory, wasTried } from "./trajectories.ts";

/** Best and mean of some trajectories' rewards; those without a result are counted apart. */
export interface RewardFigures {
  /** With a result, or stopped early. */
  valid: number;
  best: number | null;
  bestIdea: number | null;
  /** Of those with a result. */
  mean: number | null;
}

export function rewardsOf(trajectories: readonly Trajectory[]): RewardFigures {
  let measured = 0;
  let sum = 0;
  let best: number | null = null;
  let bestIdea: number | null = null;
  for (const { reward, result } of trajectories) {
    if (reward === null) continue;
    measured += 1;
    sum += reward;
    if (best === null || reward > best) [best, bestIdea] = [reward, result.id];
  }
  return { valid: trajectories.filter(isComplete).length, best, bestIdea, mean: measured === 0 ? null : sum / measured };
}

/** In the order of epochs; an epoch without any idea is left out. */
export function epochFigures(trajectories: readonly Trajectory[]): EpochFigures[] {
  let bestSoFar: number | null = null;
  return byEpoch(trajectories).map(([epoch, all]) => {
    const figures = rewardsOf(all);
    if (figures.best !== null) bestSoFar = Math.max(figures.best, bestSoFar ?? figures.best);
    return { epoch, ideas: all.length, tried: all.filter(wasTried).length, ...figures, bestSoFar };
  });
}

/** The trajectories of each epoch, in the order of epochs. */
export function byEpoch(trajectories: readonly Trajectory[]): [epoch: number, trajectories: Trajectory[]][] {
  return [...Map.groupBy(trajectories, ({ idea }) => idea.epoch)].sort(([a], [b]) => a - b);
}
