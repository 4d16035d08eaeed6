/**
 * How alike two ideas are by their words: token-level Jaccard similarity, the measure of Si et al. 2026 (arXiv 2601.14525, section on
 * reinforcement learning). Pure.
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
