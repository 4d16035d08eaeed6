/**
 * Reads search/replace blocks. A block is a line with the file's path, then
 *
 *     <<<<<<< SEARCH
 *     lines as they are in the file
 *     =======
 *     lines that replace them
 *     >>>>>>> REPLACE
 *
 * or the same between other marks of the kind. A fence may stand around the block or around the path and the block. Blocks that
 * follow without a path are for the same file. An empty search part makes a new file.
 */
import { differenceOf } from "../../../protocol/review.ts";
import { plainHunk, type FileEdit, type HunkLine } from "./edits.ts";
import { labelAbove, labelOf } from "./labels.ts";
import { PatchRefusal } from "./refusal.ts";

const SEARCH = /^(?:(<{4,9})(?: ?(?:SEARCH|ORIGINAL|HEAD|OLD|BEFORE|CURRENT)\b)?|(-{4,9}) ?SEARCH\b)[ :]*(\S.*?)?\s*$/;
const REPLACE = /^(?:>{4,9}(?: .*|[A-Z]+)?|\+{4,9} ?REPLACE)\s*$/;
const DIVIDER = /^={4,9}\s*$/;
/** Lines that some put between the mark and the text: where the text begins and ends. */
const START_LINE = /^:start_line: ?(\d+)\s*$/;
const PREAMBLE = /^(?::(?:start|end)_line: ?\d+|-{4,9})\s*$/;

/** Whether a block begins at a line. */
export function startsBlock(line: string): boolean {
  return SEARCH.test(line);
}

/** Whether a line is a mark of a block that has no beginning. */
export function isStrayMark(line: string): boolean {
  return /^(?:>{5,9} ?(?:REPLACE|UPDATED)|\+{5,9} ?REPLACE)\s*$/.test(line);
}

/**
 * Reads one block.
 * @param previous path of the block before, for one that has none; empty where there was none
 * @throws PatchRefusal for a block that is cut off or has several dividers
 */
export function readBlock(lines: readonly string[], at: number, previous: string): { edit: FileEdit; next: number } {
  const [, angles, , inMark] = SEARCH.exec(lines[at] ?? "") ?? [];
  const { divider, end } = readMarks(lines, at, angles?.length ?? 7);
  const path = (inMark === undefined ? null : labelOf(inMark)) ?? labelAbove(lines, at) ?? previous;
  let start = at + 1;
  let line: number | null = null;
  if (START_LINE.test(lines[start] ?? "")) {
    line = Number(START_LINE.exec(lines[start] ?? "")?.[1]);
    while (PREAMBLE.test(lines[start] ?? "")) start++;
  }
  return { edit: editOf(path, lines.slice(start, divider), lines.slice(divider + 1, end), line), next: end + 1 };
}

/** Where the two parts of a block end. */
function readMarks(lines: readonly string[], at: number, length: number): { divider: number; end: number } {
  const unreadable = (what: string) => new PatchRefusal({ reason: "unreadable", what, line: at + 1 });
  const dividers: number[] = [];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (REPLACE.test(line) || startsBlock(line)) break;
    if (DIVIDER.test(line)) dividers.push(end);
  }
  if (end === lines.length || startsBlock(lines[end] ?? "")) {
    throw unreadable("a search/replace block without its `>>>>>>> REPLACE`: the answer seems cut off");
  }
  // A line of signs under a title is no divider, unless it is as long as the marks.
  const equal = dividers.filter((index) => lines[index]?.trim().length === length);
  const [divider, another] = equal.length > 0 ? equal : dividers;
  if (divider === undefined) throw unreadable("a search/replace block without its `=======`");
  if (another !== undefined) throw unreadable("a search/replace block with more than one `=======`; use a unified diff here");
  return { divider, end };
}

function editOf(path: string, search: string[], replace: string[], at: number | null): FileEdit {
  if (search.length === 0) return { kind: "create", path, text: replace.length === 0 ? "" : `${replace.join("\n")}\n` };
  // Lines that stand in both parts are context: they stay as the file has them.
  const lines = differenceOf(search, replace).flatMap(({ lines: texts, added, removed }) => {
    const op: HunkLine["op"] = added ? "+" : removed ? "-" : " ";
    return texts.map((text) => ({ op, text }));
  });
  return { kind: "change", path, alternative: null, hunks: [plainHunk(lines, at)] };
}
