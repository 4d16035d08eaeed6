/** Prices and caps as settings: what is wrong is named, and a cap that is not understood never comes to none. */
import { expect, it } from "vitest";
import { parseSpending } from "../../../extension/client/settings/spending.ts";
import { editorError, notAskedYet } from "../../../extension/client/settings/editor-errors.ts";

const parse = (settings: Record<string, unknown>) => parseSpending((name) => settings[name]);

it("nothing set is no price and no cap", () => {
  expect(parse({})).toEqual({ prices: {}, caps: { maxDollars: 0, maxTokens: 0, maxOutputTokens: 32_000 }, problems: [] });
});

it("prices that fit are used beside those that do not", () => {
  const { prices, problems } = parse({
    prices: { "lab/a": { input: 1, output: 2 }, "lab/b": { input: "1", output: 2 }, "lab/c": { input: 1 } },
  });
  expect(prices).toEqual({ "lab/a": { input: 1, output: 2 } });
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain("`provingGround.prices`, lab/b: input");
  expect(parse({ prices: [] }).problems).toEqual(["`provingGround.prices` must be an object of prices by model"]);
});

it.each(["5", -1, NaN, true, {}])("a cap of %j lets nothing be spent until it is corrected", (value) => {
  const { caps, problems } = parse({ "spending.maxDollars": value, "spending.maxTokens": value });
  expect(caps.maxDollars).toBe(1e-9);
  expect(caps.maxTokens).toBe(1);
  expect(problems).toEqual([
    "`provingGround.spending.maxDollars` must be a number that is 0 or more",
    "`provingGround.spending.maxTokens` must be a number that is 0 or more",
  ]);
});

it.each([
  ["NoPermissions", "Proving Ground may not use Big One", "Manage Language Model Access"],
  ["Blocked", "the editor blocks requests to Big One: too much", "quota"],
  ["NotFound", "the editor has no model Big One any more", "installed and signed in"],
  ["Unknown", "Big One failed: the real reason", "Try again"],
])("the editor's error %s says what to do", (code, message, hint) => {
  const thrown = Object.assign(new Error("too much", { cause: new Error("the real reason") }), { code });
  const error = editorError(thrown, "Big One");
  expect(error.message).toBe(message);
  expect(error.hint).toContain(hint);
  expect(editorError(error, "x")).toBe(error);
  expect(notAskedYet("Big One").hint).toContain("the editor asks then");
});
