/** Finds the file that a fence or block is labelled with: a path alone on a line, or in the fence's own first line. */
import { fenceAt } from "./fences.ts";

/** Folders may hold spaces, where there are any; a name has an ending, a folder, or is one of those that have neither. */
const PATH =
  /^(?:(?:[^\s"'`<>|*?:;,(){}=][^"'`<>|*?:;,(){}=]*\/)?[^\s/"'`<>|*?:;,(){}=]*[^\s/."'`<>|*?:;,(){}=]\.[A-Za-z0-9_]{1,12}|[\w.-]+(?:\/[\w.-]+)+|Makefile|Dockerfile|\.\w[\w-]*)$/;

/** The path a line consists of, its decoration removed; null for a line that is anything else. */
export function labelOf(line: string): string | null {
  const text = line
    .trim()
    .replace(/^[=[<(-]{2,}\s*|\s*[=\]>)-]{2,}$/g, "")
    .replace(/^(?:#{1,6}|[-*>]|\d+[.)])\s+/, "")
    .replace(/^[*`]+/, "")
    .replace(/^(?:(?:new|edit|update|create)\s+)?(?:file|path|filename)\s*:\s*/i, "")
    .replace(/^[*`\s]+/, "")
    .replace(/\s*\((?:new|updated?|modified|changed|complete|full)\b[^)]*\)\W*$/i, "")
    .replace(/[*`:\s]+$/, "");
  return PATH.test(text) ? text : null;
}

/** The path that labels a block: on the line above, or above the fence that opens right before it. */
export function labelAbove(lines: readonly string[], at: number): string | null {
  let line = lineAbove(lines, at);
  const fence = fenceAt(lines[line] ?? "");
  if (fence !== null) {
    const own = labelOfInfo(fence.info);
    if (own !== null) return own;
    line = lineAbove(lines, line);
  }
  return labelOf(lines[line] ?? "") ?? labelInSentence(lines[line] ?? "");
}

function lineAbove(lines: readonly string[], at: number): number {
  let line = at - 1;
  while ((lines[line] ?? "x").trim() === "") line--;
  return line;
}

/** The one path in a sentence that announces a file: "Here is the complete `train.py`:". */
function labelInSentence(line: string): string | null {
  if (!/:\**\s*$/.test(line) || !/\b(?:complete|full|whole|entire|new|updated|modified|rewritten|contents?|file|create)\b/i.test(line))
    return null;
  const marked = [...line.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*/g)].map((match) => labelOf(match[1] ?? match[2] ?? ""));
  const paths = new Set(marked.filter((path) => path !== null));
  return paths.size === 1 ? ([...paths][0] ?? null) : null;
}

/** The path in a fence's first line: `python train.py`, `python:train.py`, `python title="train.py"`. */
export function labelOfInfo(info: string): string | null {
  const named = /(?:title|file|path|filename)\s*=\s*["']?([^"'\s}]+)/i.exec(info);
  if (named !== null) return labelOf(named[1] ?? "");
  const behind = /^[\w+-]*[:\s]\s*(\S.*)$/.exec(info);
  const label = labelOf(behind?.[1] ?? info);
  return label !== null && /[./]/.test(label) ? label : null;
}
