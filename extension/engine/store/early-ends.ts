/** Early stopping in the store: which runs a search may stop before their end, which it did, and what they are compared with. */
import { type EarlyEnd, ENDED, type Run } from "../../protocol/run.ts";
import type { Database } from "./database.ts";
import type { Runs } from "./runs.ts";

export class EarlyEnds {
  readonly #database: Database;
  readonly #runs: Runs;

  constructor(database: Database, runs: Runs) {
    this.#database = database;
    this.#runs = runs;
  }

  /** Whether the search that queued a run may stop it early. */
  isWatched(id: number): boolean {
    return this.#database.get("SELECT watched FROM runs WHERE id = ?", id)?.watched === 1;
  }

  /** The search that may stop a run early by its plan as it is now; null when none may. Asked at every reading, so that it is one query. */
  watcherOf(id: number): number | null {
    const sql = `SELECT i.search FROM runs r JOIN ideas i ON i.id = r.idea JOIN searches s ON s.id = i.search
      WHERE r.id = ? AND r.watched = 1 AND json_extract(s.plan, '$.earlyStop.rule') <> 'off'`;
    const search = this.#database.get(sql, id)?.search ?? null;
    return search === null ? null : Number(search);
  }

  /** Ended runs of a search's ideas, newest first: completed ones, or those that were stopped early. */
  comparable(search: number, state: "succeeded" | "stopped", most: number): Run[] {
    const sql = `SELECT r.id FROM runs r JOIN ideas i ON i.id = r.idea
      WHERE i.search = ? AND r.state = ? AND (r.state = 'succeeded' OR r.early IS NOT NULL) ORDER BY r.id DESC LIMIT ?`;
    return this.#database.all(sql, search, state, most).map((row) => this.#runs.get(Number(row.id)));
  }

  /** Records that runs are to be stopped early, before they are, so that a later engine knows. Ended ones stay as they are. */
  record(early: ReadonlyMap<number, Omit<EarlyEnd, "saved">>): void {
    this.#database.transaction("search", (transaction) => {
      for (const [id, why] of early) {
        const { state, idea } = this.#runs.get(id);
        if (ENDED.has(state)) continue;
        const detail = { ...why, saved: 0 };
        this.#database.run("UPDATE runs SET early = ? WHERE id = ?", JSON.stringify(detail), id);
        transaction.event({ kind: "run stopping early", run: id, ...(idea === null ? {} : { idea }), detail });
      }
    });
  }
}
