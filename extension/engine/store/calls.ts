/** The ledger in the store: every call of a language model, what it was for, and what it took. */
import type { Usage } from "../../protocol/idea.ts";
import type { CallOutcome, Cost, Purpose } from "../../protocol/spending.ts";
import type { Database, Row } from "./database.ts";

export interface Call {
  purpose: Purpose;
  /** `provider/model`. */
  model: string;
  outcome: CallOutcome;
  usage: Usage;
  /** Whether the usage is the most it can have been, because the server did not say. */
  bounded: boolean;
  /** Billionths of a dollar; null where no price was known. */
  cost: number | null;
}

export interface CallRecord extends Call {
  id: number;
  /** When it ended, in milliseconds since 1970. */
  at: number;
}

/** Calls of one purpose for one idea taken together; a call that was made for no idea stands alone. */
export interface CallSum {
  purpose: Purpose["kind"];
  idea: number | null;
  search: number | null;
  /** When the newest of them ended, in milliseconds since 1970. */
  at: number;
  calls: number;
  tokens: number;
  /** Billionths of a dollar, of the calls with a known price. */
  cost: number;
  /** Calls without one. */
  unpriced: number;
  /** Whether a part is the most it can have been. */
  bounded: boolean;
}

/** What is summed up: all that an environment, or one search, ever spent. */
export type Scope = { environment: string } | { search: number };

const SUM = "SELECT coalesce(sum(input_tokens + output_tokens), 0) AS tokens, coalesce(sum(cost), 0) AS cost FROM calls";
const BILLION = 1_000_000_000;

export class Calls {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  append({ purpose, model, outcome, usage, bounded, cost }: Call): void {
    this.#database.transaction("model", (transaction) => {
      const id = this.#database.run(
        `INSERT INTO calls (kind, environment, search, idea, attempt, model, outcome, input_tokens, output_tokens, cached_tokens,
          reasoning_tokens, bounded, cost, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        purpose.kind,
        purpose.environment,
        purpose.search ?? null,
        purpose.idea ?? null,
        purpose.attempt ?? null,
        model,
        outcome,
        usage.inputTokens,
        usage.outputTokens,
        usage.cachedTokens ?? null,
        usage.reasoningTokens ?? null,
        bounded ? 1 : 0,
        cost,
        this.#database.now(),
      );
      const about = purpose.idea === undefined ? {} : { idea: purpose.idea };
      transaction.event({ kind: "model called", ...about, detail: { call: id, model, outcome } });
    });
  }

  /** Sum of all calls of the scope: tokens in and out, and billionths of a dollar. */
  spent(scope: Scope): { tokens: number; cost: number } {
    const row =
      "search" in scope
        ? this.#database.get(`${SUM} WHERE search = ?`, scope.search)
        : this.#database.get(`${SUM} WHERE environment = ?`, scope.environment);
    return { tokens: Number(row?.tokens), cost: Number(row?.cost) };
  }

  /** All calls of an environment, summed up by idea and purpose, oldest first. */
  sums(environment: string): CallSum[] {
    const rows = this.#database.all(
      `SELECT kind, idea, search, max(at) AS at, count(*) AS calls, sum(input_tokens + output_tokens) AS tokens,
         coalesce(sum(cost), 0) AS cost, sum(cost IS NULL) AS unpriced, max(bounded) AS bounded
       FROM calls WHERE environment = ? GROUP BY kind, search, idea, CASE WHEN idea IS NULL THEN id END ORDER BY max(id)`,
      environment,
    );
    return rows.map((row) => ({
      purpose: row.kind as Purpose["kind"],
      idea: row.idea === null ? null : Number(row.idea),
      search: row.search === null ? null : Number(row.search),
      ...{ at: Number(row.at), calls: Number(row.calls), tokens: Number(row.tokens), cost: Number(row.cost) },
      ...{ unpriced: Number(row.unpriced), bounded: row.bounded === 1 },
    }));
  }

  /**
   * What a model's calls of one kind took for each idea on average, failures included; null while it has made none.
   * @returns dollars null where no price was known
   */
  perIdea(environment: string, kind: Purpose["kind"], model: string): { tokens: number; dollars: number | null } | null {
    const sum = this.#database.get(
      "SELECT sum(input_tokens + output_tokens) AS tokens, sum(cost) AS cost, count(DISTINCT idea) AS ideas FROM calls WHERE environment = ? AND kind = ? AND model = ?",
      ...[environment, kind, model],
    );
    const written =
      kind === "ideas"
        ? this.#database.get("SELECT count(*) AS ideas FROM ideas WHERE environment = ? AND model = ?", environment, model)
        : sum;
    const ideas = Number(written?.ideas ?? 0);
    if (sum?.tokens == null || ideas === 0) return null;
    return { tokens: Number(sum.tokens) / ideas, dollars: sum.cost === null ? null : Number(sum.cost) / BILLION / ideas };
  }

  /** Calls of an idea or of an environment, oldest first. */
  list(of: { idea: number } | { environment: string }): CallRecord[] {
    const rows =
      "idea" in of
        ? this.#database.all("SELECT * FROM calls WHERE idea = ? ORDER BY id", of.idea)
        : this.#database.all("SELECT * FROM calls WHERE environment = ? ORDER BY id", of.environment);
    return rows.map(recordOf);
  }
}

/** What the calls made for an attempt cost together; null when none was made or no price was known. */
export function attemptCost(database: Database, attempt: number): Cost | null {
  const row = database.get("SELECT sum(cost) AS cost, max(bounded) AS bounded FROM calls WHERE attempt = ?", attempt);
  if (row === undefined || row.cost === null) return null;
  return { dollars: Number(row.cost) / BILLION, bounded: row.bounded === 1 };
}

function recordOf(row: Row): CallRecord {
  const usage: Usage = { inputTokens: Number(row.input_tokens), outputTokens: Number(row.output_tokens) };
  if (row.cached_tokens !== null) usage.cachedTokens = Number(row.cached_tokens);
  if (row.reasoning_tokens !== null) usage.reasoningTokens = Number(row.reasoning_tokens);
  const purpose: Purpose = { kind: row.kind as Purpose["kind"], environment: String(row.environment) };
  if (row.search !== null) purpose.search = Number(row.search);
  if (row.idea !== null) purpose.idea = Number(row.idea);
  if (row.attempt !== null) purpose.attempt = Number(row.attempt);
  return {
    ...{ id: Number(row.id), at: Number(row.at), purpose, model: String(row.model), outcome: row.outcome as CallOutcome },
    ...{ usage, bounded: row.bounded === 1, cost: row.cost === null ? null : Number(row.cost) },
  };
}
