/** Where in a file an answer was meant for, and where in the answer that file is written about: pure. */

/** Shorter lines, such as a bracket, say nothing about a place. */
const TELLING = 4;
/** Lines around a place that are looked for in the answer. */
const AROUND = 5;
const HEAD = /^(---|\+\+\+|\*\*\*|diff |#|`|<|File|Index)/;

/**
 * Line of the file, from 1, that the answer is about: of those that it takes out, else of those that it quotes, the first that the file
 * has exactly once; else what a hunk's header says. Null when nothing tells.
 */
export function meantLine(answer: string, path: string, file: string): number | null {
  const lines = answer.split(/\r?\n/).slice(mentionOf(answer, path) ?? 0);
  const places = new Map<string, number[]>();
  const texts = file.split(/\r?\n/);
  for (const [index, text] of texts.entries()) places.set(text.trim(), [...(places.get(text.trim()) ?? []), index + 1]);
  const once = (text: string) => {
    const found = text.trim().length < TELLING ? [] : (places.get(text.trim()) ?? []);
    return found.length === 1 ? found[0] : undefined;
  };
  const first = (all: readonly string[]) => all.map(once).find((line) => line !== undefined);
  const removed = lines.filter((line) => line.startsWith("-") && !line.startsWith("---")).map((line) => line.slice(1));
  const quoted = lines.filter((line) => !line.startsWith("+")).flatMap((line) => [line, line.slice(1)]);
  const said = lines.map((line) => /^@@+ -(\d+)/.exec(line)?.[1]).find((line) => line !== undefined);
  return first(removed) ?? first(quoted) ?? (said === undefined ? null : Math.min(Math.max(1, Number(said)), texts.length));
}

/** Line of the answer, from 0, that is about a line of the file, counted from 1: that line or one near it, else where the file is named. */
export function answerLine(answer: string, path: string, file: string, line: number): number {
  const start = mentionOf(answer, path) ?? 0;
  const lines = answer.split(/\r?\n/);
  const texts = file.split(/\r?\n/);
  for (let distance = 0; distance <= AROUND; distance++) {
    for (const near of [line - distance, line + distance]) {
      const wanted = (texts[near - 1] ?? "").trim();
      if (wanted.length < TELLING) continue;
      const found = lines.findIndex((text, index) => index >= start && (text.trim() === wanted || text.slice(1).trim() === wanted));
      if (found !== -1) return found;
    }
  }
  return start;
}

/** Line of the answer, from 0, that names the file: a header if one does, else any. */
function mentionOf(answer: string, path: string): number | null {
  const lines = answer.split(/\r?\n/);
  const name = path.split("/").at(-1) ?? path;
  const named = lines.flatMap((line, index) => (line.includes(name) ? [index] : []));
  const head = named.find((index) => HEAD.test(lines[index] ?? ""));
  return head ?? named[0] ?? null;
}
