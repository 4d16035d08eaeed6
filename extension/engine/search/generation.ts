/** Generates ideas that a human asks for, fresh or for the next epoch: plans the requests, asks, writes each answer in one transaction. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea, Usage } from "../../protocol/idea.ts";
import type { ParamsOut } from "../../protocol/messages.ts";
import type { Generated, ideasGenerate, nextEpoch } from "../../protocol/methods.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Draw } from "../../protocol/search.ts";
import type { Cost } from "../../protocol/spending.ts";
import { addCost } from "../../protocol/spending.ts";
import type { Environments } from "../environments/catalogue.ts";
import type { Git } from "../git/git.ts";
import type { Ideator } from "../ideator/ideator.ts";
import type { Draft, SourceChoice } from "../ideator/sources.ts";
import type { Models } from "../models/catalogue.ts";
import { addUsage } from "../models/language-model.ts";
import type { NewIdea } from "../store/ideas.ts";
import type { Store } from "../store/store.ts";
import { Background, type Caller } from "./background.ts";
import { namedParents } from "./draws.ts";
import { Knowledge } from "./knowledge.ts";
import { planEpoch, planFresh, type EpochPlan } from "./next-epoch.ts";
import type { Novelty, Repeat } from "./novelty.ts";

/** Tokens of earlier experiments shown in one request; leaves room for code and answer in a context of 32,000. */
const CONTEXT_TOKENS = 12_000;
/** No search has this number. */
const BY_HAND = 0;

export interface GenerationParts {
  store: Store;
  git: Git;
  environments: Environments;
  models: Models;
  ideator: Ideator;
  novelty: Novelty;
  /** A seed for requests that bring none: any integer. */
  drawSeed: () => number;
}

interface Order {
  environment: ValidEnvironment;
  source: string;
  instructions: string;
  epoch: number;
  seed: number;
  knowledge: Knowledge;
  plan: EpochPlan;
  /** What becomes of ideas that nearly repeat earlier ones. */
  repeats: "keep" | "skip";
}

export class Generation {
  readonly #parts: GenerationParts;

  constructor(parts: GenerationParts) {
    this.#parts = parts;
  }

  /**
   * Ideas from the unchanged code, added to the newest epoch.
   * @throws ProvingGroundError when not a single idea came, or on cancellation; ideas written before that are kept
   */
  async generate(params: ParamsOut<typeof ideasGenerate>, caller: Caller): Promise<Generated> {
    const environment = await this.#parts.environments.get(params.environment);
    const seed = params.seed ?? this.#parts.drawSeed();
    const { source, instructions, count, repeats } = params;
    const epoch = this.#parts.store.ideas.newestEpoch(environment.name);
    const knowledge = this.#knowledge(environment);
    return this.#carryOut({ environment, source, instructions, epoch, seed, repeats, knowledge, plan: planFresh(count, seed) }, caller);
  }

  /**
   * A new epoch: part of it builds on the chosen parents, the rest explores.
   * @throws ProvingGroundError as `generate`
   */
  async nextEpoch(params: ParamsOut<typeof nextEpoch>, caller: Caller): Promise<Generated> {
    const { store, environments } = this.#parts;
    const environment = await environments.get(params.environment);
    const seed = params.seed ?? this.#parts.drawSeed();
    const { source, instructions, count, exploit, base, repeats } = params;
    const knowledge = this.#knowledge(environment);
    const ground = {
      plan: { base, memory: "environment" as const, contextTokens: CONTEXT_TOKENS },
      ...{ search: BY_HAND, knowledge, reference: environment.baseline.mean, direction: environment.manifest.metric.direction },
    };
    const plan = planEpoch({ count, exploit, base, parents: namedParents(knowledge), ground, seed });
    const epoch = store.ideas.newestEpoch(environment.name) + 1;
    return this.#carryOut({ environment, source, instructions, epoch, seed, repeats, knowledge, plan }, caller);
  }

  #knowledge({ name }: ValidEnvironment): Knowledge {
    const { events } = this.#parts.store;
    const knowledge = new Knowledge(name);
    knowledge.learn(events.between(0, events.newest));
    return knowledge;
  }

  async #carryOut(order: Order, caller: Caller): Promise<Generated> {
    const { plan, environment, knowledge } = order;
    const { store, git, environments, ideator } = this.#parts;
    const source = sourceOf(this.#parts.models, order.source);
    const { commit: baseline } = await environments.baselineCode(environment);
    const background = new Background({ store, git, environment, baseline, source: order.source, search: null, knowledge });
    const total = plan.requests.reduce((sum, { count }) => sum + count, 0);
    const { mean, published } = environment.baseline;
    const ideas: Idea[] = [];
    const notes = [...plan.notes];
    let usage: Usage | null = null;
    let cost: Cost | null = null;
    let failure: ProvingGroundError | null = null;
    for (const draw of plan.requests) {
      try {
        const told = { ...caller, report: offset(caller, ideas.length, total) };
        knowledge.learn(store.events.between(knowledge.upTo, store.events.newest));
        const known = { value: mean ?? published, published: mean === null };
        const answer = await ideator.generate(source, await background.request(draw, order.instructions, known, told));
        const written = await this.#write(order, draw, source, answer.ideas, told);
        ideas.push(...written.ideas);
        notes.push(...answer.notes, ...written.notes);
        usage = addUsage(usage, answer.usage);
        cost = addCost(cost, answer.cost);
      } catch (thrown) {
        const error = ProvingGroundError.from(thrown);
        if (error.code === "cancelled") throw cancelled(ideas.length);
        failure ??= error;
        notes.push(error.message);
        // A model that cannot be reached is not asked again; one source having no idea left says nothing about the next request.
        if (error.code !== "usage" && error.code !== "model-answer") break;
      }
      if (caller.signal.aborted) throw cancelled(ideas.length);
    }
    if (ideas.length === 0 && failure !== null) throw failure;
    return { ideas, notes: [...new Set(notes)], usage, cost };
  }

  /** Writes the drafts down, each with what it nearly repeats. */
  async #write(
    { environment, epoch, seed, repeats: policy }: Order,
    draw: Draw,
    source: SourceChoice,
    drafts: readonly Draft[],
    caller: Caller,
  ): Promise<{ ideas: Idea[]; notes: string[] }> {
    const { store, novelty } = this.#parts;
    const candidates = drafts.map(({ text, knobs }) => ({ text, knobs, base: draw.base }));
    const looked = await novelty.look(environment, candidates, { signal: caller.signal, report: (message) => caller.report({ message }) });
    const ideas = store.ideas.add(
      source.kind === "model" ? "model" : "search",
      drafts.map((draft, at) => ({
        ...newIdea(environment.name, draw, source, draft),
        ...{ epoch, seed, repeats: looked.repeats[at] ?? null },
      })),
    );
    const notes = [...looked.notes];
    for (const [at, { id, title }] of ideas.entries()) {
      const repeat = looked.repeats[at] ?? null;
      if (repeat === null) continue;
      if (policy === "skip") store.ideas.reject("search", [id], false, whyAside(repeat));
      notes.push(repeatNote(title, repeat, policy === "skip"));
    }
    return { ideas: ideas.map(({ id }) => store.ideas.get(id)), notes };
  }
}

/** Why an idea is rejected by itself. */
export function whyAside({ what }: Repeat): string {
  return `it nearly repeats ${what}`;
}

/** @param aside whether it was put aside at once */
export function repeatNote(title: string, { what }: Repeat, aside: boolean): string {
  return `“${title}” nearly repeats ${what}${aside ? "; it was put aside" : ""}`;
}

/** @throws ProvingGroundError `model` when no such model is configured */
export function sourceOf(models: Models, source: string): SourceChoice {
  return source === OPERATORS ? { kind: "operators" } : { kind: "model", model: models.get(source) };
}

/** A draft as it is written down, but for its epoch and seed. */
export function newIdea(
  environment: string,
  { strategy, base }: Draw,
  source: SourceChoice,
  { text, kind, knobs, parents }: Draft,
): Omit<NewIdea, "epoch" | "seed"> {
  const byModel = source.kind === "model";
  return {
    environment,
    source: byModel ? "model" : "operator",
    model: byModel ? source.model.id : null,
    ...{ strategy, text, kind, knobs, base, parents },
  };
}

/** Progress of one request as part of the whole. */
function offset(caller: Caller, before: number, total: number): Caller["report"] {
  return (progress) => caller.report({ ...progress, done: before + (progress.done ?? 0), total });
}

function cancelled(written: number): ProvingGroundError {
  const kept = written === 0 ? "" : `; ${written} ideas that were written before are kept`;
  return new ProvingGroundError("cancelled", `generating ideas was cancelled${kept}`);
}
