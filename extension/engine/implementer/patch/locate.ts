/** Finds where in a file a hunk belongs: exactly at its line number, else at the one place where its lines stand. */
import { oldLines, type Hunk } from "./edits.ts";
import { PatchRefusal, type Nearest } from "./refusal.ts";

/** Lines this frequent say too little about a place to be counted for it. */
const COMMON = 64;

/** A file's lines with an index of where each is, made when it is first needed. */
export class SearchableLines {
  readonly texts: readonly string[];
  #places: Map<string, number[]> | null = null;
  #loosePlaces: Map<string, number[]> | null = null;

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  /** Indices of the lines that are exactly `text`. */
  placesOf(text: string): readonly number[] {
    this.#places ??= indexed(this.texts);
    return this.#places.get(text) ?? [];
  }

  /** Indices of the lines that are `text` but for white space. */
  loosePlacesOf(text: string): readonly number[] {
    this.#loosePlaces ??= indexed(this.texts.map(loose));
    return this.#loosePlaces.get(loose(text)) ?? [];
  }

  /** Whether `wanted` stands at an index. */
  holds(wanted: readonly string[], index: number): boolean {
    if (index < 0 || index + wanted.length > this.texts.length) return false;
    for (let at = 0; at < wanted.length; at++) if (this.texts[index + at] !== wanted[at]) return false;
    return true;
  }
}

/**
 * Index of the first line that a hunk replaces; for one without old lines, of the line it is put before.
 * @param number of the hunk in its file, from 1, for the refusal
 * @throws PatchRefusal `missing`, `ambiguous` or `no context`
 */
export function locate(file: SearchableLines, hunk: Hunk, path: string, number: number): number {
  const wanted = oldLines(hunk);
  if (wanted.length === 0) {
    if (file.texts.length === 0) return 0;
    if (hunk.at === null || hunk.at > file.texts.length) throw new PatchRefusal({ reason: "no context", path, hunk: number });
    return hunk.at;
  }
  if (hunk.at !== null && file.holds(wanted, hunk.at - 1)) return hunk.at - 1;
  const places = placesOf(file, wanted);
  if (places.length === 1) return places[0] ?? 0;
  if (places.length > 1) throw new PatchRefusal({ reason: "ambiguous", path, hunk: number, lines: places.map((index) => index + 1) });
  throw new PatchRefusal({ reason: "missing", path, hunk: number, nearest: nearestTo(file, wanted) });
}

function placesOf(file: SearchableLines, wanted: readonly string[]): number[] {
  let rarest = 0;
  for (let at = 1; at < wanted.length; at++) {
    if (file.placesOf(wanted[at] ?? "").length < file.placesOf(wanted[rarest] ?? "").length) rarest = at;
  }
  return file
    .placesOf(wanted[rarest] ?? "")
    .map((index) => index - rarest)
    .filter((index) => file.holds(wanted, index));
}

/** The place that most of the wanted lines vote for. */
function nearestTo(file: SearchableLines, wanted: readonly string[]): Nearest | null {
  const votes = new Map<number, number>();
  wanted.forEach((text, at) => {
    const places = file.loosePlacesOf(text);
    if (loose(text) === "" || places.length > COMMON) return;
    for (const index of places) if (index >= at) votes.set(index - at, (votes.get(index - at) ?? 0) + 1);
  });
  let best: number | null = null;
  for (const [index, count] of votes) if (best === null || count > (votes.get(best) ?? 0)) best = index;
  const start = best ?? mostAlike(file, wanted);
  if (start === null) return null;
  const lines = file.texts.slice(start, start + wanted.length);
  const differing = Math.max(
    0,
    wanted.findIndex((text, at) => text !== lines[at]),
  );
  return {
    line: start + 1,
    lines: [...lines],
    differs: { line: start + differing + 1, found: lines[differing] ?? null, wanted: wanted[differing] ?? "" },
  };
}

/** Where no line is found, the place whose line shares most words with the longest wanted one, if it shares half of them. */
function mostAlike(file: SearchableLines, wanted: readonly string[]): number | null {
  const longest = wanted.reduce((most, text, at) => (loose(text).length > loose(wanted[most] ?? "").length ? at : most), 0);
  const words = wordsOf(wanted[longest] ?? "");
  let best: { index: number; share: number } | null = null;
  for (let index = longest; index < file.texts.length; index++) {
    const others = wordsOf(file.texts[index] ?? "");
    const shared = [...words].filter((word) => others.has(word)).length;
    const share = shared / Math.max(1, words.size + others.size - shared);
    if (share >= 0.5 && share > (best?.share ?? 0)) best = { index, share };
  }
  return best === null ? null : best.index - longest;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(/\w+|[^\w\s]/g) ?? []);
}

function indexed(texts: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  texts.forEach((text, index) => {
    const known = places.get(text);
    if (known === undefined) places.set(text, [index]);
    else known.push(index);
  });
  return places;
}

function loose(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
