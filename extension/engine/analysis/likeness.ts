/**
 * How alike ideas are by their words: token-level Jaccard similarity, the measure of Si et al. 2026 (arXiv 2601.14525, section on
 * reinforcement learning), here also against all earlier ideas at once. Pure.
 */
import type { IdeaText } from "../../protocol/idea.ts";

export type Words = ReadonlySet<string>;

/** Words that say nothing about what an idea is. */
const EMPTY = new Set(
  "a an and are as at be but by can for from has have in instead into is it its may more no not of on or so than that the their them then there these this to was we which will with would".split(
    " ",
  ),
);

/** The words of an idea in lower case, names taken apart as well as whole; numbers are words. */
export function wordsOf({ title, description, changes }: IdeaText): Words {
  const words = new Set<string>();
  for (const [word] of `${title}\n${description}\n${changes}`.matchAll(/\d+(?:\.\d+)?(?:[eE]-?\d+)?|[\p{L}_][\p{L}\p{N}_]*/gu)) {
    for (const part of [word, ...word.split(/_|(?<=\p{Ll})(?=\p{Lu})/u)]) {
      const plain = part.toLowerCase();
      if (plain !== "" && !EMPTY.has(plain)) words.add(plain);
    }
  }
  return words;
}

/** Shared words over all words, 0 to 1; 0 when both have none. */
export function likeness(a: Words, b: Words): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const word of small) if (large.has(word)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}

/** The words of many ideas, by word: finding the most alike goes through those that share a word alone. */
export class Wordbook {
  readonly #sizes = new Map<number, number>();
  readonly #ideas = new Map<string, number[]>();

  get size(): number {
    return this.#sizes.size;
  }

  add(idea: number, words: Words): void {
    this.#sizes.set(idea, words.size);
    for (const word of words) {
      const known = this.#ideas.get(word);
      if (known === undefined) this.#ideas.set(word, [idea]);
      else known.push(idea);
    }
  }

  /** The idea most alike, of several the first; null where none shares a word. */
  nearest(words: Words): { idea: number; likeness: number } | null {
    const shared = new Map<number, number>();
    for (const word of words) for (const idea of this.#ideas.get(word) ?? []) shared.set(idea, (shared.get(idea) ?? 0) + 1);
    let best: { idea: number; likeness: number } | null = null;
    for (const [idea, count] of shared) {
      const share = count / (words.size + (this.#sizes.get(idea) ?? 0) - count);
      if (best === null || share > best.likeness || (share === best.likeness && idea < best.idea)) best = { idea, likeness: share };
    }
    return best;
  }
}
