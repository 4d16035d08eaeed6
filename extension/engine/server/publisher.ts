/** Turns what the store says was touched into numbered deltas, and gives the snapshot they follow on. */
import type { Environment } from "../../protocol/environment.ts";
import type { Change, Delta, Snapshot } from "../../protocol/lab.ts";
import type { Target } from "../../protocol/run.ts";
import type { Store } from "../store/store.ts";

export class Publisher {
  readonly #store: Store;
  readonly #send: (delta: Delta) => void;
  #seq = 0;
  #environments: Environment[] = [];
  #targets: Target[] = [];
  #pending: { ideas: Set<number>; runs: Set<number>; parents: Set<string>; searches: Set<number> } | null = null;

  /** @param send delivers a delta to every subscriber */
  constructor(store: Store, send: (delta: Delta) => void) {
    this.#store = store;
    this.#send = send;
    store.onTouched((touched) => {
      if (this.#pending === null) {
        this.#pending = { ideas: new Set(), runs: new Set(), parents: new Set(), searches: new Set() };
        // All transactions of one turn of the event loop make one delta.
        setImmediate(() => {
          this.flush();
        });
      }
      for (const idea of touched.ideas) this.#pending.ideas.add(idea);
      for (const run of touched.runs) this.#pending.runs.add(run);
      for (const environment of touched.parents) this.#pending.parents.add(environment);
      for (const search of touched.searches) this.#pending.searches.add(search);
    });
  }

  /** Sends what is pending now. */
  flush(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#pending = null;
    const ideas = [...pending.ideas].map((id) => this.#store.ideas.get(id));
    // What a search has used follows from its ideas' runs and calls.
    for (const { search } of ideas) if (search !== null) pending.searches.add(search);
    const changes: Change[] = [
      ...ideas.map((idea): Change => ({ kind: "idea", idea })),
      ...[...pending.runs].map((id): Change => ({ kind: "run", run: this.#store.runs.get(id) })),
      ...[...pending.parents].map((environment): Change => ({ kind: "parents", environment, ideas: this.#store.parents.of(environment) })),
      ...[...pending.searches].map((id): Change => ({ kind: "search", search: this.#store.searches.get(id) })),
    ];
    this.#publish(changes);
  }

  /** Everything as of now; deltas continue from its number. */
  snapshot(): Snapshot {
    this.flush();
    return {
      seq: this.#seq,
      environments: this.#environments,
      ideas: this.#store.ideas.list(),
      runs: this.#store.runs.list(),
      targets: this.#targets,
      parents: this.#store.parents.all(),
      searches: this.#store.searches.list(),
    };
  }

  /** Environments as last told. */
  get environments(): readonly Environment[] {
    return this.#environments;
  }

  setEnvironments(environments: Environment[]): void {
    if (JSON.stringify(environments) === JSON.stringify(this.#environments)) return;
    this.#environments = environments;
    this.#publish([{ kind: "environments", environments }]);
  }

  setTargets(targets: Target[]): void {
    if (JSON.stringify(targets) === JSON.stringify(this.#targets)) return;
    this.#targets = targets;
    this.#publish([{ kind: "targets", targets }]);
  }

  #publish(changes: Change[]): void {
    if (changes.length === 0) return;
    this.#send({ seq: ++this.#seq, changes });
  }
}
