/** The user's prices and caps, checked when read: pure. */
import { type Caps, NO_CAPS, OUTPUT_LIMIT, Price, type Prices } from "../../protocol/spending.ts";

/** A cap that is no number must not come to no cap: until it is corrected, nothing that costs anything is asked. */
const NOTHING = { dollars: 1e-9, tokens: 1 };

export interface SpendingSettings {
  prices: Prices;
  caps: Caps;
  /** What is wrong, and not used. */
  problems: string[];
}

/** @param get the value of a setting below `provingGround` */
export function parseSpending(get: (name: string) => unknown): SpendingSettings {
  const problems: string[] = [];
  const prices = parsePrices(get("prices"), problems);
  const amount = (name: string, whole: boolean, none: number, wrong: number): number => {
    const value = get(`spending.${name}`) ?? none;
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return whole ? Math.floor(value) : value;
    problems.push(`\`provingGround.spending.${name}\` must be a number that is 0 or more`);
    return wrong;
  };
  const caps: Caps = {
    maxDollars: amount("maxDollars", false, NO_CAPS.maxDollars, NOTHING.dollars),
    maxTokens: amount("maxTokens", true, NO_CAPS.maxTokens, NOTHING.tokens),
    maxOutputTokens: Math.max(1, amount("maxOutputTokens", true, OUTPUT_LIMIT, OUTPUT_LIMIT)),
  };
  return { prices, caps, problems };
}

function parsePrices(value: unknown, problems: string[]): Prices {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    problems.push("`provingGround.prices` must be an object of prices by model");
    return {};
  }
  const prices: Prices = {};
  for (const [model, entry] of Object.entries(value)) {
    const parsed = Price.safeParse(entry);
    const [issue] = parsed.error?.issues ?? [];
    if (parsed.data !== undefined) prices[model] = parsed.data;
    else problems.push(`\`provingGround.prices\`, ${model}: ${[issue?.path.join("."), issue?.message].filter(Boolean).join(" ")}`);
  }
  return prices;
}
