/** Which texts say nearly the same, by their words; and what it costs to find out. */
import { describe, expect, it } from "vitest";
import { vocabularyOf, Wordbook } from "../../../extension/engine/analysis/wordbook.ts";
import { LIKE_IN_WORDS } from "../../../extension/engine/search/novelty.ts";
import type { IdeaText } from "../../../extension/protocol/idea.ts";
import { IDEAS_IN_WORDS } from "../../fixtures/ideas-in-words/all.ts";
import { ONE_PATTERN, PATTERN_AGAIN } from "../../fixtures/ideas-in-words/pattern.ts";
import { SAID_ONCE, SAID_TWICE } from "../../fixtures/ideas-in-words/plain.ts";
import { mixedIdeas } from "../../fixtures/mixed-ideas.ts";

function book(ideas: readonly IdeaText[], others: readonly IdeaText[] = []): Wordbook {
  const words = new Wordbook();
  for (const [id, text] of [...ideas, ...others].entries()) words.set(id, vocabularyOf(text));
  return words;
}
const nearest = (words: Wordbook, text: IdeaText) => words.nearest(vocabularyOf(text), LIKE_IN_WORDS)?.idea ?? null;
const short = (title: string): IdeaText => ({ title, description: "Because.", changes: "Do it." });

const originals = IDEAS_IN_WORDS.map(({ original }) => original);
const related = IDEAS_IN_WORDS.map((idea) => idea.related);

/** Each idea and the same said again. */
const AGAIN: readonly (readonly [IdeaText, IdeaText])[] = [
  ...IDEAS_IN_WORDS.map(({ original, close }) => [original, close] as const),
  ...PATTERN_AGAIN.map((again, at) => [ONE_PATTERN[at]!, again] as const),
  ...SAID_TWICE,
];
const DIFFERENT = [...originals, ...related, ...ONE_PATTERN, ...SAID_TWICE.map(([first]) => first), ...SAID_ONCE];

describe.each([
  ["a lab of its own", 0],
  ["a lab of 40 ideas", 40],
  ["a lab of 2,000 ideas", 2000],
])("in %s", (_, size) => {
  const others = mixedIdeas(size);

  it("what is said again is found, all but one of 25", () => {
    const words = book([], others);
    const found = AGAIN.filter(([first, again]) => {
      words.set(10_000, vocabularyOf(first));
      return nearest(words, again) === 10_000;
    });
    expect(found.length).toBeGreaterThanOrEqual(24);
  });

  it("51 different ideas about the same parts, and in one pattern, are not taken for each other", () => {
    const words = book(DIFFERENT, others);
    const taken = DIFFERENT.filter((text, id) => {
      words.delete(id);
      const found = words.nearest(vocabularyOf(text), LIKE_IN_WORDS, (other) => other < DIFFERENT.length);
      words.set(id, vocabularyOf(text));
      return found !== null;
    });
    expect(taken).toEqual([]);
  });
});

it("an idea in the words of somebody else is not found by them: that takes vectors", () => {
  const words = book(originals);
  expect(IDEAS_IN_WORDS.flatMap(({ free }) => nearest(words, free) ?? [])).toEqual([]);
});

it("of several that are equally alike the first is meant, and exactly the same is all alike", () => {
  const words = book([ONE_PATTERN[0]!, originals[0]!, originals[0]!]);
  expect(words.nearest(vocabularyOf(originals[0]!), LIKE_IN_WORDS)).toEqual({ idea: 1, likeness: 1 });
});

it("texts of a few words are the same or they are not", () => {
  const words = book([short("Idea 1"), short("Idea 2")]);
  expect(nearest(words, short("Idea 3"))).toBeNull();
  expect(nearest(words, short("Idea 2"))).toBe(1);
});

it("an edited text is found as it is, not as it was; a removed one not at all", () => {
  const words = book([originals[0]!, originals[1]!]);
  words.set(0, vocabularyOf(originals[2]!));
  expect([nearest(words, originals[0]!), nearest(words, originals[2]!)]).toEqual([null, 0]);
  words.delete(0);
  words.set(7, vocabularyOf(originals[3]!));
  expect([nearest(words, originals[2]!), nearest(words, originals[3]!), words.size]).toEqual([null, 7, 2]);
});

it("what is said again and again is found the hundredth time as well", () => {
  const words = book(originals);
  const [first, again] = [IDEAS_IN_WORDS[3]!.original, IDEAS_IN_WORDS[3]!.close];
  for (let id = 100; id < 600; id++) {
    const vocabulary = vocabularyOf(id % 2 === 0 ? first : again);
    const found = words.nearest(vocabulary, LIKE_IN_WORDS);
    expect(found).not.toBeNull();
    words.set(id, vocabulary, found === null);
  }
});

it("one idea's likeness is the one by which the most alike is found", () => {
  const words = book(originals);
  const again = vocabularyOf(IDEAS_IN_WORDS[0]!.close);
  expect(words.likenessTo(again, 0)).toBeCloseTo(words.nearest(again, LIKE_IN_WORDS)!.likeness, 12);
  expect(words.likenessTo(again, 99)).toBe(0);
});

it("ideas that do not count are passed over", () => {
  const words = book([originals[0]!, IDEAS_IN_WORDS[0]!.close]);
  const found = words.nearest(vocabularyOf(originals[0]!), LIKE_IN_WORDS, (id) => id !== 0);
  expect(found?.idea).toBe(1);
});

it("a look among 2,000 ideas goes through 15 entries for each of them at most, of some 60 that it has", () => {
  const words = book(mixedIdeas(2000));
  const before = words.visited;
  const looks = 200;
  for (const text of mixedIdeas(looks, 2)) words.nearest(vocabularyOf(text), LIKE_IN_WORDS);
  expect((words.visited - before) / looks).toBeLessThan(30_000);
});
