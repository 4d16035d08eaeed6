/** Reads ideas out of a model's answer, whatever it wrapped them in: JSON, tagged text, fences, prose, a cut end. Pure. */
import type { IdeaText } from "../../protocol/idea.ts";

export interface Parsed {
  ideas: IdeaText[];
  /** What could not be used, one line each. */
  problems: string[];
}

/** The shape asked for where the server can enforce one. */
export const IDEAS_SCHEMA = {
  type: "object",
  properties: {
    ideas: {
      type: "array",
      items: {
        type: "object",
        properties: {
          title: { type: "string", description: "At most 12 words that say what changes." },
          description: { type: "string", description: "Two to six sentences with the reason it should help." },
          changes: { type: "string", description: "The planned code changes as a short list." },
        },
        required: ["title", "description", "changes"],
        additionalProperties: false,
      },
    },
  },
  required: ["ideas"],
  additionalProperties: false,
};

const LONGEST_TITLE = 160;

/** Never throws: an answer without ideas gives none, with the reason in `problems`. */
export function parseIdeas(answer: string): Parsed {
  const text = withoutThinking(answer);
  const tagged = /<idea\b/i.test(text) ? parseTagged(text) : null;
  if (tagged !== null && tagged.ideas.length > 0) return tagged;
  const json = parseJson(text);
  if (json.ideas.length > 0 || tagged === null) return json;
  return tagged;
}

/** Titles that say the same: case, punctuation and spacing aside. */
export function titleKey(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.→]+|\.(?!\p{N})/gu, " ")
    .trim();
}

/**
 * Texts that are the same word for word: case and spacing aside, and a number that tells the title from an equal one.
 * @param body digest of everything but the title
 */
export function textKey(title: string, body: string): string {
  return `${titleKey(title.replace(/ \(\d+\)$/, ""))}\n${body}`;
}

/** Models without a channel for their thoughts write them in front, sometimes without the opening tag. */
function withoutThinking(answer: string): string {
  const closed = answer.replace(/<(think|thinking)>[\s\S]*?<\/\1>/gi, "");
  return closed.replace(/^[\s\S]*<\/(?:think|thinking)>/i, "");
}

function parseTagged(text: string): Parsed {
  const ideas: IdeaText[] = [];
  const problems: string[] = [];
  const blocks = text.split(/<idea\b[^>]*>/i).slice(1);
  blocks.forEach((block, index) => {
    const closed = /<\/idea>/i.test(block);
    const body = block.split(/<\/idea>/i)[0] ?? "";
    if (!closed && index === blocks.length - 1 && !/<\/changes>/i.test(body)) {
      problems.push("the last idea was cut off");
      return;
    }
    take({ title: tag(body, "title"), description: tag(body, "description"), changes: tag(body, "changes") }, ideas, problems);
  });
  return { ideas, problems };
}

/** Content of a tag; one that is not closed ends where the next begins. */
function tag(body: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([\\s\\S]*?)(?:</${name}>|(?=<(?:title|description|changes)>)|$)`, "i").exec(body);
  return found?.[1];
}

function parseJson(text: string): Parsed {
  const ideas: IdeaText[] = [];
  const problems: string[] = [];
  let at = text.indexOf("{");
  while (at !== -1) {
    const end = endOfObject(text, at);
    const value = end === null ? undefined : readObject(text.slice(at, end));
    const entries = value === undefined ? null : entriesOf(value);
    if (entries !== null) for (const entry of entries) take(entry, ideas, problems);
    at = text.indexOf("{", entries === null || end === null ? at + 1 : end);
  }
  if (ideas.length > 0 && /\{[^{}]*"title"[^{}]*$/.test(text)) problems.push("the last idea was cut off");
  if (ideas.length === 0 && problems.length === 0) problems.push("the answer has neither <idea> blocks nor JSON with ideas");
  return { ideas, problems };
}

/** Where the object that begins here ends, strings respected; null when it does not. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && --depth === 0) return at + 1;
  }
  return null;
}

function readObject(source: string): unknown {
  for (const attempt of [source, repaired(source)]) {
    try {
      return JSON.parse(attempt) as unknown;
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
  }
  return undefined;
}

/** Undoes what models do to JSON most often: line breaks inside strings and commas before a closing bracket. */
function repaired(source: string): string {
  const strings = source.replace(/"(?:[^"\\]|\\[\s\S])*"/g, (string) => string.replace(/\r?\n/g, "\\n").replace(/\t/g, "\\t"));
  return strings.replace(/,(\s*[}\]])/g, "$1");
}

/** The ideas in a value: `{ideas: […]}` or an idea itself; null when it is neither. */
function entriesOf(value: unknown): Record<string, unknown>[] | null {
  if (typeof value !== "object" || value === null) return null;
  const { ideas, title } = value as { ideas?: unknown; title?: unknown };
  if (Array.isArray(ideas)) return ideas.filter((entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null);
  return title === undefined ? null : [value as Record<string, unknown>];
}

function take(entry: { title?: unknown; description?: unknown; changes?: unknown }, ideas: IdeaText[], problems: string[]): void {
  const title = cleanTitle(plain(entry.title));
  const description = plain(entry.description);
  const changes = plain(entry.changes);
  if (title === "" || title === "…") problems.push("an idea without a title was left out");
  else if (description === "" && changes === "") problems.push(`“${title}” was left out: it has no description`);
  else ideas.push({ title, description, changes });
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map((entry) => `- ${plain(entry)}`).join("\n");
  if (typeof value === "string") return value.replace(/\r\n?/g, "\n").trim();
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** One line without numbering, emphasis or quotes around it. */
function cleanTitle(title: string): string {
  const line = title
    .replace(/\s+/g, " ")
    .replace(/^(?:idea\s*)?#?\d+\s*[.:)]\s*/i, "")
    .replace(/^(?:\*\*|__|["“'`#\s]+)+|(?:\*\*|__|["”'`\s]+)+$/g, "")
    .trim();
  return line.length <= LONGEST_TITLE ? line : `${line.slice(0, LONGEST_TITLE - 1)}…`;
}
