/** Finds out whether hunks write spaces where their file has tabs, or the other way round. */
import type { Quoted } from "./indent.ts";
import { indentOf } from "./likeness.ts";
import type { Placement } from "./place.ts";

/** A line with its indentation in the file's style. */
export type Restyle = (line: string) => string;

/**
 * What turns the hunks' indentation into the file's; null where both have the same, or it is not clear.
 * @param all the old lines of each hunk, as quoted and as they are
 */
export function tabsOrSpaces(
  texts: readonly string[],
  all: readonly (readonly Quoted[])[],
  placements: readonly Placement[],
  path: string,
): Restyle | null {
  const indented = all.flat().filter(({ quoted, real }) => quoted !== "" && real !== "");
  const differing = indented.filter(({ quoted, real }) => quoted !== real);
  if (differing.length > 0) return fromPairs(differing);
  if (indented.length > 0 || !/\.pyi?$/.test(path)) return null;
  return fromFile(texts, placements);
}

function fromPairs(pairs: readonly Quoted[]): Restyle | null {
  const spaced = pairs.every(({ quoted, real }) => /^ +$/.test(quoted) && /^\t+$/.test(real));
  const tabbed = pairs.every(({ quoted, real }) => /^\t+$/.test(quoted) && /^ +$/.test(real));
  if (!spaced && !tabbed) return null;
  const units = new Set(pairs.map(({ quoted, real }) => (spaced ? quoted.length / real.length : real.length / quoted.length)));
  const [unit] = units;
  if (units.size !== 1 || unit === undefined || !Number.isInteger(unit)) return null;
  return spaced ? toTabs(unit) : toSpaces(unit);
}

/** Where no old line of any hunk is indented: a file of tabs alone gets no lines with spaces, and the other way round. */
function fromFile(texts: readonly string[], placements: readonly Placement[]): Restyle | null {
  const file = texts.filter((line) => line.trim() !== "").map(indentOf);
  const added = placements.flatMap(({ hunk }) =>
    hunk.lines.filter((line) => line.op === "+" && line.text.trim() !== "").map((line) => indentOf(line.text)),
  );
  const spaces = added.filter((indent) => indent !== "");
  if (spaces.length === 0) return null;
  if (styleOf(file) === "tabs" && styleOf(added) === "spaces") {
    const unit = Math.min(...spaces.map((indent) => indent.length));
    return spaces.every((indent) => indent.length % unit === 0) ? toTabs(unit) : null;
  }
  if (styleOf(file) === "spaces" && styleOf(added) === "tabs")
    return toSpaces(Math.min(...file.filter((indent) => indent !== "").map((indent) => indent.length)));
  return null;
}

function styleOf(indents: readonly string[]): "tabs" | "spaces" | null {
  const some = indents.filter((indent) => indent !== "");
  if (some.length === 0) return null;
  if (some.every((indent) => indent.startsWith("\t"))) return "tabs";
  return some.every((indent) => /^ +$/.test(indent)) ? "spaces" : null;
}

function toTabs(unit: number): Restyle {
  return (line) => line.replace(/^ +/, (indent) => "\t".repeat(Math.floor(indent.length / unit)) + " ".repeat(indent.length % unit));
}

function toSpaces(unit: number): Restyle {
  return (line) => line.replace(/^\t+/, (indent) => " ".repeat(indent.length * unit));
}
