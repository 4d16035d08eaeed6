/** The event log read back: what happened to ideas and runs, in order, with what of it never changes afterwards. */
import type { Actor, Database, Row } from "./database.ts";

/** An event about an idea, or about the parents of an environment. */
export interface LoggedEvent {
  seq: number;
  kind: string;
  actor: Actor;
  idea: number | null;
  run: number | null;
  detail: Readonly<Record<string, unknown>>;
  /** Of the idea or run that it names, else as its detail says. */
  environment: string | null;
  /** Search that the idea belongs to. */
  search: number | null;
  /** Of the run it names, once that has succeeded. */
  metric: number | null;
}

const ROWS = `
SELECT e.seq, e.kind, e.actor, e.idea, e.run, e.detail, r.metric, i.search, coalesce(i.environment, r.environment) AS environment
FROM events e LEFT JOIN ideas i ON i.id = e.idea LEFT JOIN runs r ON r.id = e.run`;

export class Events {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Number of the newest event; 0 when there is none. */
  get newest(): number {
    return Number(this.#database.get("SELECT coalesce(max(seq), 0) AS newest FROM events")?.newest ?? 0);
  }

  /** Those after one number and up to another, oldest first. */
  between(after: number, upTo: number): LoggedEvent[] {
    return this.#database.all(`${ROWS} WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq`, after, upTo).map(toEvent);
  }

  /** Ideas that were written, or are otherwise written than before, since an event. */
  written(after: number): number[] {
    return this.#database
      .all("SELECT DISTINCT idea FROM events WHERE seq > ? AND kind IN ('idea added', 'idea edited', 'idea rebased') ORDER BY idea", after)
      .map((row) => Number(row.idea));
  }
}

function toEvent(row: Row): LoggedEvent {
  const detail = row.detail === null ? {} : (JSON.parse(String(row.detail)) as Record<string, unknown>);
  const said = typeof detail.environment === "string" ? detail.environment : null;
  return {
    seq: Number(row.seq),
    kind: String(row.kind),
    actor: row.actor as Actor,
    idea: row.idea === null ? null : Number(row.idea),
    run: row.run === null ? null : Number(row.run),
    detail,
    environment: row.environment === null ? said : String(row.environment),
    search: row.search === null ? null : Number(row.search),
    metric: row.metric === null ? null : Number(row.metric),
  };
}
