/** Ideas by a language model: asks, reads the answer however it is wrapped, and asks again for what is missing. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import { addCost } from "../../protocol/spending.ts";
import type { Answer, Chunk, LanguageModel } from "../models/language-model.ts";
import { addUsage, completeToText } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import { Collected } from "./collected.ts";
import { composeMessages } from "./compose.ts";
import { IDEAS_SCHEMA } from "./parse.ts";
import type { IdeaSourceEngine, Ideation, IdeationRequest } from "./sources.ts";

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
    let failure: string | null = null;
    for (let extra = 0; collected.missing > 0 && extra <= EXTRA_REQUESTS; extra++) {
      let answer: Answer;
      try {
        answer = await this.#ask(request, collected);
      } catch (thrown) {
        const error = ProvingGroundError.from(thrown);
        if (collected.ideas.length === 0 || error.code === "cancelled") throw error;
        failure = `asking ${this.#model.id} for the missing ideas failed: ${error.message}`;
        break;
      }
      collected.usage = addUsage(collected.usage, answer.usage);
      for (const notice of answer.notices) collected.note(notice);
      collected.take(answer.text);
    }
    if (collected.ideas.length === 0) throw nothingUsable(this.#model.id, collected);
    const { ideas, answers, usage, cost } = collected;
    return { ideas, answers, notes: collected.notes(failure), usage, cost };
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

function nothingUsable(model: string, { answers, reason }: Collected): ProvingGroundError {
  const line = (answers.at(-1) ?? "").replace(/\s+/g, " ").trim();
  const excerpt = line.length <= EXCERPT ? line : `${line.slice(0, EXCERPT)}…`;
  return new ProvingGroundError(
    "model-answer",
    `${model} gave no usable idea: ${reason}. ${excerpt === "" ? "The answer was empty." : `It began: “${excerpt}”`}`,
    { hint: "Try again, or choose a model that follows instructions better." },
  );
}
