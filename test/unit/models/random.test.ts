import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../extension/engine/models/random.ts";

const draws = (seed: number, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.bits());
};

describe("seeded randomness", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    expect(draws(7, 20)).toEqual(draws(7, 20));
    expect(draws(7, 20)).not.toEqual(draws(8, 20));
    expect(new Set(draws(0, 1000)).size).toBe(1000);
  });

  it("spreads evenly", () => {
    const random = new Random(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) counts[random.below(10)]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(900);
    for (const count of counts) expect(count).toBeLessThan(1100);
  });

  it("shuffles without losing anything and leaves the list alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, seed) => {
        const before = [...values];
        const shuffled = new Random(seed).shuffled(values);
        expect(values).toEqual(before);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(values.toSorted((a, b) => a - b));
      }),
    );
  });

  it("refuses to pick from nothing", () => {
    expect(() => new Random(1).pick([])).toThrow(RangeError);
  });
});
