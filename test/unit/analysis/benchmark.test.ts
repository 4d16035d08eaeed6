import { describe, expect, it } from "vitest";
import { benchmarksOf } from "../../../extension/engine/analysis/benchmark.ts";
import type { Idea } from "../../../extension/protocol/idea.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { failed, reached, searchFixture, trajectories } from "./ideas.ts";

const plan = { algorithm: "best of n", size: 4, epochs: 1 } as const;
const inBenchmark = (benchmark: number, spent = 0) => ({ benchmark, spent: { dollars: spent, tokens: 10, hours: 0.5 } });
const a = searchFixture(1, { ...plan, source: "lab/a" }, inBenchmark(1, 2));
const ab = searchFixture(2, { ...plan, source: "lab/a", implementer: "lab/b" }, { ...inBenchmark(1), state: "running" });
const of = (search: number) => ({ search });
const ideas: Idea[] = [
  reached(1, 1.5, of(1)),
  reached(2, 2.5, of(1)),
  reached(3, 1.75, of(1)),
  failed(4, of(1)),
  failed(5, of(2)),
  ideaFixture(6, of(2)),
  ideaFixture(7, { ...of(2), status: "rejected" }),
  reached(8, 1, { search: null }),
];

describe("a benchmark of models", () => {
  const [one] = benchmarksOf(trajectories(ideas), [a, ab, searchFixture(3)]);

  it("has completion, mean and best of each pair, with intervals", () => {
    const [first] = one?.pairs ?? [];
    expect(first).toMatchObject({ ideator: "lab/a", implementer: "lab/a", searches: [1], ideas: 4, planned: 4, tried: 4, valid: 3 });
    expect(first?.completion).toEqual({ value: 0.75, low: expect.closeTo(0.3006, 4), high: expect.closeTo(0.9544, 4) });
    // Rewards 0.5, −0.5, 0.25: mean 1/12, deviation 0.5204, half width 4.30265 · 0.5204 / √3.
    expect(first?.mean).toEqual({
      value: expect.closeTo(1 / 12, 12),
      low: expect.closeTo(1 / 12 - 1.2928, 3),
      high: expect.closeTo(1 / 12 + 1.2928, 3),
    });
    // Of failed, −0.5, 0.25, 0.5: the best of four stays within the second 1 time in 16, and within the first 1 time in 256.
    expect(first?.best).toEqual({ value: 0.5, low: -0.5, high: 0.5 });
    expect(first).toMatchObject({ bestIdea: 1, spent: { dollars: 2, tokens: 10, hours: 0.5 } });
  });

  it("has a pair that completed nothing as 0, and what is not over apart", () => {
    expect(one?.pairs[1]).toMatchObject({
      ...{ ideator: "lab/a", implementer: "lab/b", ideas: 3, planned: 4, tried: 1, valid: 0, open: 1, aside: 1 },
      ...{ completion: { value: 0, low: 0 }, mean: null, best: null, bestIdea: null },
    });
    expect(one?.ended).toBe(false);
  });

  it("has no lower end for a best that a repeat may well miss", () => {
    const [lucky] = benchmarksOf(trajectories([reached(1, 1.5, of(1)), failed(2, of(1)), failed(3, of(1))]), [a]);
    expect(lucky?.pairs[0]?.best).toEqual({ value: 0.5, low: null, high: 0.5 });
  });

  it("takes searches of the same pair together, and lists the newest benchmark first", () => {
    const again = searchFixture(4, { ...plan, source: "lab/a" }, inBenchmark(1, 3));
    const newer = searchFixture(5, { ...plan, source: "lab/c" }, inBenchmark(2));
    const all = benchmarksOf(trajectories([...ideas, reached(9, 1.25, of(4))]), [a, ab, again, newer]);
    expect(all.map(({ benchmark, pairs }) => [benchmark, pairs.length])).toEqual([[2, 1], [1, 2]]); // prettier-ignore
    expect(all[1]?.pairs[0]).toMatchObject({ searches: [1, 4], ideas: 5, planned: 8, valid: 4, bestIdea: 9, spent: { dollars: 5 } });
    expect(all[0]?.pairs[0]).toMatchObject({ ideas: 0, tried: 0, completion: null });
  });

  it("is not there outside of one", () => {
    expect(benchmarksOf(trajectories(ideas), [searchFixture(3)])).toEqual([]);
  });
});
