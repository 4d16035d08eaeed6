/** The lab's memory: everything that was written, tried and measured, opened by the engine alone. */
import { Calls } from "./calls.ts";
import { Database, type Touched } from "./database.ts";
import { EarlyEnds } from "./early-ends.ts";
import { Events } from "./events.ts";
import { Ideas } from "./ideas.ts";
import { Implementations } from "./implementations.ts";
import { Parents } from "./parents.ts";
import { Requests } from "./requests.ts";
import { RunQueue } from "./run-queue.ts";
import { Runs } from "./runs.ts";
import { Settings } from "./settings.ts";
import { Searches } from "./searches.ts";
import { Targets } from "./targets.ts";
import { Vectors } from "./vectors.ts";

export class Store {
  readonly ideas: Ideas;
  readonly implementations: Implementations;
  readonly runs: Runs;
  readonly queue: RunQueue;
  readonly early: EarlyEnds;
  readonly parents: Parents;
  readonly calls: Calls;
  readonly searches: Searches;
  readonly requests: Requests;
  readonly events: Events;
  readonly vectors: Vectors;
  readonly targets: Targets;
  readonly settings: Settings;
  readonly #database: Database;

  /**
   * @param file path of `lab.db`, or `:memory:`
   * @param clock milliseconds since 1970
   */
  constructor(file: string, clock: () => number) {
    this.#database = new Database(file, clock);
    this.ideas = new Ideas(this.#database);
    this.implementations = new Implementations(this.#database);
    this.runs = new Runs(this.#database);
    this.queue = new RunQueue(this.#database, this.runs);
    this.early = new EarlyEnds(this.#database, this.runs);
    this.parents = new Parents(this.#database);
    this.calls = new Calls(this.#database);
    this.searches = new Searches(this.#database);
    this.requests = new Requests(this.#database, this.ideas);
    this.events = new Events(this.#database);
    this.vectors = new Vectors(this.#database);
    this.targets = new Targets(this.#database);
    this.settings = new Settings(this.#database);
  }

  /** Milliseconds since 1970, by the clock that records go by. */
  now(): number {
    return this.#database.now();
  }

  /** Hears of every committed change; @returns a function that ends the subscription. */
  onTouched(listener: (touched: Touched) => void): () => void {
    return this.#database.onTouched(listener);
  }

  close(): void {
    this.#database.close();
  }
}
