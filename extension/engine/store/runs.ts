/** Runs in the store: how they are queued, begin and end, and what came out. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Containment, EarlyEnd, LiveReading, Run, RunFailure, RunState } from "../../protocol/run.ts";
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
  /** Target it is queued for; null: whichever has room first. */
  target: string | null;
  /** Place in the queue; absent: the end. */
  position?: number;
  /** Whether its search may stop it early. */
  watched?: boolean;
}

/** Where a run begins. */
export interface Beginning {
  target: string;
  contained: Containment | null;
  /** GPUs on all its nodes. */
  gpus: number;
}

export interface RunEnd {
  state: Extract<RunState, "succeeded" | "failed" | "stopped">;
  failure: RunFailure | null;
  reason: string | null;
  metric: number | null;
  /** When it began and ended by its own record, in milliseconds since 1970; absent: it ends now. */
  times?: { startedAt: number; endedAt: number };
}

export class Runs {
  readonly #database: Database;
  /** Newest readings of runs under way; not kept, because the run's own files hold them. */
  readonly #live = new Map<number, LiveReading>();
  /** What runs that have their place wait for; not kept, because it is asked for again. */
  readonly #waits = new Map<number, string>();
  /** By target; forgotten when one of its runs ends. */
  readonly #hours = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  enqueue(actor: Actor, runs: readonly NewRun[]): Run[] {
    const ids = this.#database.transaction(actor, (transaction) =>
      runs.map((run) => {
        const id = this.#database.run(
          `INSERT INTO runs (environment, idea, commit_hash, tree, seed, target, asked, state, position, watched, queued_at)
           VALUES (?, ?, ?, ?, ?, '', ?, 'queued', coalesce(?, (SELECT coalesce(max(position), 0) + 1 FROM runs)), ?, ?)`,
          run.environment,
          run.idea,
          run.commit,
          run.tree,
          run.seed,
          run.target ?? "",
          run.position ?? null,
          run.watched === true ? 1 : 0,
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

  /** Runs that were started and have not ended, as far as is known. @param target absent: on all targets */
  underWay(target?: string): Run[] {
    const sql = "SELECT * FROM runs WHERE state IN ('starting', 'running') AND (?1 IS NULL OR target = ?1) ORDER BY id";
    return this.#database.all(sql, target ?? null).map((row) => this.#toRun(row));
  }

  /** Numbers of the runs that ended on a target last. */
  lastEnded(target: string, count: number): number[] {
    const sql = `SELECT id FROM runs WHERE target = ? AND state IN ('succeeded', 'failed', 'stopped') ORDER BY ended_at DESC LIMIT ?`;
    return this.#database.all(sql, target, count).map(({ id }) => Number(id));
  }

  /** Hours that ended runs took on a target, times their GPUs. */
  hoursOn(target: string): number {
    const known = this.#hours.get(target);
    if (known !== undefined) return known;
    const sql = `SELECT coalesce(sum((ended_at - started_at) * max(1, gpus)), 0) AS time FROM runs
      WHERE target = ? AND state IN ('succeeded', 'failed', 'stopped') AND started_at IS NOT NULL`;
    const hours = Math.max(0, Number(this.#database.get(sql, target)?.time ?? 0)) / 3_600_000;
    this.#hours.set(target, hours);
    return hours;
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
  starting(id: number, { target, contained, gpus }: Beginning): void {
    this.#move(
      "engine",
      id,
      ["queued"],
      "run starting",
      "UPDATE runs SET state = 'starting', started_at = ?, target = ?, contained = ?, gpus = ?, reason = NULL WHERE id = ?",
      this.#database.now(),
      target,
      contained,
      gpus,
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

  /** Records that a run is to be stopped, before it is: its target may not answer, and a later engine must know. */
  askStop(id: number, actor: Actor): void {
    if (this.isStopAsked(id)) return;
    this.#move(actor, id, ["starting", "running"], "run stop asked", "UPDATE runs SET stop_asked = 1 WHERE id = ?", id);
  }

  isStopAsked(id: number): boolean {
    return this.#database.get("SELECT stop_asked FROM runs WHERE id = ?", id)?.stop_asked === 1;
  }

  /** A run that was taken but provably never started goes back to its place in the queue. */
  requeue(id: number, why: string | null): void {
    this.#move(
      "engine",
      id,
      ["starting"],
      "run requeued",
      "UPDATE runs SET state = 'queued', started_at = NULL, target = '', contained = NULL, gpus = 0, stop_asked = 0, reason = ? WHERE id = ?",
      why,
      id,
    );
  }

  ended(id: number, end: RunEnd, actor: Actor = "engine"): void {
    const now = this.#database.now();
    const run = this.get(id);
    // A clock of another machine may differ: how long it took is taken from there, and it cannot have ended after now.
    const took = end.times === undefined ? null : Math.max(0, end.times.endedAt - end.times.startedAt);
    const endedAt = end.times === undefined ? now : Math.min(now, Math.max(end.times.endedAt, (run.startedAt ?? now) + (took ?? 0)));
    const early = end.state === "stopped" ? this.#earlyEnd(run, took ?? endedAt - (run.startedAt ?? endedAt)) : null;
    this.#live.delete(id);
    this.#waits.delete(id);
    this.#hours.delete(run.target ?? "");
    this.#move(
      actor,
      id,
      ["queued", "starting", "running"],
      early === null ? `run ${end.state}` : "run stopped early",
      `UPDATE runs SET state = ?, failure = ?, reason = ?, metric = ?, early = ?, started_at = coalesce(?, started_at), ended_at = ?
       WHERE id = ?`,
      end.state,
      end.failure,
      early === null ? end.reason : [early.reason, end.reason].filter((part) => part !== null).join(" "),
      end.metric,
      early === null ? null : JSON.stringify(early),
      took === null ? null : endedAt - took,
      endedAt,
      id,
    );
  }

  /** Says what a run that has its place waits for; null when for nothing. */
  setWaits(id: number, reason: string | null): void {
    if ((this.#waits.get(id) ?? null) === reason) return;
    if (reason === null) this.#waits.delete(id);
    else this.#waits.set(id, reason);
    this.#database.touch({ runs: new Set([id]) });
  }

  setLive(id: number, reading: LiveReading): void {
    this.#live.set(id, reading);
    this.#database.touch({ runs: new Set([id]) });
  }

  /** What a run that was to be stopped early has saved. @param took milliseconds */
  #earlyEnd({ early, environment }: Run, took: number): EarlyEnd | null {
    return early && { ...early, saved: Math.max(0, (this.meanSeconds(environment) ?? 0) - took / 1000) };
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
      target: row.target === "" ? null : String(row.target),
      asked: row.asked === "" ? null : String(row.asked),
      contained: row.contained as Containment | null,
      state: row.state as RunState,
      position: Number(row.position),
      failure: row.failure as RunFailure | null,
      reason: (row.reason as string | null) ?? this.#waits.get(id) ?? null,
      metric: row.metric === null ? null : Number(row.metric),
      early: row.early === null ? null : (JSON.parse(String(row.early)) as EarlyEnd),
      live: this.#live.get(id) ?? null,
      queuedAt: Number(row.queued_at),
      startedAt: row.started_at === null ? null : Number(row.started_at),
      endedAt: row.ended_at === null ? null : Number(row.ended_at),
    };
  }
}
