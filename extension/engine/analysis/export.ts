/** Results as a file: one row per idea and run, in the metric's unit, for a spreadsheet or a notebook. */
import { stringify } from "csv-stringify/sync";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Run } from "../../protocol/run.ts";

interface ResultRow {
  idea: number | null;
  title: string;
  source: string;
  model: string | null;
  strategy: string | null;
  epoch: number | null;
  parents: string;
  builds_on: number | null;
  kind: string | null;
  status: string;
  run: number | null;
  seed: number | null;
  commit: string | null;
  metric: string;
  value: number | null;
  /** Difference from the baseline's mean; positive is more, not better. */
  difference: number | null;
  seconds: number | null;
  failure: string | null;
  note: string | null;
}

/** A row for every run, and one for every idea that has none. */
export function resultRows(environment: ValidEnvironment, ideas: readonly Idea[], runs: readonly Run[]): ResultRow[] {
  const ofIdea = new Map<number | null, Run[]>();
  for (const run of runs) {
    if (run.environment !== environment.name) continue;
    const list = ofIdea.get(run.idea);
    if (list === undefined) ofIdea.set(run.idea, [run]);
    else list.push(run);
  }
  const metric = environment.manifest.metric.name;
  const mean = environment.baseline.mean;
  const outcome = (run: Run | null) => ({
    run: run?.id ?? null,
    seed: run?.seed ?? null,
    metric,
    value: run?.metric ?? null,
    difference: run?.metric == null || mean === null ? null : run.metric - mean,
    seconds: run?.startedAt == null || run.endedAt === null ? null : (run.endedAt - run.startedAt) / 1000,
    failure: run?.failure ?? null,
  });
  const baseline = (ofIdea.get(null) ?? []).map((run) => ({
    ...{ idea: null, title: "Baseline", source: "", model: null, strategy: null, epoch: null, parents: "", builds_on: null, kind: null },
    status: run.state,
    commit: run.commit,
    ...outcome(run),
    note: run.reason,
  }));
  const tried = ideas
    .filter((idea) => idea.environment === environment.name)
    .flatMap((idea) =>
      (ofIdea.get(idea.id) ?? [null]).map((run) => ({
        idea: idea.id,
        title: idea.title,
        source: idea.source,
        model: idea.model,
        strategy: idea.strategy,
        epoch: idea.epoch,
        parents: idea.parents.join(" "),
        builds_on: idea.base,
        kind: idea.kind,
        status: run?.state ?? idea.status,
        commit: idea.commit,
        ...outcome(run),
        note: run?.reason ?? idea.problem,
      })),
    );
  return [...baseline, ...tried];
}

/** Formula characters are escaped, because titles written by a model end up in spreadsheets. */
export function exportCsv(rows: readonly ResultRow[]): string {
  return stringify(
    rows.map((row) => ({ ...row, title: row.title.replace(/^([=+\-@\t\r])/, "'$1") })),
    { header: true },
  );
}

export function exportJson(rows: readonly ResultRow[]): string {
  return `${JSON.stringify(rows, null, 2)}\n`;
}
