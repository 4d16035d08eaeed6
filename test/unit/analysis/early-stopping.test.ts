/** Which runs are stopped early: those that are clearly worse at the same point, and no others. */
import { describe, expect, it } from "vitest";
import { type Field, trackOf, whyStop } from "../../../extension/engine/analysis/early-stopping.ts";
import type { EarlyStop } from "../../../extension/protocol/search.ts";
import { measured } from "../../fixtures/early-curves.ts";

type Direction = "minimize" | "maximize";
const X = Array.from({ length: 10 }, (_, index) => index + 1);
/** A falling curve of ten readings that ends at `end`; turned round it rises. */
const curve = (end: number, direction: Direction = "minimize") => {
  const sign = direction === "minimize" ? 1 : -1;
  return { axis: "seconds" as const, x: X, values: X.map((x) => sign * (end + 5 * (1 - x / 10))) };
};
const whole = (end: number, direction?: Direction) => trackOf(curve(end, direction), direction ?? "minimize");
const first = (end: number, readings: number, direction?: Direction) => {
  const { axis, x, values } = curve(end, direction);
  return trackOf({ axis, x: x.slice(0, readings), values: values.slice(0, readings) }, direction ?? "minimize");
};
const NONE: Field = { baseline: [], parents: [], completed: [], stopped: [], noise: null };
const field = (ends: readonly number[], direction?: Direction): Field => ({
  ...NONE,
  baseline: [whole(ends[0] ?? 0, direction)],
  completed: ends.slice(1).map((end) => whole(end, direction)),
});
const judge = (how: Partial<EarlyStop>, ...[run, others, direction = "minimize"]: [ReturnType<typeof whole>, Field, Direction?]) =>
  whyStop({ rule: "median", grace: 0.25, ...how }, direction, run, others);

describe("the median rule", () => {
  it("stops what is worse than the median of the completed runs at that point, and says so in numbers", () => {
    const found = judge({}, first(4.5, 5), field([1, 2, 3, 4]));
    expect(found).toEqual({ axis: "seconds", at: 5, value: 7, limit: 5, against: "median", runs: 4 });
    expect(judge({}, first(2.4, 5), field([1, 2, 3, 4]))).toBeNull();
  });

  it("turns round where more is better", () => {
    expect(judge({}, first(4.5, 5, "maximize"), field([1, 2, 3, 4], "maximize"), "maximize")).toMatchObject({ value: -7, limit: -5 });
    expect(judge({}, first(1, 5, "maximize"), field([1, 2, 3, 4], "maximize"), "maximize")).toBeNull();
  });

  it("counts a run's best so far: one bad reading stops nothing", () => {
    const { axis, x, values } = curve(1);
    const jumped = trackOf({ axis, x: x.slice(0, 5), values: [...values.slice(0, 4), 99] }, "minimize");
    expect(judge({}, jumped, field([1, 2, 3, 4]))).toBeNull();
  });

  it("stops nothing before the grace is over, at the end, or while fewer than four runs are complete", () => {
    expect(judge({ grace: 0.6 }, first(9, 5), field([1, 2, 3, 4]))).toBeNull();
    expect(judge({}, first(9, 10), field([1, 2, 3, 4]))).toBeNull();
    expect(judge({}, first(9, 5), field([1, 2, 3]))).toBeNull();
    expect(judge({}, first(9, 5), NONE)).toBeNull();
    expect(judge({ rule: "off" }, first(9, 5), field([1, 2, 3, 4]))).toBeNull();
  });

  it("never stops what is within twice the baseline's noise, as its results and its curves show it", () => {
    const quiet = field([2, 2, 2, 2]);
    expect(judge({}, first(2.5, 5), quiet)).not.toBeNull();
    expect(judge({}, first(2.5, 5), { ...quiet, noise: 0.3 })).toBeNull();
    expect(judge({}, first(2.7, 5), { ...quiet, noise: 0.3 })).not.toBeNull();
    expect(judge({}, first(2.5, 5), { ...quiet, baseline: [whole(1.7), whole(2.3)] })).toBeNull();
  });

  it("counts runs that were stopped with what they had then, so that the median does not rise with every stop", () => {
    const others = { ...field([1, 1, 1, 1]), stopped: [5, 5, 5, 5, 5].map((end) => first(end, 6)) };
    expect(judge({}, first(4, 6), others)).toBeNull();
    expect(judge({}, first(4, 7), others)).toBeNull();
    expect(judge({}, first(4, 7), { ...others, stopped: [] })).not.toBeNull();
  });

  it("compares with curves over the same axis alone, and never a run without readings", () => {
    const bySteps = { ...first(9, 5), axis: "step" as const };
    expect(judge({}, bySteps, field([1, 2, 3, 4]))).toBeNull();
    expect(judge({}, { axis: "seconds", x: [], best: [] }, field([1, 2, 3, 4]))).toBeNull();
    const once = { ...NONE, completed: [1, 2, 3, 4].map((end) => ({ axis: "seconds" as const, x: [10], best: [end] })) };
    expect(judge({}, first(9, 5), once)).toBeNull();
  });
});

describe("the rule of baseline and parents", () => {
  const alone = (more: Partial<Field> = {}) => ({ ...NONE, baseline: [whole(2)], ...more });

  it("needs the baseline alone, and stops what has not reached at a point what that had at half of it", () => {
    expect(judge({ rule: "parents" }, first(6, 6), alone())).toMatchObject({ at: 6, value: 8, limit: 5.5, against: "baseline", runs: 1 });
    expect(judge({ rule: "parents" }, first(3, 6), alone())).toBeNull();
  });

  it("stops a child that is behind every one of its parents, not one that is behind some", () => {
    const child = first(2.4, 6);
    const parents = (...ends: number[]) => judge({ rule: "parents" }, child, alone({ parents: ends.map((end) => whole(end)) }));
    expect(parents(-2, -1)).toMatchObject({ against: "parents", limit: 2.5, runs: 2 });
    expect(parents(-2, 1)).toBeNull();
  });
});

describe("successive halving", () => {
  it("lets the best half of those that came to a rung go on, judged by what they had there", () => {
    const others = field([1, 2, 3, 4, 5]);
    expect(judge({ rule: "halving" }, first(2.5, 4), others)).toBeNull();
    expect(judge({ rule: "halving" }, first(3.5, 4), others)).toMatchObject({ at: 2.5, value: 7.5, against: "half", limit: 7, runs: 5 });
    // Later it is still the first rung that counts, until the next one lies behind.
    expect(judge({ rule: "halving" }, first(3.5, 3), others)).toMatchObject({ at: 2.5 });
    expect(judge({ rule: "halving" }, first(3.5, 7), others)).toMatchObject({ at: 5 });
  });
});

describe("on made-up curves", () => {
  it.each(["median", "halving"] as const)("%s saves a quarter of the hours and hardly ever stops what would have been the best", (rule) => {
    for (const family of ["power laws", "crossing", "mixed"] as const) {
      const { saved, lost } = measured(family, { rule, grace: 0.25 }, 30);
      expect(saved, family).toBeGreaterThan(0.2);
      expect(lost, family).toBeLessThan(0.1);
    }
  });

  it("a longer grace loses the best less often where curves fall late", () => {
    const lost = (grace: number) => measured("annealed", { rule: "halving", grace }, 60).lost;
    expect(lost(0.5)).toBeLessThan(lost(0.1));
  });
});
