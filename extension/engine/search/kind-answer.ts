/** Reads which kind of change a model says that it is, whatever it says besides. Pure. */
import type { IdeaKind } from "../../protocol/idea.ts";

const KIND = /hyper[\s-]?param(?:eter|etric)?s?|algorithmic/gi;
const KIND_AT_START = /^(?:hyper[\s-]?param(?:eter|etric)?s?|algorithmic)/i;

/** @returns null when it says neither, or both and decides for none */
export function readKind(answer: string): IdeaKind | null {
  const text = withoutThinking(answer);
  const lines = text.split("\n").map((line) => line.trim());
  return (
    // A verdict of its own, the last one counts; then one behind its name; then what comes first; then the only one there is.
    lines.map(alone).findLast((kind) => kind !== null) ?? verdict(text) ?? beginning(lines.find((line) => line !== "") ?? "") ?? only(text)
  );
}

/** Models without a channel for their thoughts write them in front, sometimes without the opening tag. */
function withoutThinking(answer: string): string {
  return answer.replace(/^[\s\S]*<\/(?:think|thinking)>/i, "");
}

/** A line that is the word and nothing else. */
function alone(line: string): IdeaKind | null {
  const bare = line.replace(/[^\p{L}\s-]/gu, "").trim();
  return kindOf(/^(?:hyper[\s-]?param(?:eter|etric)s?|algorithmic)$/i.exec(bare)?.[0]);
}

/** `Answer: algorithmic`, `{"kind": "algorithmic"}`, `**Kind:** hyper-parameter`. */
function verdict(text: string): IdeaKind | null {
  const said = text.replace(/["'*_`]/g, "").matchAll(/\b(?:answer|kind|verdict|classification)\s*(?:is|:|=)\s*([\w-]+(?:\s?param\w*)?)/gi);
  return [...said].map(([, word]) => kindOf(KIND_AT_START.exec(word ?? "")?.[0])).findLast((kind) => kind !== null) ?? null;
}

function beginning(line: string): IdeaKind | null {
  return kindOf(KIND_AT_START.exec(line.replace(/^[^\p{L}]+/u, ""))?.[0]);
}

/** What is mentioned, if that is one kind and not denied. */
function only(text: string): IdeaKind | null {
  if (/\b(?:not|isn't|neither|nor)\b/i.test(text)) return null;
  const kinds = new Set([...text.matchAll(KIND)].map(([word]) => kindOf(word)));
  const [first = null] = kinds;
  return kinds.size === 1 ? first : null;
}

function kindOf(word: string | undefined): IdeaKind | null {
  if (word === undefined) return null;
  return /^algo/i.test(word) ? "algorithmic" : "hyper-parameter";
}
