/** Reads what stands above the hunks of a file's diff: git's own lines, and the names of both sides. */
import { PatchRefusal } from "./refusal.ts";

/** Stands for no file on one side. */
export const NOTHING = "/dev/null";

/** What the head of a file's diff says; names as they are written, prefixes and all. */
export interface Head {
  old: string | null;
  new: string | null;
  renamed: boolean;
  created: boolean;
  deleted: boolean;
}

const EXTENDED =
  /^(index |old mode |new mode |new file mode |deleted file mode |similarity index |dissimilarity index |rename from |rename to |copy from |copy to )/;

/** Whether the head of a file's diff stands at a line: git's, both names, or one of them above a hunk. */
export function startsHead(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? "";
  return (
    line.startsWith("diff --git ") || startsNames(lines, at) || (/^(---|\+\+\+) \S/.test(line) && (lines[at + 1] ?? "").startsWith("@@"))
  );
}

/** Whether `---` and `+++` with names stand at a line and the next. */
export function startsNames(lines: readonly string[], at: number): boolean {
  return /^--- \S/.test(lines[at] ?? "") && /^\+\+\+ \S/.test(lines[at + 1] ?? "");
}

/**
 * Reads the head at a line, and says where it ends.
 * @throws PatchRefusal `not text` for a binary patch
 */
export function readHead(lines: readonly string[], at: number): { head: Head; next: number } {
  const head: Head = { old: null, new: null, renamed: false, created: false, deleted: false };
  let next = at;
  if ((lines[next] ?? "").startsWith("diff --git ")) {
    [head.old, head.new] = namesOfGitHead(lines[next] ?? "");
    next = readExtended(lines, next + 1, head);
  }
  if (startsNames(lines, next) && belongs(lines, next, head)) {
    head.old = nameOf((lines[next] ?? "").slice(4));
    head.new = nameOf((lines[next + 1] ?? "").slice(4));
    next += 2;
  } else if (next === at && startsHead(lines, next)) {
    // One name above a hunk is the name of both sides.
    const only = nameOf((lines[next] ?? "").slice(4)).replace(/^[ab]\//, "");
    [head.old, head.new] = [`a/${only}`, `b/${only}`];
    next++;
  }
  return { head, next };
}

/** Whether `---` and `+++` name the file of the git head above them: one that only renames has none of its own. */
function belongs(lines: readonly string[], at: number, { old, new: now }: Head): boolean {
  const fits = (line: string | undefined, name: string | null) => name === null || [name, NOTHING].includes(nameOf((line ?? "").slice(4)));
  return fits(lines[at], old) && fits(lines[at + 1], now);
}

function readExtended(lines: readonly string[], at: number, head: Head): number {
  let from: string | null = null;
  let to: string | null = null;
  let next = at;
  for (; ; next++) {
    const line = lines[next] ?? "";
    if (/^(GIT binary patch|Binary files )/.test(line)) throw new PatchRefusal({ reason: "not text", path: strip(head.new ?? "", "b/") });
    if (!EXTENDED.test(line)) break;
    if (line.startsWith("rename from ")) from = nameOf(line.slice(12));
    if (line.startsWith("rename to ")) to = nameOf(line.slice(10));
    if (line.startsWith("new file mode ")) head.created = true;
    if (line.startsWith("deleted file mode ")) head.deleted = true;
  }
  if (from !== null) head.old = `a/${from}`;
  if (to !== null) head.new = `b/${to}`;
  head.renamed = from !== null && to !== null;
  return next;
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
  const trimmed = (written.startsWith('"') ? written : written.replace(/\t.*$| +\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*$/, "")).trim();
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

export function strip(path: string, prefix: string): string {
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
