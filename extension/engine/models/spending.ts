/** What the user said about money: every connection's prices and caps, and which of them hold at the moment. */
import type { Caps, Price, Prices } from "../../protocol/spending.ts";
import { OUTPUT_LIMIT } from "../../protocol/spending.ts";
import type { Limits, Scope } from "./ledger.ts";
import { BILLION, priceOf } from "./prices.ts";

interface Said {
  prices: Prices;
  caps: Caps;
}

export class Spending {
  readonly #said = new Map<string, Said>();
  readonly #searches = new Map<number, Limits>();
  /** What was said last, for the time when nobody is connected. */
  #last: Said | null = null;

  /** Replaces what this connection said before. */
  configure(connection: string, prices: Prices, caps: Caps): void {
    this.#said.delete(connection);
    this.#last = { prices, caps };
    this.#said.set(connection, this.#last);
  }

  forget(connection: string): void {
    this.#said.delete(connection);
  }

  /** Gives a search caps of its own, beside its environment's; null takes them away. */
  limitSearch(search: number, limits: Limits | null): void {
    if (limits === null) this.#searches.delete(search);
    else this.#searches.set(search, limits);
  }

  /** A model's price, as the newest connection that knows one has it. */
  price(model: string): Price | null {
    for (const { prices } of this.#inForce().reverse()) {
      const price = priceOf(prices, model);
      if (price !== null) return price;
    }
    return null;
  }

  /** Caps that hold: of an environment the lowest that anybody connected said. */
  limits(scope: Scope): Limits {
    if ("search" in scope) return this.#searches.get(scope.search) ?? { tokens: null, cost: null };
    const caps = this.#inForce().map((said) => said.caps);
    const cost = lowest(caps.map(({ maxDollars }) => maxDollars));
    return { tokens: lowest(caps.map(({ maxTokens }) => maxTokens)), cost: cost === null ? null : Math.round(cost * BILLION) };
  }

  /** Most tokens of one answer while a cap is set. */
  outputLimit(): number {
    const said = this.#inForce().map(({ caps }) => caps.maxOutputTokens);
    return said.length === 0 ? OUTPUT_LIMIT : Math.min(...said);
  }

  #inForce(): Said[] {
    const said = [...this.#said.values()];
    return said.length === 0 && this.#last !== null ? [this.#last] : said;
  }
}

/** 0 stands for no cap. */
function lowest(caps: readonly number[]): number | null {
  const set = caps.filter((cap) => cap > 0);
  return set.length === 0 ? null : Math.min(...set);
}
