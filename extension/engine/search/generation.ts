/** Generates ideas, fresh or for the next epoch: plans the requests, asks the source, writes each answer in one transaction. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea, Usage } from "../../protocol/idea.ts";
import type { Cost } from "../../protocol/spending.ts";
import { addCost } from "../../protocol/spending.ts";
import type { Generated, ideasGenerate, nextEpoch, ProgressReport } from "../../protocol/methods.ts";
import type { ParamsOut } from "../../protocol/messages.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { Environments } from "../environments/catalogue.ts";
import type { Git } from "../git/git.ts";
import type { Ideator } from "../ideator/ideator.ts";
import type { Draft, IdeationRequest, SourceChoice } from "../ideator/sources.ts";
import type { Models } from "../models/catalogue.ts";
import { addUsage } from "../models/language-model.ts";
import type { Store } from "../store/store.ts";
import { contextFiles, knobValues } from "./code.ts";
import type { Novelty, Repeat } from "./novelty.ts";
import type { EpochPlan, PlannedRequest } from "./next-epoch.ts";
import { planEpoch, planFresh } from "./next-epoch.ts";
import { Trajectories } from "./trajectories.ts";

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

/** The caller's side of a request. */
export interface Caller {
  signal: AbortSignal;
  report(progress: Omit<ProgressReport, "progress">): void;
}

interface Order {
  environment: ValidEnvironment;
  source: string;
  instructions: string;
  epoch: number;
  seed: number;
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
    return this.#carryOut({ environment, source, instructions, epoch, seed, repeats, plan: planFresh(count, seed) }, caller);
  }

  /**
   * A new epoch: part of it builds on the chosen parents, the rest explores.
   * @throws ProvingGroundError as `generate`
   */
  async nextEpoch(params: ParamsOut<typeof nextEpoch>, caller: Caller): Promise<Generated> {
    const { store, git, environments } = this.#parts;
    const environment = await environments.get(params.environment);
    const seed = params.seed ?? this.#parts.drawSeed();
    const { source, instructions, count, exploit, base, repeats } = params;
    const trajectories = new Trajectories(store, git, environment).executed();
    const plan = planEpoch({ count, exploit, base, parents: store.parents.of(environment.name), trajectories, seed });
    const epoch = store.ideas.newestEpoch(environment.name) + 1;
    return this.#carryOut({ environment, source, instructions, epoch, seed, repeats, plan }, caller);
  }

  async #carryOut(order: Order, caller: Caller): Promise<Generated> {
    const { plan } = order;
    const source = this.#sourceOf(order.source);
    const total = plan.requests.reduce((sum, { count }) => sum + count, 0);
    const ideas: Idea[] = [];
    const notes = [...plan.notes];
    let usage: Usage | null = null;
    let cost: Cost | null = null;
    let failure: ProvingGroundError | null = null;
    for (const planned of plan.requests) {
      try {
        const part: Caller = { ...caller, report: offset(caller, ideas.length, total) };
        const request = await this.#requestFor(order, planned, part);
        const answer = await this.#parts.ideator.generate(source, request);
        const written = await this.#write(order, planned, source, answer.ideas, part);
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

  #sourceOf(source: string): SourceChoice {
    return source === OPERATORS ? { kind: "operators" } : { kind: "model", model: this.#parts.models.get(source) };
  }

  async #requestFor(order: Order, planned: PlannedRequest, caller: Caller): Promise<IdeationRequest> {
    const { store, git, environments } = this.#parts;
    const { environment } = order;
    const { commit: baselineCommit } = await environments.baselineCode(environment);
    const past = new Trajectories(store, git, environment);
    const baselineValues = await knobValues(git, environment, baselineCommit);
    const { mean, published } = environment.baseline;
    return {
      manifest: environment.manifest,
      baseline: { value: mean ?? published, published: mean === null },
      baselineValues,
      files: await contextFiles(git, environment, this.#commitOf(planned.base) ?? baselineCommit),
      base: planned.base,
      strategy: planned.strategy,
      count: planned.count,
      instructions: order.instructions,
      earlier: await past.earlier(baselineValues),
      parents: await Promise.all(planned.parents.map((parent) => past.parent(parent))),
      sample: order.source === OPERATORS ? [] : await Promise.all(planned.sample.map((idea) => past.of(idea))),
      seed: planned.seed,
      signal: caller.signal,
      onProgress: (progress) => caller.report(progress),
    };
  }

  #commitOf(base: number | null): string | null {
    if (base === null) return null;
    const implementation = this.#parts.store.implementations.implementation(base);
    if (implementation !== null) return implementation.commit;
    throw new ProvingGroundError("not-implemented-yet", `idea #${base} has no approved implementation to build on`, {
      hint: "Approve it first, or write the next epoch on the baseline.",
    });
  }

  /** Writes the drafts down, each with what it nearly repeats. */
  async #write(
    { environment, epoch, seed, repeats: policy }: Order,
    { strategy, base }: PlannedRequest,
    source: SourceChoice,
    drafts: readonly Draft[],
    caller: Caller,
  ): Promise<{ ideas: Idea[]; notes: string[] }> {
    const { store, novelty } = this.#parts;
    const candidates = drafts.map(({ text, knobs }) => ({ text, knobs, base }));
    const looked = await novelty.look(environment, candidates, { signal: caller.signal, report: (message) => caller.report({ message }) });
    const byModel = source.kind === "model";
    const ideas = store.ideas.add(
      byModel ? "model" : "search",
      drafts.map(({ text, kind, knobs, parents }, at) => ({
        environment: environment.name,
        epoch,
        source: byModel ? "model" : "operator",
        model: byModel ? source.model.id : null,
        strategy,
        text,
        kind,
        knobs,
        base,
        parents,
        seed,
        repeats: looked.repeats[at] ?? null,
      })),
    );
    const notes = [...looked.notes];
    for (const [at, { id, title }] of ideas.entries()) {
      const repeat = looked.repeats[at] ?? null;
      if (repeat === null) continue;
      if (policy === "skip") store.ideas.reject("search", [id], false, whyAside(repeat));
      notes.push(`“${title}” nearly repeats ${repeat.what}${policy === "skip" ? "; it was put aside" : ""}`);
    }
    return { ideas: ideas.map(({ id }) => store.ideas.get(id)), notes };
  }
}

/** Why an idea is rejected by itself. */
export function whyAside({ what }: Repeat): string {
  return `it nearly repeats ${what}`;
}

/** Progress of one request as part of the whole. */
function offset(caller: Caller, before: number, total: number): Caller["report"] {
  return (progress) => caller.report({ ...progress, done: before + (progress.done ?? 0), total });
}

function cancelled(written: number): ProvingGroundError {
  const kept = written === 0 ? "" : `; ${written} ideas that were written before are kept`;
  return new ProvingGroundError("cancelled", `generating ideas was cancelled${kept}`);
}
