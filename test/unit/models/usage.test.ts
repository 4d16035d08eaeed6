/** Usage in the dialects of servers. */
import { expect, it } from "vitest";
import { chargeOf, usageOf } from "../../../extension/engine/models/usage.ts";
import { addUsage } from "../../../extension/engine/models/language-model.ts";

it.each([
  ["OpenAI's", { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }, { inputTokens: 9, outputTokens: 4 }],
  [
    "with what was kept and thought",
    {
      prompt_tokens: 9,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    { inputTokens: 9, outputTokens: 4, cachedTokens: 8, reasoningTokens: 3 },
  ],
  [
    "DeepSeek's",
    { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 5 },
    { inputTokens: 9, outputTokens: 4, cachedTokens: 5 },
  ],
  ["with thinking in the total alone", { prompt_tokens: 9, completion_tokens: 4, total_tokens: 20 }, { inputTokens: 9, outputTokens: 11 }],
  [
    "with more kept than there was",
    { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 50 },
    { inputTokens: 9, outputTokens: 4, cachedTokens: 9 },
  ],
  [
    "with details that are null",
    { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: null },
    { inputTokens: 0, outputTokens: 0 },
  ],
])("usage %s is read", (_, said, usage) => {
  expect(usageOf(said)).toEqual(usage);
});

it.each([
  null,
  undefined,
  7,
  {},
  { prompt_tokens: 9 },
  { prompt_tokens: -1, completion_tokens: 2 },
  { prompt_tokens: "9", completion_tokens: 2 },
  { prompt_tokens: NaN, completion_tokens: 2 },
])("%j says nothing", (said) => {
  expect(usageOf(said)).toBeNull();
});

it("a charge is a number of dollars, or none", () => {
  expect(chargeOf({ cost: 0.25 })).toBe(0.25);
  for (const said of [null, {}, { cost: "1" }, { cost: -1 }, { cost: Infinity }]) expect(chargeOf(said)).toBeNull();
});

it("sums keep what only one side knows", () => {
  const sum = addUsage({ inputTokens: 1, outputTokens: 2, cachedTokens: 1 }, { inputTokens: 3, outputTokens: 4, reasoningTokens: 2 });
  expect(sum).toEqual({ inputTokens: 4, outputTokens: 6, cachedTokens: 1, reasoningTokens: 2 });
});
