/** What became of each idea: how far it came, what ended it, its reward. Another try at a failed idea belongs to that idea. Pure. */
import { type Failure, rewardOf, type Scale, type Stage } from "../../protocol/analysis.ts";
import type { AttemptOutcome, Idea } from "../../protocol/idea.ts";
import type { Run, RunFailure } from "../../protocol/run.ts";
import type { AttemptCount, Material } from "./material.ts";

/**
 * `valid`: it has a result; `stopped`: it has none, because its search stopped it as clearly worse than others; `failed`: it has none and
 * nothing is under way; `open`: under way or waiting; `aside`: rejected, or stopped by a human before it could tell.
 */
export type State = "valid" | "stopped" | "failed" | "open" | "aside";

export interface Trajectory {
  /** The idea as it was first written. */
  idea: Idea;
  /** The try that counts: the idea itself, or a later try at it. */
  result: Idea;
  state: State;
  /** The furthest it came; null before anything could be applied. */
  stage: Stage | null;
  /** What ended it; of a failed one alone. */
  failure: Failure | null;
  /** Of a valid one alone. */
  reward: number | null;
  /** Whether it was rejected although it had a result or had failed. */
  rejectedAfter: boolean;
}

/** Stage that a failure keeps an idea from, furthest last. An attempt that was called off is no failure. */
export const FAILURES: readonly { stage: Stage; outcomes: readonly Failure[] }[] = [
  { stage: "implemented", outcomes: ["model error", "unreadable answer", "empty", "would not apply", "outside", "protected"] },
  { stage: "smoke", outcomes: ["syntax", "import", "smoke"] },
  { stage: "ran", outcomes: ["setup", "launch", "crash", "timeout", "disk full", "lost"] },
  { stage: "valid", outcomes: ["no metric", "not a number", "implausible"] },
];

const STAGES: readonly Stage[] = ["implemented", "smoke", "ran", "valid"];

/** How far along a failure lies. */
const ORDER = new Map(FAILURES.flatMap(({ outcomes }) => outcomes).map((outcome, index) => [outcome, index]));
const STAGE_OF = new Map(FAILURES.flatMap(({ stage, outcomes }) => outcomes.map((outcome) => [outcome, stage])));

/** One for every idea that is not another try, in the order written. */
export function trajectoriesOf({ ideas, runs, attempts }: Pick<Material, "ideas" | "runs" | "attempts">, scale: Scale): Trajectory[] {
  const furthest = furthestFailures(attempts);
  const applied = new Set(attempts.flatMap(({ idea, outcome }) => (outcome === "applied" ? [idea] : [])));
  const lastFailure = failuresOf(runs);
  const early = stoppedEarly(runs);
  const tries = triesOf(ideas);
  return ideas
    .filter((idea) => !isLaterTry(idea, tries))
    .map((idea) => {
      const all = chain(idea, tries).map((one) => {
        // What was rejected in review had been implemented, whatever failed on the way there.
        const implemented = one.commit !== null || one.status === "in review" || (one.status === "rejected" && applied.has(one.id));
        return fate(one, implemented, (implemented ? lastFailure : furthest).get(one.id) ?? null, early.has(one.id));
      });
      const inState = (wanted: State) => all.findLast(({ state }) => state === wanted);
      const counting = inState("valid") ?? inState("stopped") ?? all.findLast(({ state }) => state !== "aside") ?? all.at(-1);
      const { result = idea, state = "open", stage = null, failure = null } = counting ?? {};
      return {
        ...{ idea, result, state, stage, failure },
        reward: state === "valid" && result.metric !== null ? rewardOf(result.metric, scale) : null,
        rejectedAfter: state === "aside" && all.some(({ tried }) => tried),
      };
    });
}

/** Whether it gave a result, failed, or was stopped early. */
export function wasTried({ state }: Trajectory): boolean {
  return state === "valid" || state === "stopped" || state === "failed";
}

/** Whether it was tried and did not fail. */
export function isComplete({ state }: Trajectory): boolean {
  return state === "valid" || state === "stopped";
}

interface Fate {
  result: Idea;
  state: State;
  stage: Stage | null;
  failure: Failure | null;
  /** Whether it had a result or had failed, whatever was decided later. */
  tried: boolean;
}

function fate(result: Idea, implemented: boolean, stuck: Failure | null, early: boolean): Fate {
  const cut = early && result.metric === null && (result.status === "stopped" || result.status === "rejected");
  const stage = result.metric !== null || cut ? "valid" : stuck !== null ? before(stuck) : implemented ? "smoke" : null;
  const tried = result.metric !== null || cut || stuck !== null;
  const state = cut && result.status === "stopped" ? "stopped" : stateOf(result, stuck);
  return { result, state, stage, failure: state === "failed" ? stuck : null, tried };
}

function stateOf({ status, metric, outcome }: Idea, stuck: Failure | null): State {
  if (status === "rejected" || outcome === "cancelled" || outcome === "interrupted") return "aside";
  if (metric !== null) return "valid";
  if (status === "failed" || status === "not implemented") return stuck === null ? "aside" : "failed";
  return status === "stopped" ? "aside" : "open";
}

/** The stage before the one that a failure keeps from. */
function before(failure: Failure): Stage | null {
  const missed = STAGE_OF.get(failure);
  return missed === undefined ? null : (STAGES[STAGES.indexOf(missed) - 1] ?? null);
}

/** Of each idea's failed attempts the one that came furthest: it says most about the idea. */
function furthestFailures(attempts: readonly AttemptCount[]): Map<number, AttemptOutcome> {
  const furthest = new Map<number, AttemptOutcome>();
  for (const { idea, outcome } of attempts) {
    const order = ORDER.get(outcome);
    if (order === undefined) continue;
    const known = furthest.get(idea);
    if (known === undefined || order > (ORDER.get(known) ?? -1)) furthest.set(idea, outcome);
  }
  return furthest;
}

/** How each idea's newest failed run failed. */
function failuresOf(runs: readonly Run[]): Map<number, RunFailure> {
  const failures = new Map<number, RunFailure>();
  for (const { idea, state, failure } of runs) if (idea !== null && state === "failed") failures.set(idea, failure ?? "crash");
  return failures;
}

/** Ideas whose newest run was stopped early. */
function stoppedEarly(runs: readonly Run[]): Set<number> {
  const early = new Set<number>();
  for (const run of runs) {
    if (run.idea === null) continue;
    if (run.early !== null) early.add(run.idea);
    else early.delete(run.idea);
  }
  return early;
}

/** Later tries at an idea, by that idea. */
function triesOf(ideas: readonly Idea[]): Map<number, Idea> {
  const known = new Set(ideas.map(({ id }) => id));
  return new Map(ideas.flatMap((idea) => (idea.repairs !== null && known.has(idea.repairs) ? [[idea.repairs, idea] as const] : [])));
}

function isLaterTry(idea: Idea, tries: ReadonlyMap<number, Idea>): boolean {
  return idea.repairs !== null && tries.get(idea.repairs)?.id === idea.id;
}

function chain(first: Idea, tries: ReadonlyMap<number, Idea>): Idea[] {
  const all: Idea[] = [];
  for (let idea: Idea | undefined = first; idea !== undefined; idea = tries.get(idea.id)) all.push(idea);
  return all;
}
