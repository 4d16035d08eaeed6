import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ground } from "../../../extension/engine/search/draws.ts";
import { planEpoch, planFresh } from "../../../extension/engine/search/next-epoch.ts";
import { EventLog } from "../../fixtures/event-log.ts";

/** Each idea takes about a hundred tokens to tell of. */
function tried(count: number, { length = 150, contextTokens = 12_000 } = {}): Ground {
  const log = new EventLog();
  for (let id = 1; id <= count; id++) log.idea(id, { metric: id % 3 === 0 ? null : 1, length });
  return {
    plan: { base: "parent", memory: "environment", contextTokens },
    ...{ search: 0, knowledge: log.knowledge, reference: 1, direction: "minimize" },
  };
}
const question = { count: 25, exploit: 0.5, base: "parent" as const, parents: [4, 2], ground: tried(30), seed: 1 };

describe("the plan of an epoch", () => {
  it("lets the share, rounded down, build on the parents and the rest explore, ten ideas a request", () => {
    const { requests, notes } = planEpoch(question);
    expect(requests.map(({ strategy, count }) => [strategy, count])).toEqual([
      ["exploit", 10],
      ["exploit", 2],
      ["explore", 10],
      ["explore", 3],
    ]);
    expect(notes).toEqual([]);
  });

  it("counts the share as a person would", () => {
    const exploiting = (count: number, exploit: number) =>
      planEpoch({ ...question, count, exploit })
        .requests.filter(({ strategy }) => strategy === "exploit")
        .reduce((sum, request) => sum + request.count, 0);
    expect(exploiting(100, 0.29)).toBe(29);
    expect(exploiting(7, 0.8)).toBe(5);
    expect(exploiting(1, 0.5)).toBe(0);
    expect(exploiting(6, 1)).toBe(6);
    expect(exploiting(6, 0)).toBe(0);
  });

  it("writes exploiting ideas on the first parent, or on the baseline", () => {
    const bases = (base: "parent" | "baseline") => planEpoch({ ...question, base }).requests.map((request) => request.base);
    expect(bases("parent")).toEqual([4, 4, null, null]);
    expect(bases("baseline")).toEqual([null, null, null, null]);
    expect(planEpoch(question).requests[0]?.parents).toEqual([4, 2]);
    expect(planEpoch(question).requests[2]?.parents).toEqual([]);
  });

  it("shows every exploring request a sample of its own within the budget", () => {
    const { requests } = planEpoch({ ...question, exploit: 0, ground: tried(30, { contextTokens: 1000 }) });
    for (const { sample } of requests) {
      expect(sample).toHaveLength(10);
      expect(new Set(sample).size).toBe(10);
    }
    expect(requests[0]?.sample).not.toEqual(requests[1]?.sample);
  });

  it("shows at least one experiment, however long", () => {
    const { requests } = planEpoch({ ...question, count: 1, exploit: 0, ground: tried(3, { length: 1e9 }) });
    expect(requests[0]?.sample).toHaveLength(1);
  });

  it("explores only, and says so, without parents", () => {
    const { requests, notes } = planEpoch({ ...question, parents: [] });
    expect(requests.every(({ strategy }) => strategy === "explore")).toBe(true);
    expect(notes).toEqual(["no parents are chosen, so that nothing builds on earlier ideas"]);
  });

  it("asks for fresh ideas, and says so, before anything was executed", () => {
    const { requests, notes } = planEpoch({ ...question, parents: [], exploit: 0, ground: tried(0) });
    expect(requests.map(({ strategy, count }) => [strategy, count])).toEqual([
      ["fresh", 10],
      ["fresh", 10],
      ["fresh", 5],
    ]);
    expect(notes).toEqual(["nothing has been executed yet, so that there is nothing to differ from"]);
  });

  const grounds = Array.from({ length: 21 }, (_, size) => tried(size));
  it("is the same for the same seed, and always makes the number asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        fc.nat(20),
        fc.boolean(),
        (count, exploit, seed, size, parents) => {
          const asked = { ...question, count, exploit, seed, ground: grounds[size] ?? tried(size), parents: parents ? [4] : [] };
          const plan = planEpoch(asked);
          expect(plan).toEqual(planEpoch(asked));
          expect(plan.requests.reduce((sum, request) => sum + request.count, 0)).toBe(count);
          expect(plan.requests.every((request) => request.count >= 1 && request.count <= 10)).toBe(true);
          expect(planFresh(count, seed).requests.reduce((sum, request) => sum + request.count, 0)).toBe(count);
        },
      ),
    );
  });
});
