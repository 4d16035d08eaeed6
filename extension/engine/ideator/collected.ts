/** What several answers to one request for ideas come to: repetitions left out, equal titles told apart, and what to say of it. Pure. */
import type { IdeaText, Usage } from "../../protocol/idea.ts";
import type { Cost } from "../../protocol/spending.ts";
import { bodyDigest } from "../store/digest.ts";
import { parseIdeas, textKey, titleKey } from "./parse.ts";
import type { Draft, IdeationRequest } from "./sources.ts";

/** Titles that a note names; the others are counted. */
const NAMED = 3;

/** What is gathered over all requests of one call. */
export class Collected {
  readonly ideas: Draft[] = [];
  /** Every answer as it came. */
  readonly answers: string[] = [];
  usage: Usage | null = null;
  cost: Cost | null = null;
  readonly #request: IdeationRequest;
  readonly #titles: Set<string>;
  readonly #texts: Set<string>;
  /** Titles of ideas that were there already, word for word; each as it was written first. */
  readonly #repeated = new Map<string, string>();
  readonly #notes = new Set<string>();
  #unreadable: string | null = null;

  constructor(request: IdeationRequest) {
    this.#request = request;
    this.#titles = new Set(request.earlier.map(({ title }) => titleKey(title)));
    this.#texts = new Set(request.earlier.map(({ title, body }) => textKey(title, body)));
  }

  get missing(): number {
    return this.#request.count - this.ideas.length;
  }

  take(answer: string): void {
    this.answers.push(answer);
    const { ideas, problems } = parseIdeas(answer);
    if (ideas.length === 0) this.#unreadable = problems[0] ?? null;
    else for (const problem of problems) this.note(problem);
    for (const text of ideas) {
      if (this.missing === 0) return;
      const key = textKey(text.title, bodyDigest(text));
      if (!this.#texts.has(key)) this.#add(text, key);
      else if (!this.#repeated.has(key)) this.#repeated.set(key, text.title);
    }
  }

  /** Something the user should know; once is enough. */
  note(note: string): void {
    this.#notes.add(note);
  }

  /** What the user should know of it all. @param failure why nobody was asked for what is missing; null when somebody was */
  notes(failure: string | null = null): string[] {
    const short = this.missing === 0 ? [] : [`asked for ${this.#request.count}, got ${this.ideas.length}`];
    if (failure !== null) short.push(failure);
    const left = this.#leftOut();
    if (left !== null) short.push(left);
    return [...(short.length === 0 ? [] : [short.join("; ")]), ...this.#notes];
  }

  /** Why there is not a single idea. */
  get reason(): string {
    return this.#leftOut() ?? this.#unreadable ?? [...this.#notes].at(-1) ?? "it was empty";
  }

  #add(text: IdeaText, key: string): void {
    const title = this.#toldApart(text.title);
    if (title !== text.title) this.note(`“${text.title}” is another idea under a title that was there: it is called “${title}”`);
    this.#titles.add(titleKey(title));
    this.#texts.add(key);
    const parents = this.#request.strategy === "exploit" ? this.#request.parents.map(({ idea }) => idea) : [];
    this.ideas.push({ text: { ...text, title }, kind: null, knobs: null, parents });
  }

  /** The title, with a number behind it where another idea has it. */
  #toldApart(title: string): string {
    let apart = title;
    for (let number = 2; this.#titles.has(titleKey(apart)); number++) apart = `${title} (${number})`;
    return apart;
  }

  #leftOut(): string | null {
    const titles = [...this.#repeated.values()].map((title) => `“${title}”`);
    if (titles.length === 0) return null;
    const named = titles.slice(0, NAMED).join(", ");
    const more = titles.length > NAMED ? ` and ${titles.length - NAMED} more` : "";
    return `${named}${more} ${titles.length === 1 ? "was" : "were"} proposed before, word for word, and left out`;
  }
}
