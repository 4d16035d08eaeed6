/**
 * A line of code with the values of its settings left open: two lines with the same skeleton differ in settings alone. What counts as a
 * setting is a literal that has a place of its own to be set at: assigned, returned, a default, an argument, an entry. Pure.
 */

/** Numbers, strings on one line, and Python's named constants. */
const LITERAL =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\b(?:True|False|None|true|false|null)\b|(?<![\w.])[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?\b/g;
/** `name = …`, `name: type = …`, `self.name[0] = …`, `name *= …`, `return …`. */
const SETTING_LINE = /^\s*(?:return\b|(?:export\s+)?[A-Za-z_][\w.[\]"'-]*\s*(?::[^=]+)?(?:[-+*/%@&|^]|\*\*|\/\/)?=(?!=))/;
/** What decides which code runs is no setting, whatever number stands in it. */
const CONDITION = /^\s*(?:if|elif|while|assert|case)\b/;
/** In front of a value: `name=`, `"key": ` or `key: ` at the start of a line, `--flag `. */
const NAMED = /(?<![=!<>:])=\s*$|["']\s*:\s*$|^\s*(?:-\s+)?[\w.-]+:\s+$|(?:^|\s)--?[a-z][\w-]*[ =]$/;

/** The place of an opening bracket's content. */
type Inside = "call" | "index" | "other";

/** Open values are `⟂`, a list or tuple of them too, however long; comments are left out. */
export function skeletonOf(line: string): string {
  const walk = new Walk(line);
  for (const match of line.matchAll(LITERAL)) {
    if (walk.pass(match.index)) break;
    walk.take(match[0], line.slice(match.index + match[0].length));
  }
  walk.pass(line.length);
  return collapsed(walk.written).trimEnd();
}

class Walk {
  written = "";
  readonly #line: string;
  readonly #inside: Inside[] = [];
  readonly #open: boolean;
  readonly #never: boolean;
  #at = 0;
  #ended = false;

  constructor(line: string) {
    this.#line = line;
    const bare = line.replace(LITERAL, "");
    this.#never = CONDITION.test(line);
    this.#open = SETTING_LINE.test(line) || /^[\s,()[\]{}]*(?:#.*)?$/.test(bare);
  }

  /** Goes on to a position, past what is no literal. @returns whether a comment begins before it */
  pass(to: number): boolean {
    for (; this.#at < to && !this.#ended; this.#at++) {
      const sign = this.#line.charAt(this.#at);
      if (sign === "#") this.#ended = true;
      else {
        this.#follow(sign);
        this.written += sign;
      }
    }
    return this.#ended;
  }

  take(literal: string, rest: string): void {
    this.written += this.#isSetting(rest) ? "⟂" : literal;
    this.#at += literal.length;
  }

  #isSetting(rest: string): boolean {
    if (this.#never || this.#inside.at(-1) === "index") return false;
    if (NAMED.test(this.written)) return true;
    // A key, or the end of a condition.
    if (/^\s*:/.test(rest)) return false;
    return this.#open || this.#inside.includes("call");
  }

  #follow(sign: string): void {
    const before = this.written.trimEnd();
    if (sign === "[") this.#inside.push(/[\w)\]"']$/.test(before) ? "index" : "other");
    else if (sign === "(") this.#inside.push(/[\w)\]]$/.test(before) ? "call" : "other");
    else if (sign === "{") this.#inside.push("other");
    else if (sign === "]" || sign === ")" || sign === "}") this.#inside.pop();
  }
}

/** A list or tuple of open values is one itself: its length is part of its value. */
function collapsed(skeleton: string): string {
  const shorter = skeleton.replace(/(?<![\w)\]"'⟂])(?:\[\s*⟂(?:\s*,\s*⟂)*\s*,?\s*\]|\(\s*⟂(?:\s*,\s*⟂)*\s*,?\s*\))/g, "⟂");
  return shorter === skeleton ? skeleton : collapsed(shorter);
}
