/** Indents the new lines of hunks as the file is, where a hunk's old lines were found with another indentation than they are quoted. */
import { tabsOrSpaces, type Restyle } from "./indent-style.ts";
import { closeness, indentOf } from "./likeness.ts";
import type { Placement } from "./place.ts";
import { isWellIndented } from "./python.ts";
import { PatchRefusal } from "./refusal.ts";
import { splice } from "./splice.ts";
import { splitFile } from "./lines.ts";

/** An old line as quoted and as it is, with the white space in front of both. */
export interface Quoted {
  op: " " | "-";
  text: string;
  quoted: string;
  real: string;
}

/** A new line put at another depth; null where it cannot be. */
type Shift = (line: string) => string | null;

/** From here on two lines count as versions of one another. */
const VERSIONS = 0.6;

/**
 * The placements with their new lines as the file would have them.
 * @param texts the file's lines
 * @throws PatchRefusal `indentation` where it is not sure how deep a new line stands
 */
export function indentLike(texts: readonly string[], placements: readonly Placement[], path: string): Placement[] {
  const all = placements.map((placement) => quotedLines(texts, placement));
  if (all.every((lines) => lines.every(({ quoted, real }) => quoted === real) && lines.some(({ quoted }) => quoted !== ""))) {
    return placements.map((placement) => withoutGained(texts, placement));
  }
  const restyle = tabsOrSpaces(texts, all, placements, path);
  return placements.map((placement, index) => {
    const lines = all[index] ?? [];
    const settled = restyled(lines, placement, restyle) ?? shifted(texts, placement, lines, path, index + 1);
    return withoutGained(texts, settled);
  });
}

function quotedLines(texts: readonly string[], { hunk, rows }: Placement): Quoted[] {
  return hunk.lines
    .filter((line) => line.op !== "+")
    .flatMap(({ op, text }, index) => {
      const row = rows[index] ?? null;
      const line = row === null ? "" : (texts[row] ?? "");
      if (text.trim() === "" || line.trim() === "" || op === "+") return [];
      return [{ op, text, quoted: indentOf(text), real: indentOf(line) }];
    });
}

/** Tabs put for spaces or spaces for tabs, where that alone explains how the old lines are quoted; else null. */
function restyled(lines: readonly Quoted[], placement: Placement, restyle: Restyle | null): Placement | null {
  if (lines.every(({ quoted, real }) => quoted === real)) {
    // Nothing here shows how it is indented: as the other hunks of the file.
    return restyle === null || lines.some(({ quoted }) => quoted !== "") ? placement : withNewLines(placement, restyle);
  }
  if (restyle === null || !lines.every(({ text, quoted, real }) => quoted === real || indentOf(restyle(text)) === real)) return null;
  return withNewLines(placement, restyle);
}

function shifted(texts: readonly string[], placement: Placement, lines: readonly Quoted[], path: string, number: number): Placement {
  const shifts = shiftsOf(lines);
  // One space less is the mark of a line of context, lost.
  if (lines.every(({ op, quoted, real }) => quoted === real || (op === " " && real === `${quoted} `))) return placement;
  const possible = new Map<string, Placement>();
  for (const shift of shifts) {
    const made = placement.hunk.lines.map((line) => (line.op === "+" && line.text.trim() !== "" ? shift(line.text) : line.text));
    if (made.includes(null)) continue;
    const hunk = { ...placement.hunk, lines: placement.hunk.lines.map((line, at) => ({ ...line, text: made[at] ?? "" })) };
    possible.set(JSON.stringify(made), { ...placement, hunk });
  }
  const sound = soundAmong(texts, [...possible.values()], path);
  const best =
    (sound.length === 1 ? sound[0] : asWritten(texts, placement, lines, sound)) ??
    bestBy(depthsKept, texts, sound) ??
    bestBy(versionsKept, texts, sound) ??
    uniform(lines, sound, path);
  if (best !== null) return best;
  const line = (placement.rows.find((row) => row !== null) ?? 0) + 1;
  throw new PatchRefusal({ reason: "indentation", path, hunk: number, line });
}

/** As written, and moved as any of the old lines are. */
function shiftsOf(lines: readonly Quoted[]): Shift[] {
  const shifts = new Map<string, Shift>([["", (line) => line]]);
  for (const { quoted, real } of lines) {
    if (real.endsWith(quoted)) {
      const more = real.slice(0, real.length - quoted.length);
      shifts.set(`+${more}`, (line) => more + line);
    } else if (quoted.endsWith(real)) {
      const less = quoted.slice(0, quoted.length - real.length);
      shifts.set(`-${less}`, (line) => (line.startsWith(less) ? line.slice(less.length) : null));
    }
  }
  shifts.delete("+");
  return [...shifts.values()];
}

/** In Python, those that leave the file well indented; elsewhere all. Spaces in a file of tabs are never sound. */
function soundAmong(texts: readonly string[], possible: readonly Placement[], path: string): Placement[] {
  const tabs = texts.some((line) => line.startsWith("\t")) && !texts.some((line) => line.startsWith("  "));
  const styled = possible.filter(({ hunk }) => !tabs || !hunk.lines.some((line) => line.op === "+" && /^ +\S/.test(line.text)));
  if (!/\.pyi?$/.test(path) || !isWellIndented(texts)) return styled;
  const file = { texts: [...texts], ends: texts.map(() => "\n") };
  const sound = (placement: Placement) => isWellIndented(splitFile(splice(file, [placement], path)).texts);
  const taken = styled.filter(sound);
  // Python does not mind where comments stand, but people put them where a statement could be.
  const strict = taken.filter((placement) => sound(withNewLines(placement, (line) => line.replace(/^(\s*)#.*/, "$1pass"))));
  return strict.length > 0 ? strict : taken;
}

/**
 * The one whose new lines are as they were written, where the hunk as a whole was not moved: an indented line of it is quoted as
 * it is, or all old lines next to new ones are.
 */
function asWritten(
  texts: readonly string[],
  placement: Placement,
  lines: readonly Quoted[],
  among: readonly Placement[],
): Placement | null {
  const { hunk } = placement;
  if (!lines.some(({ quoted, real }) => quoted === real && real !== "") && !isQuotedBeside(texts, placement)) return null;
  return among.find((made) => made.hunk.lines.every((line, at) => line.text === hunk.lines[at]?.text)) ?? null;
}

function isQuotedBeside(texts: readonly string[], { hunk, rows }: Placement): boolean {
  let old = -1;
  const quoted = hunk.lines.map(({ op, text }) => {
    if (op !== "+") old++;
    return op === "+" || text.trim() === "" ? null : text.trimEnd() === texts[rows[old] ?? -1]?.trimEnd();
  });
  return hunk.lines.every(({ op }, at) => {
    const beside = [quoted.slice(0, at).findLast((one) => one !== null), quoted.slice(at).find((one) => one !== null)];
    return op !== "+" || !beside.includes(false);
  });
}

/** The one that scores highest, if it is one. */
function bestBy(score: typeof depthsKept, texts: readonly string[], among: readonly Placement[]): Placement | null {
  const scores = among.map((placement) => score(texts, placement));
  const best = Math.max(...scores);
  const winners = among.filter((_, index) => scores[index] === best);
  return best > 0 && winners.length === 1 ? (winners[0] ?? null) : null;
}

/** How many runs of new lines begin as deep as the run of old lines that they replace. */
function depthsKept(texts: readonly string[], { hunk, rows }: Placement): number {
  let kept = 0;
  let old = -1;
  let replaced: string | null = null;
  let before = " ";
  for (const { op, text } of hunk.lines) {
    if (op !== "+") old++;
    if (op === "-" && before !== "-") replaced = indentOf(texts[rows[old] ?? -1] ?? "");
    if (op === "+" && before === "-" && replaced === indentOf(text)) kept++;
    before = op;
  }
  return kept;
}

/** How many new lines stand as deep as the old lines that they are versions of. */
function versionsKept(texts: readonly string[], { hunk, rows }: Placement): number {
  const old = hunk.lines.filter((line) => line.op !== "+");
  const removed = old.flatMap(({ op }, index) => (op === "-" ? [texts[rows[index] ?? -1] ?? ""] : [])).filter((line) => line.trim() !== "");
  let kept = 0;
  for (const { op, text } of hunk.lines) {
    if (op !== "+" || text.trim() === "") continue;
    const version = removed.reduce<{ line: string; share: number } | null>((best, line) => {
      const share = closeness(line, text);
      return share >= VERSIONS && share > (best?.share ?? 0) ? { line, share } : best;
    }, null);
    if (version !== null && indentOf(version.line) === indentOf(text)) kept++;
  }
  return kept;
}

/** Outside Python, what all old lines of a hunk did, its new lines did too. */
function uniform(lines: readonly Quoted[], among: readonly Placement[], path: string): Placement | null {
  if (/\.pyi?$/.test(path) || among.length !== 2) return null;
  const moves = new Set(lines.map(({ quoted, real }) => `${real.length - quoted.length}`));
  return moves.size === 1 ? (among[1] ?? null) : null;
}

function withNewLines(placement: Placement, change: (line: string) => string): Placement {
  const lines = placement.hunk.lines.map((line) => (line.op === "+" ? { ...line, text: change(line.text) } : line));
  return { ...placement, hunk: { ...placement.hunk, lines } };
}

/** Where old lines got white space at their end that the file does not have, new lines lose theirs. */
function withoutGained(texts: readonly string[], placement: Placement): Placement {
  const old = placement.hunk.lines.filter((line) => line.op !== "+");
  const gained = old.some(
    ({ text }, index) => text !== text.trimEnd() && texts[placement.rows[index] ?? -1] === text.trimEnd() && text.trim() !== "",
  );
  return gained ? withNewLines(placement, (line) => line.trimEnd()) : placement;
}
