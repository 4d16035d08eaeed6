/** What was tried before, read from the store: outcomes for the models, knob values for the operators. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Git } from "../git/git.ts";
import type { Earlier, Parent } from "../ideator/sources.ts";
import type { Trajectory } from "../ideator/trajectory.ts";
import { estimateTokens } from "../ideator/trajectory.ts";
import type { Assignment } from "../models/knob-values.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import type { Store } from "../store/store.ts";
import { knobValues } from "./code.ts";

/** Characters of a changed line in a diff, its share of context and headers included. */
const CHARACTERS_PER_CHANGED_LINE = 90;

export class Trajectories {
  readonly #store: Store;
  readonly #git: Git;
  readonly #environment: ValidEnvironment;

  constructor(store: Store, git: Git, environment: ValidEnvironment) {
    this.#store = store;
    this.#git = git;
    this.#environment = environment;
  }

  /** Ideas with an outcome, a failure being one; those put aside by a human or still under way are left out. */
  executed(): { idea: number; tokens: number }[] {
    return this.#store.ideas
      .list(this.#environment.name)
      .filter(hasOutcome)
      .map((idea) => {
        const { description, changes } = this.#store.ideas.record(idea.id).text;
        const lines = (idea.change?.added ?? 0) + (idea.change?.removed ?? 0);
        return {
          idea: idea.id,
          tokens: estimateTokens(idea.title + description + changes + " ".repeat(lines * CHARACTERS_PER_CHANGED_LINE)),
        };
      });
  }

  async of(id: number): Promise<Trajectory> {
    const idea = this.#store.ideas.get(id);
    const { text } = this.#store.ideas.record(id);
    return {
      idea: id,
      ...text,
      metric: idea.metric,
      seeds: idea.seeds,
      failure: idea.metric === null ? (idea.problem ?? `it is ${idea.status}`) : null,
      diff: await this.#diffToBaseline(id),
    };
  }

  async parent(id: number): Promise<Parent> {
    const commit = this.#store.implementations.implementation(id)?.commit;
    const values = commit === undefined ? {} : await knobValues(this.#git, this.#environment, commit);
    return { ...(await this.of(id)), values };
  }

  /** Every idea of the environment, with the knob values it results in where it is made of knobs. */
  async earlier(baseline: Assignment): Promise<Earlier[]> {
    const records = this.#store.ideas.records(this.#environment.name);
    const byId = new Map(records.map((record) => [record.id, record]));
    const known = new Map<number, Assignment | null>();
    const earlier: Earlier[] = [];
    for (const record of records) {
      const values = record.knobs === null ? null : await this.#valuesOf(record, byId, baseline, known);
      earlier.push({ ...record.text, values });
    }
    return earlier;
  }

  async #valuesOf(
    record: IdeaRecord,
    byId: ReadonlyMap<number, IdeaRecord>,
    baseline: Assignment,
    known: Map<number, Assignment | null>,
  ): Promise<Assignment | null> {
    const cached = known.get(record.id);
    if (cached !== undefined) return cached;
    const values = await this.#resolved(record, byId, baseline, known);
    known.set(record.id, values);
    return values;
  }

  /** Read in the code where words made the idea, else its settings on top of what it is written on. */
  async #resolved(
    { id, knobs, base }: IdeaRecord,
    byId: ReadonlyMap<number, IdeaRecord>,
    baseline: Assignment,
    known: Map<number, Assignment | null>,
  ): Promise<Assignment | null> {
    if (knobs === null) {
      const commit = this.#store.implementations.implementation(id)?.commit;
      return commit === undefined ? null : knobValues(this.#git, this.#environment, commit);
    }
    if (base === null) return { ...baseline, ...knobs };
    const record = byId.get(base);
    const under = record === undefined ? null : await this.#valuesOf(record, byId, baseline, known);
    return under === null ? null : { ...under, ...knobs };
  }

  /** The whole difference to the unchanged code, through all the ideas it is built on. */
  async #diffToBaseline(id: number): Promise<string | null> {
    const own = this.#store.implementations.implementation(id);
    if (own === null) return null;
    let root = own.base;
    for (let base = this.#store.ideas.record(id).base; base !== null; base = this.#store.ideas.record(base).base) {
      root = this.#store.implementations.implementation(base)?.base ?? root;
    }
    return this.#git.diff(root, own.commit, this.#environment.directory);
  }
}

function hasOutcome({ metric, status }: Idea): boolean {
  if (status === "rejected") return false;
  return metric !== null || status === "failed" || status === "not implemented";
}
