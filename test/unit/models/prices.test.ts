/** Prices by model, exact sums, and bounds that hold whatever the tokenizer. */
import { describe, expect, it } from "vitest";
import { costOf, mostCost, mostInput, priceOf } from "../../../extension/engine/models/prices.ts";
import { costText, dollarText } from "../../../extension/protocol/spending.ts";

const price = (input: number) => ({ input, output: 1 });

describe("the price of a model", () => {
  const prices = {
    "openrouter/*": price(1),
    "openrouter/anthropic/*": price(2),
    "openrouter/anthropic/claude": price(3),
    "*/tiny": price(4),
    "a.b/c+d": price(5),
    "odd(*": price(6),
  };
  it.each([
    ["openrouter/anthropic/claude", 3],
    ["openrouter/anthropic/other", 2],
    ["openrouter/google/gemini", 1],
    ["lab/tiny", 4],
    ["openrouter/tiny", 1],
    ["a.b/c+d", 5],
    ["odd(one", 6],
  ])("%s is its own entry's, else that of the pattern that says most", (model, input) => {
    expect(priceOf(prices, model)?.input).toBe(input);
  });

  it.each(["lab/big", "axb/c+d", "openrouter", "constructor"])("%s is not known", (model) => {
    expect(priceOf(prices, model)).toBeNull();
  });
});

describe("cost", () => {
  it("is in billionths of a dollar, cached input at its own price, whatever binary fractions do", () => {
    expect(costOf({ input: 3, output: 15 }, { inputTokens: 1000, outputTokens: 100 })).toBe(4_500_000);
    expect(costOf({ input: 3, output: 15, cached: 0.3 }, { inputTokens: 1000, outputTokens: 100, cachedTokens: 900 })).toBe(2_070_000);
    expect(costOf({ input: 3, output: 15 }, { inputTokens: 1000, outputTokens: 100, cachedTokens: 900 })).toBe(4_500_000);
    expect(costOf({ input: 1.1, output: 0.15 }, { inputTokens: 3, outputTokens: 7 })).toBe(4350);
  });

  it("rounds up what is less than a billionth", () => {
    expect(costOf({ input: 0.000_1, output: 0 }, { inputTokens: 1, outputTokens: 0 })).toBe(1);
  });

  it("is never more than what was bounded before, keeping the prompt included", () => {
    const dear = { input: 2, output: 10, cached: 3 };
    expect(mostCost(dear, 100, 50, false)).toBe(100 * 3000 + 50 * 10_000);
    expect(mostCost({ input: 2, output: 10 }, 100, 50, true)).toBe(100 * 2500 + 50 * 10_000);
  });

  it.each([
    [0, "$0.00"],
    [12.345, "$12.35"],
    [0.25, "$0.25"],
    [0.06, "$0.06"],
    [0.5, "$0.50"],
    [0.1, "$0.10"],
    [0.0123, "$0.012"],
    [0.000_456, "$0.00046"],
    [0.000_000_01, "$0.000001"],
  ])("of %d dollars reads %s", (dollars, text) => {
    expect(dollarText(dollars)).toBe(text);
  });

  it("that is bounded says so", () => {
    expect(costText({ dollars: 0.5, bounded: true })).toBe("at most $0.50");
    expect(costText({ dollars: 0, bounded: true })).toBe("$0.00");
  });
});

it("a prompt has no more tokens than bytes, with what templates add and the shape asked for", () => {
  const purpose = { kind: "ideas" as const, environment: "toy" };
  const messages = [
    { role: "system" as const, content: "é".repeat(10) },
    { role: "user" as const, content: "abc" },
  ];
  const bare = mostInput({ messages, purpose });
  expect(bare).toBeGreaterThanOrEqual(20 + 3 + 2 * 8);
  const format = { name: "ideas", schema: { type: "object" } };
  expect(mostInput({ messages, purpose, format })).toBe(bare + JSON.stringify(format).length);
});
