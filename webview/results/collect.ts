/** From a lab's snapshot to what the panel shows of one environment: rows, summary, epochs. Pure; unchanged rows keep their identity. */
import { bestIdea } from "../../extension/protocol/best.ts";
import type { ValidEnvironment } from "../../extension/protocol/environment.ts";
import type { Idea } from "../../extension/protocol/idea.ts";
import type { Snapshot } from "../../extension/protocol/lab.ts";
import type { Run } from "../../extension/protocol/run.ts";

/** How a result compares with the baseline; `unsure` lies within the baseline's own spread over seeds. */
export type Tone = "good" | "bad" | "unsure" | "plain";

/** What results are compared with. All values are in the metric's unit. */
export interface Reference {
  /** Short name of the metric. */
  metric: string;
  unit: string;
  minimize: boolean;
  /** Measured mean, else the published figure. */
  mean: number | null;
  measured: boolean;
  deviation: number | null;
  seeds: number;
}

export interface IdeaRow {
  /** Key of its line. */
  key: string;
  idea: Idea;
  /** Its runs, oldest first. */
  runs: Run[];
  /** Newest reading of a run under way. */
  live: number | null;
  /** Metric less the baseline's mean. */
  delta: number | null;
  tone: Tone;
  /** Sample standard deviation over its runs; null below two. */
  deviation: number | null;
  /** What the filter looks in, lower case. */
  text: string;
}

/** Best and mean metric of the ideas of one epoch that were not put aside; null where none has a result. */
export interface EpochPoint {
  epoch: number;
  best: number | null;
  mean: number | null;
}

export interface Summary {
  best: IdeaRow | null;
  ideas: number;
  /** Ideas with at least one finished run. */
  completed: number;
  running: number;
  queued: number;
}

export interface Results {
  name: string;
  environment: ValidEnvironment | null;
  reference: Reference;
  rows: IdeaRow[];
  byId: ReadonlyMap<number, IdeaRow>;
  baselineRuns: Run[];
  summary: Summary;
  epochs: EpochPoint[];
  parents: readonly number[];
}

/** Key of an idea's line in the table. */
export function ideaKey(id: number): string {
  return `idea-${id}`;
}

const NO_RUNS: Run[] = [];

/** @returns a function that collects, and remembers the rows it made for the next time */
export function collector(): (snapshot: Snapshot, environment: string) => Results {
  let rowsBefore: ReadonlyMap<number, IdeaRow> = new Map();
  let referenceBefore: Reference | null = null;
  let last: { snapshot: Snapshot; name: string; results: Results } | null = null;
  return (snapshot, name) => {
    if (last?.snapshot !== snapshot || last.name !== name) last = { snapshot, name, results: collect(snapshot, name) };
    return last.results;
  };

  function collect(snapshot: Snapshot, name: string): Results {
    const environment = snapshot.environments.find((one): one is ValidEnvironment => one.state === "valid" && one.name === name) ?? null;
    const found = referenceOf(environment);
    const reference = referenceBefore !== null && sameReference(referenceBefore, found) ? referenceBefore : found;
    if (reference !== referenceBefore) rowsBefore = new Map();
    referenceBefore = reference;
    const { byIdea, baselineRuns } = runsOf(snapshot, name);
    const rows: IdeaRow[] = [];
    const byId = new Map<number, IdeaRow>();
    for (const idea of snapshot.ideas) {
      if (idea.environment !== name) continue;
      const runs = byIdea.get(idea.id) ?? NO_RUNS;
      const before = rowsBefore.get(idea.id);
      const row = before?.idea === idea && sameItems(before.runs, runs) ? before : rowOf(idea, runs, reference);
      rows.push(row);
      byId.set(idea.id, row);
    }
    rowsBefore = byId;
    return {
      name,
      environment,
      reference,
      rows,
      byId,
      baselineRuns,
      summary: summaryOf(byId, baselineRuns, reference),
      epochs: epochsOf(rows, reference),
      parents: snapshot.parents[name] ?? [],
    };
  }
}

/** Negative when `a` is the better metric. */
export function compareMetric(a: number, b: number, reference: Reference): number {
  return reference.minimize ? a - b : b - a;
}

function referenceOf(environment: ValidEnvironment | null): Reference {
  if (environment === null) return { metric: "metric", unit: "", minimize: true, mean: null, measured: false, deviation: null, seeds: 0 };
  const { baseline, manifest } = environment;
  return {
    metric: manifest.metric.name,
    unit: manifest.metric.unit ?? "",
    minimize: manifest.metric.direction === "minimize",
    mean: baseline.mean ?? baseline.published,
    measured: baseline.mean !== null,
    deviation: baseline.mean === null ? null : baseline.deviation,
    seeds: baseline.seeds,
  };
}

function sameReference(a: Reference, b: Reference): boolean {
  return (
    a.metric === b.metric &&
    a.unit === b.unit &&
    a.minimize === b.minimize &&
    a.mean === b.mean &&
    a.measured === b.measured &&
    a.deviation === b.deviation &&
    a.seeds === b.seeds
  );
}

function runsOf(snapshot: Snapshot, environment: string) {
  const byIdea = new Map<number, Run[]>();
  const baselineRuns: Run[] = [];
  for (const run of snapshot.runs) {
    if (run.environment !== environment) continue;
    if (run.idea === null) {
      baselineRuns.push(run);
      continue;
    }
    const runs = byIdea.get(run.idea);
    if (runs === undefined) byIdea.set(run.idea, [run]);
    else runs.push(run);
  }
  return { byIdea, baselineRuns };
}

function sameItems(a: readonly Run[], b: readonly Run[]): boolean {
  return a.length === b.length && a.every((run, index) => run === b[index]);
}

function rowOf(idea: Idea, runs: Run[], reference: Reference): IdeaRow {
  const delta = idea.metric === null || reference.mean === null ? null : idea.metric - reference.mean;
  const running = runs.findLast((run) => run.state === "running");
  return {
    key: ideaKey(idea.id),
    idea,
    runs,
    live: running?.live?.value ?? null,
    delta,
    tone: toneOf(delta, reference),
    deviation: deviationOf(runs.flatMap((run) => (run.state === "succeeded" && run.metric !== null ? [run.metric] : []))),
    text: [
      `#${idea.id}`,
      idea.title,
      idea.summary,
      idea.status,
      idea.source,
      idea.kind ?? "",
      idea.model ?? "",
      idea.mark ?? "",
      idea.problem ?? "",
    ]
      .join(" ")
      .toLowerCase(),
  };
}

/** @param delta metric less baseline */
export function toneOf(delta: number | null, reference: Reference): Tone {
  if (delta === null || delta === 0) return "plain";
  if (reference.deviation !== null && Math.abs(delta) <= reference.deviation) return "unsure";
  return delta < 0 === reference.minimize ? "good" : "bad";
}

/** Sample standard deviation; null below two values. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1));
}

function summaryOf(byId: ReadonlyMap<number, IdeaRow>, baselineRuns: readonly Run[], { minimize }: Reference): Summary {
  const rows = [...byId.values()];
  const best = bestIdea(
    rows.map(({ idea }) => idea),
    minimize ? "minimize" : "maximize",
  );
  const summary: Summary = {
    best: best === null ? null : (byId.get(best.id) ?? null),
    ideas: rows.length,
    completed: rows.filter(({ idea }) => idea.seeds > 0).length,
    running: 0,
    queued: 0,
  };
  for (const { runs } of rows) countRuns(runs, summary);
  countRuns(baselineRuns, summary);
  return summary;
}

function countRuns(runs: readonly Run[], summary: Summary): void {
  for (const run of runs) {
    if (run.state === "running" || run.state === "starting") summary.running += 1;
    else if (run.state === "queued") summary.queued += 1;
  }
}

function epochsOf(rows: readonly IdeaRow[], reference: Reference): EpochPoint[] {
  const byEpoch = new Map<number, { best: number | null; sum: number; count: number }>();
  for (const { idea } of rows) {
    let at = byEpoch.get(idea.epoch);
    if (at === undefined) byEpoch.set(idea.epoch, (at = { best: null, sum: 0, count: 0 }));
    if (idea.metric === null || idea.status === "rejected") continue;
    at.sum += idea.metric;
    at.count += 1;
    if (at.best === null || compareMetric(idea.metric, at.best, reference) < 0) at.best = idea.metric;
  }
  return [...byEpoch]
    .sort(([a], [b]) => a - b)
    .map(([epoch, { best, sum, count }]) => ({ epoch, best, mean: count === 0 ? null : sum / count }));
}

/** At most `most` points: neighbouring epochs together, with the best of their bests and the mean of their means. */
export function condensed(points: readonly EpochPoint[], most: number, reference: Reference): readonly EpochPoint[] {
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / most);
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, index) => points.slice(index * size, (index + 1) * size));
  return groups.map((group) => {
    const bests = group.flatMap((point) => point.best ?? []);
    const means = group.flatMap((point) => point.mean ?? []);
    return {
      epoch: group.at(-1)?.epoch ?? 0,
      best: bests.length === 0 ? null : bests.reduce((a, b) => (compareMetric(a, b, reference) <= 0 ? a : b)),
      mean: means.length === 0 ? null : means.reduce((a, b) => a + b) / means.length,
    };
  });
}
