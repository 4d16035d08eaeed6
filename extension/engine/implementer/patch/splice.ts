/** Puts placed hunks into a file's lines, all at once; the lines they keep stay as the file has them. */
import type { Hunk } from "./edits.ts";
import { joinFile, usualEnd, type FileLines } from "./lines.ts";
import type { Placement } from "./place.ts";
import { PatchRefusal } from "./refusal.ts";

/** Lines from `start` up to `end` give way to new ones. */
interface Change {
  start: number;
  end: number;
  texts: string[];
  /** Of the hunk it comes from, in the order written. */
  hunk: number;
}

/**
 * The text after all hunks were applied. All of them refer to the lines as they are before.
 * @throws PatchRefusal `overlap`, `no context`
 */
export function splice(file: FileLines, placements: readonly Placement[], path: string): string {
  const changes = withoutRepeats(placements).flatMap(([placement, hunk]) => changesOf(placement, hunk, path));
  changes.sort((a, b) => a.start - b.start || a.end - b.end || a.hunk - b.hunk);
  const result: FileLines = { texts: [], ends: [] };
  const usual = usualEnd(file);
  let at = 0;
  let before: Change | null = null;
  const keep = (to: number) => {
    for (; at < to; at++) {
      result.texts.push(file.texts[at] ?? "");
      result.ends.push(file.ends[at] ?? usual);
    }
  };
  for (const change of changes) {
    if (before !== null && collide(before, change)) {
      const [hunk, other] = [Math.max(before.hunk, change.hunk) + 1, Math.min(before.hunk, change.hunk) + 1];
      throw new PatchRefusal({ reason: "overlap", path, hunk, other });
    }
    keep(change.start);
    for (const text of change.texts) {
      result.texts.push(text);
      result.ends.push(endFor(file, change.start + (change.end > change.start ? 1 : 0), usual));
    }
    at = change.end;
    before = change;
  }
  keep(file.texts.length);
  settleLastLine(result, file, placements, usual);
  return joinFile(result);
}

function changesOf({ hunk, rows, start }: Placement, number: number, path: string): Change[] {
  const changes: Change[] = [];
  let old = -1;
  // Where the next new line goes: behind the old line above it, when that is right above.
  let next: number | null = rows.length === 0 ? start : null;
  for (const { op, text } of hunk.lines) {
    if (op === "+") {
      const place: number | null = next ?? rows[old + 1] ?? null;
      if (place === null) throw new PatchRefusal({ reason: "no context", path, hunk: number + 1 });
      const last = changes.at(-1);
      if (last?.end === place && next !== null) last.texts.push(text);
      else changes.push({ start: place, end: place, texts: [text], hunk: number });
      next = place;
      continue;
    }
    old++;
    const row = rows[old] ?? null;
    if (op === "-" && row !== null) {
      const last = changes.at(-1);
      if (last?.end === row && next === row) last.end++;
      else changes.push({ start: row, end: row + 1, texts: [], hunk: number });
    }
    next = row === null ? null : row + 1;
  }
  return changes.filter((change) => change.texts.length > 0 || change.end > change.start);
}

/** Placements with their numbers; a hunk that is written twice for the same place is meant once. */
function withoutRepeats(placements: readonly Placement[]): (readonly [Placement, number])[] {
  if (placements.length === 1) return placements.map((placement) => [placement, 0]);
  const seen = new Set<string>();
  return placements.flatMap((placement, number) => {
    const key = JSON.stringify([placement.rows[0], placement.start, placement.hunk.lines]);
    if (seen.has(key)) return [];
    seen.add(key);
    return [[placement, number] as const];
  });
}

function collide(one: Change, other: Change): boolean {
  if (one.hunk === other.hunk) return false;
  if (other.start < one.end) return true;
  return one.start === one.end && other.start === other.end && one.start === other.start;
}

/** Line end of a new line: that of the old line above it, else of the one below, else the usual. */
function endFor(file: FileLines, at: number, usual: string): string {
  const near = file.ends[at - 1] ?? file.ends[at];
  return near === undefined || near === "" ? usual : near;
}

/** Only the last line may lack its end: as a patch that reaches it says, else as it was. */
function settleLastLine(result: FileLines, file: FileLines, placements: readonly Placement[], usual: string): void {
  const end = result.ends.length - 1;
  for (let at = 0; at < end; at++) if (result.ends[at] === "") result.ends[at] = usual;
  if (end < 0) return;
  const said = placements.find(({ hunk, rows }) => speaksOfEnd(hunk) && (rows.length === 0 || rows.at(-1) === file.texts.length - 1));
  const bare = said === undefined ? file.ends.at(-1) === "" : said.hunk.bareEnd.new;
  if (bare) result.ends[end] = "";
  else if (result.ends[end] === "") result.ends[end] = usual;
}

function speaksOfEnd({ bareEnd }: Hunk): boolean {
  return bareEnd.old || bareEnd.new;
}
