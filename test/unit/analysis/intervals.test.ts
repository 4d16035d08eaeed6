import { describe, expect, it } from "vitest";
import { meanOf, shareOf, studentQuantile } from "../../../extension/engine/analysis/intervals.ts";

describe("a share", () => {
  it("has Wilson's interval", () => {
    expect(shareOf(8, 10)).toEqual({ value: 0.8, low: expect.closeTo(0.4902, 4), high: expect.closeTo(0.9433, 4) });
    // 0.84 of 50 as in the paper's benchmark of models.
    expect(shareOf(42, 50)).toEqual({ value: 0.84, low: expect.closeTo(0.7149, 4), high: expect.closeTo(0.9166, 4) });
  });

  it("of none or of all reaches 0 or 1 and still has an interval", () => {
    // n / (n + z²) = 50 / 53.8415, and z² / (n + z²) = 3.8415 / 23.8415.
    expect(shareOf(50, 50)).toEqual({ value: 1, low: expect.closeTo(0.92865, 5), high: 1 });
    expect(shareOf(0, 20)).toEqual({ value: 0, low: 0, high: expect.closeTo(0.16113, 5) });
  });

  it("of nothing is unknown", () => {
    expect(shareOf(0, 0)).toBeNull();
  });
});

describe("a mean", () => {
  it("has Student's interval", () => {
    // Deviation 1, half width 4.30265 / √3.
    expect(meanOf([1, 2, 3])).toEqual({ value: 2, low: expect.closeTo(2 - 2.48414, 5), high: expect.closeTo(2 + 2.48414, 5) });
  });

  it("of one value has none, and of no value is unknown", () => {
    expect(meanOf([7])).toEqual({ value: 7, low: null, high: null });
    expect(meanOf([])).toBeNull();
  });

  it("of equal values is sure", () => {
    expect(meanOf([2, 2, 2, 2])).toEqual({ value: 2, low: 2, high: 2 });
  });
});

it.each([
  [1, 12.7062],
  [2, 4.30265],
  [3, 3.18245],
  [4, 2.77645],
  [5, 2.57058],
  [10, 2.22814],
  [30, 2.04227],
  [49, 2.00958],
  [1000, 1.96234],
])("Student's quantile for %i degrees of freedom is that of the tables", (degrees, quantile) => {
  expect(studentQuantile(degrees)).toBeCloseTo(quantile, 4);
});
