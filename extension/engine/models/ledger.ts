/** The ledger: what was spent, what calls under way may still take, and that both together never pass a cap. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Usage } from "../../protocol/idea.ts";
import type { CallOutcome, Purpose } from "../../protocol/spending.ts";
import { dollarText } from "../../protocol/spending.ts";
import { BILLION } from "./prices.ts";

/** What a cap is counted over: everything in an environment, or one search. */
export type Scope = { environment: string } | { search: number };

/** Tokens in and out together, and billionths of a dollar. */
export interface Amount {
  tokens: number;
  cost: number;
}

/** Null: no cap. */
export interface Limits {
  tokens: number | null;
  cost: number | null;
}

export interface Entry {
  purpose: Purpose;
  model: string;
  outcome: CallOutcome;
  usage: Usage;
  bounded: boolean;
  /** Null where no price is known. */
  cost: number | null;
}

/** Where the entries are kept. */
export interface Book {
  append(entry: Entry): void;
  spent(scope: Scope): Amount;
}

/** The most that a call can take; `cost` is null when no price is known. */
export interface Most {
  tokens: number;
  cost: number | null;
}

/** A call's room under the caps, held from before it is made until it is settled. */
export interface Reservation {
  readonly scopes: readonly Scope[];
  readonly amount: Amount;
}

/** How to raise the cap of an environment. */
const RAISE = {
  cost: "Raise provingGround.spending.maxDollars (in a terminal PROVING_GROUND_MAX_DOLLARS)",
  tokens: "Raise provingGround.spending.maxTokens (in a terminal PROVING_GROUND_MAX_TOKENS)",
};

export class Ledger {
  readonly #book: Book;
  readonly #limits: (scope: Scope) => Limits;
  readonly #open = new Set<Reservation>();
  #settled = Promise.withResolvers<null>();

  /** @param limits the caps as they are at the moment */
  constructor(book: Book, limits: (scope: Scope) => Limits) {
    this.#book = book;
    this.#limits = limits;
  }

  /** Whether any cap is set for what the call is for. */
  isCapped(purpose: Purpose): boolean {
    return scopesOf(purpose).some((scope) => {
      const { tokens, cost } = this.#limits(scope);
      return tokens !== null || cost !== null;
    });
  }

  /**
   * Holds room for a call under every cap that it counts against.
   * @param free whether the call costs no money here, whatever its price
   * @returns null when it has to wait until calls under way are settled
   * @throws ProvingGroundError `budget` when it could pass a cap even then, or when no price is known and money is capped
   */
  reserve(purpose: Purpose, model: string, most: Most, free: boolean): Reservation | null {
    const scopes = scopesOf(purpose);
    let wait = false;
    for (const scope of scopes) {
      const limits = this.#limits(scope);
      const spent = this.#book.spent(scope);
      const reserved = this.#reserved(scope);
      if (limits.cost !== null && !free) {
        if (most.cost === null) throw noPrice(model, scope, limits.cost);
        if (spent.cost + most.cost > limits.cost) throw overDollars(model, scope, limits.cost, spent.cost, most.cost);
        wait ||= spent.cost + reserved.cost + most.cost > limits.cost;
      }
      if (limits.tokens !== null) {
        if (spent.tokens + most.tokens > limits.tokens) throw overTokens(model, scope, limits.tokens, spent.tokens, most.tokens);
        wait ||= spent.tokens + reserved.tokens + most.tokens > limits.tokens;
      }
    }
    if (wait) return null;
    const reservation: Reservation = { scopes, amount: { tokens: most.tokens, cost: most.cost ?? 0 } };
    this.#open.add(reservation);
    return reservation;
  }

  /** Enters what the call really took, and gives the rest of its room back; even when the entry cannot be written. */
  settle(reservation: Reservation, entry: Entry): void {
    try {
      this.#book.append(entry);
    } finally {
      this.#open.delete(reservation);
      const { resolve } = this.#settled;
      this.#settled = Promise.withResolvers<null>();
      resolve(null);
    }
  }

  /**
   * Resolves when the next call is settled.
   * @throws the signal's reason when it fires before that
   */
  async nextSettled(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#settled.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #reserved(scope: Scope): Amount {
    const sum: Amount = { tokens: 0, cost: 0 };
    for (const { scopes, amount } of this.#open) {
      if (!scopes.some((other) => same(other, scope))) continue;
      sum.tokens += amount.tokens;
      sum.cost += amount.cost;
    }
    return sum;
  }
}

function scopesOf({ environment, search }: Purpose): Scope[] {
  return search === undefined ? [{ environment }] : [{ environment }, { search }];
}

function same(a: Scope, b: Scope): boolean {
  if ("search" in a) return "search" in b && a.search === b.search;
  return "environment" in b && a.environment === b.environment;
}

function nameOf(scope: Scope): string {
  return "search" in scope ? `search ${scope.search}` : scope.environment;
}

function overDollars(model: string, scope: Scope, limit: number, spent: number, most: number): ProvingGroundError {
  const message =
    `asking ${model} could pass the cap of ${dollars(limit)} for ${nameOf(scope)}: ` +
    `${dollars(spent)} is spent, and this call could cost up to ${dollars(most)}`;
  return new ProvingGroundError("budget", message, { hint: ways("cost", scope) });
}

function overTokens(model: string, scope: Scope, limit: number, spent: number, most: number): ProvingGroundError {
  const message =
    `asking ${model} could pass the cap of ${count(limit)} tokens for ${nameOf(scope)}: ` +
    `${count(spent)} are spent, and this call could take up to ${count(most)}`;
  return new ProvingGroundError("budget", message, { hint: ways("tokens", scope) });
}

function noPrice(model: string, scope: Scope, limit: number): ProvingGroundError {
  return new ProvingGroundError(
    "budget",
    `no price is known for ${model}, so the cap of ${dollars(limit)} for ${nameOf(scope)} cannot hold`,
    {
      hint: `Enter its price in provingGround.prices (in a terminal, the file PROVING_GROUND_PRICES names); a model that costs nothing has the price 0.`,
    },
  );
}

function ways(what: keyof typeof RAISE, scope: Scope): string {
  const raise = "search" in scope ? "Raise the cap of the search" : RAISE[what];
  return `${raise}, or let an answer be shorter: provingGround.spending.maxOutputTokens (PROVING_GROUND_MAX_OUTPUT_TOKENS).`;
}

const dollars = (nano: number) => dollarText(nano / BILLION);
const count = (tokens: number) => tokens.toLocaleString("en-US");
