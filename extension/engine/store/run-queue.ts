/** The queue in the store: its order, what is first in it, and how a human changes it. */
import type { Run } from "../../protocol/run.ts";
import type { Database, EventRow } from "./database.ts";
import type { Runs } from "./runs.ts";

/** One kind of queued runs; `asked` is empty for runs that any target may take. */
export interface Lane {
  environment: string;
  asked: string;
}

export class RunQueue {
  readonly #database: Database;
  readonly #runs: Runs;

  constructor(database: Database, runs: Runs) {
    this.#database = database;
    this.#runs = runs;
  }

  /** Queued runs, first in line first. */
  queued(): Run[] {
    return this.#database
      .all("SELECT id FROM runs WHERE state = 'queued' ORDER BY position, id")
      .map((row) => this.#runs.get(Number(row.id)));
  }

  /** Kinds of queued runs: of one environment, for one target. Whatever keeps the first of a lane waiting keeps the whole lane. */
  lanes(): Lane[] {
    const sql = "SELECT DISTINCT environment, asked FROM runs WHERE state = 'queued'";
    return this.#database.all(sql).map((row) => ({ environment: String(row.environment), asked: String(row.asked) }));
  }

  /** First in line of a lane. */
  head({ environment, asked }: Lane): Run | null {
    const sql = "SELECT id FROM runs WHERE state = 'queued' AND environment = ? AND asked = ? ORDER BY position, id LIMIT 1";
    const row = this.#database.get(sql, environment, asked);
    return row === undefined ? null : this.#runs.get(Number(row.id));
  }

  /** The first few queued runs. */
  next(count: number): Run[] {
    return this.#database
      .all("SELECT id FROM runs WHERE state = 'queued' ORDER BY position, id LIMIT ?", count)
      .map((row) => this.#runs.get(Number(row.id)));
  }

  /** The highest place that a run left the queue from; 0 before the first. */
  position(): number {
    // State by state, so that an index answers it.
    const sql = ["starting", "running", "succeeded", "failed", "stopped"]
      .map((state) => `SELECT max(position) AS position FROM runs WHERE state = '${state}'`)
      .join(" UNION ALL ");
    return Number(this.#database.get(`SELECT coalesce(max(position), 0) AS position FROM (${sql})`)?.position);
  }

  /** The last place that runs of a search, or (null) those of humans, were given; 0 before the first. */
  lastPosition(search: number | null): number {
    const sql = "SELECT coalesce(max(r.position), 0) AS position FROM runs r LEFT JOIN ideas i ON i.id = r.idea WHERE i.search IS ?";
    return Number(this.#database.get(sql, search)?.position);
  }

  /**
   * Puts queued runs, in the order given, before another queued one, or at the end.
   * @returns those that were moved; the others have begun meanwhile
   */
  reorder(ids: readonly number[], before: number | null): Run[] {
    const queued = this.queued();
    const waiting = new Map(queued.map((run) => [run.id, run]));
    const moved = [...new Set(ids)].flatMap((id) => waiting.get(id) ?? []);
    if (moved.length === 0) return [];
    const moving = new Set(moved.map(({ id }) => id));
    const rest = queued.filter(({ id }) => !moving.has(id));
    const at = before === null ? -1 : queued.slice(queued.findIndex(({ id }) => id === before)).find(({ id }) => !moving.has(id))?.id;
    const index = at === -1 ? rest.length : rest.findIndex(({ id }) => id === at);
    const place = index < 0 ? rest.length : index;
    const order = [...rest.slice(0, place), ...moved, ...rest.slice(place)];
    const positions = ascending(queued.map(({ position }) => position));
    this.#database.transaction("human", (transaction) => {
      for (const [nth, run] of order.entries()) {
        const position = positions[nth] ?? run.position;
        if (position !== run.position) {
          this.#database.run("UPDATE runs SET position = ? WHERE id = ?", position, run.id);
          transaction.runs.add(run.id);
        }
      }
      for (const run of moved) transaction.event(about(run, "run moved in the queue"));
    });
    return moved.map(({ id }) => this.#runs.get(id));
  }

  /** Queues queued runs for another target. @param target null: for whichever has room first @returns those that had not begun */
  ask(ids: readonly number[], target: string | null): Run[] {
    const waiting = ids.map((id) => this.#runs.get(id)).filter(({ state }) => state === "queued");
    this.#database.transaction("human", (transaction) => {
      for (const run of waiting) {
        this.#database.run("UPDATE runs SET asked = ?, reason = NULL WHERE id = ?", target ?? "", run.id);
        transaction.event({ ...about(run, "run moved to another target"), detail: { target } });
      }
    });
    return waiting.map(({ id }) => this.#runs.get(id));
  }
}

function about({ id, idea }: Run, kind: string): EventRow {
  return { kind, run: id, ...(idea === null ? {} : { idea }) };
}

/** The same places, none twice, so that what is put between two others finds one. */
function ascending(positions: readonly number[]): number[] {
  let last = -Infinity;
  return positions.map((position) => (last = position > last ? position : last + Math.max(1, Math.abs(last)) * 1e-9));
}
