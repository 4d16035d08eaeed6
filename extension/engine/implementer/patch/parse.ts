/** Reads an answer, prose and fences and all, into edits: diffs, blocks, enveloped patches and whole files in any mixture. */
import { isStrayMark, readBlock, startsBlock } from "./blocks.ts";
import type { FileEdit } from "./edits.ts";
import { readEnvelope, startsEnvelope } from "./envelope.ts";
import { closesFence, fenceAt, linesOfAnswer, type Fence } from "./fences.ts";
import { readHunks } from "./hunks.ts";
import { labelAbove, labelOfInfo } from "./labels.ts";
import { PatchRefusal } from "./refusal.ts";
import { readDiff, startsDiff } from "./unified.ts";

/** An answer longer than this, in UTF-16 units, is not read. */
const ANSWER_LIMIT = 4_000_000;

/** What looks like a line of a diff and not like a list. */
const STRAY = /^(?:\+(?!\+\+ )|-(?!-))(?:\s{2,}\S|[\w@#"'(])/;

/**
 * Every edit in an answer, in the order written.
 * @throws PatchRefusal `unreadable` when there is none, one cannot be understood or the answer is cut off, `not text` for a
 *   binary patch
 */
export function parseAnswer(answer: string): FileEdit[] {
  if (answer.length > ANSWER_LIMIT) throw unreadable("the answer is too long to be a patch", null);
  const lines = linesOfAnswer(answer);
  const reading = new Reading(lines);
  while (reading.at < lines.length) reading.step();
  return reading.finish();
}

/** Where the reading of an answer stands, and what it has found so far. */
class Reading {
  readonly #lines: readonly string[];
  readonly #edits: FileEdit[] = [];
  readonly #whole: Extract<FileEdit, { kind: "write" }>[] = [];
  /** Path that the last block or hunk was for, empty before the first. */
  #path = "";
  /** The fence that is open: its mark, where it began, and whether an edit stands in it. */
  #fence: { mark: string; line: number; edits: boolean } | null = null;
  /** Whether what was read last was a diff outside any fence, so that lines of it may have been left behind. */
  #bare = false;
  at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** Reads whatever stands at the current line, and moves behind it. */
  step(): void {
    const lines = this.#lines;
    const line = lines[this.at] ?? "";
    const mark = this.#fence?.mark ?? null;
    if (mark !== null && closesFence(line, mark)) {
      this.#fence = null;
      this.at++;
    } else if (startsBlock(line)) {
      const { edit, next } = readBlock(lines, this.at, this.#path);
      this.#take([edit], next);
    } else if (startsEnvelope(line)) {
      const { edits, next } = readEnvelope(lines, this.at, mark);
      this.#take(edits, next);
    } else if (startsDiff(lines, this.at)) {
      const { edit, next } = readDiff(lines, this.at, mark);
      this.#take(edit === null ? [] : [edit], next);
    } else if (line.startsWith("@@")) this.#hunks();
    else if (isStrayMark(line)) throw unreadable(`\`${line.trim()}\` has no \`<<<<<<< SEARCH\` above it`, this.at + 1);
    else this.#prose(line);
  }

  /**
   * What was found.
   * @throws PatchRefusal when that is nothing, or the answer ends in the middle of something
   */
  finish(): FileEdit[] {
    const fence = this.#fence;
    if (fence?.edits === true) throw unreadable("a fence that is never closed: the answer seems cut off", fence.line + 1);
    const aside = this.#edits.length > 0;
    const edits = [...this.#edits, ...this.#whole.map((edit) => ({ ...edit, aside }))];
    if (edits.length === 0) throw unreadable("the answer holds no diff, no search/replace block and no whole file", null);
    return edits;
  }

  #take(edits: readonly FileEdit[], next: number): void {
    this.#edits.push(...edits);
    this.#path = edits.at(-1)?.path ?? this.#path;
    this.#bare = this.#fence === null;
    if (this.#fence !== null && edits.length > 0) this.#fence.edits = true;
    this.at = Math.max(next, this.at + 1);
  }

  /** Hunks without the names of their file: it is labelled, that of the hunks before, or the one that they fit. */
  #hunks(): void {
    const { hunks, next } = readHunks(this.#lines, this.at, { fence: this.#fence?.mark ?? null });
    const path = labelAbove(this.#lines, this.at) ?? this.#path;
    this.#take(hunks.length === 0 ? [] : [{ kind: "change", path, alternative: null, hunks }], next);
  }

  #prose(line: string): void {
    const opened = this.#fence === null ? fenceAt(line) : null;
    if (opened === null) {
      if (this.#bare && this.#fence === null && STRAY.test(line)) {
        throw unreadable(`\`${line.slice(0, 60)}\` stands outside any hunk; put the diff in a fence`, this.at + 1);
      }
      this.at++;
      return;
    }
    this.#bare = false;
    const end = this.#endOfWhole(opened);
    if (end === null) {
      this.#fence = { mark: opened.mark, line: this.at, edits: false };
      this.at++;
      if (opened.info === "diff" && /^[-+ ]/.test(this.#lines[this.at] ?? "") && !this.#startsEdit(this.at)) this.#hunks();
      return;
    }
    const path = labelOfInfo(opened.info) ?? labelAbove(this.#lines, this.at);
    if (path !== null) {
      if (end >= this.#lines.length) throw unreadable(`the file ${path} is never closed: the answer seems cut off`, this.at + 1);
      const body = this.#lines.slice(this.at + 1, end);
      this.#whole.push({ kind: "write", path, text: body.map((text) => `${text}\n`).join(""), aside: false });
    }
    this.at = end + 1;
  }

  /** Where a fence that holds no patch ends; null for one that is to be stepped into. */
  #endOfWhole(fence: Fence): number | null {
    let end = this.at + 1;
    for (; end < this.#lines.length && !closesFence(this.#lines[end] ?? "", fence.mark); end++) if (this.#startsEdit(end)) return null;
    if (fence.info === "diff" || fence.info === "patch") return null;
    return end;
  }

  #startsEdit(at: number): boolean {
    const line = this.#lines[at] ?? "";
    return startsBlock(line) || startsEnvelope(line) || startsDiff(this.#lines, at) || line.startsWith("@@");
  }
}

function unreadable(what: string, line: number | null): PatchRefusal {
  return new PatchRefusal({ reason: "unreadable", what, line });
}
