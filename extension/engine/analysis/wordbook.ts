/**
 * The words of many ideas, and which of them a text is most like. The measure is weighted Jaccard similarity: a word of the title counts
 * twice, and one that many ideas use counts little, as it says little about any of them. Pure.
 */
import type { IdeaText } from "../../protocol/idea.ts";
import { wordsOf } from "./likeness.ts";

/** Words of an idea in singular, each with how much it counts. */
export type Counts = ReadonlyMap<string, number>;

export interface Nearest {
  idea: number;
  /** 0 to 1. */
  likeness: number;
}

interface Entry {
  idea: number;
  counts: Counts;
  original: boolean;
}

/** How much a word of the title counts; others count 1. */
const IN_TITLE = 2;
/** Unseen ideas that are counted in, so that among the first few no word seems to be common. */
const UNSEEN = 20;
/** A word that a smaller share of the ideas uses is no rarer than this. */
const RAREST = 0.01;
/** Texts that share fewer words are too short to be told apart by them, unless they are the same. */
const LEAST_SHARED = 5;

export function countsOf(text: IdeaText): Counts {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(singular(word), 1);
  for (const word of wordsOf({ title: text.title, description: "", changes: "" })) counts.set(singular(word), IN_TITLE);
  return counts;
}

export class Wordbook {
  /** Where an idea is entered; a place that was given up is taken again. */
  readonly #places = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #entries: Entry[] = [];
  /** Places of the ideas that use a word. */
  readonly #uses = new Map<string, number[]>();
  /** How many ideas of their own use a word: what is said again and again must not make its words look common. */
  readonly #originals = new Map<string, number>();
  #ownIdeas = 0;
  /** What each place shares with the text in question; zero in between. */
  #shared = new Float64Array(64);
  #visited = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Entries that were looked at to answer all questions so far: what a question costs. */
  get visited(): number {
    return this.#visited;
  }

  /**
   * Enters an idea, or replaces what it was.
   * @param original false for one that repeats another
   */
  set(idea: number, counts: Counts, original = true): void {
    this.delete(idea);
    const place = this.#free.pop() ?? this.#entries.length;
    this.#places.set(idea, place);
    this.#entries[place] = { idea, counts, original };
    for (const word of counts.keys()) {
      const uses = this.#uses.get(word);
      if (uses === undefined) this.#uses.set(word, [place]);
      else uses.push(place);
    }
    if (original) this.#count(counts, 1);
  }

  delete(idea: number): void {
    const place = this.#places.get(idea);
    const entry = place === undefined ? undefined : this.#entries[place];
    if (place === undefined || entry === undefined) return;
    for (const word of entry.counts.keys()) {
      const uses = this.#uses.get(word) ?? [];
      uses.splice(uses.lastIndexOf(place), 1);
      if (uses.length === 0) this.#uses.delete(word);
    }
    if (entry.original) this.#count(entry.counts, -1);
    this.#places.delete(idea);
    this.#free.push(place);
  }

  /**
   * The idea most alike, of several the one with the lowest number; null where none reaches `least`.
   * @param least likeness above 0
   * @param among ideas that count
   */
  nearest(counts: Counts, least: number, among: (idea: number) => boolean = () => true): Nearest | null {
    let best: Nearest | null = null;
    for (const place of this.#candidates(counts, least)) {
      const entry = this.#entries[place];
      if (entry === undefined || !among(entry.idea)) continue;
      const likeness = this.#likeness(counts, entry.counts);
      if (likeness < least || likeness < (best?.likeness ?? 0)) continue;
      if (best === null || likeness > best.likeness || entry.idea < best.idea) best = { idea: entry.idea, likeness };
    }
    return best;
  }

  /** Places that share so much with the text that they can reach `least`; all others share too little whatever else is in them. */
  #candidates(counts: Counts, least: number): number[] {
    if (this.#shared.length < this.#entries.length) this.#shared = new Float64Array(2 * this.#entries.length);
    const shared = this.#shared;
    const touched: number[] = [];
    let all = 0;
    for (const [word, count] of counts) {
      const amount = count * this.#weight(word);
      const uses = this.#uses.get(word) ?? [];
      all += amount;
      this.#visited += uses.length;
      for (const place of uses) {
        const before = shared[place] ?? 0;
        if (before === 0) touched.push(place);
        shared[place] = before + amount;
      }
    }
    return touched.filter((place) => {
      const enough = (shared[place] ?? 0) >= least * all;
      shared[place] = 0;
      return enough;
    });
  }

  #likeness(a: Counts, b: Counts): number {
    this.#visited += b.size;
    let both = 0;
    let either = 0;
    let words = 0;
    for (const [word, count] of b) {
      const other = a.get(word) ?? 0;
      const weight = this.#weight(word);
      if (other > 0) words++;
      both += Math.min(count, other) * weight;
      either += Math.max(count, other) * weight;
    }
    for (const [word, count] of a) if (!b.has(word)) either += count * this.#weight(word);
    return words >= LEAST_SHARED || (words === a.size && words === b.size) ? both / either : 0;
  }

  #count(counts: Counts, by: 1 | -1): void {
    this.#ownIdeas += by;
    for (const word of counts.keys()) this.#originals.set(word, (this.#originals.get(word) ?? 0) + by);
  }

  /** Inverse document frequency (Spärck Jones 1972). */
  #weight(word: string): number {
    const uses = Math.max(this.#originals.get(word) ?? 0, RAREST * this.#ownIdeas);
    return Math.log((this.#ownIdeas + UNSEEN) / (uses + 0.5));
  }
}

/** `layers` and `layer` are one word; `loss` and `bias` stay. */
function singular(word: string): string {
  return word.length > 3 && /[^\W\d_]s$/.test(word) && !/(?:ss|us|is|as)$/.test(word) ? word.slice(0, -1) : word;
}
