/** Every place in a file where a hunk may belong, by the strictest likeness that gives any. */
import { oldLines, type Hunk } from "./edits.ts";
import { isElision } from "./elision.ts";
import { placesAcrossGaps } from "./gaps.ts";
import { isMisquoted, isNearlySame, LIKENESSES, type Likeness } from "./likeness.ts";
import { MANY, type SearchableLines } from "./searchable.ts";

/** A hunk at a place: for each of its old lines in order, the index of the file's line; null where there is none. */
export interface Placement {
  /** The hunk as it is to be applied: its lines without what was written in front of each by mistake. */
  hunk: Hunk;
  rows: readonly (number | null)[];
  /** Where its new lines go when it has no old lines. */
  start: number;
}

/** Every place that fits; none where a hunk has no old lines. */
export function placesOf(file: SearchableLines, hunk: Hunk): Placement[] {
  const wanted = oldLines(hunk);
  if (wanted.every((line) => line.trim() === "")) return inOneRun(hunk, file.placesOf(wanted, "exact"));
  const exact = file.placesOf(wanted, "exact");
  if (exact.length > 0) return inOneRun(hunk, [...exact, ...saidOtherwise(file, hunk, wanted)]);
  for (const likeness of ["ends", "spacing", "quoting"] as const) {
    const places = file.placesOf(wanted, likeness);
    if (places.length > 0 && wanted.some((line) => LIKENESSES[likeness](line) !== "")) {
      return inOneRun(hunk, [...places, ...saidSo(file, hunk, wanted, likeness)]);
    }
  }
  const unnumbered = withoutLineNumbers(hunk);
  if (unnumbered !== null) return placesOf(file, unnumbered);
  if (hunk.lines.some((line) => line.op === " " && isElision(line.text))) return placesAcrossGaps(file, hunk);
  const apart = placesButForBlanks(file, hunk, wanted);
  return apart.length > 0 ? apart : placesOfMisquoted(file, hunk, wanted);
}

/** The placement from a row on. */
export function placedAt(hunk: Hunk, start: number): Placement {
  return { hunk, rows: oldLines(hunk).map((_, at) => start + at), start };
}

function inOneRun(hunk: Hunk, starts: readonly number[]): Placement[] {
  return [...new Set(starts)].map((start) => placedAt(hunk, start));
}

/** Where the hunk's number says it is, if its lines stand there but for white space: then two places fit. */
function saidOtherwise(file: SearchableLines, hunk: Hunk, wanted: readonly string[]): number[] {
  return saidSo(file, hunk, wanted, "spacing");
}

/** Where the hunk's number says it is, if its lines stand there, alike as asked for. */
function saidSo(file: SearchableLines, { at }: Hunk, wanted: readonly string[], likeness: Likeness): number[] {
  if (at === null) return [];
  const keys = file.keys(likeness);
  return wanted.every((line, index) => LIKENESSES[likeness](line) === keys[at - 1 + index]) ? [at - 1] : [];
}

const COPIED_NUMBER = /^\s*(\d+) [|│] ?/;

/** A hunk whose old lines all have their number and a bar in front, as files are shown to models; null for any other. */
function withoutLineNumbers(hunk: Hunk): Hunk | null {
  const old = oldLines(hunk).filter((line) => line.trim() !== "");
  if (!old.every((line) => COPIED_NUMBER.test(line))) return null;
  const first = Number(COPIED_NUMBER.exec(old[0] ?? "")?.[1]);
  const lines = hunk.lines.map((line) => ({ ...line, text: line.text.replace(COPIED_NUMBER, "") }));
  return { ...hunk, at: hunk.at ?? first, lines };
}

/** Places where blank lines alone are too many or too few, none of them beside a change. */
function placesButForBlanks(file: SearchableLines, hunk: Hunk, wanted: readonly string[]): Placement[] {
  const rows = file.telling;
  const keys = file.keys("spacing");
  const told = wanted.map(LIKENESSES.spacing).filter((key) => key !== "");
  if (told.length === wanted.length && rows.length === file.texts.length) return [];
  const placements: Placement[] = [];
  for (let at = 0; at + told.length <= rows.length && placements.length <= MANY; at++) {
    if (!told.every((key, index) => keys[rows[at + index] ?? -1] === key)) continue;
    let next = at;
    const placed = wanted.map((line) => (line.trim() === "" ? null : (rows[next++] ?? null)));
    if (blanksAreAside(hunk, placed))
      placements.push({ hunk, rows: placed.map((row, index) => row ?? blankBelow(file, placed, index)), start: 0 });
  }
  return placements;
}

/** The blank line of the file that one of the hunk's is, when it follows the line before. */
function blankBelow(file: SearchableLines, rows: readonly (number | null)[], index: number): number | null {
  const before = index === 0 ? undefined : rows[index - 1];
  const row = before === undefined || before === null ? null : before + 1;
  return row !== null && file.texts[row]?.trim() === "" ? row : null;
}

/** Whether every run of blank lines that differs stands between two lines of context. */
function blanksAreAside(hunk: Hunk, rows: readonly (number | null)[]): boolean {
  let index = -1;
  let run: { row: number; pure: boolean; blanks: number } | null = null;
  for (const { op, text } of hunk.lines) {
    if (op === "+") {
      if (run !== null) run.pure = false;
      continue;
    }
    index++;
    const row = rows[index] ?? null;
    if (row === null || text.trim() === "") {
      if (run === null || op === "-") return false;
      run.blanks++;
      continue;
    }
    if (run !== null && row - run.row - 1 !== run.blanks && !(run.pure && op === " ")) return false;
    run = { row, pure: op === " ", blanks: 0 };
  }
  return run !== null && (run.blanks === 0 || run.pure);
}

/** Places where most lines stand as they are quoted, and the others nearly so. */
function placesOfMisquoted(file: SearchableLines, hunk: Hunk, wanted: readonly string[]): Placement[] {
  const telling = wanted.filter((line) => line.trim() !== "").length;
  const votes = new Map<number, number>();
  wanted.forEach((line, at) => {
    const places = file.placesOfLine(line, "quoting");
    if (LIKENESSES.quoting(line) === "" || places.length > MANY) return;
    for (const row of places) votes.set(row - at, (votes.get(row - at) ?? 0) + 1);
  });
  const starts = [...votes].filter(([start, count]) => start >= 0 && start + wanted.length <= file.texts.length && count * 3 >= telling);
  return inOneRun(
    hunk,
    starts.map(([start]) => start).filter((start) => reads(file, hunk, start, telling)),
  );
}

function reads(file: SearchableLines, hunk: Hunk, start: number, telling: number): boolean {
  const old = hunk.lines.filter((line) => line.op !== "+");
  let misquoted = 0;
  for (const [at, { op, text }] of old.entries()) {
    const line = file.texts[start + at] ?? "";
    if (alike(text, line, "quoting")) continue;
    misquoted++;
    // A line that is cut off in the middle may be any line that begins so.
    const cut = hunk.mayBeCut && at === old.length - 1;
    const fits = op === " " ? isMisquoted(text, line) : isNearlySame(text, line) && telling >= 3;
    if (cut || !fits || text.trim() === "" || line.trim() === "") return false;
  }
  return misquoted <= Math.max(1, Math.floor(telling / 3)) && (telling - misquoted) * 2 >= telling;
}

function alike(one: string, other: string, likeness: Likeness): boolean {
  return LIKENESSES[likeness](one) === LIKENESSES[likeness](other);
}
