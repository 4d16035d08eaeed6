/** How alike two lines must be to be taken for the same: from every character to what a model may misquote. */
import { distance } from "fastest-levenshtein";

/** Lines with equal keys are taken for the same. From strict to forgiving; each forgives all that those before it do. */
export const LIKENESSES = {
  /** Every character. */
  exact: (line: string) => line,
  /** All but white space at the end. */
  ends: (line: string) => line.trimEnd(),
  /** All but how much white space there is: other indentation, tabs for spaces. */
  spacing: (line: string) => line.trim().replace(/\s+/g, " "),
  /** All but white space, kinds of quotes and dashes, comments, and the comma or full stop at the end. */
  quoting: (line: string) =>
    line
      .replace(/(^|\s)#.*$/, "$1")
      .replace(/[\u2018\u2019\u201a\u201c\u201d\u201e'`]/g, '"')
      .replace(/[\u2010-\u2015\u2212]/g, "-")
      .replace(/\s+/g, "")
      .replace(/[,;.]$/, ""),
} as const;
export type Likeness = keyof typeof LIKENESSES;

/** Share of characters that a misquoted line of context must have right. */
const ALIKE = 0.6;
/** The same for a line that is taken out. */
const NEARLY_SAME = 0.8;
/** Longer lines are compared as a whole: what comparing costs grows with the square. */
const LONGEST = 2000;

/** Share of characters that two lines have in common, white space aside, 0 to 1. */
export function closeness(a: string, b: string): number {
  const [one, other] = [bare(a), bare(b)];
  const longer = Math.max(one.length, other.length);
  if (longer > LONGEST) return one === other ? 1 : 0;
  return longer === 0 ? 1 : 1 - distance(one, other) / longer;
}

/** Whether a line of context may be a misquotation of one in the file. */
export function isMisquoted(quoted: string, line: string): boolean {
  return definesTheSame(quoted, line) && closeness(quoted, line) >= ALIKE;
}

/** Whether a line that is to be taken out may be one in the file: with another number in it, it is not. */
export function isNearlySame(quoted: string, line: string): boolean {
  return definesTheSame(quoted, line) && numbersIn(quoted) === numbersIn(line) && closeness(quoted, line) >= NEARLY_SAME;
}

/** White space at a line's beginning. */
export function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? "";
}

/** A line that defines something else is no misquotation but another place; one letter too many or too few is a slip. */
function definesTheSame(quoted: string, line: string): boolean {
  const [one, other] = [definedIn(quoted), definedIn(line)];
  if (one === other) return true;
  // The word that defines may itself be misspelt.
  if (one === "" || other === "") return new RegExp(`\\b${one}${other}\\b`).test(one === "" ? quoted : line);
  const [long, short] = one.length > other.length ? [one, other] : [other, one];
  if (short.length < 5 || long.length !== short.length + 1) return false;
  const at = Array.from(long).findIndex((sign, index) => sign !== short.charAt(index));
  return /[a-z_]/i.test(long.charAt(at)) && long.slice(0, at) + long.slice(at + 1) === short;
}

function definedIn(line: string): string {
  return /^\s*(?:async\s+)?(?:def|class|function)\s+(\w+)/.exec(line)?.[1] ?? "";
}

function numbersIn(line: string): string {
  return (line.match(/\d+(?:\.\d+)?(?:e-?\d+)?/gi) ?? []).join(" ");
}

function bare(line: string): string {
  return line.replace(/\s+/g, "");
}
