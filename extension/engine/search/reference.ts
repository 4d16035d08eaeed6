/** What a search compares with: the results of the unchanged code that it began with. */
import { meanAndDeviation } from "../environments/catalogue.ts";
import type { Git } from "../git/git.ts";
import type { Store } from "../store/store.ts";

export class Reference {
  readonly #store: Store;
  readonly #environment: string;
  /** Git tree of the environment's folder: runs of the same tree are runs of the same code. */
  readonly #tree: string;

  constructor(store: Store, environment: string, tree: string) {
    this.#store = store;
    this.#environment = environment;
    this.#tree = tree;
  }

  /** @throws ProvingGroundError `no-commit` when the commit is gone */
  static async of(parts: { store: Store; git: Git }, environment: string, commit: string, directory: string): Promise<Reference> {
    return new Reference(parts.store, environment, (await parts.git.treeOf(commit, directory)) ?? "");
  }

  /** Mean in the metric's unit; null while none is measured. */
  get mean(): number | null {
    const values = this.#store.runs.ofBaseline(this.#environment, this.#tree).flatMap(({ metric }) => metric ?? []);
    return meanAndDeviation(values).mean;
  }

  /** Whether it is measured, or is going to be. */
  get isMeasured(): boolean {
    return this.#store.runs.hasBaseline(this.#environment, this.#tree);
  }
}
