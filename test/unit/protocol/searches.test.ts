/** Searches in words, what a plan may be, and numbers as people type them. */
import { describe, expect, it, test } from "vitest";
import { bestIdea } from "../../../extension/protocol/best.ts";
import { compact } from "../../../extension/protocol/format.ts";
import { gatesOf, planProblem } from "../../../extension/protocol/plan.ts";
import { rangeText, readNumber } from "../../../extension/protocol/read-number.ts";
import type { Forecast } from "../../../extension/protocol/search.ts";
import { capTexts, forecastTexts, planText, progressText, spentTexts, stageText } from "../../../extension/protocol/search-text.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { NOW, planFixture, searchFixture } from "../../fixtures/search.ts";

const CAPS = { dollars: 2, tokens: 500_000, hours: 2, minutes: 60 };

describe("how far a search is", () => {
  it("counts epochs where there are some, from one, and ideas", () => {
    expect(stageText(searchFixture(1))).toBe("epoch 3 of 10");
    expect(progressText(searchFixture(1))).toBe("epoch 3 of 10 · 18 of 60 ideas");
    expect(progressText(searchFixture(1, { plan: { algorithm: "steady state" } }))).toBe("18 of 60 ideas");
    expect([
      planText(planFixture()),
      planText(planFixture({ epochs: 1, size: 1 })),
      planText(planFixture({ algorithm: "random" })),
    ]).toEqual(["10 epochs of 6 ideas", "1 epoch of 1 idea", "60 ideas"]);
  });
});

describe("what a search used", () => {
  const spent = { dollars: 0.31, tokens: 123_456, hours: 0.4321 };
  it("stands beside the caps that are set", () => {
    expect(spentTexts(searchFixture(1, { spent, plan: { caps: CAPS } }), 1, NOW + 750_000)).toEqual([
      "$0.31 of $2.00",
      "123k of 500k tokens",
      "0.43 of 2 GPU hours",
      "12 of 60 min",
    ]);
  });
  it("without caps is what there is of it", () => {
    expect(spentTexts(searchFixture(1, { spent }), 0, NOW + 60_000)).toEqual([
      "$0.31",
      "123k tokens",
      "0.43 run hours",
      "60 s of wall time",
    ]);
    expect(spentTexts(searchFixture(1, { spent, saved: 3.2 }), 8, NOW)).toContain("3.2 GPU hours saved by early stopping");
    expect(spentTexts(searchFixture(1), 0, NOW)).toEqual(["0 s of wall time"]);
  });
  it("grows no more when it has ended", () => {
    expect(spentTexts(searchFixture(1, { endedAt: NOW + 600_000 }), 0, NOW + 9_000_000)).toEqual(["10 min of wall time"]);
  });
  it("may be capped, and the caps are told alone", () => {
    expect(capTexts(CAPS, 0)).toEqual(["$2.00", "500k tokens", "2 run hours", "60 min"]);
    expect(capTexts(planFixture().caps, 0)).toEqual([]);
  });
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1k"],
    [1500, "1.5k"],
    [999_499, "999k"],
    [999_500, "1M"],
    [1_234_567, "1.2M"],
  ])("%d in few characters is %s", (value, text) => expect(compact(value)).toBe(text));
});

describe("a forecast", () => {
  const known: Forecast = { ideas: 60, runs: 120, gpus: 1, hours: 1.234, seconds: 2280, dollars: 0.42, tokens: 90_000, warnings: [] };
  const said = (changes: Partial<Forecast>) => forecastTexts({ ...known, ...changes }, NOW, (at) => `minute ${(at - NOW) / 60_000}`);
  it("says how much, for how much, and when it would be done", () => {
    expect(said({})).toEqual(["60 ideas, 120 runs", "about $0.42", "1.2 GPU hours", "38 min, done about minute 38"]);
  });
  it("says what is not known", () => {
    expect(said({ ideas: 1, runs: 1, gpus: 0, hours: null, seconds: null, dollars: null })).toEqual([
      "1 idea, 1 run",
      "about 90k tokens",
      "time not known before the first run",
    ]);
    expect(said({ dollars: null, tokens: null })[1]).toBe("cost not known yet");
  });
});

describe("a plan", () => {
  it("of random draws needs no model", () => {
    expect(planProblem(planFixture({ algorithm: "random" }))).toBeNull();
    expect(planProblem(planFixture({ algorithm: "random", source: "lab/m" }))).toContain("its source must be operators");
  });
  it("is no larger than anybody could look through", () => {
    expect(planProblem(planFixture({ size: 100, epochs: 100 }))).toBeNull();
    expect(planProblem(planFixture({ size: 200, epochs: 100 }))).toBe(
      "100 epochs of 200 ideas are 20,000: a search may have 10,000 at most.",
    );
    expect(planProblem(planFixture({ algorithm: "best of n", size: 200, epochs: 51 }))).toContain("51 times 200 ideas are 10,200");
  });
  it("asks about parents only where epochs begin", () => {
    expect(gatesOf("evolutionary")).toContain("parents");
    expect(gatesOf("steady state")).not.toContain("parents");
  });
});

describe("a typed number", () => {
  const whole = { min: 1, max: 100, whole: true };
  const any = { min: 0, max: Infinity, whole: false };
  it("is read in its range only", () => {
    const read = (text: string) => readNumber(text, whole);
    expect(["6", " 100 ", "0", "101", "ten", "1.5", "", "-1", "1e1"].map(read)).toEqual([6, 100, null, null, null, null, null, null, null]);
  });
  it("may have a point, and commas or blanks between thousands", () => {
    const read = (text: string) => readNumber(text, any);
    expect(["2.5", ".5", "3.", "1,000,000", "1 000", "1,5", "12,34"].map(read)).toEqual([2.5, 0.5, 3, 1_000_000, 1000, null, null]);
  });
  it("is asked for in words", () => {
    expect([rangeText(whole), rangeText(any)]).toEqual(["a whole number from 1 to 100", "a number of 0 or more"]);
  });
});

it("the best idea is the first of the best, and none that was put aside", () => {
  const ideas = [
    ideaFixture(1, { metric: 2 }),
    ideaFixture(2, { metric: 1, status: "rejected" }),
    ideaFixture(3, { metric: 1.5 }),
    ideaFixture(4, { metric: 1.5 }),
    ideaFixture(5),
  ];
  expect(bestIdea(ideas, "minimize")?.id).toBe(3);
  expect(bestIdea(ideas, "maximize")?.id).toBe(1);
  expect(bestIdea([ideaFixture(5)], "minimize")).toBeNull();
});
