/** Whether a run under way is so clearly worse than others were at the same point that it need not go on. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import type { Curve } from "../../protocol/run.ts";
import type { EarlyStop } from "../../protocol/search.ts";

type Direction = Manifest["metric"]["direction"];

/** A run's best so far, in the metric's unit, at some of its readings: `best[i]` from `x[i]` on. */
export interface Track {
  axis: Curve["axis"];
  x: readonly number[];
  best: readonly number[];
}

/** What a run is compared with. */
export interface Field {
  /** Completed runs of the unchanged code. */
  baseline: readonly Track[];
  /** Completed runs of the ideas that the run's idea builds on. */
  parents: readonly Track[];
  /** Completed runs of the search's ideas. */
  completed: readonly Track[];
  /** Runs of the search's ideas that were stopped early, as far as they came. */
  stopped: readonly Track[];
  /** Standard deviation of the baseline's results over seeds, in the metric's unit; null below two of them. */
  noise: number | null;
}

/** Why a run is to be stopped. */
export interface Finding {
  axis: Curve["axis"];
  /** Where on the axis it is compared. */
  at: number;
  /** Its best up to there, in the metric's unit. */
  value: number;
  /** What it would have had to reach, the allowance for noise not yet taken off. */
  limit: number;
  against: "median" | "baseline" | "parents" | "half";
  /** Runs that the limit comes from. */
  runs: number;
}

/** Curves that must be there before runs are compared with each other. */
const LEAST_CURVES = 4;
/** Of the baseline and of parents what they had at this share of the way is asked for: a run that is merely slower goes on. */
const HANDICAP = 0.5;
/** Of the runs that reach a rung one in so many goes on; the next rung lies so many times as far. */
const REDUCTION = 2;
/** What differs by no more than so many of the baseline's standard deviations is not clearly worse. */
const ALLOWANCE = 2;
const MOST_POINTS = 256;

/** The best so far along a curve, at some 250 points of it at most. */
export function trackOf({ axis, x, values }: Pick<Curve, "axis" | "x" | "values">, direction: Direction): Track {
  const stride = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  const at: number[] = [];
  const best: number[] = [];
  let so = NaN;
  for (const [index, value] of values.entries()) {
    so = Number.isNaN(so) || isWorse(so, value, direction) ? value : so;
    if (index % stride !== 0 && index !== values.length - 1) continue;
    at.push(x[index] ?? index);
    best.push(so);
  }
  return { axis, x: at, best };
}

/**
 * Compares a run with others at the point that it has reached. `median`: worse than the median of the others (Golovin et al. 2017,
 * Google Vizier, section on automated stopping). `halving`: at rungs that lie twice as far each not among the best half of those
 * that came there (Li et al. 2020, arXiv 1810.05934, asynchronous successive halving; here on one run's own curve, so that nothing is
 * begun anew). `parents`: worse than the baseline, or than every parent, was at half of the way.
 * @returns null for a run that is to go on
 */
export function whyStop({ rule, grace }: EarlyStop, direction: Direction, run: Track, field: Field): Finding | null {
  const [at, value] = [run.x.at(-1), run.best.at(-1)];
  if (rule === "off" || at === undefined || value === undefined) return null;
  const like = (tracks: readonly Track[]) => tracks.filter(({ axis, x }) => axis === run.axis && x.length > 1);
  const [baseline, parents, completed] = [like(field.baseline), like(field.parents), like(field.completed)];
  const end = medianOf([...baseline, ...completed].map(({ x }) => x.at(-1) ?? 0));
  // What has come to its end already saves nothing.
  if (end === null || at < grace * end || at >= end) return null;
  const finding = (one: Omit<Finding, "axis">): Finding | null => {
    const allowed = ALLOWANCE * Math.max(field.noise ?? 0, deviationOf(baseline.flatMap((track) => bestAt(track, one.at) ?? [])) ?? 0);
    const missed = direction === "minimize" ? one.value - one.limit : one.limit - one.value;
    return missed > allowed ? { axis: run.axis, ...one } : null;
  };
  const others = [...baseline, ...completed];
  const stopped = like(field.stopped);
  switch (rule) {
    case "median": {
      // Those that were stopped before count as what they had then, or else every stop would raise what the next run has to reach.
      const reached = [...others, ...stopped].flatMap((track) => bestAt(track, at) ?? []);
      const limit = medianOf(reached);
      if (others.length < LEAST_CURVES || limit === null) return null;
      return finding({ at, value, limit, against: "median", runs: reached.length });
    }
    case "halving": {
      const rung = lastRung(grace, at, end);
      const there = bestAt(run, rung);
      const reached = valuesAt(rung, others, stopped).sort((a, b) => (isWorse(a, b, direction) ? 1 : -1));
      // The run itself is one of those that came to the rung.
      const limit = reached[Math.ceil((reached.length + 1) / REDUCTION) - 1];
      if (there === null || limit === undefined || others.length < LEAST_CURVES) return null;
      return finding({ at: rung, value: there, limit, against: "half", runs: reached.length });
    }
    case "parents": {
      const before = (tracks: readonly Track[]) => tracks.flatMap((track) => bestAt(track, at * HANDICAP) ?? []);
      const [base, family] = [before(baseline), before(parents)];
      const [usual, worst] = [medianOf(base), family.sort((a, b) => (isWorse(a, b, direction) ? -1 : 1))[0]];
      const found = usual === null ? null : finding({ at, value, limit: usual, against: "baseline", runs: base.length });
      if (found !== null || worst === undefined) return found;
      return finding({ at, value, limit: worst, against: "parents", runs: family.length });
    }
  }
}

function isWorse(value: number, than: number, direction: Direction): boolean {
  return direction === "minimize" ? value > than : value < than;
}

/** The best of a run up to a point; null before its first reading. What has ended keeps what it had. */
function bestAt({ x, best }: Track, at: number): number | null {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return best[low - 1] ?? null;
}

/** Of runs that were stopped only those count that came that far. */
function valuesAt(at: number, ended: readonly Track[], stopped: readonly Track[]): number[] {
  const came = stopped.filter(({ x }) => (x.at(-1) ?? -Infinity) >= at);
  return [...ended, ...came].flatMap((track) => bestAt(track, at) ?? []);
}

function lastRung(grace: number, at: number, end: number): number {
  let rung = grace * end;
  while (rung > 0 && rung * REDUCTION <= at) rung *= REDUCTION;
  return rung;
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Standard deviation of a sample; null below two values. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
