/** Cuts a stream of bytes into lines with bounded memory. */

/** Longer lines carry no metric; they are dropped. */
const LONGEST = 65_536;

export class Lines {
  #decoder = new TextDecoder();
  #rest = "";
  #dropping = false;

  /** @returns the lines that are complete now; `\n`, `\r` and `\r\n` end a line */
  feed(bytes: Uint8Array): string[] {
    const pieces = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|[\r\n]/);
    this.#rest = pieces.pop() ?? "";
    if (this.#dropping && pieces.length > 0) {
      pieces.shift();
      this.#dropping = false;
    }
    if (this.#rest.length > LONGEST) {
      this.#rest = "";
      this.#dropping = true;
    }
    return this.#dropping && pieces.length === 0 ? [] : pieces.filter((line) => line.length <= LONGEST);
  }

  /** The last line, when it has no end. */
  finish(): string[] {
    const last = this.#rest + this.#decoder.decode();
    this.#rest = "";
    return last === "" || this.#dropping ? [] : [last];
  }
}
