/** Reads the hunks of a diff, with wrong counts, bare heads, and lost spaces in front of context forgiven. */
import { plainHunk, type Hunk, type HunkLine } from "./edits.ts";
import { isElision } from "./elision.ts";
import { behindBlanks } from "./fences.ts";
import { startsHead, startsNames } from "./heads.ts";

/** What ends the hunks besides what cannot be a line of one. */
export interface Surroundings {
  /** Mark of the fence they stand in. Nothing else ends a hunk there: a line without a mark has lost it. */
  fence: string | null;
  /** Lines of the format around, such as `*** Update File: …`. */
  ends?: RegExp;
}

const NUMBERS = /^@@+ *-(\d+)(?:,(\d+))? +\+(\d+)(?:,(\d+))? *(?:@@+|$)/;
/** A head that says where it begins and nothing more. */
const START = /^@@+ *(?:-|line |lines )?(\d+)(?:[,-]\d+)? *(?:@@+|$)/i;
const END_OF_FILE = "*** End of File";

/** What the head of a hunk says of it. */
interface HunkHead {
  old: { at: number; count: number };
  new: { at: number; count: number };
}

/** Lines that a hunk has of the old and of the new file. */
interface Counts {
  old: number;
  new: number;
}

/** Reads hunks from a line on: those with heads, or a single one without. */
export function readHunks(lines: readonly string[], at: number, around: Surroundings): { hunks: Hunk[]; next: number } {
  const read: { hunk: Hunk; head: HunkHead | null }[] = [];
  let below: string[] = [];
  let next = at;
  for (;;) {
    let start = next;
    while (lines[start]?.trim() === "" && start - next < 3) start++;
    const headed = lines[start]?.startsWith("@@") === true;
    // A diff without any head has its one hunk right behind the names.
    if (!headed && (read.length > 0 || below.length > 0 || !startsBody(lines, next, around))) break;
    const one = readHunk(lines, headed ? start : next, headed, around);
    below.push(...one.hunk.below);
    if (one.hunk.lines.length > 0) {
      read.push({ hunk: { ...one.hunk, below }, head: one.head });
      below = [];
    }
    next = one.next;
  }
  doubtInsertions(read);
  return { hunks: read.map(({ hunk }) => hunk), next };
}

function startsBody(lines: readonly string[], at: number, around: Surroundings): boolean {
  const line = lines[at];
  if (line === undefined || startsHead(lines, at) || ends(line, around)) return false;
  return /^[ +-]/.test(line) || (around.ends !== undefined && line !== "");
}

function readHunk(lines: readonly string[], at: number, headed: boolean, around: Surroundings) {
  const head = headed ? headOf(lines[at] ?? "") : null;
  const hunk: Hunk = headed ? { ...plainHunk([], startOf(lines[at] ?? "")), below: headingOf(lines[at] ?? "") } : plainHunk([]);
  const has: Counts = { old: 0, new: 0 };
  let next = headed ? at + 1 : at;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? "";
    if (line.startsWith("\\")) markBareEnd(hunk);
    else if (line === END_OF_FILE) hunk.last = true;
    else if (isBehind(lines, next, has, head, around)) break;
    else {
      const read = lineOf(line) ?? (lostItsMark(lines, next, has, head, around) ? { op: " " as const, text: line } : null);
      if (read === null) break;
      hunk.lines.push(read);
      if (read.op !== "+") has.old++;
      if (read.op !== "-") has.new++;
    }
  }
  dropSeparators(hunk, lines, next, head);
  hunk.mayBeCut = around.fence === null && isEnd(lines, next) && endsInDoubt(hunk, head, lines.at(-1) !== "");
  return { hunk, head, next };
}

/** Whether nothing but empty lines follows. */
function isEnd(lines: readonly string[], at: number): boolean {
  return behindBlanks(lines, at) >= lines.length;
}

function lineOf(line: string): HunkLine | null {
  if (line === "") return { op: " ", text: "" };
  return /^[ +-]/.test(line) ? { op: line.charAt(0) as HunkLine["op"], text: line.slice(1) } : null;
}

/** Whether the hunk has ended above a line. */
function isBehind(lines: readonly string[], at: number, has: Counts, head: HunkHead | null, around: Surroundings): boolean {
  const line = lines[at] ?? "";
  if (ends(line, around) || line.startsWith("@@")) return true;
  if (head !== null && shortage(has, head) === 0 && endsEarly(lines, at, around)) return true;
  return line === "" ? head === null && around.fence === null && startsProse(lines, at, around) : endsFile(lines, at);
}

function headOf(line: string): HunkHead | null {
  const match = NUMBERS.exec(line);
  if (match === null) return null;
  return {
    old: { at: Number(match[1]), count: Number(match[2] ?? 1) },
    new: { at: Number(match[3]), count: Number(match[4] ?? 1) },
  };
}

function startOf(line: string): number | null {
  const [, start] = NUMBERS.exec(line) ?? START.exec(line) ?? [];
  return start === undefined ? null : Number(start);
}

/** What stands behind `@@`, less numbers and dots: the line that the hunk stands below. */
function headingOf(line: string): string[] {
  const rest = line
    .replace(NUMBERS, "")
    .replace(/^@@+/, "")
    .replace(/@@+\s*$/, "");
  const heading = rest.replace(/^\s*-[\d?,.… ]* \+[\d?,.… ]*(?:@@)?|^[\s.…]*(?:@@)?/, "").trim();
  return /\w/.test(heading) ? [heading] : [];
}

function ends(line: string, { fence, ends: pattern }: Surroundings): boolean {
  return (fence !== null && line.startsWith(fence)) || pattern?.test(line) === true;
}

/** The next file's head; in a body, `--- x` may as well be a line that is taken out. */
function endsFile(lines: readonly string[], at: number): boolean {
  if ((lines[at] ?? "").startsWith("diff --git ")) return true;
  if (!startsNames(lines, at)) return false;
  const [old = "", now = ""] = [lines[at]?.slice(4), lines[at + 1]?.slice(4)];
  return (lines[at + 2] ?? "").startsWith("@@") || (old.startsWith("a/") && now === `b/${old.slice(2)}`);
}

/** A line of context without its space in front: inside a fence any, outside where the head speaks of as many more lines. */
function lostItsMark(
  lines: readonly string[],
  at: number,
  has: Counts,
  head: HunkHead | null,
  { fence, ends: pattern }: Surroundings,
): boolean {
  if (fence !== null || pattern !== undefined) return true;
  if (isElision(lines[at] ?? "") && /^[ +-]/.test(lines[at + 1] ?? "")) return true;
  if (head === null) return false;
  let old = head.old.count - has.old;
  let now = head.new.count - has.new;
  for (let next = at; old > 0 || now > 0; next++) {
    const line = lines[next];
    if (line === undefined || endsFile(lines, next) || line.startsWith("@@")) return false;
    if (!line.startsWith("+")) old--;
    if (!line.startsWith("-")) now--;
  }
  return old === 0 && now === 0;
}

/** Behind as many lines as the head speaks of: a mail signature, or an empty line and then no line of a hunk. */
function endsEarly(lines: readonly string[], at: number, around: Surroundings): boolean {
  const line = lines[at] ?? "";
  if (line === "-- ") return true;
  if (!/^[ +-]/.test(line) && line !== "") return around.fence === null;
  return line === "" && startsProse(lines, at, around);
}

/** Whether behind empty lines there is no line of a hunk; outside a fence, a list is none. */
function startsProse(lines: readonly string[], at: number, around: Surroundings): boolean {
  const next = behindBlanks(lines, at);
  const behind = lines[next];
  if (behind === undefined || ends(behind, around) || behind.startsWith("@@") || startsHead(lines, next)) return true;
  if (!/^[ +-]/.test(behind)) return around.fence === null && around.ends === undefined;
  return around.fence === null && around.ends === undefined && /^[-+] \S/.test(behind);
}

/** How many lines that the head speaks of are not there, on the side that misses most. */
function shortage(has: Counts, head: HunkHead): number {
  return Math.max(0, head.old.count - has.old, head.new.count - has.new);
}

/** Lines other than those of one kind. */
function count(lines: readonly HunkLine[], except: HunkLine["op"]): number {
  return lines.reduce((sum, line) => sum + (line.op === except ? 0 : 1), 0);
}

/** Empty lines between a hunk and what follows were read as blank context; only as many stay as the head speaks of. */
function dropSeparators(hunk: Hunk, lines: readonly string[], next: number, head: HunkHead | null): void {
  for (let at = next - 1; lines[at] === "" && hunk.lines.length > 0; at--) {
    // What the last line end of an answer leaves behind is no line at all.
    const missing =
      at < lines.length - 1 && head !== null && count(hunk.lines, "+") <= head.old.count && count(hunk.lines, "-") <= head.new.count;
    if (missing) return;
    hunk.lines.pop();
  }
}

/** Whether a hunk at the very end of an answer is short of what its head says on no side more than it has on another. */
function endsInDoubt(hunk: Hunk, head: HunkHead | null, midLine: boolean): boolean {
  const changesLast = hunk.lines.at(-1)?.op !== " ";
  // Counts say nothing of lines that are left out.
  if (head === null || hunk.lines.some((line) => line.op === " " && isElision(line.text))) {
    return midLine && changesLast && hunk.lines[0]?.op === " ";
  }
  const old = head.old.count - count(hunk.lines, "+");
  const now = head.new.count - count(hunk.lines, "-");
  return old >= 0 && now >= 0 && old + now > 0;
}

/**
 * A hunk without a line of the old file goes by its number alone. The number holds where the counts are right and the new
 * side's number follows from the hunks before it; else it is forgotten.
 */
function doubtInsertions(read: readonly { hunk: Hunk; head: HunkHead | null }[]): void {
  for (const { hunk, head } of read) {
    if (hunk.lines.some((line) => line.op !== "+")) continue;
    if (head === null) hunk.at = null;
    if (head === null) continue;
    const before = read.filter((other) => other.head !== null && other.head.old.at < head.old.at);
    const shift = before.reduce((sum, other) => sum + count(other.hunk.lines, "-") - count(other.hunk.lines, "+"), 0);
    const holds = head.old.count === 0 && head.new.count === hunk.lines.length && head.new.at === head.old.at + 1 + shift;
    if (!holds) hunk.at = null;
  }
}

function markBareEnd(hunk: Hunk): void {
  const op = hunk.lines.at(-1)?.op;
  if (op === "-" || op === " ") hunk.bareEnd.old = true;
  if (op === "+" || op === " ") hunk.bareEnd.new = true;
}
