/** Ideas with what became of them, in few words, for the tests of the analysis. */
import type { AttemptCount } from "../../../extension/engine/analysis/material.ts";
import { type Trajectory, trajectoriesOf } from "../../../extension/engine/analysis/trajectories.ts";
import type { AttemptOutcome, Idea } from "../../../extension/protocol/idea.ts";
import type { Run, RunFailure } from "../../../extension/protocol/run.ts";
import type { Search, SearchPlan } from "../../../extension/protocol/search.ts";
import { SearchPlan as Plan } from "../../../extension/protocol/search.ts";
import { ideaFixture, runFixture } from "../../fixtures/lab.ts";

/** The baseline is at 2, and less is better. */
export const SCALE = { metric: "val_loss", unit: "", minimize: true, baseline: 2, measured: true };

export const commit = "c0ffee";

/** An idea that reached a metric. */
export function reached(id: number, metric: number, more: Partial<Idea> = {}): Idea {
  return ideaFixture(id, { status: "done", metric, seeds: 1, commit, ...more });
}

/** An idea whose run failed. */
export function failed(id: number, more: Partial<Idea> = {}): Idea {
  return ideaFixture(id, { status: "failed", commit, ...more });
}

/** A run of it that failed. */
export function failedRun(idea: number, failure: RunFailure, id = 100 + idea): Run {
  return runFixture(id, idea, { state: "failed", failure, metric: null });
}

export function attempts(idea: number, outcome: AttemptOutcome, count = 1): AttemptCount {
  return { idea, outcome, attempts: count };
}

/** Every idea that failed has a run that crashed. */
export function trajectories(ideas: readonly Idea[], scale = SCALE): Trajectory[] {
  const runs = ideas.filter(({ status }) => status === "failed").map(({ id }) => failedRun(id, "crash"));
  return trajectoriesOf({ ideas, runs, attempts: [] }, scale);
}

export function searchFixture(id: number, plan: Partial<SearchPlan> = {}, more: Partial<Search> = {}): Search {
  return {
    id,
    environment: "tinylm",
    plan: Plan.parse({ algorithm: "evolutionary", source: "lab/a", size: 2, epochs: 3, seed: 1, ...plan }),
    baseline: "b",
    firstEpoch: 0,
    state: "ended",
    reason: null,
    ideas: 0,
    epoch: 0,
    asksForParents: false,
    waitsFor: null,
    benchmark: null,
    spent: { dollars: 0, tokens: 0, hours: 0 },
    saved: 0,
    startedAt: 1000 + id,
    endedAt: null,
    ...more,
  };
}
