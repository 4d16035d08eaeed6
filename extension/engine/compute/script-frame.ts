/** Marks where a script's own words begin and end, so that whatever a login shell prints around them is told apart. */

/** The shell's input is scripts. A trivial command, which every login shell understands. */
export const SCRIPTS = "exec /bin/sh -s";

/** The input's first line is the script, as `oneLine` writes it; the rest is for the script. */
export const SCRIPT_AND_DATA = `exec /bin/sh -c 'IFS= read -r script; eval "$(printf %b "$script")"'`;

/** Kept of what others print, in characters. */
const MOST_NOISE = 2000;
const SEPARATOR = "\u001e";

/**
 * A script with its marks on both its outputs. A shell reads it to its end before it does any of it, so one that arrives in part does
 * nothing, and one that ends leaves the shell as it was. Its messages are in English, as far as LC_ALL leaves it to us.
 * @param mark that nothing else prints: letters, digits and `-`
 * @param data whether the script reads what else is sent, from its file descriptor 3; its standard input is empty
 */
export function framed(script: string, mark: string, data = false): string {
  return `{
printf '\\036%s begin\\n' ${mark}
printf '\\036%s begin\\n' ${mark} >&2
LC_MESSAGES=C; export LC_MESSAGES${data ? "\nexec 3<&0" : ""}
(
${script}
) < /dev/null
code=$?
printf '\\036%s end %s\\n' ${mark} $code >&2
printf '\\036%s end %s\\n' ${mark} $code
}
`;
}

/** A script as one line. */
export function oneLine(script: string): string {
  return `${script.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
}

/** Reads one output of a framed script, piece by piece. */
export class Frame {
  readonly #begin: Buffer;
  readonly #end: Buffer;
  #held = Buffer.alloc(0);
  #noise = "";
  #begun = false;
  #code: number | null = null;

  constructor(mark: string) {
    this.#begin = Buffer.from(`${SEPARATOR}${mark} begin\n`);
    this.#end = Buffer.from(`${SEPARATOR}${mark} end `);
  }

  /** True once the script began. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The script's exit code; null until it ended. */
  get code(): number | null {
    return this.#code;
  }

  /** The end of what something else printed before the script began. */
  get noise(): string {
    return this.#noise;
  }

  /** @param piece the next one of the output @returns what of it, and of what was held back before, is the script's own */
  take(piece: Buffer): Buffer {
    if (this.#code !== null) return Buffer.alloc(0);
    let text = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    this.#held = Buffer.alloc(0);
    if (!this.#begun) {
      const at = text.indexOf(this.#begin);
      this.#hear(at < 0 ? this.#hold(text, startOf(this.#begin, text)) : text.subarray(0, at));
      if (at < 0) return Buffer.alloc(0);
      this.#begun = true;
      text = text.subarray(at + this.#begin.length);
    }
    const at = text.indexOf(this.#end);
    if (at < 0) return this.#hold(text, startOf(this.#end, text));
    const line = text.indexOf("\n", at);
    if (line < 0) return this.#hold(text, at);
    this.#code = Number(text.subarray(at + this.#end.length, line).toString());
    return text.subarray(0, at);
  }

  #hear(noise: Buffer): void {
    this.#noise = (this.#noise + noise.toString()).slice(-MOST_NOISE);
  }

  #hold(text: Buffer, from: number): Buffer {
    this.#held = Buffer.from(text.subarray(from));
    return text.subarray(0, from);
  }
}

/** Where in a text a mark begins that may go on in the next piece; the text's length when there is none. */
function startOf(mark: Buffer, text: Buffer): number {
  for (let at = Math.max(0, text.length - mark.length + 1); at < text.length; at++) {
    if (text.subarray(at).equals(mark.subarray(0, text.length - at))) return at;
  }
  return text.length;
}
