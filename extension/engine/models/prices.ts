/** Which price a model has, what tokens cost by it, and the most that a call can take. Money is counted in billionths of a dollar. */
import type { Usage } from "../../protocol/idea.ts";
import type { Price, Prices } from "../../protocol/spending.ts";
import type { Completion } from "./language-model.ts";

/** Billionths of a dollar in one: whole numbers, so that sums are exact. */
export const BILLION = 1_000_000_000;
/** One token at one dollar per million of them. */
const NANO = 1_000;
/** Times the price of input that Anthropic, the dearest of those who take money for it, charges for keeping a prompt. */
const KEEPING = 1.25;

/** What a chat template may put around every message, and before all of them; in tokens. */
const AROUND_MESSAGE = 16;
const AROUND_PROMPT = 256;

/** @returns null when no entry fits; an exact name wins, then the pattern with the most letters of its own */
export function priceOf(prices: Prices, model: string): Price | null {
  if (Object.hasOwn(prices, model)) return prices[model] ?? null;
  const fitting = Object.keys(prices)
    .filter((pattern) => pattern.includes("*") && matches(pattern, model))
    .sort((a, b) => letters(b) - letters(a) || (a < b ? -1 : 1));
  return fitting[0] === undefined ? null : (prices[fitting[0]] ?? null);
}

/** Billionths of a dollar, rounded up to a whole one. */
export function costOf(price: Price, { inputTokens, outputTokens, cachedTokens = 0 }: Usage): number {
  const fresh = Math.max(0, inputTokens - cachedTokens);
  const nano = (fresh * price.input + cachedTokens * (price.cached ?? price.input) + outputTokens * price.output) * NANO;
  return roundedUp(nano);
}

/**
 * The most that tokens can cost.
 * @param kept whether the provider is told to keep the prompt for later ones
 */
export function mostCost(price: Price, inputTokens: number, outputTokens: number, kept: boolean): number {
  const input = Math.max(price.input * (kept ? KEEPING : 1), price.cached ?? 0);
  return roundedUp((inputTokens * input + outputTokens * price.output) * NANO);
}

/**
 * Tokens that a prompt has at most: a token is at least one byte, and templates and the shape asked for come on top.
 */
export function mostInput({ messages, format }: Completion): number {
  const text = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + AROUND_MESSAGE, 0);
  return AROUND_PROMPT + text + (format === undefined ? 0 : Buffer.byteLength(JSON.stringify(format)));
}

/** Tokens that texts have at most, each on its own. */
export function mostTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + AROUND_MESSAGE, 0);
}

/** What floating point adds to a product of short decimals must not count as a whole billionth. */
function roundedUp(nano: number): number {
  return Math.ceil(Number(nano.toPrecision(14)));
}

function matches(pattern: string, model: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join(".*");
  return new RegExp(`^${source}$`, "s").test(model);
}

function letters(pattern: string): number {
  return pattern.replaceAll("*", "").length;
}
