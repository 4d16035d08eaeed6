/** Finds where in a file each of its hunks belongs: at its line number, else at the one place where its lines stand. */
import { oldLines, type Hunk } from "./edits.ts";
import { LIKENESSES, indentOf } from "./likeness.ts";
import { nearestTo } from "./nearest.ts";
import { placedAt, placesOf, type Placement } from "./place.ts";
import { PatchRefusal } from "./refusal.ts";
import { MANY, type SearchableLines } from "./searchable.ts";

/**
 * The place of each hunk, in the order written. A number decides between places only while no other hunk contradicts it.
 * @throws PatchRefusal `missing`, `ambiguous`, `no context` or `cut off`
 */
export function locateAll(file: SearchableLines, hunks: readonly Hunk[], path: string): Placement[] {
  const said = hunks.map((hunk) => placeSaid(file, hunk));
  const placements = said.every((place) => place !== null) ? said : searchAll(file, hunks, path);
  placements.forEach((placement, index) => {
    if (isCutOff(file, placement)) throw new PatchRefusal({ reason: "cut off", path, hunk: index + 1 });
  });
  return placements;
}

/** The place that a hunk's number names, if its lines stand exactly there. */
function placeSaid(file: SearchableLines, hunk: Hunk): Placement | null {
  if (hunk.at === null) return null;
  const wanted = oldLines(hunk);
  if (wanted.length === 0) return hunk.at <= file.texts.length ? placedAt(hunk, hunk.at) : null;
  return file.holds(wanted, hunk.at - 1) ? placedAt(hunk, hunk.at - 1) : null;
}

function searchAll(file: SearchableLines, hunks: readonly Hunk[], path: string): Placement[] {
  const places = hunks.map((hunk, index) => {
    const found = placesOf(file, hunk);
    if (found.length > 0 || oldLines(hunk).length === 0) return found;
    throw new PatchRefusal({ reason: "missing", path, hunk: index + 1, nearest: nearestTo(file, oldLines(hunk)) });
  });
  const numbersHold = places.every((found) => found.length === 0 || found.some(isWhereItSays));
  return hunks.map((hunk, index) => {
    const [first, ...others] = places[index] ?? [];
    if (first === undefined) return insertion(file, hunk, path, index + 1, numbersHold);
    const chosen = others.length === 0 ? first : choose(file, [first, ...others], numbersHold);
    if (chosen !== null) return chosen;
    const lines = [first, ...others].map(lineOf).sort((a, b) => a - b);
    throw new PatchRefusal({ reason: "ambiguous", path, hunk: index + 1, lines: [...new Set(lines)] });
  });
}

/** The line that tells a place from others: its first, or where context is left out, the first next to a change. */
function lineOf({ hunk, rows }: Placement): number {
  const change = hunk.lines.findIndex((line) => line.op !== " ");
  const above = hunk.lines.slice(0, change).filter((line) => line.op !== "+").length;
  const telling = rows.includes(null) ? (rows[above] ?? rows[above - 1]) : rows[0];
  return (telling ?? 0) + 1;
}

/** Whether a place is that of the hunk's number; true for a hunk that has none. */
function isWhereItSays({ hunk, rows }: Placement): boolean {
  return hunk.at === null || rows[0] === hunk.at - 1;
}

function insertion(file: SearchableLines, hunk: Hunk, path: string, number: number, numbersHold: boolean): Placement {
  if (file.texts.length === 0) return placedAt(hunk, 0);
  if (hunk.last) return placedAt(hunk, file.texts.length);
  if (hunk.at === null || hunk.at > file.texts.length || !numbersHold) throw new PatchRefusal({ reason: "no context", path, hunk: number });
  return placedAt(hunk, hunk.at);
}

/** The one of several places that the hunk's own number, its heading or the end of the file names. */
function choose(file: SearchableLines, found: readonly Placement[], numbersHold: boolean): Placement | null {
  const saying: ((placement: Placement) => boolean)[] = [];
  if (numbersHold) saying.push((placement) => placement.hunk.at !== null && isWhereItSays(placement));
  // Of too many places, not all were looked at.
  if (found.length <= MANY) saying.push(({ hunk, rows }) => hunk.below.length > 0 && standsBelow(file, hunk.below, rows[0] ?? 0));
  saying.push(({ hunk, rows }) => hunk.last && rows.at(-1) === file.texts.length - 1);
  for (const says of saying) {
    const fitting = found.filter(says);
    if (fitting.length === 1) return fitting[0] ?? null;
  }
  return null;
}

/** Whether a row is below all of some headings: in a block they open, or they are the heading that git shows. */
function standsBelow(file: SearchableLines, below: readonly string[], row: number): boolean {
  const above = new Set<string>();
  let depth = Infinity;
  let shown = false;
  for (let at = row; at >= 0; at--) {
    const line = file.texts[at] ?? "";
    if (line.trim() === "") continue;
    const key = LIKENESSES.spacing(line);
    if (indentOf(line).length < depth) {
      depth = indentOf(line).length;
      above.add(key);
    }
    if (at < row && !shown && /^[A-Za-z_$]/.test(line)) {
      shown = true;
      above.add(key);
    }
  }
  return below.every((heading) => {
    const key = LIKENESSES.spacing(heading);
    return [...above].some(
      (line) => line === key || (key.length >= 8 && line.startsWith(key)) || line.startsWith(`${key}:`) || line.startsWith(`${key}(`),
    );
  });
}

/**
 * Whether what an answer ends in is only the beginning of a hunk. One that is short of its head's counts is whole only if it
 * ends as diffs do: with as much context as it begins with, or at the file's end.
 */
function isCutOff(file: SearchableLines, { hunk, rows }: Placement): boolean {
  if (!hunk.mayBeCut) return false;
  const leading = hunk.lines.findIndex((line) => line.op !== " ");
  const trailing = hunk.lines.length - 1 - hunk.lines.findLastIndex((line) => line.op !== " ");
  if (trailing === 0) return true;
  // One that begins with a change below the file's top was not written by a program that counts.
  if (leading === 0 && rows[0] !== 0) return false;
  if (trailing === leading || rows.at(-1) === file.texts.length - 1) return false;
  return !(rows[0] === 0 && trailing > leading);
}
