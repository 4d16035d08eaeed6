/**
 * Compares new ideas with all earlier ones before anything is spent on them: settings exactly, words always, vectors where a model
 * gives them.
 */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Repetition } from "../../protocol/idea.ts";
import { percent, repeatedText } from "../../protocol/repetition.ts";
import { vocabularyOf, type Vocabulary } from "../analysis/wordbook.ts";
import type { Models } from "../models/catalogue.ts";
import type { Store } from "../store/store.ts";
import { type Candidate, type Earlier, EarlierIdeas, earlierOf, setsOthers } from "./earlier-ideas.ts";
import { VectorBook } from "./vector-book.ts";

export type { Candidate } from "./earlier-ideas.ts";

/**
 * From here on two texts say nearly the same, by their words. Measured on the texts of test/fixtures/ideas-in-words in labs of 1 to 2,000
 * ideas: an idea said again in the same manner is 0.50 and more alike, but for one of 25; 51 different ideas are 0.49 and less.
 * Ideas whose alike words set something to different numbers are two ideas.
 */
export const LIKE_IN_WORDS = 0.5;
/** The same by vectors, as {@link VectorBook} scales them. Measured there with all-MiniLM-L6-v2: 0.83 and more, 0.73 and less. */
export const LIKE_IN_VECTORS = 0.78;

export type Measure = "settings" | "words" | "embeddings";

/** What a draft nearly repeats: an idea that there is, or a draft before it in the same list, by position. */
export type Repeat = ({ idea: number } | { draft: number }) & {
  /** 0 to 1, by the measure that says most. */
  likeness: number;
  by: Measure;
  /** `#12 “Y” (82% alike by words), which reached val_loss 0.61`. */
  what: string;
};

export interface Looked {
  /** For each draft, in order; null for a new one. */
  repeats: (Repeat | null)[];
  /** Why vectors were not compared although they were to be; empty when all is well. */
  notes: string[];
}

export interface LookOptions {
  signal: AbortSignal;
  /** Search that the drafts are for: its caps count for what is asked of a model. */
  search?: number;
  /** Whether they are compared with that search's own ideas alone. */
  within?: boolean;
  /** Told when somebody has to wait for a model. */
  report?: (message: string) => void;
}

interface Found {
  /** Number of an idea, or of a draft. */
  id: number;
  likeness: number;
  by: Measure;
  /** How far beyond the threshold of its measure, 0 to 1: by which two measures are compared. */
  evidence: number;
}

/** Drafts have no numbers yet; theirs are above those of all ideas. */
const DRAFTS = 2 ** 48;

export class Novelty {
  readonly #store: Store;
  readonly #environments = new Map<string, EarlierIdeas>();
  readonly #vectors: VectorBook;

  constructor({ store, models }: { store: Store; models: Pick<Models, "embeddings"> }) {
    this.#store = store;
    this.#vectors = new VectorBook(store, models);
  }

  /**
   * Compares drafts with the earlier ideas of the environment and with each other, in order. A model that cannot be asked leaves it to
   * the words, with a note; so does a signal that fires, without one.
   */
  async look(environment: ValidEnvironment, drafts: readonly Candidate[], options: LookOptions): Promise<Looked> {
    const { signal, search, report = () => undefined } = options;
    const candidates = drafts.map((draft, position) => earlierOf(DRAFTS + position, null, draft));
    const worded = candidates.filter(isInWords);
    if (worded.length === 0) return { repeats: this.#compare(environment, drafts, candidates, options, false), notes: [] };
    const purpose = { kind: "embedding" as const, environment: environment.name, ...(search === undefined ? {} : { search }) };
    const texts = () => [...worded, ...this.#among(environment.name, options).filter(isInWords)];
    const { usable, note } = await this.#vectors.fetch(texts, purpose, signal, report);
    return { repeats: this.#compare(environment, drafts, candidates, options, usable), notes: note === null ? [] : [note] };
  }

  /**
   * What one idea nearly repeats by its settings or words, without asking anybody: for what humans write.
   * @param except number of the idea itself, where it is there already
   */
  lookAt(environment: string, candidate: Candidate, except: number | null = null): Repetition | null {
    const earlier = this.#earlier(environment);
    const mine = earlierOf(DRAFTS, null, candidate);
    const among = new Map([...earlier.all].filter(({ id }) => id !== except).map((idea) => [idea.id, idea]));
    const found = bySettings(mine, among) ?? byWords(earlier, mine, vocabularyOf(candidate.text), among);
    return found === null ? null : { idea: found.id, likeness: found.likeness };
  }

  #compare(
    environment: ValidEnvironment,
    drafts: readonly Candidate[],
    candidates: readonly Earlier[],
    options: LookOptions,
    vectors: boolean,
  ): (Repeat | null)[] {
    const earlier = this.#earlier(environment.name);
    const among = new Map(this.#among(environment.name, options).map((idea) => [idea.id, idea]));
    const repeats = candidates.map((mine, position): Repeat | null => {
      const vocabulary = vocabularyOf(drafts[position]?.text ?? NOTHING);
      const found = strongest([
        bySettings(mine, among),
        byWords(earlier, mine, vocabulary, among),
        vectors ? this.#byVectors(earlier, mine, vocabulary, among) : null,
      ]);
      earlier.words.set(mine.id, vocabulary, found === null);
      among.set(mine.id, mine);
      return found === null ? null : this.#told(environment, found, drafts);
    });
    for (const { id } of candidates) earlier.words.delete(id);
    return repeats;
  }

  #byVectors(earlier: EarlierIdeas, mine: Earlier, vocabulary: Vocabulary, among: ReadonlyMap<number, Earlier>): Found | null {
    if (!isInWords(mine)) return null;
    const found = this.#vectors.near(mine, among.values(), LIKE_IN_VECTORS).find(({ id }) => {
      const other = among.get(id);
      // The same sentence with other numbers is as near as a paraphrase; only in quite other words may numbers be incidental.
      return other === undefined || !setsOthers(mine, other) || earlier.words.likenessTo(vocabulary, id) < LIKE_IN_WORDS;
    });
    return found === undefined ? null : { ...found, by: "embeddings", evidence: beyond(LIKE_IN_VECTORS, found.likeness) };
  }

  #told({ manifest }: ValidEnvironment, { id, likeness, by }: Found, drafts: readonly Candidate[]): Repeat {
    if (id >= DRAFTS) {
      const draft = id - DRAFTS;
      const title = drafts[draft]?.text.title ?? "";
      return { draft, likeness, by, what: `“${title}”, written at the same time (${percent(likeness)} alike by ${by})` };
    }
    const what = repeatedText({ idea: id, likeness }, this.#store.ideas.get(id), manifest.metric.name, by);
    return { idea: id, likeness, by, what };
  }

  #among(environment: string, { search, within = false }: LookOptions): Earlier[] {
    return [...this.#earlier(environment).all].filter((idea) => !within || idea.search === search);
  }

  /** The environment's ideas as they are now. */
  #earlier(environment: string): EarlierIdeas {
    let earlier = this.#environments.get(environment);
    if (earlier === undefined) this.#environments.set(environment, (earlier = new EarlierIdeas(this.#store, environment)));
    earlier.refresh();
    return earlier;
  }
}

const NOTHING = { title: "", description: "", changes: "" };

function isInWords({ settings }: Earlier): boolean {
  return settings === null;
}

function bySettings({ settings }: Earlier, among: ReadonlyMap<number, Earlier>): Found | null {
  if (settings === null) return null;
  for (const idea of among.values()) if (idea.settings === settings) return { id: idea.id, likeness: 1, by: "settings", evidence: 1 };
  return null;
}

/** Two ideas that are made of settings are the same or they are not; whatever else is compared in words. */
function byWords(earlier: EarlierIdeas, mine: Earlier, vocabulary: Vocabulary, among: ReadonlyMap<number, Earlier>): Found | null {
  const counting = (id: number) => {
    const idea = among.get(id);
    return idea !== undefined && (isInWords(mine) || isInWords(idea)) && !setsOthers(mine, idea);
  };
  const found = earlier.words.nearest(vocabulary, LIKE_IN_WORDS, counting);
  if (found === null) return null;
  return { id: found.idea, likeness: found.likeness, by: "words", evidence: beyond(LIKE_IN_WORDS, found.likeness) };
}

function strongest(found: readonly (Found | null)[]): Found | null {
  return found.reduce((best, one) => (one !== null && (best === null || one.evidence > best.evidence) ? one : best), null);
}

const beyond = (threshold: number, likeness: number) => (likeness - threshold) / (1 - threshold);
