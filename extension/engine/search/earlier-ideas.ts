/** All ideas of one environment in the form in which new ones are compared with them; what is written or edited later is read then. */
import type { IdeaText } from "../../protocol/idea.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import { vocabularyOf, Wordbook } from "../analysis/wordbook.ts";
import { spelling } from "../models/knob-values.ts";
import { digestOf } from "../store/digest.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import type { Store } from "../store/store.ts";

/** An idea as far as it matters whether it was there before. */
export interface Candidate {
  text: IdeaText;
  /** New values of knobs; null where words say what changes. */
  knobs: Readonly<Record<string, KnobValue>> | null;
  /** Idea whose implementation it is written on; null for the baseline. */
  base: number | null;
}

/** An idea that was compared with already. */
export interface Earlier {
  id: number;
  search: number | null;
  /** Settings that it consists of, equal for equal ones; null for an idea in words. */
  settings: string | null;
  /** Numbers in its title and planned changes. */
  numbers: ReadonlySet<number>;
  /** The text that stands for it where vectors are compared, and a digest of it. */
  whole: string;
  digest: string;
}

export class EarlierIdeas {
  /** Their words, by number. */
  readonly words = new Wordbook();
  readonly #store: Store;
  readonly #environment: string;
  readonly #ideas = new Map<number, Earlier>();
  /** Newest event that is taken into account; null before anything was read. */
  #known: number | null = null;

  constructor(store: Store, environment: string) {
    this.#store = store;
    this.#environment = environment;
  }

  /** In the order written. */
  get all(): Iterable<Earlier> {
    return this.#ideas.values();
  }

  /** Reads what is new since the last time. */
  refresh(): void {
    const { events, ideas } = this.#store;
    const newest = events.newest;
    if (this.#known === null) for (const record of ideas.records(this.#environment)) this.#enter(record);
    else if (this.#known < newest) for (const id of events.written(this.#known)) this.#enter(ideas.record(id));
    this.#known = newest;
  }

  get(id: number): Earlier | undefined {
    return this.#ideas.get(id);
  }

  #enter(record: IdeaRecord): void {
    if (record.environment !== this.#environment) return;
    this.#ideas.set(record.id, earlierOf(record.id, record.search, record));
    this.words.set(record.id, vocabularyOf(record.text), !record.repeats);
  }
}

export function earlierOf(id: number, search: number | null, { text, knobs, base }: Candidate): Earlier {
  const whole = [text.title, text.description, text.changes]
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .join("\n\n");
  const digest = digestOf(whole);
  const numbers = numbersIn(`${text.title}\n${text.changes}`);
  return { id, search, settings: knobs === null ? null : settingsOf(knobs, base), numbers, whole, digest };
}

/** Whether two ideas set something to different numbers, whatever else they say: then they are two ideas. */
export function setsOthers(a: Earlier, b: Earlier): boolean {
  const only = (one: Earlier, other: Earlier) => [...one.numbers].some((number) => !other.numbers.has(number));
  return only(a, b) && only(b, a);
}

/** `5e-4` and `0.0005` are one number; digits in names are none. */
function numbersIn(text: string): Set<number> {
  return new Set(
    Array.from(text.matchAll(/(?<![\p{L}\p{N}_.#])\d+(?:\.\d+)?(?:e-?\d+)?(?![\p{L}\p{N}_])/giu), ([number]) => Number(number)),
  );
}

function settingsOf(knobs: Readonly<Record<string, KnobValue>>, base: number | null): string {
  const values = Object.entries(knobs).map(([name, value]) => [name, spelling(value)]);
  return JSON.stringify([base, ...values.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))]);
}
