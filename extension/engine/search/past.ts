/** Every earlier idea with the knob values it results in, kept up to date with what is known: the cost of one more idea stays the same. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Git } from "../git/git.ts";
import type { Earlier } from "../ideator/sources.ts";
import type { Assignment } from "../models/knob-values.ts";
import { Tried } from "../models/tried.ts";
import type { Store } from "../store/store.ts";
import { knobValues } from "./code.ts";
import type { Known, Knowledge } from "./knowledge.ts";

export class Past {
  readonly tried: Tried;
  readonly #store: Store;
  readonly #git: Git;
  readonly #environment: ValidEnvironment;
  readonly #baseline: Assignment;
  readonly #remembers: (idea: Known) => boolean;
  readonly #known = new Map<number, Known>();
  readonly #values = new Map<number, Assignment>();
  /** What the values of each idea were found from. */
  readonly #from = new Map<number, string>();
  /** Ideas in words whose code is not approved yet. */
  readonly #inWords = new Set<number>();

  /**
   * @param baseline values in the unchanged code
   * @param remembers whether an idea counts as an earlier one
   */
  constructor(
    { store, git }: { store: Store; git: Git },
    environment: ValidEnvironment,
    baseline: Assignment,
    remembers: (idea: Known) => boolean = () => true,
  ) {
    this.#store = store;
    this.#git = git;
    this.#environment = environment;
    this.#baseline = baseline;
    this.#remembers = remembers;
    this.tried = new Tried(environment.manifest.knobs, baseline);
  }

  /** Oldest first. */
  get earlier(): Earlier[] {
    return [...this.#known.values()].map(({ id, title, body }) => ({ title, body, values: this.#values.get(id) ?? null }));
  }

  /** Takes in what has become known. */
  async follow(knowledge: Knowledge): Promise<void> {
    const fresh = [...knowledge.ideas].filter((idea) => !this.#known.has(idea.id) && this.#remembers(idea));
    for (const idea of fresh) {
      this.#known.set(idea.id, idea);
      if (idea.knobs === null) this.#inWords.add(idea.id);
      else await this.#learn(idea, knowledge);
    }
    for (const id of this.#inWords) {
      const idea = knowledge.idea(id);
      if (idea?.implemented !== true) continue;
      this.#inWords.delete(id);
      await this.#learn(idea, knowledge);
    }
  }

  async #learn(idea: Known, knowledge: Knowledge): Promise<void> {
    const values = await this.#valuesOf(idea, knowledge);
    if (values !== null) this.tried.add(values);
  }

  /** Read in the code where words made the idea, else its settings on top of what it is written on; null where that is not known. */
  async #valuesOf(idea: Known, knowledge: Knowledge): Promise<Assignment | null> {
    const from = JSON.stringify([idea.knobs, idea.base, idea.implemented]);
    const known = this.#from.get(idea.id) === from ? this.#values.get(idea.id) : undefined;
    if (known !== undefined) return known;
    const values = idea.knobs === null ? await this.#inCode(idea.id) : await this.#onBase(idea, idea.knobs, knowledge);
    if (values === null) return null;
    this.#values.set(idea.id, values);
    this.#from.set(idea.id, from);
    return values;
  }

  async #onBase({ base }: Known, knobs: Assignment, knowledge: Knowledge): Promise<Assignment | null> {
    if (base === null) return { ...this.#baseline, ...knobs };
    const under = knowledge.idea(base);
    const values = under === undefined ? null : await this.#valuesOf(under, knowledge);
    return values === null ? null : { ...values, ...knobs };
  }

  async #inCode(id: number): Promise<Assignment | null> {
    const commit = this.#store.implementations.implementation(id)?.commit;
    return commit === undefined ? null : knobValues(this.#git, this.#environment, commit);
  }
}
