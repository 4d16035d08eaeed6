/** From sorted rows to the lines of the table: group headings, ideas, their runs when expanded, and the baseline in its place. Pure. */
import type { Run } from "../../extension/protocol/run.ts";
import type { IdeaRow, Results } from "./collect.ts";

export type Grouping = "none" | "epoch" | "status";

export type Line =
  | { kind: "group"; key: string; label: string; count: number }
  | { kind: "idea"; key: string; row: IdeaRow; expanded: boolean }
  | { kind: "run"; key: string; run: Run; row: IdeaRow | null }
  | { kind: "baseline"; key: "baseline"; expanded: boolean };

export interface Arrangement {
  grouping: Grouping;
  /** Keys of expanded ideas, and `baseline`. */
  expanded: ReadonlySet<string>;
  /** Where the baseline goes: among the ideas by its metric, in this direction, or first. */
  byMetric: "ascending" | "descending" | null;
}

/** @param sorted the rows that passed the filter, in the order of the table */
export function linesOf(sorted: readonly IdeaRow[], results: Results, arrangement: Arrangement): Line[] {
  const lines: Line[] = [];
  const baseline: Line[] = [];
  if (results.reference.mean !== null || results.baselineRuns.length > 0) addBaseline(baseline, results, arrangement);
  if (arrangement.grouping === "none") {
    const place = arrangement.byMetric === null ? 0 : placeOfBaseline(sorted, results, arrangement.byMetric);
    sorted.forEach((row, index) => {
      if (index === place) lines.push(...baseline);
      addIdea(lines, row, arrangement);
    });
    if (place >= sorted.length) lines.push(...baseline);
    return lines;
  }
  lines.push(...baseline);
  for (const [label, rows] of groupsOf(sorted, arrangement.grouping)) {
    lines.push({ kind: "group", key: `group-${label}`, label, count: rows.length });
    for (const row of rows) addIdea(lines, row, arrangement);
  }
  return lines;
}

function addBaseline(lines: Line[], results: Results, { expanded }: Arrangement): void {
  const open = results.baselineRuns.length > 0 && expanded.has("baseline");
  lines.push({ kind: "baseline", key: "baseline", expanded: open });
  if (open) for (const run of results.baselineRuns) lines.push({ kind: "run", key: `run-${run.id}`, run, row: null });
}

function addIdea(lines: Line[], row: IdeaRow, { expanded }: Arrangement): void {
  const { key } = row;
  const open = row.runs.length > 1 && expanded.has(key);
  lines.push({ kind: "idea", key, row, expanded: open });
  if (open) for (const run of row.runs) lines.push({ kind: "run", key: `run-${run.id}`, run, row });
}

/** Index of the first row that the baseline comes before; rows without a metric are last in either direction. */
function placeOfBaseline(sorted: readonly IdeaRow[], { reference }: Results, direction: "ascending" | "descending"): number {
  const mean = reference.mean;
  if (mean === null) return 0;
  const place = sorted.findIndex(({ idea }) => {
    if (idea.metric === null) return true;
    return direction === "ascending" ? idea.metric > mean : idea.metric < mean;
  });
  return place === -1 ? sorted.length : place;
}

/** Groups in a fixed order, newest epoch or most pressing status first; inside a group the table's order stays. */
function groupsOf(sorted: readonly IdeaRow[], grouping: "epoch" | "status"): [string, IdeaRow[]][] {
  const groups = new Map<string, IdeaRow[]>();
  for (const row of sorted) {
    const label = grouping === "epoch" ? `Epoch ${row.idea.epoch}` : row.idea.status;
    const rows = groups.get(label);
    if (rows === undefined) groups.set(label, [row]);
    else rows.push(row);
  }
  const rank = ([label, rows]: [string, IdeaRow[]]): number =>
    grouping === "epoch" ? -(rows[0]?.idea.epoch ?? 0) : STATUS_ORDER.indexOf(label);
  return [...groups].sort((a, b) => rank(a) - rank(b));
}

/** What needs a human first, then what moves, then what is over. */
export const STATUS_ORDER: readonly string[] = [
  "in review",
  "not implemented",
  "running",
  "queued",
  "implementing",
  "approved",
  "draft",
  "done",
  "failed",
  "stopped",
  "rejected",
];

/** True when a line has runs to show below it. */
export function isExpandable(line: Line, results: Results): boolean {
  if (line.kind === "baseline") return results.baselineRuns.length > 0;
  return line.kind === "idea" && line.row.runs.length > 1;
}
