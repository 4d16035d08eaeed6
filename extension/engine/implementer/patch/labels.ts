/** Finds the file that a fence or block is labelled with: a path alone on a line, or in the fence's own first line. */

const FENCE = /^\s{0,3}(`{3,}|~{3,})(.*)$/;

/** Folders may hold spaces, where there are any; a name has an ending, a folder, or is one of those that have neither. */
const PATH =
  /^(?:(?:[^\s"'`<>|*?:;,(){}=][^"'`<>|*?:;,(){}=]*\/)?[^\s/"'`<>|*?:;,(){}=]*[^\s/."'`<>|*?:;,(){}=]\.[A-Za-z0-9_]{1,12}|[\w.-]+(?:\/[\w.-]+)+|Makefile|Dockerfile|\.\w[\w-]*)$/;

/** A fence's line: its mark, and what stands behind it. */
export interface Fence {
  mark: string;
  info: string;
}

/** The fence that a line is, or null. */
export function fenceAt(line: string): Fence | null {
  const match = FENCE.exec(line);
  return match === null ? null : { mark: match[1] ?? "", info: (match[2] ?? "").trim() };
}

/** Whether a line closes a fence. */
export function closesFence(line: string, mark: string): boolean {
  const fence = fenceAt(line);
  return fence !== null && fence.info === "" && fence.mark.startsWith(mark);
}

/** The path a line consists of, its decoration removed; null for a line that is anything else. */
function labelOf(line: string): string | null {
  const text = line
    .trim()
    .replace(/^(?:#{1,6}|[-*>]|\d+[.)])\s+/, "")
    .replace(/^[*`]+/, "")
    .replace(/^(?:(?:new|edit|update|create)\s+)?(?:file|path|filename)\s*:\s*/i, "")
    .replace(/^[*`\s]+/, "")
    .replace(/[*`:\s]+$/, "");
  return PATH.test(text) ? text : null;
}

/** The path that labels a block: on the line above, or above the fence that opens right before it. */
export function labelAbove(lines: readonly string[], at: number): string | null {
  let line = at - 1;
  while ((lines[line] ?? "x").trim() === "") line--;
  const fence = fenceAt(lines[line] ?? "");
  if (fence === null) return labelOf(lines[line] ?? "");
  const own = labelOfInfo(fence.info);
  if (own !== null) return own;
  line--;
  while ((lines[line] ?? "x").trim() === "") line--;
  return labelOf(lines[line] ?? "");
}

/** The path in a fence's first line: `python train.py`, `python:train.py`, `python title="train.py"`. */
export function labelOfInfo(info: string): string | null {
  const named = /(?:title|file|path|filename)\s*=\s*["']?([^"'\s}]+)/i.exec(info);
  if (named !== null) return labelOf(named[1] ?? "");
  const behind = /^[\w+-]*[:\s]\s*(\S.*)$/.exec(info);
  const label = labelOf(behind?.[1] ?? info);
  return label !== null && /[./]/.test(label) ? label : null;
}
