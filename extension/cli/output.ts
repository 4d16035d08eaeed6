/** What the terminal shows: aligned tables for people, JSON for programs, errors that say what to do. */
import stringWidth from "string-width";
import type { ProvingGroundError } from "../protocol/errors.ts";
import type { Generated } from "../protocol/methods.ts";
import { costText } from "../protocol/spending.ts";

export interface Output {
  /** A result, on standard output, ended by one line end; nothing when it is empty. */
  out(text: string): void;
  /** As it is, on standard output; resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** A line for whoever watches, on standard error. */
  err(text: string): void;
}

export type Cell = string | number | null;

/** Columns padded to their widest cell, numbers to the right. An empty table says so. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => row.map((cell) => (cell === null ? "–" : typeof cell === "number" ? formatNumber(cell) : plain(cell))));
  const numeric = headings.map((_, column) => rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const widths = headings.map((_, column) => Math.max(...[headings, ...cells].map((row) => stringWidth(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - stringWidth(cell));
        return numeric[column] === true ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return [line(headings), ...cells.map(line)].join("\n");
}

/** Names and values one below the other; those without a value are left out. */
export function facts(all: readonly (readonly [name: string, value: Cell])[]): string {
  const known = all.filter(([, value]) => value !== null && value !== "");
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === "number" ? formatNumber(value) : String(value)}`)
    .join("\n");
}

/** One line without what would move the cursor or colour the terminal: cells may hold what a model wrote. */
export function plain(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** Integers as they are, other numbers to five significant digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** A difference with its sign. */
export function formatDifference(value: number): string {
  return value < 0 ? `−${formatNumber(-value)}` : `+${formatNumber(value)}`;
}

/** A moment as the user's own settings write it. @param at milliseconds since 1970 */
export function clock(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
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
export function remarks({ notes, usage, cost }: Generated): string[] {
  const tokens = usage === null ? [] : [`${usage.inputTokens} tokens in`, `${usage.outputTokens} out`];
  const took = [...tokens, ...(cost === null ? [] : [costText(cost)])];
  return took.length === 0 ? notes : [...notes, `cost: ${took.join(", ")}`];
}
