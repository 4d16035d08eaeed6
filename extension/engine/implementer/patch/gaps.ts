/** Finds hunks that leave context out, with `...` in its place: their parts must stand in this order, anything between them. */
import type { Hunk } from "./edits.ts";
import { isElision } from "./elision.ts";
import { indentOf } from "./likeness.ts";
import type { Placement } from "./place.ts";
import type { SearchableLines } from "./searchable.ts";

/** Lines of a hunk between two that stand for others. */
interface Part {
  /** Its old lines, and the index of the first of them among all old lines. */
  old: string[];
  first: number;
  changes: boolean;
}

/** More ways than this to lay out the parts are not looked through. */
const MOST_WAYS = 20_000;

/** Every place where a hunk's parts stand in order; those that stay in the block that a part opens, if there are such. */
export function placesAcrossGaps(file: SearchableLines, hunk: Hunk): Placement[] {
  const { parts, length } = partsOf(hunk);
  if (parts.some((part) => part.changes && part.old.every((line) => line.trim() === ""))) return [];
  const starts = parts.map((part) => startsOf(file, part.old));
  const ways = waysToLay(parts, starts, () => true);
  const inside = ways.length <= 1 ? ways : waysToLay(parts, starts, (from, to) => staysInside(file, from, to));
  return (inside.length === 1 ? inside : ways).map((way) => ({ hunk, rows: rowsOf(parts, way, length), start: 0 }));
}

function partsOf(hunk: Hunk): { parts: Part[]; length: number } {
  const parts: Part[] = [];
  let part: Part = { old: [], first: 0, changes: false };
  let index = 0;
  const close = () => {
    if (part.old.length > 0 || part.changes) parts.push(part);
    part = { old: [], first: index, changes: false };
  };
  for (const { op, text } of hunk.lines) {
    if (op === " " && isElision(text)) {
      index++;
      close();
      continue;
    }
    if (op !== " ") part.changes = true;
    if (op !== "+") {
      part.old.push(text);
      index++;
    }
  }
  close();
  return { parts, length: index };
}

function startsOf(file: SearchableLines, old: readonly string[]): number[] {
  for (const likeness of ["exact", "ends", "spacing", "quoting"] as const) {
    const places = file.placesOf(old, likeness);
    if (places.length > 0) return places;
  }
  return [];
}

/** Ways to lay the parts out that differ in where something changes; each is a start per part. */
function waysToLay(parts: readonly Part[], starts: readonly number[][], fits: (from: number, to: number) => boolean): number[][] {
  const found = new Map<string, number[]>();
  let steps = 0;
  const lay = (way: number[], end: number) => {
    if (++steps > MOST_WAYS) return;
    const at = way.length;
    const part = parts[at];
    if (part === undefined) {
      const key = way.filter((_, index) => parts[index]?.changes).join(" ");
      if (!found.has(key)) found.set(key, way);
      return;
    }
    for (const start of starts[at] ?? []) {
      if (start >= end && (at === 0 || fits(end - 1, start))) lay([...way, start], start + part.old.length);
    }
  };
  lay([], 0);
  return steps > MOST_WAYS ? [...found.values(), ...found.values()] : [...found.values()];
}

/** Whether all lines between are in the block that a line opens; true for a line that opens none. */
function staysInside(file: SearchableLines, from: number, to: number): boolean {
  const opening = file.texts[from] ?? "";
  if (!/:\s*(#.*)?$/.test(opening)) return true;
  const depth = indentOf(opening).length;
  return file.texts.slice(from + 1, to + 1).every((line) => line.trim() === "" || indentOf(line).length > depth);
}

function rowsOf(parts: readonly Part[], way: readonly number[], length: number): (number | null)[] {
  const rows = new Array<number | null>(length).fill(null);
  parts.forEach((part, at) => part.old.forEach((_, line) => (rows[part.first + line] = (way[at] ?? 0) + line)));
  return rows;
}
