/** Finding one's way through the hunks of a proposal: pure. Lines count from 0. */
import type { Decisions, FilePair, Hunk } from "../../protocol/review.ts";
import { undecided } from "../../protocol/review.ts";

export interface ReviewedFile extends FilePair {
  hunks: Hunk[];
}

/** Line of a text at which a hunk's lens stands: the hunk's first line, or the last line there is. */
export function lensLine(hunk: Hunk, lineCount: number): number {
  return Math.max(0, Math.min(hunk.proposedStart, lineCount - 1));
}

/** The hunk a cursor is in; one that only deletes is at the lines it was between; null elsewhere. */
export function hunkAt(hunks: readonly Hunk[], line: number): Hunk | null {
  const inside = hunks.find(({ proposedStart, proposedLines }) => line >= proposedStart && line < proposedStart + proposedLines.length);
  return inside ?? hunks.find((hunk) => hunk.proposedLines.length === 0 && Math.abs(line - hunk.proposedStart + 0.5) < 1) ?? null;
}

/** The hunk meant by a command at a place: the one the cursor is in, else the next, else the last of the file. */
export function hunkNear(hunks: readonly Hunk[], line: number): Hunk | null {
  return hunkAt(hunks, line) ?? hunks.find((hunk) => hunk.proposedStart >= line) ?? hunks.at(-1) ?? null;
}

/**
 * The next or previous hunk from a place, across files and around the end.
 * @param wanted which hunks count; when none does, all do
 */
export function step(
  files: readonly ReviewedFile[],
  from: { path: string; line: number },
  direction: 1 | -1,
  wanted: (hunk: Hunk) => boolean = () => true,
): Hunk | null {
  const all = files.flatMap((file) => file.hunks);
  const hunks = all.some(wanted) ? all.filter(wanted) : all;
  const order = new Map(files.map((file, index) => [file.path, index]));
  const here = order.get(from.path) ?? -1;
  const position = (hunk: Hunk) => (order.get(hunk.path) ?? 0) - here || hunk.proposedStart - from.line;
  if (direction === 1) return hunks.find((hunk) => position(hunk) > 0) ?? hunks[0] ?? null;
  return hunks.findLast((hunk) => position(hunk) < 0) ?? hunks.at(-1) ?? null;
}

export interface Tally {
  hunks: number;
  undecided: number;
}

export function tally(files: readonly ReviewedFile[], decisions: Decisions): Tally {
  const hunks = files.flatMap((file) => file.hunks);
  return { hunks: hunks.length, undecided: undecided(decisions, hunks).length };
}

/** `5 hunks, 2 undecided`, for the lens at the top of a file and the status bar. */
export function tallyText({ hunks, undecided: open }: Tally): string {
  const all = `${hunks} ${hunks === 1 ? "hunk" : "hunks"}`;
  if (hunks === 0) return "Nothing is left of this proposal";
  return open === 0 ? `${all}, all decided` : `${all}, ${open} undecided`;
}

/** Offsets, in UTF-16 units of the proposed text, between which a hunk's lines stand. */
export function hunkSpan(proposed: string, hunk: Hunk): { start: number; end: number } {
  const lines = proposed.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const length = (count: number) => lines.slice(0, count).reduce((sum, line) => sum + line.length, 0);
  return { start: length(hunk.proposedStart), end: length(hunk.proposedStart + hunk.proposedLines.length) };
}
