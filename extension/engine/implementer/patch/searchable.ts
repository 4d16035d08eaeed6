/** A file's lines with indexes of where each is, made when they are first needed. */
import { LIKENESSES, type Likeness } from "./likeness.ts";

/** More places than this are as good as this many: which of them is meant, nothing but a line number can say. */
export const MANY = 64;
/** Longer runs are looked for in one go, since lines that repeat would be compared again and again. */
const SHORT = 200;

export class SearchableLines {
  readonly texts: readonly string[];
  readonly #keys = new Map<Likeness, readonly string[]>();
  readonly #places = new Map<Likeness, Map<string, number[]>>();

  #telling: readonly number[] | null = null;

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  /** Whether lines stand exactly so from an index on. */
  holds(wanted: readonly string[], index: number): boolean {
    return matches(this.texts, wanted, index);
  }

  /** Indices from which lines stand, alike as asked for; not more than so many that it is clear that there are too many. */
  placesOf(wanted: readonly string[], likeness: Likeness): number[] {
    if (wanted.length === 0) return [];
    const keys = wanted.map(LIKENESSES[likeness]);
    if (keys.length > SHORT) return placesOfRun(this.keys(likeness), keys);
    const places = this.#index(likeness);
    let rarest = 0;
    for (let at = 1; at < keys.length; at++) {
      if ((places.get(keys[at] ?? "")?.length ?? 0) < (places.get(keys[rarest] ?? "")?.length ?? 0)) rarest = at;
    }
    const lines = this.keys(likeness);
    const found: number[] = [];
    for (const index of places.get(keys[rarest] ?? "") ?? []) {
      if (found.length > MANY) break;
      if (matches(lines, keys, index - rarest)) found.push(index - rarest);
    }
    return found;
  }

  /** Indices of the lines that are not blank. */
  get telling(): readonly number[] {
    this.#telling ??= this.texts.flatMap((text, row) => (text.trim() === "" ? [] : [row]));
    return this.#telling;
  }

  /** Indices of lines like one. */
  placesOfLine(line: string, likeness: Likeness): readonly number[] {
    return this.#index(likeness).get(LIKENESSES[likeness](line)) ?? [];
  }

  /** The lines as they are compared. */
  keys(likeness: Likeness): readonly string[] {
    const known = this.#keys.get(likeness) ?? (likeness === "exact" ? this.texts : this.texts.map(LIKENESSES[likeness]));
    this.#keys.set(likeness, known);
    return known;
  }

  #index(likeness: Likeness): Map<string, number[]> {
    const known = this.#places.get(likeness);
    if (known !== undefined) return known;
    const places = new Map<string, number[]>();
    this.keys(likeness).forEach((key, index) => {
      const others = places.get(key);
      if (others === undefined) places.set(key, [index]);
      else others.push(index);
    });
    this.#places.set(likeness, places);
    return places;
  }
}

function matches(lines: readonly string[], wanted: readonly string[], index: number): boolean {
  if (index < 0 || index + wanted.length > lines.length) return false;
  for (let at = 0; at < wanted.length; at++) if (lines[index + at] !== wanted[at]) return false;
  return true;
}

/** All places of a run of lines in time that grows with both lengths alone (Knuth, Morris and Pratt 1977). */
function placesOfRun(lines: readonly string[], run: readonly string[]): number[] {
  const back = [0];
  for (let at = 1, held = 0; at < run.length; at++) {
    while (held > 0 && run[at] !== run[held]) held = back[held - 1] ?? 0;
    if (run[at] === run[held]) held++;
    back.push(held);
  }
  const found: number[] = [];
  for (let at = 0, held = 0; at < lines.length && found.length <= MANY; at++) {
    while (held > 0 && lines[at] !== run[held]) held = back[held - 1] ?? 0;
    if (lines[at] === run[held]) held++;
    if (held < run.length) continue;
    found.push(at - run.length + 1);
    held = back[held - 1] ?? 0;
  }
  return found;
}
