/** Which prices and caps hold when several windows and terminals are connected. */
import { expect, it } from "vitest";
import { Spending } from "../../../extension/engine/models/spending.ts";
import { NO_CAPS } from "../../../extension/protocol/spending.ts";

const toy = { environment: "toy" };
const none = { tokens: null, cost: null };

it("nothing is capped, and no price known, until somebody says so", () => {
  const spending = new Spending();
  expect(spending.limits(toy)).toEqual(none);
  spending.configure("1", {}, NO_CAPS);
  expect(spending.limits(toy)).toEqual(none);
  expect(spending.price("lab/x")).toBeNull();
  expect(spending.outputLimit()).toBe(32_000);
});

it("the lowest cap of those connected holds, so that a terminal without one lifts none", () => {
  const spending = new Spending();
  spending.configure("window", {}, { maxDollars: 5, maxTokens: 0, maxOutputTokens: 8000 });
  spending.configure("terminal", {}, NO_CAPS);
  expect(spending.limits(toy)).toEqual({ tokens: null, cost: 5_000_000_000 });
  spending.configure("terminal", {}, { ...NO_CAPS, maxDollars: 0.1, maxTokens: 1000 });
  expect(spending.limits(toy)).toEqual({ tokens: 1000, cost: 100_000_000 });
  expect(spending.outputLimit()).toBe(8000);
  spending.forget("terminal");
  expect(spending.limits(toy)).toEqual({ tokens: null, cost: 5_000_000_000 });
});

it("what was said last holds on when everybody has gone", () => {
  const spending = new Spending();
  spending.configure("window", { "lab/*": { input: 1, output: 2 } }, { ...NO_CAPS, maxTokens: 7 });
  spending.forget("window");
  expect(spending.limits(toy)).toEqual({ tokens: 7, cost: null });
  expect(spending.price("lab/x")).toEqual({ input: 1, output: 2 });
});

it("the newest connection that knows a price has it", () => {
  const spending = new Spending();
  spending.configure("1", { "lab/x": { input: 1, output: 1 }, "lab/y": { input: 3, output: 3 } }, NO_CAPS);
  spending.configure("2", { "lab/*": { input: 2, output: 2 } }, NO_CAPS);
  expect(spending.price("lab/x")?.input).toBe(2);
  spending.configure("2", {}, NO_CAPS);
  expect(spending.price("lab/y")?.input).toBe(3);
});

it("a search has caps of its own", () => {
  const spending = new Spending();
  expect(spending.limits({ search: 3 })).toEqual(none);
  spending.limitSearch(3, { tokens: 10, cost: 20 });
  expect(spending.limits({ search: 3 })).toEqual({ tokens: 10, cost: 20 });
  spending.limitSearch(3, null);
  expect(spending.limits({ search: 3 })).toEqual(none);
});
