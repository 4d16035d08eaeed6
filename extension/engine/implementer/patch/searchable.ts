/** A file's lines with indexes of where each is, made when they are first needed. */
import { LIKENESSES, type Likeness } from "./likeness.ts";

export class SearchableLines {
  readonly texts: readonly string[];
  readonly #keys = new Map<Likeness, readonly string[]>();
  readonly #places = new Map<Likeness, Map<string, number[]>>();

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  /** Whether lines stand exactly so from an index on. */
  holds(wanted: readonly string[], index: number): boolean {
    return matches(this.texts, wanted, index);
  }

  /** Indices from which lines stand, alike as asked for. */
  placesOf(wanted: readonly string[], likeness: Likeness): number[] {
    if (wanted.length === 0) return [];
    const keys = wanted.map(LIKENESSES[likeness]);
    const places = this.#index(likeness);
    let rarest = 0;
    for (let at = 1; at < keys.length; at++) {
      if ((places.get(keys[at] ?? "")?.length ?? 0) < (places.get(keys[rarest] ?? "")?.length ?? 0)) rarest = at;
    }
    const lines = this.keys(likeness);
    return (places.get(keys[rarest] ?? "") ?? []).map((index) => index - rarest).filter((index) => matches(lines, keys, index));
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
