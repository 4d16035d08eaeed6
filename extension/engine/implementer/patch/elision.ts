/** Knows the lines that stand for others: dots, and comments that say that something stays as it is. */
import { indentOf } from "./likeness.ts";

const DOTS = /^\s*(?:(?:#|\/\/|--|;|<!--|\/\*)\s*)?[[({<]*\s*(?:\.{3,}|…)/;
const WORDS =
  /^\s*(?:#|\/\/)\s*[[({<]*\s*(?:(?:the\s+)?(?:rest|remainder)\s+(?:of\b.*|is\b.*|remains\b.*|stays\b.*|unchanged.*)|(?:existing|unchanged|remaining|previous|other|same)\s+(?:code|methods?|functions?|lines|implementation|imports|as before).*|(?:unchanged|omitted|same as (?:before|above)))[\s.)\]}>…]*$/i;

/** Whether a line of context or of a whole file may stand for lines that are left out. */
export function isElision(line: string): boolean {
  return DOTS.test(line) || WORDS.test(line);
}

/**
 * The first new line that stands for others instead of being code, if any.
 * @param known lines of the old file, which may be kept whatever they look like
 */
export function elisionAmong(added: readonly string[], known: ReadonlySet<string>): string | null {
  const found = added.find((line, at) => isElision(line) && !known.has(line) && !(line.trim() === "..." && opensBlock(added, at)));
  return found ?? null;
}

/** In Python, dots alone are a body. */
function opensBlock(lines: readonly string[], at: number): boolean {
  const before = lines.slice(0, at).findLast((line) => line.trim() !== "") ?? "";
  return before.trimEnd().endsWith(":") && indentOf(before).length < indentOf(lines[at] ?? "").length;
}
