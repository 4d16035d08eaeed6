/** A search's requests for ideas: drawn from what is known, recorded before anything is asked, answered, and written down together. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Search } from "../../protocol/search.ts";
import type { Git } from "../git/git.ts";
import type { Ideator } from "../ideator/ideator.ts";
import type { Models } from "../models/catalogue.ts";
import type { RequestRecord } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import type { EpochTally, Standing, Step } from "./algorithms/algorithm.ts";
import { ALGORITHMS } from "./algorithms/all.ts";
import { Background } from "./background.ts";
import { randomFor } from "./draws.ts";
import { newIdea, repeatNote, sourceOf, whyAside } from "./generation.ts";
import { Knowledge } from "./knowledge.ts";
import type { Novelty } from "./novelty.ts";
import type { Reference } from "./reference.ts";
import { countRequest } from "./tally.ts";

export interface AskingParts {
  store: Store;
  git: Git;
  models: Models;
  ideator: Ideator;
  novelty: Novelty;
}

export class Asking {
  readonly #parts: AskingParts;
  readonly #environment: ValidEnvironment;
  readonly #reference: Reference;
  readonly #knowledge: Knowledge;
  readonly #background: Background;
  readonly #epochs: EpochTally[] = [];
  #requests = 0;
  #failures = 0;
  /** A request that was recorded and not answered yet. */
  #open: RequestRecord | null = null;

  constructor(parts: AskingParts, search: Search, environment: ValidEnvironment, reference: Reference) {
    const { store, git } = parts;
    const { id, baseline, plan } = search;
    this.#parts = parts;
    this.#environment = environment;
    this.#reference = reference;
    this.#knowledge = new Knowledge(environment.name);
    this.#background = new Background({
      ...{ store, git, environment, baseline, source: plan.source, search: id, knowledge: this.#knowledge },
      remembers: (idea) => plan.memory === "environment" || idea.search === id,
    });
    for (const request of store.requests.of(id)) {
      if (request.open) this.#open = request;
      else this.#count(request, store.requests.ideas(request.id).length);
    }
  }

  /** Whether a request waits for its answer. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Forgets the requests in a row that gave nothing: a human has looked. */
  tryAgain(): void {
    this.#failures = 0;
  }

  /** What the search's algorithm would do now. */
  next(search: Search, open: number, slots: number): Step {
    const { store } = this.#parts;
    this.#knowledge.learn(store.events.between(this.#knowledge.upTo, store.events.newest));
    const { id, plan } = search;
    const standing: Standing = {
      ...{ plan, search: id, knowledge: this.#knowledge, open, slots, epochs: this.#epochs, failures: this.#failures },
      ...{ reference: this.#reference.mean, direction: this.#environment.manifest.metric.direction },
      parentsSeen: store.searches.parentsSeen(id),
    };
    return ALGORITHMS[plan.algorithm].next(standing, randomFor(plan.seed, this.#requests + 1));
  }

  /** Records a request; {@link answer} answers it. */
  open(search: number, { epoch, draw }: Extract<Step, { kind: "ask" }>, under: number, slots: number): void {
    const reference = this.#reference.mean;
    this.#open = this.#parts.store.requests.open(search, { epoch, draw, known: this.#knowledge.upTo, reference, under, slots });
  }

  /**
   * Has the open request answered and writes the ideas down. What says nothing about the source's ideas leaves the request open, to be
   * answered later from the same draw.
   * @throws ProvingGroundError `budget`, `model`, `no-key`, `cancelled`, `disk-full`: the request is open still
   */
  async answer(search: Search, signal: AbortSignal): Promise<void> {
    const request = this.#open;
    if (request === null) return;
    const { store, models, ideator, novelty } = this.#parts;
    const { plan, firstEpoch } = search;
    // After a restart: no more than the draw knew.
    this.#knowledge.learn(store.events.between(this.#knowledge.upTo, request.known));
    const known = { value: request.reference ?? this.#environment.baseline.published, published: request.reference === null };
    try {
      const source = sourceOf(models, plan.source);
      const caller = { signal, report: () => undefined };
      const asked = await this.#background.request(request.draw, plan.instructions, known, caller);
      const answer = await ideator.generate(source, asked);
      const candidates = answer.ideas.map(({ text, knobs }) => ({ text, knobs, base: request.draw.base }));
      const looked = await novelty.look(this.#environment, candidates, { signal, search: search.id, within: plan.memory === "search" });
      const aside = plan.repeats === "skip";
      const drafts = answer.ideas.map((draft, at) => {
        const repeats = looked.repeats[at] ?? null;
        return {
          ...newIdea(search.environment, request.draw, source, draft),
          ...{ epoch: firstEpoch + request.epoch, seed: request.draw.seed, repeats },
          aside: repeats === null || !aside ? undefined : whyAside(repeats),
        };
      });
      const repeated = drafts.flatMap(({ text, repeats }) => (repeats === null ? [] : [repeatNote(text.title, repeats, aside)]));
      const end = { answers: answer.answers, notes: [...answer.notes, ...looked.notes, ...repeated], error: null };
      const written = store.requests.close(request.id, end, drafts, source.kind === "model" ? "model" : "search");
      this.#close(request, written.length);
    } catch (thrown) {
      const error = ProvingGroundError.from(thrown);
      if (error.code !== "model-answer" && error.code !== "usage") throw error;
      store.requests.close(request.id, { answers: null, notes: [], error: error.message }, [], "search");
      this.#close({ ...request, error: error.message }, 0);
    }
  }

  #close(request: RequestRecord, ideas: number): void {
    this.#open = null;
    this.#count(request, ideas);
  }

  #count(request: RequestRecord, ideas: number): void {
    countRequest(this.#epochs, request, ideas);
    this.#requests++;
    this.#failures = ideas === 0 ? this.#failures + 1 : 0;
  }
}
