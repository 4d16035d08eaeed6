/** What the terminal shows: aligned tables for people, JSON for programs, errors that say what to do. */
import type { ProvingGroundError } from "../protocol/errors.ts";
import type { Generated } from "../protocol/methods.ts";

export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Columns padded to their widest cell, numbers to the right. An empty table says so. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number | null)[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => row.map((cell) => (cell === null ? "–" : typeof cell === "number" ? formatNumber(cell) : cell)));
  const numeric = headings.map((_, column) => rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const widths = headings.map((heading, column) => Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(headings), ...cells.map(line)].join("\n");
}

/** Integers as they are, other numbers to five significant digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** Shortens a cell, so that a table keeps its shape. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The error as one or two lines. */
export function describe(error: ProvingGroundError): string {
  return error.hint === undefined ? `error: ${error.message}` : `error: ${error.message}\n       ${error.hint}`;
}

/** What is to be said beside the ideas: notes, and what a model took. */
export function remarks({ notes, usage }: Generated): string[] {
  return usage === null ? notes : [...notes, `cost: ${usage.inputTokens} tokens in, ${usage.outputTokens} out`];
}
