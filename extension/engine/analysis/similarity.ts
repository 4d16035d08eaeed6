/** Whether ideas repeat each other: how alike an epoch's are among themselves and to the epoch before, and the commonest. Pure. */
import type { EpochLikeness, Similarity } from "../../protocol/analysis.ts";
import type { IdeaText } from "../../protocol/idea.ts";
import { byEpoch } from "./epochs.ts";
import { type Words, wordsOf } from "./likeness.ts";
import { spread } from "./spread.ts";
import type { Trajectory } from "./trajectories.ts";

/** Likeness from which two ideas are called alike: half of all the words that either has are in both. */
export const ALIKE = 0.5;

/** Ideas that are compared at most, in one epoch and in all; every idea costs a reading of its words, every pair of an epoch their count. */
const MOST_IN_EPOCH = 128;
const MOST_IN_ALL = 4000;
/** However many epochs there are. */
const LEAST_IN_EPOCH = 16;

export interface Limits {
  epoch: number;
  all: number;
}

/** An idea by the numbers of its words. */
interface Bag {
  trajectory: Trajectory;
  words: readonly number[];
}

/**
 * Token-level Jaccard similarity over the pairs of an epoch and of neighbouring epochs, whatever became of the ideas; and the share of the
 * idea that most others are alike to. Si et al. 2026 (arXiv 2601.14525, section on reinforcement learning) see ideas collapse this way.
 */
export function similarityOf(
  trajectories: readonly Trajectory[],
  texts: ReadonlyMap<number, IdeaText>,
  limits: Limits = { epoch: MOST_IN_EPOCH, all: MOST_IN_ALL },
): Similarity {
  const epochs = byEpoch(trajectories);
  const most = Math.min(limits.epoch, Math.max(LEAST_IN_EPOCH, Math.floor(limits.all / Math.max(1, epochs.length))));
  const numbers = new Map<string, number>();
  let before: Bag[] = [];
  const figures = epochs.map(([epoch, all]): EpochLikeness => {
    const bags = spread(all, most).flatMap((trajectory): Bag[] => {
      const text = texts.get(trajectory.idea.id);
      return text === undefined ? [] : [{ trajectory, words: numbered(wordsOf(text), numbers) }];
    });
    const among = likenesses(bags, bags);
    const pairs = bags.length * (bags.length - 1);
    // Every pair counts twice, and every idea once as its own equal.
    const within = pairs === 0 ? null : (sumOf(among) - selfSum(among, bags.length)) / pairs;
    const across = likenesses(bags, before);
    const likeness = {
      ...{ epoch, ideas: all.length, compared: bags.length, within },
      before: across.length === 0 ? null : sumOf(across) / across.length,
      commonest: commonestOf(bags, among),
    };
    before = bags;
    return likeness;
  });
  return { alike: ALIKE, epochs: figures };
}

/** Words as numbers, the same one for the same word: they are compared again and again. */
function numbered(words: Words, numbers: Map<string, number>): number[] {
  return Array.from(words, (word) => {
    const known = numbers.get(word) ?? numbers.size;
    if (known === numbers.size) numbers.set(word, known);
    return known;
  });
}

/** Likeness of each with each, row by row. Only words that two share cost anything, not those of every pair. */
function likenesses(rows: readonly Bag[], columns: readonly Bag[]): Float64Array {
  const holders = new Map<number, number[]>();
  for (const [column, { words }] of columns.entries()) {
    for (const word of words) {
      const known = holders.get(word);
      if (known === undefined) holders.set(word, [column]);
      else known.push(column);
    }
  }
  const width = columns.length;
  const result = new Float64Array(rows.length * width);
  for (const [row, { words }] of rows.entries()) {
    const start = row * width;
    for (const word of words) for (const column of holders.get(word) ?? []) result[start + column] = (result[start + column] ?? 0) + 1;
    for (const [column, other] of columns.entries()) {
      const both = result[start + column] ?? 0;
      const either = words.length + other.words.length - both;
      result[start + column] = either === 0 ? 0 : both / either;
    }
  }
  return result;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, one) => sum + one, 0);
}

function selfSum(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let at = 0; at < size; at++) sum += matrix[at * size + at] ?? 0;
  return sum;
}

/** The idea that is alike to most, of several the first. Neighbours of neighbours do not count: likeness is not passed on. */
function commonestOf(bags: readonly Bag[], among: Float64Array): EpochLikeness["commonest"] {
  let commonest: EpochLikeness["commonest"] = null;
  for (const [row, { trajectory }] of bags.entries()) {
    const { id, title } = trajectory.idea;
    const others = among
      .subarray(row * bags.length, (row + 1) * bags.length)
      .reduce((sum, one, at) => sum + (at !== row && one >= ALIKE ? 1 : 0), 0);
    const ideas = 1 + others;
    if (ideas > (commonest?.ideas ?? 0)) commonest = { idea: id, title, ideas, share: ideas / bags.length };
  }
  return commonest;
}
