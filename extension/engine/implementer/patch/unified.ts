/** Reads unified and git diffs, one file's part at a time, with wrong counts, bare hunk heads and lost blanks forgiven. */
import type { FileEdit, Hunk, HunkLine } from "./edits.ts";
import { PatchRefusal } from "./refusal.ts";

/** One file's edit and the index of the first line after it. */
export interface Reading {
  edit: FileEdit | null;
  next: number;
}

const HUNK = /^@@+ *-(\d+)(?:,(\d+))? +\+(\d+)(?:,(\d+))? *@@/;
const NOTHING = "/dev/null";
const EXTENDED =
  /^(index |old mode |new mode |new file mode |deleted file mode |similarity index |dissimilarity index |rename from |rename to |copy from |copy to )/;

/** Whether a diff of a file begins at a line. */
export function startsDiff(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  return line.startsWith("diff --git ") || isFileHead(lines, at);
}

/**
 * Reads the diff of one file.
 * @param fenced whether a fence will end it; without one, a list in the prose behind it must not be taken for lines of it
 * @throws PatchRefusal for binary patches and heads without names
 */
export function readDiff(lines: readonly string[], at: number, fenced: boolean): Reading {
  const names: Names = { old: null, new: null, from: null, to: null, created: false, deleted: false };
  let next = at;
  if ((lines[next] ?? "").startsWith("diff --git ")) {
    [names.old, names.new] = namesOfGitHead(lines[next] ?? "");
    next = readExtended(lines, next + 1, names);
    if (names.from !== null) names.old = `a/${names.from}`;
    if (names.to !== null) names.new = `b/${names.to}`;
  }
  if (isFileHead(lines, next) && belongs(lines, next, names)) {
    names.old = nameOf((lines[next] ?? "").slice(4));
    names.new = nameOf((lines[next + 1] ?? "").slice(4));
    next += 2;
  } else if (names.from === null && !names.created && !names.deleted) return { edit: null, next };
  const read = readHunks(lines, next, fenced);
  return { edit: editOf(names, read.hunks, at), next: read.next };
}

function readHunks(lines: readonly string[], at: number, fenced: boolean): { hunks: Hunk[]; next: number } {
  const hunks: Hunk[] = [];
  let next = at;
  for (;;) {
    let start = next;
    while (lines[start]?.trim() === "" && start - next < 3) start++;
    const headed = lines[start]?.startsWith("@@") === true;
    // A diff without any head has its one hunk right behind the names.
    if (!headed && (hunks.length > 0 || !/^[ +-]/.test(lines[next] ?? "") || startsDiff(lines, next))) return { hunks, next };
    const read = readHunk(lines, headed ? start : next, headed, fenced);
    if (read.hunk.lines.length > 0) hunks.push(read.hunk);
    next = read.next;
  }
}

interface Names {
  old: string | null;
  new: string | null;
  from: string | null;
  to: string | null;
  created: boolean;
  deleted: boolean;
}

function isFileHead(lines: readonly string[], at: number): boolean {
  return /^--- \S/.test(lines[at] ?? "") && /^\+\+\+ \S/.test(lines[at + 1] ?? "");
}

/** Whether `---` and `+++` name the file of the git head above them: one that only renames has none of its own. */
function belongs(lines: readonly string[], at: number, { old, new: now }: Names): boolean {
  const fits = (line: string | undefined, name: string | null) => name === null || [name, NOTHING].includes(nameOf((line ?? "").slice(4)));
  return fits(lines[at], old) && fits(lines[at + 1], now);
}

function readExtended(lines: readonly string[], at: number, names: Names): number {
  let next = at;
  for (; ; next++) {
    const line = lines[next] ?? "";
    if (/^(GIT binary patch|Binary files )/.test(line)) throw new PatchRefusal({ reason: "not text", path: strip(names.new ?? "", "b/") });
    if (!EXTENDED.test(line)) return next;
    if (line.startsWith("rename from ")) names.from = nameOf(line.slice(12));
    if (line.startsWith("rename to ")) names.to = nameOf(line.slice(10));
    if (line.startsWith("new file mode ")) names.created = true;
    if (line.startsWith("deleted file mode ")) names.deleted = true;
  }
}

function editOf(names: Names, hunks: Hunk[], at: number): FileEdit {
  if (names.from !== null && names.to !== null) return { kind: "rename", path: names.from, to: names.to, hunks };
  const { old, new: now } = names;
  if (old === null || now === null) throw new PatchRefusal({ reason: "unreadable", what: "a diff that names no file", line: at + 1 });
  const prefixed = (old === NOTHING || old.startsWith("a/")) && (now === NOTHING || now.startsWith("b/"));
  const before = prefixed ? strip(old, "a/") : old;
  const after = prefixed ? strip(now, "b/") : now;
  if (old === NOTHING && now === NOTHING)
    throw new PatchRefusal({ reason: "unreadable", what: "a diff from nothing to nothing", line: at + 1 });
  if (old === NOTHING || (names.created && now !== NOTHING)) return { kind: "create", path: after, text: textOf(hunks, after) };
  if (now === NOTHING || names.deleted) return { kind: "delete", path: before, hunks };
  if (hunks.length === 0) throw new PatchRefusal({ reason: "unreadable", what: `the diff of ${after} has no hunk`, line: at + 1 });
  return { kind: "change", path: after, alternative: before === after ? null : before, hunks };
}

function textOf(hunks: readonly Hunk[], path: string): string {
  if (hunks.some((hunk) => hunk.lines.some((line) => line.op === "-"))) {
    throw new PatchRefusal({ reason: "unreadable", what: `${path} is to be created, but its diff takes lines out`, line: null });
  }
  const text = hunks.flatMap((hunk) => hunk.lines.map((line) => line.text)).join("\n");
  return hunks.length === 0 ? "" : hunks.at(-1)?.bareEnd.new === true ? text : `${text}\n`;
}

function readHunk(lines: readonly string[], at: number, headed: boolean, fenced: boolean): { hunk: Hunk; next: number } {
  const head = headed ? HUNK.exec(lines[at] ?? "") : null;
  const counts = head === null ? null : { old: Number(head[2] ?? 1), new: Number(head[4] ?? 1) };
  const hunk: Hunk = { at: head === null ? null : Number(head[1]), lines: [], bareEnd: { old: false, new: false } };
  let next = headed ? at + 1 : at;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? "";
    if (line.startsWith("\\")) markBareEnd(hunk);
    else if (counts !== null && satisfied(hunk.lines, counts) && endsEarly(lines, next, fenced)) break;
    else if (line === "") hunk.lines.push({ op: " ", text: "" });
    else if (endsHunk(lines, next)) break;
    else hunk.lines.push({ op: line.charAt(0) as HunkLine["op"], text: line.slice(1) });
  }
  dropSeparators(hunk, lines, next, counts);
  return { hunk, next };
}

function endsHunk(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  if (!/^[ +-]/.test(line)) return true;
  // The next file's head; in a body, `--- x` may as well be a line that is taken out.
  return isFileHead(lines, at) && (lines[at + 2] ?? "").startsWith("@@");
}

/** Behind as many lines as the head speaks of: a mail signature, or an empty line and then no line of a hunk. */
function endsEarly(lines: readonly string[], at: number, fenced: boolean): boolean {
  const line = lines[at] ?? "";
  if (line === "-- ") return true;
  if (line !== "") return false;
  let next = at;
  while (lines[next] === "") next++;
  const behind = lines[next] ?? "";
  return endsHunk(lines, next) || (!fenced && /^[-+] \S/.test(behind));
}

function satisfied(lines: readonly HunkLine[], counts: { old: number; new: number }): boolean {
  return count(lines, "+") >= counts.old && count(lines, "-") >= counts.new;
}

/** Lines other than those of one kind. */
function count(lines: readonly HunkLine[], except: HunkLine["op"]): number {
  return lines.reduce((sum, line) => sum + (line.op === except ? 0 : 1), 0);
}

/** Empty lines between a hunk and what follows were read as blank context; only as many stay as the head speaks of. */
function dropSeparators(hunk: Hunk, lines: readonly string[], next: number, counts: { old: number; new: number } | null): void {
  for (let at = next - 1; lines[at] === "" && hunk.lines.length > 0; at--) {
    const missing = counts !== null && count(hunk.lines, "+") <= counts.old && count(hunk.lines, "-") <= counts.new;
    if (missing) return;
    hunk.lines.pop();
  }
}

function markBareEnd(hunk: Hunk): void {
  const op = hunk.lines.at(-1)?.op;
  if (op === "-" || op === " ") hunk.bareEnd.old = true;
  if (op === "+" || op === " ") hunk.bareEnd.new = true;
}

function namesOfGitHead(line: string): [string | null, string | null] {
  const rest = line.slice("diff --git ".length).trim();
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(rest);
  if (quoted !== null) return [nameOf(quoted[1] ?? ""), nameOf(quoted[2] ?? "")];
  // Names with spaces are not quoted; both are the same then, or `rename` lines follow.
  const same = /^a\/(.*) b\/\1$/.exec(rest);
  return same === null ? [null, null] : [`a/${same[1] ?? ""}`, `b/${same[1] ?? ""}`];
}

/** A name from a head: a time stamp after a tab is cut, git's quotes are undone. */
function nameOf(written: string): string {
  const trimmed = (written.startsWith('"') ? written : written.replace(/\t.*$/, "")).trim();
  if (!/^".*"$/.test(trimmed) || trimmed.length < 2) return trimmed;
  const letters: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 };
  const bytes: Buffer[] = [];
  for (const part of trimmed.slice(1, -1).match(/\\[0-7]{3}|\\[^]|[^\\]+/g) ?? []) {
    if (!part.startsWith("\\")) bytes.push(Buffer.from(part));
    else if (part.length === 4) bytes.push(Buffer.from([Number.parseInt(part.slice(1), 8) & 255]));
    else bytes.push(letters[part.charAt(1)] === undefined ? Buffer.from(part.slice(1)) : Buffer.from([letters[part.charAt(1)] ?? 0]));
  }
  return Buffer.concat(bytes).toString("utf8");
}

function strip(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
