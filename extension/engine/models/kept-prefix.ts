/** Finds out which beginning of a prompt is worth keeping at a provider that has to be told: one that an earlier prompt had too. */
import type { Message } from "./language-model.ts";

/** Providers do not keep less than about a thousand tokens. Characters. */
const SHORTEST = 4_096;
/** Prompts that a new one is compared with. */
const REMEMBERED = 8;

/** Where the part to keep ends: after so many characters of this message. */
export interface KeptUntil {
  message: number;
  at: number;
}

export class KeptPrefix {
  #earlier: (readonly Message[])[] = [];

  /**
   * Compares a prompt with those before it, and remembers it.
   * @returns the end of the longest beginning that it shares with one of them, at the end of a line; null when that is short
   */
  take(messages: readonly Message[]): KeptUntil | null {
    let longest: (KeptUntil & { length: number }) | null = null;
    for (const earlier of this.#earlier) {
      const common = commonBeginning(earlier, messages);
      if (common !== null && common.length >= SHORTEST && common.length > (longest?.length ?? 0)) longest = common;
    }
    this.#earlier = [messages, ...this.#earlier].slice(0, REMEMBERED);
    return longest === null ? null : { message: longest.message, at: longest.at };
  }
}

function commonBeginning(a: readonly Message[], b: readonly Message[]): (KeptUntil & { length: number }) | null {
  let end: (KeptUntil & { length: number }) | null = null;
  let length = 0;
  for (const [index, message] of b.entries()) {
    const other = a[index];
    if (other?.role !== message.role) break;
    const same = sameCharacters(other.content, message.content);
    const whole = same === message.content.length && same === other.content.length;
    const at = whole ? same : message.content.lastIndexOf("\n", same - 1) + 1;
    length += at;
    if (at > 0) end = { message: index, at, length };
    if (!whole) break;
  }
  return end;
}

function sameCharacters(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
