/** The text of a file after hunks: each found, its new lines indented as the file is, all put in together. */
import { differenceOf } from "../../../protocol/review.ts";
import { plainHunk, type Hunk, type HunkLine } from "./edits.ts";
import { elisionAmong } from "./elision.ts";
import { indentLike } from "./indent.ts";
import { joinFile, splitFile, usualEnd } from "./lines.ts";
import { locateAll } from "./locate.ts";
import { PatchRefusal } from "./refusal.ts";
import { SearchableLines } from "./searchable.ts";
import { splice } from "./splice.ts";

const MARK = "\ufeff";
/** More hunks than this are not tried in turn: the file is searched anew for each. */
const MOST_IN_TURN = 50;

/**
 * A file's text with hunks applied. All refer to the text as it is before; where one does not fit that, each refers to the text
 * after those written before it.
 * @throws PatchRefusal `missing`, `ambiguous`, `no context`, `overlap`, `cut off`, `indentation`, `left out`
 */
export function rewrite(text: string, hunks: readonly Hunk[], path: string): string {
  if (text.startsWith(MARK)) return MARK + rewrite(text.slice(1), hunks, path);
  try {
    return together(text, hunks, path);
  } catch (cause) {
    if (!(cause instanceof PatchRefusal) || cause.refusal.reason !== "missing") throw cause;
    if (hunks.length === 1 || hunks.length > MOST_IN_TURN) throw cause;
    return inTurn(text, hunks, path, cause);
  }
}

/** A file's text replaced by another that was written out in full: lines that differ in white space at their end alone stay. */
export function overwrite(text: string, written: string): string {
  const file = splitFile(text);
  const lines = splitFile(written).texts;
  let row = 0;
  const hunk = plainHunk([]);
  const rows: number[] = [];
  let at = 0;
  for (const { lines: run, added, removed } of differenceOf(file.texts.map(trimmed), lines.map(trimmed))) {
    const op: HunkLine["op"] = added ? "+" : removed ? "-" : " ";
    for (const line of run) {
      hunk.lines.push({ op, text: removed ? line : (lines[at++] ?? "") });
      if (!added) rows.push(row++);
    }
  }
  const usual = usualEnd(file);
  if (file.texts.length === 0) return joinFile({ texts: lines, ends: lines.map(() => usual) });
  return splice(file, [{ hunk, rows, start: 0 }], "");
}

function together(text: string, hunks: readonly Hunk[], path: string): string {
  const file = splitFile(text);
  const searchable = new SearchableLines(file.texts);
  const placements = locateAll(searchable, hunks, path);
  placements.forEach(({ hunk }, index) => refuseElisions(hunk, file.texts, path, index + 1));
  return splice(file, indentLike(file.texts, placements, path), path);
}

/** @param first why the hunks do not fit together; thrown again where they do not fit in turn either */
function inTurn(text: string, hunks: readonly Hunk[], path: string, first: PatchRefusal): string {
  let result = text;
  for (const hunk of hunks) {
    try {
      result = together(result, [hunk], path);
    } catch (cause) {
      throw cause instanceof PatchRefusal ? first : cause;
    }
  }
  return result;
}

function refuseElisions(hunk: Hunk, texts: readonly string[], path: string, number: number): void {
  const added = hunk.lines.filter((line) => line.op === "+").map((line) => line.text);
  const suspect = elisionAmong(added, NONE);
  if (suspect === null) return;
  const elided = elisionAmong(added, new Set(texts));
  if (elided !== null) throw new PatchRefusal({ reason: "left out", path, hunk: number, text: elided.trim() });
}

const NONE: ReadonlySet<string> = new Set();

function trimmed(line: string): string {
  return line.trimEnd();
}
