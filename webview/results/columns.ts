/** The table's columns: names, widths, and the value each is sorted by. */
import type { IdeaRow, Reference } from "./collect.ts";
import { STATUS_ORDER } from "./lines.ts";

const STATUS_RANK: ReadonlyMap<string, number> = new Map(STATUS_ORDER.map((status, index) => [status, index]));

export interface ColumnSpec {
  id: string;
  title: (reference: Reference) => string;
  /** Longer explanation, for the tooltip. */
  hint: (reference: Reference) => string;
  /** Pixels; null takes what is left. */
  width: number | null;
  numeric: boolean;
  /** Undefined sorts last in either direction. */
  sortValue: (row: IdeaRow) => number | string | undefined;
  /** False for columns that are always there. */
  hideable: boolean;
}

const spec = (id: string, title: string, width: number | null, sortValue: ColumnSpec["sortValue"], more: Partial<ColumnSpec> = {}) => ({
  id,
  title: () => title,
  hint: () => title,
  width,
  numeric: false,
  sortValue,
  hideable: true,
  ...more,
});

/** Least width of the idea column, in pixels. */
export const IDEA_MIN = 140;
export const SELECT_WIDTH = 38;

export const COLUMNS: readonly ColumnSpec[] = [
  spec("idea", "Idea", null, (row) => row.idea.title, { hideable: false }),
  spec("source", "Source", 69, (row) => row.idea.source, { hint: () => "Who wrote it: human, model or operator" }),
  spec("epoch", "Epoch", 52, (row) => row.idea.epoch, { numeric: true }),
  spec("parents", "Builds on", 72, (row) => row.idea.parents[0], { hint: () => "Ideas it was told to learn from" }),
  spec("metric", "metric", 92, (row) => row.idea.metric ?? undefined, {
    title: (reference) => reference.metric,
    hint: (reference) =>
      `${reference.metric}${reference.unit === "" ? "" : ` in ${reference.unit}`}, ${reference.minimize ? "lower" : "higher"} is better`,
    numeric: true,
    hideable: false,
  }),
  spec("delta", "Δ baseline", 78, (row) => row.delta ?? undefined, { numeric: true, hint: () => "Difference from the baseline's mean" }),
  spec("kind", "Kind", 52, (row) => row.idea.kind ?? undefined, { hint: () => "Hyper-parameter or algorithmic" }),
  spec("status", "Status", 82, (row) => STATUS_RANK.get(row.idea.status), { hideable: false }),
  spec("time", "Time", 54, (row) => row.idea.seconds ?? undefined, { numeric: true, hint: () => "Mean wall time of its finished runs" }),
];

/** The columns that say something about these ideas: what they build on, once one of them does. */
export function columnsFor(rows: readonly IdeaRow[]): ColumnSpec[] {
  return COLUMNS.filter(({ id }) => id !== "parents" || rows.some((row) => row.idea.parents.length > 0));
}

/** CSS grid tracks of the shown columns. */
export function tracksOf(columns: readonly ColumnSpec[], widths: Readonly<Record<string, number>>): string {
  const tracks = columns.map((column) => {
    const width = widths[column.id] ?? column.width;
    return width === null ? `minmax(${IDEA_MIN}px,1fr)` : `${width}px`;
  });
  return [`${SELECT_WIDTH}px`, ...tracks].join(" ");
}

/** Pixels that the shown columns need at least. */
export function leastWidthOf(columns: readonly ColumnSpec[], widths: Readonly<Record<string, number>>): number {
  return columns.reduce((sum, column) => sum + (widths[column.id] ?? column.width ?? IDEA_MIN), SELECT_WIDTH);
}
