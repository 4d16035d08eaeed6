/** The attempts at an idea as Markdown that reads well as it is: pure. */
import type { Attempt, IdeaDetail } from "../../protocol/idea.ts";
import { addCost, type Cost, costText } from "../../protocol/spending.ts";
import { counted, durationText } from "../../protocol/format.ts";
import { sentence } from "../../protocol/message.ts";
import { OUTCOME_WORDS } from "../outcome-words.ts";

/** Characters of one answer that are shown among the others; the whole is a document of its own. */
const ANSWER_SHOWN = 20_000;
/** Characters of one reason that are shown. */
const REASON_SHOWN = 1_000;
/** Characters of an answer's own document: what the editor still opens at once. */
const ANSWER_OPENED = 4_000_000;

/**
 * The newest try first, in it one sample after the other, each with its revisions.
 * @param repetition what the idea nearly repeats and how that went; null for an idea of its own
 */
export function printAttempts(
  { idea, attempts }: IdeaDetail,
  clock: (milliseconds: number) => string,
  repetition: string | null = null,
): string {
  const why = idea.outcome === null ? "" : `: ${OUTCOME_WORDS[idea.outcome]}`;
  const tries = triesOf(attempts);
  const counts = attempts.length === 0 ? "No attempts yet." : facts([spread(attempts, tries.length), tokens(attempts), costs(attempts)]);
  const about = `#${idea.id} · ${idea.status}${why}`;
  const repeats = repetition === null ? [] : [printReason(repetition)];
  const head = `${[`# Attempts at “${oneLine(idea.title)}”`, about, ...repeats, counts].join("\n\n")}\n`;
  const sections = tries.map((members, index) => printTry(members, index + 1, clock)).reverse();
  return [head, ...sections].join("\n");
}

/** What a model wrote, whole unless no editor would open it. */
export function printAnswer({ answer }: Attempt): string {
  if (answer.length <= ANSWER_OPENED) return visible(answer);
  return `${visible(answer.slice(0, ANSWER_OPENED))}\n\n… ${millions(answer.length - ANSWER_OPENED)} more are not shown.\n`;
}

/** Where an attempt stands in its document, and what can be opened from there. */
export interface Section {
  attempt: number;
  /** Line of its heading; counts from 0. */
  line: number;
  /** Whether it says which place the answer was meant for. */
  place: boolean;
  /** Whether there is an answer. */
  answer: boolean;
}

const HEADING = /^### Attempt (\d+)\b/;
const PLACE = "- place: ";
const FENCE = /^(`{3,})[a-z]*$/;

/** Finds the attempts in a document that {@link printAttempts} wrote, whatever the answers in it look like. */
export function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let fence: string | null = null;
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    const last = sections.at(-1);
    if (fence !== null) {
      if (line === fence) fence = null;
      continue;
    }
    const [, attempt] = HEADING.exec(line) ?? [];
    if (attempt !== undefined) sections.push({ attempt: Number(attempt), line: number, place: false, answer: false });
    if (last === undefined) continue;
    if (line.startsWith(PLACE)) last.place = true;
    fence = FENCE.exec(line)?.[1] ?? null;
    if (fence !== null) last.answer = true;
  }
  return sections;
}

/** Text in a fence that nothing in it closes. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Attempts by the request that made them: each begins with the first answer of its first sample. */
function triesOf(attempts: readonly Attempt[]): Attempt[][] {
  const tries: Attempt[][] = [];
  for (const attempt of attempts.toSorted((a, b) => a.id - b.id)) {
    const last = tries.at(-1);
    if (last === undefined || (attempt.sample === 1 && attempt.number === 1)) tries.push([attempt]);
    else last.push(attempt);
  }
  return tries.map((members) => members.sort((a, b) => a.sample - b.sample || a.number - b.number));
}

function printTry(attempts: readonly Attempt[], number: number, clock: (milliseconds: number) => string): string {
  const [first] = attempts;
  const samples = new Set(attempts.map(({ sample }) => sample)).size;
  const began = first === undefined ? "" : clock(Math.min(...attempts.map(({ startedAt }) => startedAt)));
  const heading = `## ${facts([`Try ${number}`, began, samples === 1 ? "" : `${samples} samples at once`])}`;
  const note = first?.note == null ? "" : `The note it was given:\n\n${quoted(first.note)}`;
  return [heading, note, ...attempts.map((attempt) => printAttempt(attempt, samples))]
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("\n");
}

function printAttempt(attempt: Attempt, samples: number): string {
  const { id, sample, number, by, outcome, reason, place, answer, usage, cost, startedAt, endedAt } = attempt;
  const which = [samples === 1 ? "" : `sample ${sample}`, number === 1 ? "" : `revision ${number - 1}`].filter((part) => part !== "");
  const heading = `### Attempt ${id}${which.length === 0 ? "" : ` (${which.join(", ")})`}: ${outcome === null ? "being written" : OUTCOME_WORDS[outcome]}`;
  const took = endedAt === null ? "" : durationText(Math.max(0, endedAt - startedAt) / 1000);
  const lines = [
    place === null ? "" : `${PLACE}${oneLine(place.file)}${place.line === undefined ? "" : `, line ${place.line}`}`,
    `- by: ${oneLine(facts([by, took]))}`,
    usage === null ? "" : `- tokens: ${usage.inputTokens} in, ${usage.outputTokens} out`,
    cost === null ? "" : `- cost: ${costText(cost)}`,
  ].filter((line) => line !== "");
  return [heading, reason === null ? "" : printReason(reason), lines.join("\n"), outcome === null ? "" : printShown(answer)]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** One line that is neither heading nor fence, whatever a model or a Python said. */
function printReason(reason: string): string {
  const line = oneLine(reason);
  const shown = sentence(line.length > REASON_SHOWN ? `${line.slice(0, REASON_SHOWN)} …` : line);
  return /^[#`~>*+-]/.test(shown) ? `\\${shown}` : shown;
}

function printShown(answer: string): string {
  if (answer.trim() === "") return "No answer came.";
  const whole = answer.length <= ANSWER_SHOWN;
  const text = visible(whole ? answer : answer.slice(0, ANSWER_SHOWN)).replace(/\r\n?/g, "\n");
  const shown = fenced(text.trimEnd(), languageOf(answer));
  if (whole) return shown;
  return `${shown}\n\n… ${millions(answer.length - ANSWER_SHOWN)} more are not shown here. _Open the Answer_ above shows them.`;
}

/** A bare diff in its own colours; anything else is prose with fences, or close to it. */
function languageOf(answer: string): string {
  return /^(diff --git |--- |Index: )/.test(answer.trimStart()) ? "diff" : "markdown";
}

function spread(attempts: readonly Attempt[], tries: number): string {
  const outcomes = Map.groupBy(attempts, ({ outcome }) => (outcome === null ? "being written" : OUTCOME_WORDS[outcome]));
  const each = [...outcomes].map(([words, members]) => `${members.length} ${words}`).join(", ");
  return `${counted(attempts.length, "attempt")}${tries === 1 ? "" : ` in ${tries} tries`}: ${each}`;
}

function costs(attempts: readonly Attempt[]): string {
  const sum = attempts.reduce<Cost | null>((all, attempt) => addCost(all, attempt.cost), null);
  return sum === null ? "" : costText(sum);
}

function tokens(attempts: readonly Attempt[]): string {
  const known = attempts.flatMap(({ usage }) => usage ?? []);
  if (known.length === 0) return "";
  const sum = (key: "inputTokens" | "outputTokens") => known.reduce((all, usage) => all + usage[key], 0);
  return `${sum("inputTokens")} tokens in, ${sum("outputTokens")} out`;
}

const facts = (all: readonly string[]) => all.filter((fact) => fact !== "").join(" · ");
/** The editor takes a text with a null character for a binary file, and shows none of it. */
const visible = (text: string) => text.replaceAll("\0", "␀");
const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
const quoted = (text: string) => text.trim().replace(/^/gm, "> ").replace(/[ ]+$/gm, "");
const millions = (characters: number) =>
  characters < 100_000 ? `${characters} characters` : `${(characters / 1e6).toFixed(1)} million characters`;
