/**
 * Reads the format that stands between `*** Begin Patch` and `*** End Patch`: files to add, delete, move and update, the
 * hunks of an update without numbers, below lines that name what they are in.
 */
import type { FileEdit } from "./edits.ts";
import { readHunks } from "./hunks.ts";
import { PatchRefusal } from "./refusal.ts";

const FILE = /^\*\*\* (Add|Update|Delete) File: *(\S.*?)\s*$/;
const MOVE = /^\*\*\* Move to: *(\S.*?)\s*$/;
const ENDS = /^\*\*\* (?:Begin Patch|End Patch|(?:Add|Update|Delete) File:|Move to:)/;

/** Whether such a patch begins at a line. */
export function startsEnvelope(line: string): boolean {
  return /^\*\*\* Begin Patch\s*$/.test(line) || FILE.test(line);
}

/**
 * Reads a patch up to its end, or to the end of the fence it stands in.
 * @throws PatchRefusal for one that is cut off or that cannot be understood
 */
export function readEnvelope(lines: readonly string[], at: number, fence: string | null): { edits: FileEdit[]; next: number } {
  const edits: FileEdit[] = [];
  let next = at;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    if (/^\*\*\* End Patch\s*$/.test(line)) return { edits, next: next + 1 };
    if (fence !== null && line.startsWith(fence)) return { edits, next };
    if (/^\*\*\* Begin Patch\s*$/.test(line) || line.trim() === "") next++;
    else {
      const [, verb, path] = FILE.exec(line) ?? [];
      if (verb === undefined || path === undefined) {
        const what = `\`${line.slice(0, 60)}\` stands where \`*** Update File: <path>\` or \`*** End Patch\` should`;
        throw new PatchRefusal({ reason: "unreadable", what, line: next + 1 });
      }
      const read = readFile(lines, next + 1, verb, path, fence);
      edits.push(read.edit);
      next = read.next;
    }
  }
  throw new PatchRefusal({ reason: "unreadable", what: "a patch without its `*** End Patch`: the answer seems cut off", line: at + 1 });
}

function readFile(
  lines: readonly string[],
  at: number,
  verb: string,
  path: string,
  fence: string | null,
): { edit: FileEdit; next: number } {
  if (verb === "Delete") return { edit: { kind: "delete", path, hunks: [] }, next: at };
  if (verb === "Add") {
    let end = at;
    while (end < lines.length && !ENDS.test(lines[end] ?? "") && (fence === null || lines[end]?.startsWith(fence) !== true)) end++;
    return { edit: { kind: "create", path, text: textOf(lines.slice(at, end)) }, next: end };
  }
  const to = MOVE.exec(lines[at] ?? "")?.[1];
  const { hunks, next } = readHunks(lines, to === undefined ? at : at + 1, { fence, ends: ENDS });
  if (to !== undefined) return { edit: { kind: "rename", path, to, hunks }, next };
  if (hunks.length === 0) throw new PatchRefusal({ reason: "unreadable", what: `the update of ${path} has no hunk`, line: at });
  return { edit: { kind: "change", path, alternative: null, hunks }, next };
}

/** A new file's lines have a `+` in front; where none has, they were all written without. */
function textOf(lines: readonly string[]): string {
  const marked = lines.some((line) => line.startsWith("+"));
  const texts = [...lines];
  while (texts.at(-1) === "") texts.pop();
  return texts.map((line) => `${marked && line.startsWith("+") ? line.slice(1) : line}\n`).join("");
}
