/** Earlier experiments as sources of ideas read them: results as they are known, and for models the code that was changed. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Git } from "../git/git.ts";
import type { Parent } from "../ideator/sources.ts";
import type { Trajectory } from "../ideator/trajectory.ts";
import type { Assignment } from "../models/knob-values.ts";
import { remembered } from "../remembered.ts";
import type { Store } from "../store/store.ts";
import { knobValues } from "./code.ts";
import { type Known, metricOf } from "./knowledge.ts";

export class Trajectories {
  readonly #store: Store;
  readonly #git: Git;
  readonly #environment: ValidEnvironment;
  /** By commit: what a commit holds does not change. */
  readonly #diffs = new Map<string, Promise<string>>();
  readonly #values = new Map<string, Promise<Assignment>>();

  constructor({ store, git }: { store: Store; git: Git }, environment: ValidEnvironment) {
    this.#store = store;
    this.#git = git;
    this.#environment = environment;
  }

  /** With its difference to the unchanged code. */
  async withCode(known: Known): Promise<Trajectory> {
    return { ...this.#told(known), diff: await this.#diffToBaseline(known.id) };
  }

  /** With the values of the knobs in its code. @param code whether its difference to the unchanged code is wanted too */
  async parent(known: Known, code: boolean): Promise<Parent> {
    const commit = this.#store.implementations.implementation(known.id)?.commit;
    const values = commit === undefined ? {} : await this.#valuesIn(commit);
    return { ...(code ? await this.withCode(known) : { ...this.#told(known), diff: null }), values };
  }

  #told(known: Known): Omit<Trajectory, "diff"> {
    const { text } = this.#store.ideas.record(known.id);
    const metric = metricOf(known);
    const { problem, status } = metric === null ? this.#store.ideas.get(known.id) : { problem: null, status: "done" };
    return {
      ...text,
      ...{ idea: known.id, title: known.title },
      metric,
      seeds: known.metrics.length,
      failure: metric === null ? (problem ?? `it is ${status}`) : null,
      stopped: status === "stopped" && problem !== null,
    };
  }

  #valuesIn(commit: string): Promise<Assignment> {
    return remembered(this.#values, commit, () => knobValues(this.#git, this.#environment, commit));
  }

  /** The whole difference, through all the ideas it is built on; null where it has no code. */
  async #diffToBaseline(id: number): Promise<string | null> {
    const own = this.#store.implementations.implementation(id);
    if (own === null) return null;
    let root = own.base;
    for (let base = this.#store.ideas.record(id).base; base !== null; base = this.#store.ideas.record(base).base) {
      root = this.#store.implementations.implementation(base)?.base ?? root;
    }
    return remembered(this.#diffs, own.commit, () => this.#git.diff(root, own.commit, this.#environment.directory));
  }
}
