/**
 * The words of many ideas, and which of them a text is most like: the geometric mean of how much of all words two ideas share (Jaccard
 * similarity) and of how much of their titles is found in the other one. A word that many ideas use counts little, as it says little
 * about any of them. Pure.
 */
import type { IdeaText } from "../../protocol/idea.ts";
import { wordsOf } from "./likeness.ts";

/** Words of an idea in singular. */
export interface Vocabulary {
  all: ReadonlySet<string>;
  title: ReadonlySet<string>;
}

export interface Nearest {
  idea: number;
  /** 0 to 1. */
  likeness: number;
}

interface Entry {
  idea: number;
  vocabulary: Vocabulary;
  original: boolean;
}

/** Unseen ideas that are counted in, so that among the first few no word seems to be common. */
const UNSEEN = 20;
/** A word that a smaller share of the ideas uses is no rarer than this. */
const RAREST = 0.01;
/** Texts that share fewer words are too short to be told apart by them, unless they are the same. */
const LEAST_SHARED = 5;

export function vocabularyOf(text: IdeaText): Vocabulary {
  const singulars = (of: IdeaText) => new Set(Array.from(wordsOf(of), singular));
  return { all: singulars(text), title: singulars({ title: text.title, description: "", changes: "" }) };
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
  set(idea: number, vocabulary: Vocabulary, original = true): void {
    this.delete(idea);
    const place = this.#free.pop() ?? this.#entries.length;
    this.#places.set(idea, place);
    this.#entries[place] = { idea, vocabulary, original };
    for (const word of vocabulary.all) {
      const uses = this.#uses.get(word);
      if (uses === undefined) this.#uses.set(word, [place]);
      else uses.push(place);
    }
    if (original) this.#count(vocabulary, 1);
  }

  delete(idea: number): void {
    const place = this.#places.get(idea);
    const entry = place === undefined ? undefined : this.#entries[place];
    if (place === undefined || entry === undefined) return;
    for (const word of entry.vocabulary.all) {
      const uses = this.#uses.get(word) ?? [];
      uses.splice(uses.lastIndexOf(place), 1);
      if (uses.length === 0) this.#uses.delete(word);
    }
    if (entry.original) this.#count(entry.vocabulary, -1);
    this.#places.delete(idea);
    this.#free.push(place);
  }

  /**
   * The idea most alike, of several the one with the lowest number; null where none reaches `least`.
   * @param least likeness above 0
   * @param among ideas that count
   */
  nearest(vocabulary: Vocabulary, least: number, among: (idea: number) => boolean = () => true): Nearest | null {
    const whole = this.#sum(vocabulary.all);
    let best: Nearest | null = null;
    for (const [place, common] of this.#candidates(vocabulary, least * least * whole)) {
      const entry = this.#entries[place];
      if (entry === undefined || !among(entry.idea)) continue;
      const likeness = this.#likeness(vocabulary, entry.vocabulary, common / (whole + this.#sum(entry.vocabulary.all) - common), least);
      if (likeness < least || likeness < (best?.likeness ?? 0)) continue;
      if (best === null || likeness > best.likeness || entry.idea < best.idea) best = { idea: entry.idea, likeness };
    }
    return best;
  }

  /** How alike one of the ideas is, 0 to 1; 0 where it is not there. */
  likenessTo(vocabulary: Vocabulary, idea: number): number {
    const other = this.#entries[this.#places.get(idea) ?? -1]?.vocabulary;
    if (other === undefined) return 0;
    const common = this.#sum(vocabulary.all, other.all);
    return this.#likeness(vocabulary, other, common / (this.#sum(vocabulary.all) + this.#sum(other.all) - common), 0);
  }

  /** Places that share words of at least this weight, which is what it takes whatever the titles are, with the weight that they share. */
  #candidates({ all }: Vocabulary, needed: number): [place: number, common: number][] {
    if (this.#shared.length < this.#entries.length) this.#shared = new Float64Array(2 * this.#entries.length);
    const shared = this.#shared;
    const touched: number[] = [];
    for (const word of all) {
      const weight = this.#weight(word);
      const uses = this.#uses.get(word) ?? [];
      this.#visited += uses.length;
      for (const place of uses) {
        const before = shared[place] ?? 0;
        if (before === 0) touched.push(place);
        shared[place] = before + weight;
      }
    }
    const found: [number, number][] = [];
    for (const place of touched) {
      const common = shared[place] ?? 0;
      if (common >= needed) found.push([place, common]);
      shared[place] = 0;
    }
    return found;
  }

  /** @param jaccard weight of the words in both over that of all words */
  #likeness(a: Vocabulary, b: Vocabulary, jaccard: number, least: number): number {
    this.#visited += b.all.size;
    if (jaccard < least * least) return 0;
    let words = 0;
    for (const word of b.all) if (a.all.has(word)) words++;
    if (words === a.all.size && words === b.all.size) return 1;
    if (words < LEAST_SHARED) return 0;
    const titles = this.#sum(a.title) + this.#sum(b.title);
    const found = this.#sum(a.title, b.all) + this.#sum(b.title, a.all);
    return Math.sqrt(jaccard * (titles === 0 ? 1 : found / titles));
  }

  /** Weight of words, of those alone that are among others where these are given. */
  #sum(words: ReadonlySet<string>, others: ReadonlySet<string> = words): number {
    let sum = 0;
    for (const word of words) if (others.has(word)) sum += this.#weight(word);
    return sum;
  }

  #count({ all }: Vocabulary, by: 1 | -1): void {
    this.#ownIdeas += by;
    for (const word of all) this.#originals.set(word, (this.#originals.get(word) ?? 0) + by);
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
