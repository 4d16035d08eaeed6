/** Everything that a source of ideas is told beside what it is asked for: code, results, what was tried. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { OPERATORS } from "../../protocol/model.ts";
import type { ProgressReport } from "../../protocol/methods.ts";
import type { Draw } from "../../protocol/search.ts";
import type { Git } from "../git/git.ts";
import type { IdeationRequest } from "../ideator/sources.ts";
import type { KnownBaseline } from "../ideator/trajectory.ts";
import type { Assignment } from "../models/knob-values.ts";
import type { Store } from "../store/store.ts";
import { contextFiles, knobValues } from "./code.ts";
import type { Knowledge, Known } from "./knowledge.ts";
import { Past } from "./past.ts";
import { Trajectories } from "./trajectories.ts";

/** The caller's side of a request. */
export interface Caller {
  signal: AbortSignal;
  report(progress: Omit<ProgressReport, "progress">): void;
}

/** What is the same for all requests of one search, or of one generation by hand. */
export interface Ground {
  store: Store;
  git: Git;
  environment: ValidEnvironment;
  /** Commit of the unchanged code. */
  baseline: string;
  /** `operators`, or a model. */
  source: string;
  knowledge: Knowledge;
  /** Null for a human. */
  search: number | null;
  /** Whether an idea counts as an earlier one; absent: all do. */
  remembers?: (idea: Known) => boolean;
  /** Whether code and diffs are left out, because nobody will read them. */
  bare?: boolean;
}

export class Background {
  readonly #ground: Ground;
  readonly #trajectories: Trajectories;
  #about: Promise<{ baselineValues: Assignment; past: Past }> | null = null;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#trajectories = new Trajectories(ground, ground.environment);
  }

  /** @throws ProvingGroundError `not-implemented-yet` for a base without an implementation */
  async request(draw: Draw, instructions: string, reference: KnownBaseline, caller: Caller): Promise<IdeationRequest> {
    const { git, environment, baseline, source, search, knowledge } = this.#ground;
    const { baselineValues, past } = await (this.#about ??= this.#look());
    await past.follow(knowledge);
    const byModel = source !== OPERATORS && this.#ground.bare !== true;
    const known = (ids: readonly number[]) => ids.flatMap((id) => knowledge.idea(id) ?? []);
    const { strategy, count, base, seed } = draw;
    return {
      ...{ manifest: environment.manifest, baseline: reference, baselineValues, instructions, strategy, count, base, seed, search },
      files: byModel ? await contextFiles(git, environment, this.#commitOf(base) ?? baseline) : [],
      earlier: past.earlier,
      tried: past.tried,
      parents: await Promise.all(known(draw.parents).map((idea) => this.#trajectories.parent(idea, byModel))),
      sample: byModel ? await Promise.all(known(draw.sample).map((idea) => this.#trajectories.withCode(idea))) : [],
      signal: caller.signal,
      onProgress: (progress) => caller.report(progress),
    };
  }

  async #look(): Promise<{ baselineValues: Assignment; past: Past }> {
    const { git, environment, baseline, remembers } = this.#ground;
    const baselineValues = await knobValues(git, environment, baseline);
    return { baselineValues, past: new Past(this.#ground, environment, baselineValues, remembers) };
  }

  #commitOf(base: number | null): string | null {
    if (base === null) return null;
    const implementation = this.#ground.store.implementations.implementation(base);
    if (implementation !== null) return implementation.commit;
    throw new ProvingGroundError("not-implemented-yet", `idea #${base} has no approved implementation to build on`, {
      hint: "Approve it first, or write the next epoch on the baseline.",
    });
  }
}
