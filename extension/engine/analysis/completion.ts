/** How far ideas come and what ends them: completion rate by stage, and the failures by their reason. Pure. */
import { type Completion, type FailureFigures, Stage } from "../../protocol/analysis.ts";
import type { Run } from "../../protocol/run.ts";
import { shareOf } from "./intervals.ts";
import type { AttemptCount } from "./material.ts";
import { FAILURES, type State, type Trajectory, wasTried } from "./trajectories.ts";

/**
 * The completion rate is that of Si et al. 2026 (arXiv 2601.14525, section 3): ideas with a valid result over all that were tried. An idea
 * that is still under way is not counted against it, nor one that a human put aside; both are said. One that was stopped early counts as
 * completed: its runs were well, and leaving it out would count the failed ones among the good ideas alone.
 */
export function completionOf(trajectories: readonly Trajectory[], attempts: readonly AttemptCount[], runs: readonly Run[]): Completion {
  const tried = trajectories.filter(wasTried);
  const inState = (state: State) => trajectories.filter((one) => one.state === state).length;
  const ofIdeas = runs.filter(({ idea }) => idea !== null);
  return {
    ideas: trajectories.length,
    tried: tried.length,
    valid: inState("valid"),
    stopped: inState("stopped"),
    failed: inState("failed"),
    open: inState("open"),
    aside: inState("aside"),
    rejectedAfter: trajectories.filter(({ rejectedAfter }) => rejectedAfter).length,
    stages: Stage.options.map((stage) => {
      const ideas = tried.filter((one) => reached(one.stage, stage)).length;
      return { stage, ideas, share: shareOf(ideas, tried.length) };
    }),
    failures: failuresOf(tried, attempts, ofIdeas),
    attempts: attempts.reduce((sum, one) => sum + one.attempts, 0),
    runs: ofIdeas.length,
  };
}

function reached(came: Stage | null, stage: Stage): boolean {
  return came !== null && Stage.options.indexOf(came) >= Stage.options.indexOf(stage);
}

function failuresOf(tried: readonly Trajectory[], attempts: readonly AttemptCount[], runs: readonly Run[]): FailureFigures[] {
  const ideas = new Map<string, number>();
  const tries = new Map<string, number>();
  const add = (to: Map<string, number>, reason: string | null, amount: number) => {
    if (reason !== null) to.set(reason, (to.get(reason) ?? 0) + amount);
  };
  for (const { failure } of tried) add(ideas, failure, 1);
  for (const { outcome, attempts: amount } of attempts) add(tries, outcome, amount);
  for (const { state, failure } of runs) if (state === "failed") add(tries, failure ?? "crash", 1);
  return FAILURES.flatMap(({ stage, outcomes }) =>
    outcomes
      .map((reason) => ({ reason, stage, ideas: ideas.get(reason) ?? 0, tries: tries.get(reason) ?? 0 }))
      .filter((one) => one.ideas > 0 || one.tries > 0)
      .sort((a, b) => b.ideas - a.ideas || b.tries - a.tries),
  );
}
