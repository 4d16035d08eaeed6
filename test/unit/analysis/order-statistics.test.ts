import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chanceToReach, expectedBest, quantileOfBest } from "../../../extension/engine/analysis/order-statistics.ts";

describe("the expected best of k", () => {
  it("is the mean of the best over all choices of k", () => {
    // The best of the six pairs of 1, 2, 3, 4 is 2, 3, 4, 3, 4, 4.
    expect(expectedBest([1, 2, 3, 4], 2)).toBeCloseTo(20 / 6, 12);
    expect(expectedBest([1, 2, 3, 4], 1)).toBeCloseTo(2.5, 12);
    expect(expectedBest([1, 2, 3, 4], 4)).toBe(4);
  });

  it("is pass@k where each value is 0 or 1", () => {
    // 3 of 10 pass: 1 − C(7, 5) / C(10, 5) = 1 − 21 / 252.
    expect(expectedBest([0, 0, 0, 0, 0, 0, 0, 1, 1, 1], 5)).toBeCloseTo(1 - 21 / 252, 12);
  });

  it("agrees with going through every choice, and grows with k", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 9 }), (values) => {
        const sorted = values.toSorted((a, b) => a - b);
        let before = -Infinity;
        for (let k = 1; k <= sorted.length; k++) {
          const best = choices(sorted, k).map((choice) => Math.max(...choice));
          const expected = expectedBest(sorted, k);
          expect(expected).toBeCloseTo(best.reduce((a, b) => a + b) / best.length, 9);
          expect(expected).toBeGreaterThan(before - 1e-9);
          before = expected;
        }
      }),
    );
  });

  it("stays exact for thousands", () => {
    const sorted = Array.from({ length: 10_000 }, (_, index) => index + 1);
    // The expected maximum of k of 1 … n is k (n + 1) / (k + 1).
    expect(expectedBest(sorted, 240)).toBeCloseTo((240 * 10_001) / 241, 6);
  });
});

describe("a quantile of the best of k", () => {
  it("is the least value that the best stays within so often", () => {
    // P(best of two ≤ 1, 2, 3, 4) = 1/16, 4/16, 9/16, 1.
    const at = (probability: number) => quantileOfBest([1, 2, 3, 4], 2, probability);
    expect([0.025, 1 / 16, 0.07, 0.25, 0.26, 9 / 16, 0.6, 0.975, 1].map(at)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 4]);
  });
});

describe("the chance to reach a value", () => {
  it("is one less the chance that every draw stays below", () => {
    expect(chanceToReach([0, 0, 1, 3], 2, 1)).toBe(1 - 0.25);
    expect(chanceToReach([0, 0, 1, 3], 3, 2)).toBe(1 - 0.75 ** 3);
    expect(chanceToReach([0, 0, 1, 3], 2, 0)).toBe(1);
    expect(chanceToReach([0, 0, 1, 3], 2, 4)).toBe(0);
  });
});

function choices<T>(values: readonly T[], k: number): T[][] {
  if (k === 0) return [[]];
  return values.flatMap((value, index) => choices(values.slice(index + 1), k - 1).map((rest) => [value, ...rest]));
}
