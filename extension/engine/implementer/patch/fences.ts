/** Markdown's fences, and the lines of an answer as they are read: without carriage returns, fenced parts moved to the margin. */

const FENCE = /^(\s*)(`{3,}|~{3,})(.*)$/;

/** A fence's line: its mark, and what stands behind it. */
export interface Fence {
  mark: string;
  info: string;
}

/** The fence that a line is, or null. */
export function fenceAt(line: string): Fence | null {
  const match = FENCE.exec(line);
  return match === null || (match[1] ?? "").length > 3 ? null : { mark: match[2] ?? "", info: (match[3] ?? "").trim() };
}

/** Whether a line closes a fence. */
export function closesFence(line: string, mark: string): boolean {
  const fence = fenceAt(line);
  return fence !== null && fence.info === "" && fence.mark.startsWith(mark);
}

/** What stands at the margin where a patch has begun: from there on, white space in front belongs to it. */
const PATCH = /^(?:--- |\+\+\+ |@@|diff --git |\*\*\* |<{4,}|-{5,} ?SEARCH)/;

/** The lines of an answer. What stands in a fence that is indented, as in a list, loses the fence's indentation. */
export function linesOfAnswer(answer: string): string[] {
  const lines = answer.replace(/^\ufeff/, "").split(/\r?\n/);
  for (let at = 0; at < lines.length && !PATCH.test(lines[at] ?? ""); at++) {
    const [, indent = "", mark] = FENCE.exec(lines[at] ?? "") ?? [];
    if (mark === undefined) continue;
    const end = endOf(lines, at, indent, mark);
    if (end < 0) break;
    const inside = lines.slice(at, end + 1);
    if (inside.every((line) => line.trim() === "" || line.startsWith(indent))) {
      inside.forEach((line, index) => (lines[at + index] = line.slice(indent.length)));
    }
    at = end;
  }
  return lines;
}

function endOf(lines: readonly string[], at: number, indent: string, mark: string): number {
  for (let end = at + 1; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (line.startsWith(indent) && closesFence(line.slice(indent.length), mark)) return end;
  }
  return -1;
}

const behind = new WeakMap<readonly string[], Uint32Array>();

/** Index of the first line from one on that is not empty; that behind the last where there is none. */
export function behindBlanks(lines: readonly string[], at: number): number {
  let indices = behind.get(lines);
  if (indices === undefined) {
    // All at once: an answer of a million empty lines would be gone through for every one of them.
    indices = new Uint32Array(lines.length + 1).fill(lines.length);
    for (let index = lines.length - 1; index >= 0; index--) indices[index] = lines[index] === "" ? (indices[index + 1] ?? index) : index;
    behind.set(lines, indices);
  }
  return indices[at] ?? lines.length;
}
