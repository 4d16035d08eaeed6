/**
 * Reads search/replace blocks. A block is a line with the file's path, then
 *
 *     <<<<<<< SEARCH
 *     lines as they are in the file
 *     =======
 *     lines that replace them
 *     >>>>>>> REPLACE
 *
 * A fence may stand around the block or around the path and the block. Blocks that follow without a path are for the same
 * file. An empty search part makes a new file.
 */
import type { FileEdit } from "./edits.ts";
import { labelAbove } from "./labels.ts";
import { PatchRefusal } from "./refusal.ts";

const SEARCH = /^<{5,9} ?SEARCH\s*$/;
const DIVIDER = /^={5,9}\s*$/;
const REPLACE = /^>{5,9} ?REPLACE\s*$/;

/** Whether a block begins at a line. */
export function startsBlock(line: string): boolean {
  return SEARCH.test(line);
}

/**
 * Reads one block.
 * @param previous path of the block before, for one that has none
 * @throws PatchRefusal for a block that is cut off, has several dividers, or names no file
 */
export function readBlock(lines: readonly string[], at: number, previous: string | null): { edit: FileEdit; next: number } {
  const unreadable = (what: string) => new PatchRefusal({ reason: "unreadable", what, line: at + 1 });
  const ends = find(lines, REPLACE, at + 1, lines.length);
  const end = ends[0];
  const again = find(lines, SEARCH, at + 1, lines.length)[0];
  if (end === undefined || (again !== undefined && again < end)) throw unreadable("a search/replace block without its `>>>>>>> REPLACE`");
  const dividers = find(lines, DIVIDER, at + 1, end);
  const divider = dividers[0];
  if (divider === undefined) throw unreadable("a search/replace block without its `=======`");
  if (dividers.length > 1) throw unreadable("a search/replace block with more than one `=======`; use a unified diff here");
  const path = labelAbove(lines, at) ?? previous;
  if (path === null) throw unreadable("a search/replace block that names no file; write its path on the line above");
  const search = lines.slice(at + 1, divider);
  const replace = lines.slice(divider + 1, end);
  return { edit: editOf(path, search, replace), next: end + 1 };
}

function editOf(path: string, search: string[], replace: string[]): FileEdit {
  if (search.length === 0) return { kind: "create", path, text: replace.length === 0 ? "" : `${replace.join("\n")}\n` };
  const removed = search.map((text) => ({ op: "-" as const, text }));
  const added = replace.map((text) => ({ op: "+" as const, text }));
  return {
    kind: "change",
    path,
    alternative: null,
    hunks: [{ at: null, lines: [...removed, ...added], bareEnd: { old: false, new: false } }],
  };
}

function find(lines: readonly string[], pattern: RegExp, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = from; at < to; at++) {
    if (pattern.test(lines[at] ?? "")) found.push(at);
    if (pattern !== DIVIDER && found.length > 0) break;
  }
  return found;
}
