/** Ideas by a language model: asks, reads the answer however it is wrapped, and asks again for what is missing. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/idea.ts";
import type { Cost } from "../../protocol/spending.ts";
import { addCost } from "../../protocol/spending.ts";
import type { Answer, Chunk, LanguageModel } from "../models/language-model.ts";
import { addUsage, completeToText } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import { composeMessages } from "./compose.ts";
import { IDEAS_SCHEMA, parseIdeas, titleKey } from "./parse.ts";
import type { Draft, IdeaSourceEngine, Ideation, IdeationRequest } from "./sources.ts";

/** Requests after the first for ideas that are still missing. */
const EXTRA_REQUESTS = 2;
const EXCERPT = 240;

export class ModelSource implements IdeaSourceEngine {
  readonly #model: LanguageModel;
  readonly #prompts: Prompts;

  constructor(model: LanguageModel, prompts: Prompts) {
    this.#model = model;
    this.#prompts = prompts;
  }

  async generate(request: IdeationRequest): Promise<Ideation> {
    const collected = new Collected(request);
    for (let extra = 0; collected.missing > 0 && extra <= EXTRA_REQUESTS; extra++) {
      let answer: Answer;
      try {
        answer = await this.#ask(request, collected);
      } catch (thrown) {
        const error = ProvingGroundError.from(thrown);
        if (collected.ideas.length === 0 || error.code === "cancelled") throw error;
        collected.notes.push(`asking ${this.#model.id} for the missing ideas failed: ${error.message}`);
        break;
      }
      collected.answers.push(answer.text);
      collected.usage = addUsage(collected.usage, answer.usage);
      collected.notes.push(...answer.notices);
      collected.take(answer.text);
    }
    if (collected.ideas.length === 0) throw nothingUsable(this.#model.id, collected);
    const { ideas, answers, notes, usage, cost } = collected;
    return { ideas, answers, notes: [...new Set(notes)], usage, cost };
  }

  async #ask(request: IdeationRequest, collected: Collected): Promise<Answer> {
    const { strategy } = request;
    const count = collected.missing;
    const messages = await composeMessages(this.#prompts, {
      manifest: request.manifest,
      baseline: request.baseline,
      files: request.files,
      base: request.base,
      strategy,
      trajectories: strategy === "exploit" ? request.parents : request.sample,
      avoid: [...request.earlier.map(({ title }) => title), ...collected.ideas.map(({ text }) => text.title)],
      instructions: request.instructions,
      count,
    });
    const progress = new Progress(request, collected.ideas.length, this.#model.id);
    progress.begin(count);
    return completeToText(
      this.#model,
      {
        messages,
        temperature: 1,
        format: { name: "ideas", schema: IDEAS_SCHEMA },
        purpose: {
          ...{ kind: "ideas", environment: request.manifest.name },
          ...(request.search === null ? {} : { search: request.search }),
        },
      },
      request.signal,
      (chunk) => {
        // As it arrives, so that tries before a failure are counted too.
        if (chunk.type === "cost") collected.cost = addCost(collected.cost, chunk.cost);
        progress.show(chunk);
      },
    );
  }
}

/** What has been gathered over all requests of one call. */
class Collected {
  readonly ideas: Draft[] = [];
  readonly answers: string[] = [];
  readonly notes: string[] = [];
  usage: Usage | null = null;
  cost: Cost | null = null;
  readonly #request: IdeationRequest;
  readonly #titles: Set<string>;

  constructor(request: IdeationRequest) {
    this.#request = request;
    this.#titles = new Set(request.earlier.map(({ title }) => titleKey(title)));
  }

  get missing(): number {
    return this.#request.count - this.ideas.length;
  }

  take(answer: string): void {
    const asked = this.missing;
    const before = this.ideas.length;
    const { ideas, problems } = parseIdeas(answer);
    this.notes.push(...problems);
    for (const text of ideas) {
      const key = titleKey(text.title);
      if (this.#titles.has(key)) {
        this.notes.push(`“${text.title}” was proposed before and is left out`);
        continue;
      }
      if (this.missing === 0) continue;
      this.#titles.add(key);
      const parents = this.#request.strategy === "exploit" ? this.#request.parents.map(({ idea }) => idea) : [];
      this.ideas.push({ text, kind: null, knobs: null, parents });
    }
    const got = this.ideas.length - before;
    if (got < asked) this.notes.push(`asked for ${asked}, got ${got}`);
  }
}

/** Turns a stream into "idea 3 of 10", by counting titles as they come. */
class Progress {
  readonly #request: IdeationRequest;
  readonly #before: number;
  readonly #model: string;
  #titles = 0;
  #tail = "";

  constructor(request: IdeationRequest, before: number, model: string) {
    this.#request = request;
    this.#before = before;
    this.#model = model;
  }

  begin(count: number): void {
    this.#report(`${this.#model} is asked for ${count === 1 ? "one idea" : `${count} ideas`}`);
  }

  show(chunk: Chunk): void {
    switch (chunk.type) {
      case "text": {
        const seen = this.#tail + chunk.text;
        const titles = [...seen.matchAll(/<title>|"title"\s*:/g)];
        this.#titles += titles.length;
        const last = titles.at(-1);
        this.#tail = seen.slice(last === undefined ? -10 : Math.max(last.index + last[0].length, seen.length - 10));
        this.#report(this.#titles === 0 ? `${this.#model} is answering` : `${this.#model} writes idea ${this.#number()}`, chunk.text);
        break;
      }
      case "reasoning":
        this.#report(`${this.#model} is thinking`, chunk.text);
        break;
      case "restart":
        this.#titles = 0;
        this.#tail = "";
        // What comes now begins anew, and must not read on from what was cut.
        this.#report(chunk.message, "\n");
        break;
      case "notice":
        this.#report(chunk.message);
        break;
      case "usage":
      case "cost":
        break;
    }
  }

  #number(): string {
    return `${Math.min(this.#before + this.#titles, this.#request.count)} of ${this.#request.count}`;
  }

  #report(message: string, text?: string): void {
    const written = this.#before + Math.max(0, this.#titles - 1);
    const done = Math.min(written, this.#request.count);
    this.#request.onProgress({ message, done, total: this.#request.count, ...(text === undefined ? {} : { text }) });
  }
}

function nothingUsable(model: string, { answers, notes }: Collected): ProvingGroundError {
  const line = (answers.at(-1) ?? "").replace(/\s+/g, " ").trim();
  const excerpt = line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT)}…`;
  const reason = notes.find((note) => note.startsWith("the answer has")) ?? notes.at(-1) ?? "it was empty";
  return new ProvingGroundError(
    "model-answer",
    `${model} gave no usable idea: ${reason}. ${excerpt === "" ? "The answer was empty." : `It began: “${excerpt}”`}`,
    { hint: "Try again, or choose a model that follows instructions better." },
  );
}
