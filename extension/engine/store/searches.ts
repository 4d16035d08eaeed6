/** Searches in the store: their plans and states, and what they have used so far. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Search, SearchPlan, SearchState, Spent } from "../../protocol/search.ts";
import type { Actor, Database, Row, Transaction } from "./database.ts";

export interface NewSearch {
  environment: string;
  plan: SearchPlan;
  baseline: string;
  firstEpoch: number;
  /** GPUs that a run needs. */
  gpus: number;
  benchmark?: number | null;
}

const BILLION = 1_000_000_000;
const HOUR = 3_600_000;

export class Searches {
  readonly #database: Database;
  /** What searches wait for; not kept, because whoever begins again finds out anew. */
  readonly #waitsFor = new Map<number, string>();
  /** Searches whose next epoch waits for a human; likewise. */
  readonly #asking = new Set<number>();
  /** Milliseconds that ended runs took and that early stopping saved, by search; forgotten when one of its runs changes. */
  readonly #runTime = new Map<number, { time: number; saved: number }>();

  constructor(database: Database) {
    this.#database = database;
    database.onTouched(({ runs }) => {
      if (runs.size > 0 && this.#runTime.size > 0) this.#forgetRunTime(runs);
    });
  }

  start(actor: Actor, { environment, plan, baseline, firstEpoch, gpus, benchmark = null }: NewSearch): Search {
    const id = this.#database.transaction(actor, (transaction) => {
      const search = this.#database.run(
        `INSERT INTO searches (environment, plan, baseline, first_epoch, gpus, state, benchmark, started_at)
         VALUES (?, ?, ?, ?, ?, 'running', ?, ?)`,
        environment,
        JSON.stringify(plan),
        baseline,
        firstEpoch,
        gpus,
        benchmark,
        this.#database.now(),
      );
      this.#record(transaction, search, "search started", { plan, baseline });
      return search;
    });
    return this.get(id);
  }

  /** @throws ProvingGroundError `usage` */
  get(id: number): Search {
    const row = this.#database.get("SELECT * FROM searches WHERE id = ?", id);
    if (row !== undefined) return this.#toSearch(row);
    throw new ProvingGroundError("usage", `there is no search ${id}`, { hint: "`proving-ground search list` shows those there are." });
  }

  list(): Search[] {
    return this.#database.all("SELECT * FROM searches ORDER BY id").map((row) => this.#toSearch(row));
  }

  /** Those that have not ended. */
  open(): Search[] {
    return this.#database.all("SELECT * FROM searches WHERE state <> 'ended' ORDER BY id").map((row) => this.#toSearch(row));
  }

  /** A number that no benchmark has yet. */
  nextBenchmark(): number {
    return Number(this.#database.get("SELECT coalesce(max(benchmark), 0) + 1 AS next FROM searches")?.next);
  }

  change(actor: Actor, id: number, plan: SearchPlan): Search {
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("UPDATE searches SET plan = ? WHERE id = ?", JSON.stringify(plan), id);
      this.#record(transaction, id, "search changed", { plan });
    });
    return this.get(id);
  }

  /** @param reason why it is paused or ended; null for one that runs */
  setState(actor: Actor, id: number, state: SearchState, reason: string | null): Search {
    this.#waitsFor.delete(id);
    this.#database.transaction(actor, (transaction) => {
      const ended = state === "ended" ? this.#database.now() : null;
      this.#database.run("UPDATE searches SET state = ?, reason = ?, ended_at = ? WHERE id = ?", state, reason, ended, id);
      const kind = { running: "search resumed", paused: "search paused", ended: "search ended" }[state];
      this.#record(transaction, id, kind, { reason });
    });
    return this.get(id);
  }

  /** The human has looked at the parents of the epochs up to this one. */
  seeParents(id: number, epoch: number): Search {
    this.#database.transaction("human", (transaction) => {
      this.#database.run("UPDATE searches SET parents_seen = ? WHERE id = ?", epoch, id);
      this.#record(transaction, id, "parents seen", { epoch });
    });
    return this.get(id);
  }

  /** Newest epoch whose parents a human has looked at. */
  parentsSeen(id: number): number {
    return Number(this.#database.get("SELECT parents_seen FROM searches WHERE id = ?", id)?.parents_seen ?? 0);
  }

  /** Says what a search waits for that no row shows; null when for nothing. */
  setWaitsFor(id: number, what: string | null): void {
    if ((this.#waitsFor.get(id) ?? null) === what) return;
    if (what === null) this.#waitsFor.delete(id);
    else this.#waitsFor.set(id, what);
    this.#database.touch({ searches: new Set([id]) });
  }

  /** Says whether the next epoch of a search waits for a human. */
  setAsksForParents(id: number, asks: boolean): void {
    if (this.#asking.has(id) === asks) return;
    if (asks) this.#asking.add(id);
    else this.#asking.delete(id);
    this.#database.touch({ searches: new Set([id]) });
  }

  #record(transaction: Transaction, search: number, kind: string, detail: object): void {
    transaction.event({ kind, detail: { search, ...detail } });
    transaction.searches.add(search);
  }

  #toSearch(row: Row): Search {
    const id = Number(row.id);
    const plan = JSON.parse(String(row.plan)) as SearchPlan;
    const state = row.state as SearchState;
    const { ideas, epoch } = this.#database.get(
      `SELECT (SELECT count(*) FROM ideas WHERE search = ?1) AS ideas,
        (SELECT epoch FROM requests WHERE search = ?1 ORDER BY number DESC LIMIT 1) AS epoch`,
      id,
    ) ?? { ideas: 0, epoch: 0 };
    return {
      id,
      environment: String(row.environment),
      plan,
      baseline: String(row.baseline),
      firstEpoch: Number(row.first_epoch),
      state,
      reason: row.reason as string | null,
      ideas: Number(ideas),
      epoch: Number(epoch ?? 0),
      asksForParents: this.#asking.has(id) && state === "running",
      waitsFor: this.#waitsFor.get(id) ?? null,
      benchmark: row.benchmark === null ? null : Number(row.benchmark),
      spent: this.#spent(id, Number(row.gpus)),
      saved: (this.#timeOfRuns(id).saved / HOUR) * Math.max(1, Number(row.gpus)),
      startedAt: Number(row.started_at),
      endedAt: row.ended_at === null ? null : Number(row.ended_at),
    };
  }

  #spent(search: number, gpus: number): Spent {
    const sum = this.#database.get(
      "SELECT coalesce(sum(input_tokens + output_tokens), 0) AS tokens, coalesce(sum(cost), 0) AS cost FROM calls WHERE search = ?",
      search,
    );
    return {
      dollars: Number(sum?.cost ?? 0) / BILLION,
      tokens: Number(sum?.tokens ?? 0),
      hours: (this.#timeOfRuns(search).time / HOUR) * Math.max(1, gpus),
    };
  }

  #timeOfRuns(search: number): { time: number; saved: number } {
    const known = this.#runTime.get(search);
    if (known !== undefined) return known;
    const row = this.#database.get(
      `SELECT coalesce(sum(r.ended_at - r.started_at), 0) AS time, coalesce(sum(json_extract(r.early, '$.saved')), 0) AS saved
       FROM runs r JOIN ideas i ON i.id = r.idea WHERE i.search = ? AND r.ended_at IS NOT NULL`,
      search,
    );
    const sum = { time: Number(row?.time ?? 0), saved: Number(row?.saved ?? 0) * 1000 };
    this.#runTime.set(search, sum);
    return sum;
  }

  #forgetRunTime(runs: ReadonlySet<number>): void {
    for (const run of runs) {
      const row = this.#database.get("SELECT i.search, r.ended_at FROM runs r JOIN ideas i ON i.id = r.idea WHERE r.id = ?", run);
      if (row?.search != null && row.ended_at !== null) this.#runTime.delete(Number(row.search));
    }
  }
}
