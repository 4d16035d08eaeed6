/** Runs in the store: the queue, what is under way, and what came out. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { LiveReading, Run, RunFailure, RunState } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import type { Actor, Database, Row } from "./database.ts";

export interface NewRun {
  environment: string;
  /** Null for the baseline. */
  idea: number | null;
  commit: string;
  /** Git tree of the environment's folder at that commit: tells whether a baseline's result is of today's code. */
  tree: string;
  seed: number;
  target: string;
}

export interface RunEnd {
  state: Extract<RunState, "succeeded" | "failed" | "stopped">;
  failure: RunFailure | null;
  reason: string | null;
  metric: number | null;
}

export class Runs {
  readonly #database: Database;
  /** Newest readings of runs under way; not kept, because the run's own files hold them. */
  readonly #live = new Map<number, LiveReading>();

  constructor(database: Database) {
    this.#database = database;
  }

  enqueue(actor: Actor, runs: readonly NewRun[]): Run[] {
    const ids = this.#database.transaction(actor, (transaction) =>
      runs.map((run) => {
        const id = this.#database.run(
          `INSERT INTO runs (environment, idea, commit_hash, tree, seed, target, state, position, queued_at)
           VALUES (?, ?, ?, ?, ?, ?, 'queued', (SELECT coalesce(max(position), 0) + 1 FROM runs), ?)`,
          run.environment,
          run.idea,
          run.commit,
          run.tree,
          run.seed,
          run.target,
          this.#database.now(),
        );
        transaction.event({
          kind: "run queued",
          run: id,
          ...(run.idea === null ? {} : { idea: run.idea }),
          detail: { commit: run.commit, seed: run.seed },
        });
        return id;
      }),
    );
    return ids.map((id) => this.get(id));
  }

  /** @throws ProvingGroundError `unknown-run` */
  get(id: number): Run {
    const row = this.#database.get("SELECT * FROM runs WHERE id = ?", id);
    if (row === undefined)
      throw new ProvingGroundError("unknown-run", `there is no run ${id}`, { hint: "`proving-ground runs list` shows those there are." });
    return this.#toRun(row);
  }

  list(): Run[] {
    return this.#database.all("SELECT * FROM runs ORDER BY id").map((row) => this.#toRun(row));
  }

  /** Runs of an environment's ideas and of its baseline, in the order queued. */
  ofEnvironment(environment: string): Run[] {
    return this.#database.all("SELECT * FROM runs WHERE environment = ? ORDER BY id", environment).map((row) => this.#toRun(row));
  }

  ofIdea(idea: number): Run[] {
    return this.#database.all("SELECT * FROM runs WHERE idea = ? ORDER BY id", idea).map((row) => this.#toRun(row));
  }

  /** Queued runs, first in line first. */
  queued(): Run[] {
    return this.#database.all("SELECT * FROM runs WHERE state = 'queued' ORDER BY position, id").map((row) => this.#toRun(row));
  }

  /** Runs that were started and have not ended, as far as is known. */
  underWay(): Run[] {
    return this.#database.all("SELECT * FROM runs WHERE state IN ('starting', 'running') ORDER BY id").map((row) => this.#toRun(row));
  }

  /** Finished baseline runs of exactly this code. */
  ofBaseline(environment: string, tree: string): Run[] {
    return this.#database
      .all("SELECT * FROM runs WHERE environment = ? AND tree = ? AND idea IS NULL AND state = 'succeeded' ORDER BY id", environment, tree)
      .map((row) => this.#toRun(row));
  }

  /** Whether a run of exactly this code has succeeded, waits or is under way. */
  hasBaseline(environment: string, tree: string): boolean {
    const sql = "SELECT 1 FROM runs WHERE environment = ? AND tree = ? AND idea IS NULL AND state NOT IN ('failed', 'stopped') LIMIT 1";
    return this.#database.get(sql, environment, tree) !== undefined;
  }

  /** Runs of a search's ideas that have not ended. */
  openOf(search: number): Run[] {
    const sql = `SELECT r.* FROM runs r JOIN ideas i ON i.id = r.idea
      WHERE i.search = ? AND r.state IN ('queued', 'starting', 'running') ORDER BY r.id`;
    return this.#database.all(sql, search).map((row) => this.#toRun(row));
  }

  /** Mean wall time of the newest successful runs of an environment, in seconds; null before the first. */
  meanSeconds(environment: string): number | null {
    const sql = `SELECT avg((ended_at - started_at) / 1000.0) AS seconds FROM
      (SELECT ended_at, started_at FROM runs WHERE environment = ? AND state = 'succeeded' ORDER BY id DESC LIMIT 20)`;
    const seconds = this.#database.get(sql, environment)?.seconds ?? null;
    return seconds === null ? null : Number(seconds);
  }

  /** Tree of the environment's folder that a run executes. */
  treeOf(id: number): string {
    return String(this.#database.get("SELECT tree FROM runs WHERE id = ?", id)?.tree);
  }

  counts(): { running: number; queued: number } {
    const row = this.#database.get(
      "SELECT (SELECT count(*) FROM runs WHERE state = 'queued') AS queued, (SELECT count(*) FROM runs WHERE state IN ('starting', 'running')) AS running",
    );
    return { running: Number(row?.running ?? 0), queued: Number(row?.queued ?? 0) };
  }

  /** The scheduler took it: from here on it may exist outside the engine. */
  starting(id: number): void {
    this.#move(
      "engine",
      id,
      ["queued"],
      "run starting",
      "UPDATE runs SET state = 'starting', started_at = ? WHERE id = ?",
      this.#database.now(),
      id,
    );
  }

  running(id: number): void {
    this.#move(
      "engine",
      id,
      ["starting"],
      "run started",
      "UPDATE runs SET state = 'running', started_at = ? WHERE id = ?",
      this.#database.now(),
      id,
    );
  }

  /** A run that was taken but provably never started goes back to its place in the queue. */
  requeue(id: number, why: string): void {
    this.#move(
      "engine",
      id,
      ["starting"],
      "run requeued",
      "UPDATE runs SET state = 'queued', started_at = NULL, reason = ? WHERE id = ?",
      why,
      id,
    );
  }

  ended(id: number, end: RunEnd, actor: Actor = "engine"): void {
    this.#live.delete(id);
    this.#move(
      actor,
      id,
      ["queued", "starting", "running"],
      `run ${end.state}`,
      "UPDATE runs SET state = ?, failure = ?, reason = ?, metric = ?, ended_at = ? WHERE id = ?",
      end.state,
      end.failure,
      end.reason,
      end.metric,
      this.#database.now(),
      id,
    );
  }

  /** Puts a queued run before all others. */
  first(id: number): Run {
    this.#move(
      "human",
      id,
      ["queued"],
      "run put first",
      "UPDATE runs SET position = (SELECT min(position) - 1 FROM runs) WHERE id = ?",
      id,
    );
    return this.get(id);
  }

  setLive(id: number, reading: LiveReading): void {
    this.#live.set(id, reading);
    this.#database.touch({ runs: new Set([id]) });
  }

  #move(actor: Actor, id: number, from: RunState[], kind: string, sql: string, ...values: (string | number | null)[]): void {
    const run = this.get(id);
    if (!from.includes(run.state)) {
      throw new ProvingGroundError("usage", `run ${id} is ${run.state}`, {
        hint: ENDED.has(run.state)
          ? "It has ended; retry it to execute the same code again."
          : `This needs a run that is ${from.join(" or ")}.`,
      });
    }
    this.#database.transaction(actor, (transaction) => {
      this.#database.run(sql, ...values);
      transaction.event({ kind, run: id, ...(run.idea === null ? {} : { idea: run.idea }) });
    });
  }

  #toRun(row: Row): Run {
    const id = Number(row.id);
    return {
      id,
      environment: String(row.environment),
      idea: row.idea === null ? null : Number(row.idea),
      commit: String(row.commit_hash),
      seed: Number(row.seed),
      target: String(row.target),
      state: row.state as RunState,
      position: Number(row.position),
      failure: row.failure as RunFailure | null,
      reason: row.reason as string | null,
      metric: row.metric === null ? null : Number(row.metric),
      live: this.#live.get(id) ?? null,
      queuedAt: Number(row.queued_at),
      startedAt: row.started_at === null ? null : Number(row.started_at),
      endedAt: row.ended_at === null ? null : Number(row.ended_at),
    };
  }
}
