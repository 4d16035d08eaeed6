/**
 * The review of a proposal as a pure value: base, proposed text, and decisions by stable hunk id. What is committed is a
 * fold over it. Both the editor (on every keystroke) and the engine (at approval) compute it, so it lives beside the messages.
 */
import { diffArrays } from "diff";
import * as z from "zod";

/** Changes separated by at most this many unchanged lines are reviewed as one. */
const JOIN_DISTANCE = 2;
/** Beyond this many changed lines the shortest difference takes seconds to find, and nobody would read it hunk by hunk. */
const MOST_EDITS = 2000;

export const Decision = z.enum(["accepted", "rejected"]);
/** By hunk id. A rejected hunk is one that the fold still has to take out. */
export const Decisions = z.record(z.string(), Decision);
export type Decisions = z.infer<typeof Decisions>;

/** A text and its version in the proposal; null means that the file does not exist on that side. */
export interface FilePair {
  path: string;
  base: string | null;
  proposed: string | null;
}

/** Neighbouring changed lines of one file. Line numbers count from 0; an empty side gives the place of the change. */
export interface Hunk {
  /** The same for the same change of the same file, wherever it moves and whatever changes elsewhere. */
  id: string;
  path: string;
  baseStart: number;
  baseLines: string[];
  proposedStart: number;
  proposedLines: string[];
}

/** Hunks of a file, in order. Lines keep their line ends, so that a changed last newline is a change. */
export function hunksOf(pair: FilePair): Hunk[] {
  const base = linesOf(pair.base);
  const proposed = linesOf(pair.proposed);
  const blocks: { baseStart: number; baseEnd: number; proposedStart: number; proposedEnd: number }[] = [];
  let baseAt = 0;
  let proposedAt = 0;
  for (const part of differenceOf(base, proposed)) {
    const length = part.lines.length;
    if (!part.added && !part.removed) {
      baseAt += length;
      proposedAt += length;
      continue;
    }
    let last = blocks.at(-1);
    if (last === undefined || baseAt - last.baseEnd > JOIN_DISTANCE) {
      last = { baseStart: baseAt, baseEnd: baseAt, proposedStart: proposedAt, proposedEnd: proposedAt };
      blocks.push(last);
    }
    if (part.removed) baseAt += length;
    else proposedAt += length;
    last.baseEnd = baseAt;
    last.proposedEnd = proposedAt;
  }
  // An empty file that appears or disappears has no lines but is a change all the same.
  if (blocks.length === 0 && (pair.base === null) !== (pair.proposed === null)) {
    blocks.push({ baseStart: 0, baseEnd: 0, proposedStart: 0, proposedEnd: 0 });
  }
  const seen = new Map<string, number>();
  return blocks.map((block) => {
    const baseLines = base.slice(block.baseStart, block.baseEnd);
    const proposedLines = proposed.slice(block.proposedStart, block.proposedEnd);
    const content = hash(JSON.stringify([pair.path, baseLines, proposedLines]));
    const occurrence = seen.get(content) ?? 0;
    seen.set(content, occurrence + 1);
    return {
      id: occurrence === 0 ? content : `${content}.${occurrence}`,
      path: pair.path,
      baseStart: block.baseStart,
      baseLines,
      proposedStart: block.proposedStart,
      proposedLines,
    };
  });
}

/**
 * The proposed text without some of its hunks.
 * @returns null when what is left is that the file does not exist
 */
export function withoutHunks(pair: FilePair, rejected: ReadonlySet<string>): string | null {
  const hunks = hunksOf(pair);
  if (hunks.length > 0 && hunks.every((hunk) => rejected.has(hunk.id))) return pair.base;
  const proposed = linesOf(pair.proposed);
  const out: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    out.push(...proposed.slice(at, hunk.proposedStart));
    out.push(...(rejected.has(hunk.id) ? hunk.baseLines : hunk.proposedLines));
    at = hunk.proposedStart + hunk.proposedLines.length;
  }
  out.push(...proposed.slice(at));
  return pair.proposed === null && out.length === 0 ? null : out.join("");
}

/** Decisions that still mean something: those on hunks that are still there. A rejected hunk that is back, by undo, is undecided. */
export function settle(decisions: Decisions, hunks: readonly Hunk[]): Decisions {
  const present = new Set(hunks.map((hunk) => hunk.id));
  return Object.fromEntries(Object.entries(decisions).filter(([id, decision]) => decision === "accepted" && present.has(id)));
}

/** Hunks nobody has decided on. */
export function undecided(decisions: Decisions, hunks: readonly Hunk[]): Hunk[] {
  return hunks.filter((hunk) => decisions[hunk.id] === undefined);
}

/** What is committed: every file of the proposal without its rejected hunks. */
export function fold(pairs: readonly FilePair[], decisions: Decisions): { path: string; text: string | null }[] {
  const rejected = new Set(Object.keys(decisions).filter((id) => decisions[id] === "rejected"));
  return pairs.map((pair) => ({ path: pair.path, text: withoutHunks(pair, rejected) }));
}

/** Lines that stand on both sides, or on one. */
export interface Part {
  lines: string[];
  added: boolean;
  removed: boolean;
}

/** What became of lines, in order. In a text that was rewritten, everything between its equal ends is one change. */
export function differenceOf(base: string[], proposed: string[]): Part[] {
  const found = diffArrays(base, proposed, { maxEditLength: MOST_EDITS });
  if (found !== undefined) return found.map(({ value, added, removed }) => ({ lines: value, added, removed }));
  const shorter = Math.min(base.length, proposed.length);
  let head = 0;
  while (head < shorter && base[head] === proposed[head]) head++;
  let tail = 0;
  while (tail < shorter - head && base.at(-1 - tail) === proposed.at(-1 - tail)) tail++;
  return [
    { lines: base.slice(0, head), added: false, removed: false },
    { lines: base.slice(head, base.length - tail), added: false, removed: true },
    { lines: proposed.slice(head, proposed.length - tail), added: true, removed: false },
    { lines: base.slice(base.length - tail), added: false, removed: false },
  ].filter(({ lines }) => lines.length > 0);
}

/** Lines with their ends; none where the file does not exist. */
export function linesOf(text: string | null): string[] {
  return text === null ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** FNV-1a over UTF-16 units, 2 × 32 bits: short, stable, and the same in Node and a browser. */
function hash(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}
