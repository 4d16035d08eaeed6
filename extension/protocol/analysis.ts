/** What the trajectories of one environment say together: progress, failures, kinds, likeness, search against sampling, money and time. */
import * as z from "zod";
import { AttemptOutcome, IdeaKind } from "./idea.ts";
import { RunFailure } from "./run.ts";

/** A figure with its 95 % interval; an end is null where the data do not bound it. */
export const Estimate = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() });
export type Estimate = z.infer<typeof Estimate>;

/** How a metric is turned into a reward. */
export const Scale = z.object({
  /** Short name of the metric. */
  metric: z.string(),
  unit: z.string(),
  minimize: z.boolean(),
  /** The baseline's measured mean, else its published figure, in the metric's unit; null while neither is known. */
  baseline: z.number().nullable(),
  measured: z.boolean(),
});
export type Scale = z.infer<typeof Scale>;

/** The metric turned so that higher is better; less the baseline where it is known, which then is 0. */
export function rewardOf(metric: number, { minimize, baseline }: Pick<Scale, "minimize" | "baseline">): number {
  const gain = metric - (baseline ?? 0);
  return minimize ? 0 - gain : gain;
}

/** The metric, in its unit, that a reward stands for. */
export function metricOf(reward: number, { minimize, baseline }: Pick<Scale, "minimize" | "baseline">): number {
  return (baseline ?? 0) + (minimize ? -reward : reward);
}

/**
 * How far an idea came. `implemented`: an answer could be applied to the code; `smoke`: that code passed the checks, the smoke command
 * last; `ran`: a run of it ended by itself; `valid`: a run gave a metric that counts.
 */
export const Stage = z.enum(["implemented", "smoke", "ran", "valid"]);
export type Stage = z.infer<typeof Stage>;

/** Why an idea, an attempt or a run came no further. */
export const Failure = z.union([AttemptOutcome, RunFailure]);
export type Failure = z.infer<typeof Failure>;

/** Ideas of one epoch, their rewards, and the best of all epochs up to it. Rewards are null where no idea has a result. */
export const EpochFigures = z.object({
  epoch: z.int(),
  /** Ideas written; another try at a failed one is not another idea. */
  ideas: z.int(),
  /** Those that gave a result, failed, or were stopped early. */
  tried: z.int(),
  /** Those that did not fail. */
  valid: z.int(),
  best: z.number().nullable(),
  bestIdea: z.int().nullable(),
  /** Of the ideas with a result. */
  mean: z.number().nullable(),
  bestSoFar: z.number().nullable(),
});
export type EpochFigures = z.infer<typeof EpochFigures>;

export const StageFigures = z.object({
  stage: Stage,
  /** Tried ideas that came this far. */
  ideas: z.int(),
  /** Their share of the tried ones, 0 to 1; null while none was tried. */
  share: Estimate.nullable(),
});
export type StageFigures = z.infer<typeof StageFigures>;

export const FailureFigures = z.object({
  reason: Failure,
  /** Stage that was not reached. */
  stage: Stage,
  /** Ideas that it ended. */
  ideas: z.int(),
  /** Attempts, or runs, that ended so, of ideas that went on to succeed too. */
  tries: z.int(),
});
export type FailureFigures = z.infer<typeof FailureFigures>;

/**
 * Every idea is in one of `valid`, `stopped`, `failed`, `open` and `aside`; the first three are `tried`. One that was stopped early had
 * valid readings for as long as it was let run, so that it counts as having come to the last stage, and has no reward.
 */
export const Completion = z.object({
  ideas: z.int(),
  tried: z.int(),
  valid: z.int(),
  /** Stopped early, as clearly worse than others. */
  stopped: z.int(),
  failed: z.int(),
  /** Under way, or waiting for somebody. */
  open: z.int(),
  /** Rejected, or stopped by a human before there was a result. */
  aside: z.int(),
  /** Of those, rejected although they had been tried. */
  rejectedAfter: z.int(),
  stages: z.array(StageFigures),
  /** In the order of stages, then the commonest first. */
  failures: z.array(FailureFigures),
  attempts: z.int(),
  runs: z.int(),
});
export type Completion = z.infer<typeof Completion>;

export const KindFigures = z.object({
  kind: IdeaKind,
  ideas: z.int(),
  /** Of the ideas whose kind is known, 0 to 1. */
  share: z.number(),
  tried: z.int(),
  valid: z.int(),
  best: z.number().nullable(),
  bestIdea: z.int().nullable(),
  mean: z.number().nullable(),
});
export type KindFigures = z.infer<typeof KindFigures>;

/** How the kind by the code compares with the kind as a model judged it. */
export const Agreement = z.object({
  /** Ideas with both. */
  ideas: z.int(),
  same: z.int(),
  /** 0 to 1. */
  share: z.number(),
  /** Cohen's kappa, at most 1, 0 for agreement by chance; null where both always say the same one kind. */
  kappa: z.number().nullable(),
  /** Ideas that the judge calls algorithmic, 0 to 1. */
  judgedAlgorithmic: z.number(),
});
export type Agreement = z.infer<typeof Agreement>;

export const Kinds = z.object({
  kinds: z.array(KindFigures),
  /** Ideas without code, of which nothing can be said. */
  unknown: z.int(),
  /** Null where no model was asked. */
  judge: Agreement.nullable(),
});
export type Kinds = z.infer<typeof Kinds>;

/** How alike an epoch's ideas are by their words, 0 to 1; null below two ideas. */
export const EpochLikeness = z.object({
  epoch: z.int(),
  ideas: z.int(),
  /** Ideas that were compared: fewer in large labs, spread evenly over the epoch. */
  compared: z.int(),
  /** Mean over all pairs of the epoch. */
  within: z.number().nullable(),
  /** Mean over all pairs with the epoch before; null in the first. */
  before: z.number().nullable(),
  /** The idea that most others are alike to, how many of those compared it stands for, itself included, and their share. */
  commonest: z.object({ idea: z.int(), title: z.string(), ideas: z.int(), share: z.number() }).nullable(),
});
export type EpochLikeness = z.infer<typeof EpochLikeness>;

export const Similarity = z.object({
  /** Likeness from which two ideas count as alike. */
  alike: z.number(),
  epochs: z.array(EpochLikeness),
});
export type Similarity = z.infer<typeof Similarity>;

export const BudgetPoint = z.object({
  /** Tried ideas of the search up to here. */
  ideas: z.int(),
  /** Reward of its best up to here; 0, the baseline, while nothing is better. */
  best: z.number(),
  /** Best reward of as many fresh ideas: what is to be expected, and where 95 % of such draws end. Null beyond the ideas there are. */
  expected: Estimate.nullable(),
  /** Share of such draws that reach the search's best, 0 to 1. */
  reached: z.number().nullable(),
});
export type BudgetPoint = z.infer<typeof BudgetPoint>;

/** A search against the best of as many fresh ideas of the same writer. */
export const Comparison = z.object({
  /** Null for what was done by hand. */
  search: z.int().nullable(),
  /** Who writes its ideas: `operators`, or models. */
  writers: z.array(z.string()),
  /** Fresh ideas that were tried, drawn from for comparison. */
  pool: z.int(),
  points: z.array(BudgetPoint),
  /** Why there is nothing to compare and what to do, one or two sentences; null when there is. */
  problem: z.string().nullable(),
});
export type Comparison = z.infer<typeof Comparison>;

/** What models and runs took. */
export const Amount = z.object({
  /** US dollars, of calls whose price is known. */
  dollars: z.number(),
  tokens: z.int(),
  /** GPU hours of ended runs; hours of runs where they need no GPU. */
  hours: z.number(),
});
export type Amount = z.infer<typeof Amount>;

export const Expenses = z.object({
  /** GPUs of one run; 0 where it needs none. */
  gpus: z.int(),
  total: Amount,
  /** Runs that were stopped early, and the hours, counted as those of the total, that they would have taken to their end. */
  stopped: z.int(),
  saved: z.number(),
  /** Runs of the unchanged code, part of the total. */
  baselineHours: z.number(),
  /** Whether some of the dollars are the most that calls can have cost, because a server did not say. */
  bounded: z.boolean(),
  calls: z.int(),
  /** Calls whose price is not known. */
  unpriced: z.int(),
  purposes: z.array(z.object({ purpose: z.string(), calls: z.int(), dollars: z.number(), tokens: z.int() })),
  epochs: z.array(z.object({ epoch: z.int(), amount: Amount })),
});
export type Expenses = z.infer<typeof Expenses>;

/** One pair of models of a benchmark. Rewards are of the completed ideas. */
export const Pair = z.object({
  ideator: z.string(),
  implementer: z.string(),
  searches: z.array(z.int()),
  /** Ideas written so far, and what was asked for. */
  ideas: z.int(),
  planned: z.int(),
  tried: z.int(),
  valid: z.int(),
  open: z.int(),
  aside: z.int(),
  /** 0 to 1; null while none was tried. */
  completion: Estimate.nullable(),
  mean: Estimate.nullable(),
  best: Estimate.nullable(),
  bestIdea: z.int().nullable(),
  spent: Amount,
});
export type Pair = z.infer<typeof Pair>;

/** A benchmark of models: the same number of ideas by each pair. */
export const Benchmark = z.object({ benchmark: z.int(), startedAt: z.number(), ended: z.boolean(), pairs: z.array(Pair) });
export type Benchmark = z.infer<typeof Benchmark>;

/** Everything above of one environment. */
export const Analysis = z.object({
  environment: z.string(),
  scale: Scale,
  epochs: z.array(EpochFigures),
  completion: Completion,
  kinds: Kinds,
  similarity: Similarity,
  comparisons: z.array(Comparison),
  expenses: Expenses,
  /** Newest first. */
  benchmarks: z.array(Benchmark),
});
export type Analysis = z.infer<typeof Analysis>;
