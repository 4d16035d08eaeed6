/** The lab's SQLite file: prepared statements, transactions that record events, and a notice of what each one touched. */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { FullDisk } from "./full-disk.ts";
import { migrate } from "./migrate.ts";

/** Who caused a state change. */
export type Actor = "human" | "model" | "search" | "engine";

export type Row = Record<string, SQLOutputValue>;

/** Rows that a transaction changed; subscribers read them again. */
export interface Touched {
  ideas: ReadonlySet<number>;
  runs: ReadonlySet<number>;
  /** Environments whose chosen parents changed. */
  parents: ReadonlySet<string>;
  searches: ReadonlySet<number>;
}

export interface EventRow {
  kind: string;
  idea?: number;
  run?: number;
  detail?: unknown;
}

/** What the inside of a transaction may do besides SQL. */
export class Transaction {
  readonly ideas = new Set<number>();
  readonly runs = new Set<number>();
  readonly parents = new Set<string>();
  readonly searches = new Set<number>();
  readonly #record: (event: EventRow) => void;

  constructor(record: (event: EventRow) => void) {
    this.#record = record;
  }

  /** Appends to the event log; the idea and run it names count as touched. */
  event(event: EventRow): void {
    this.#record(event);
    if (event.idea !== undefined) this.ideas.add(event.idea);
    if (event.run !== undefined) this.runs.add(event.run);
  }
}

export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #clock: () => number;
  /** Null for a database that is not kept. */
  readonly #disk: FullDisk | null;
  readonly #listeners = new Set<(touched: Touched) => void>();

  /**
   * @param file path of the database, created when missing; `:memory:` for one that is not kept
   * @param clock milliseconds since 1970
   * @throws ProvingGroundError `disk-full`, `engine-version` when it was written by a newer version
   */
  constructor(file: string, clock: () => number) {
    this.#clock = clock;
    this.#disk = file === ":memory:" ? null : new FullDisk(file);
    this.#sqlite = this.#insist("engine", () => opened(file));
  }

  now(): number {
    return this.#clock();
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  /** @returns id of the inserted row, where one was inserted */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /**
   * Runs `body` in one transaction with its events; listeners hear of it after the commit. Not nested. What the engine and models
   * have already done is recorded even on a disk that has just become full; then `body` runs a second time.
   * @throws ProvingGroundError `disk-full`; nothing is changed then
   */
  transaction<Result>(actor: Actor, body: (transaction: Transaction) => Result): Result {
    const { result, transaction } = this.#insist(actor, () => this.#attempt(actor, body));
    this.touch(transaction);
    return result;
  }

  #attempt<Result>(actor: Actor, body: (transaction: Transaction) => Result): { result: Result; transaction: Transaction } {
    const transaction = new Transaction((event) => {
      this.run(
        "INSERT INTO events (at, actor, kind, idea, run, detail) VALUES (?, ?, ?, ?, ?, ?)",
        this.#clock(),
        actor,
        event.kind,
        event.idea ?? null,
        event.run ?? null,
        event.detail === undefined ? null : JSON.stringify(event.detail),
      );
    });
    this.#sqlite.exec("BEGIN IMMEDIATE");
    try {
      const result = body(transaction);
      this.#sqlite.exec("COMMIT");
      return { result, transaction };
    } catch (cause) {
      // SQLite rolls back by itself on some errors, a full disk among them.
      if (this.#sqlite.isTransaction) this.#sqlite.exec("ROLLBACK");
      throw cause;
    }
  }

  /** Humans and the search are told that the disk is full before they go on; for the others the room set aside is used. */
  #insist<Result>(actor: Actor, write: () => Result): Result {
    const disk = this.#disk;
    if (disk === null) return write();
    const saying = () => {
      try {
        return write();
      } catch (cause) {
        throw disk.caused(cause) ? disk.error(cause) : cause;
      }
    };
    let result: Result;
    try {
      result = saying();
    } catch (cause) {
      const mayUseReserve = actor === "engine" || actor === "model";
      if (!(cause instanceof ProvingGroundError && cause.code === "disk-full" && mayUseReserve && disk.release())) throw cause;
      return saying();
    }
    disk.reserve();
    return result;
  }

  /** Tells the listeners that rows look different now. */
  touch(touched: Partial<Touched>): void {
    const whole: Touched = { ideas: new Set(), runs: new Set(), parents: new Set(), searches: new Set(), ...touched };
    for (const listener of this.#listeners) listener(whole);
  }

  /** @returns a function that ends the subscription */
  onTouched(listener: (touched: Touched) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#statements.clear();
    this.#sqlite.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function opened(file: string): DatabaseSync {
  const sqlite = new DatabaseSync(file, { enableForeignKeyConstraints: true });
  try {
    sqlite.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
    migrate(sqlite);
    return sqlite;
  } catch (cause) {
    sqlite.close();
    throw cause;
  }
}
