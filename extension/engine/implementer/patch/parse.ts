/** Reads an answer, prose and fences and all, into edits: diffs, search/replace blocks and whole files in any mixture. */
import { readBlock, startsBlock } from "./blocks.ts";
import type { FileEdit } from "./edits.ts";
import { closesFence, fenceAt, labelAbove, labelOfInfo, type Fence } from "./labels.ts";
import { PatchRefusal } from "./refusal.ts";
import { readDiff, startsDiff } from "./unified.ts";

/** An answer longer than this, in UTF-16 units, is not read. */
const ANSWER_LIMIT = 4_000_000;

/**
 * Every edit in an answer, in the order written.
 * @throws PatchRefusal `unreadable` when there is none or one cannot be understood, `not text` for a binary patch
 */
export function parseAnswer(answer: string): FileEdit[] {
  if (answer.length > ANSWER_LIMIT)
    throw new PatchRefusal({ reason: "unreadable", what: "the answer is too long to be a patch", line: null });
  const lines = answer.split(/\r?\n/);
  const edits: FileEdit[] = [];
  const whole: FileEdit[] = [];
  let blockPath: string | null = null;
  let fence: string | null = null;
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (fence !== null && closesFence(line, fence)) {
      fence = null;
      at++;
    } else if (startsBlock(line)) {
      const { edit, next } = readBlock(lines, at, blockPath);
      blockPath = edit.path;
      edits.push(edit);
      at = next;
    } else if (startsDiff(lines, at)) {
      const { edit, next } = readDiff(lines, at, fence !== null);
      if (edit !== null) edits.push(edit);
      at = Math.max(next, at + 1);
    } else {
      const opened: Fence | null = fence === null ? fenceAt(line) : null;
      const file = opened === null ? null : readWhole(lines, at, opened);
      if (opened !== null && file === null) fence = opened.mark;
      if (file?.edit !== undefined) whole.push(file.edit);
      at = file?.next ?? at + 1;
    }
  }
  const aside = edits.length > 0;
  for (const edit of whole) if (edit.kind === "write") edits.push({ ...edit, aside });
  if (edits.length === 0) throw nothingIn(lines);
  return edits;
}

/** A fenced file with its path; a fence that holds a diff or a block is stepped into, any other is passed over. */
function readWhole(lines: readonly string[], at: number, fence: Fence): { edit?: FileEdit; next: number } | null {
  let end = at + 1;
  for (; end < lines.length && !closesFence(lines[end] ?? "", fence.mark); end++) {
    if (startsBlock(lines[end] ?? "") || startsDiff(lines, end)) return null;
  }
  const next = end + 1;
  if (end >= lines.length) return { next: at + 1 };
  const path = labelOfInfo(fence.info) ?? labelAbove(lines, at);
  if (path === null || fence.info === "diff") return { next };
  const body = lines.slice(at + 1, end);
  return { edit: { kind: "write", path, text: body.length === 0 ? "" : `${body.join("\n")}\n`, aside: false }, next };
}

function nothingIn(lines: readonly string[]): PatchRefusal {
  const headless = lines.findIndex((line) => line.startsWith("@@ "));
  if (headless >= 0) {
    const what = "a hunk without a file: write `--- a/<path>` and `+++ b/<path>` above it";
    return new PatchRefusal({ reason: "unreadable", what, line: headless + 1 });
  }
  return new PatchRefusal({
    reason: "unreadable",
    what: "the answer holds no diff, no search/replace block and no whole file",
    line: null,
  });
}
