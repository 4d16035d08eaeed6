/** The text in a file most like what a hunk expects, for who has to correct the hunk. */
import { LIKENESSES } from "./likeness.ts";
import type { Nearest } from "./refusal.ts";
import { MANY, type SearchableLines } from "./searchable.ts";

/** The place that most of the wanted lines vote for; else the one whose line shares most words with the longest of them. */
export function nearestTo(file: SearchableLines, wanted: readonly string[]): Nearest | null {
  const start = mostVoted(file, wanted) ?? mostAlike(file, wanted);
  if (start === null) return null;
  const lines = file.texts.slice(Math.max(0, start), start + wanted.length);
  const differing = Math.max(
    0,
    wanted.findIndex((text, at) => LIKENESSES.spacing(text) !== LIKENESSES.spacing(file.texts[start + at] ?? "")),
  );
  return {
    line: Math.max(0, start) + 1,
    lines: [...lines],
    differs: { line: start + differing + 1, found: file.texts[start + differing] ?? null, wanted: wanted[differing] ?? "" },
  };
}

function mostVoted(file: SearchableLines, wanted: readonly string[]): number | null {
  const votes = new Map<number, number>();
  wanted.forEach((text, at) => {
    const places = file.placesOfLine(text, "spacing");
    if (text.trim() === "" || places.length > MANY) return;
    for (const index of places) if (index >= at) votes.set(index - at, (votes.get(index - at) ?? 0) + 1);
  });
  let best: number | null = null;
  for (const [index, count] of votes) if (best === null || count > (votes.get(best) ?? 0)) best = index;
  return best;
}

function mostAlike(file: SearchableLines, wanted: readonly string[]): number | null {
  const longest = wanted.reduce((most, text, at) => (text.trim().length > (wanted[most] ?? "").trim().length ? at : most), 0);
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
