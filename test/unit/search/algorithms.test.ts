/** What each algorithm asks for next: the paper's schedule, whom it builds on, how often, and when it waits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALGORITHMS } from "../../../extension/engine/search/algorithms/all.ts";
import { ahead, type EpochTally, type Standing, type Step } from "../../../extension/engine/search/algorithms/algorithm.ts";
import { drawExploit, drawExplore, randomFor } from "../../../extension/engine/search/draws.ts";
import { countRequest } from "../../../extension/engine/search/tally.ts";
import { type Algorithm, type Draw, exploitShare, SearchPlan } from "../../../extension/protocol/search.ts";
import { EventLog } from "../../fixtures/event-log.ts";

const plan = (more: Partial<SearchPlan> = {}): SearchPlan =>
  SearchPlan.parse({ algorithm: "evolutionary", source: "operators", size: 50, epochs: 10, seed: 1, ...more });

/** A lab in which every other idea is better than the baseline's 1. */
function lab(ideas: number): EventLog {
  const log = new EventLog();
  for (let id = 1; id <= ideas; id++) log.idea(id, { metric: id % 4 === 0 ? null : id % 2 === 0 ? 2 : 1 - id / 10_000 });
  return log;
}

const standing = (log: EventLog, more: Partial<Standing> = {}): Standing => ({
  ...{ plan: plan(), search: 1, knowledge: log.knowledge, reference: 1, direction: "minimize" },
  ...{ epochs: [], failures: 0, open: 0, slots: 2, parentsSeen: Infinity },
  ...more,
});

const asked = (step: Step): { epoch: number; draw: Draw } => {
  if (step.kind !== "ask") throw new Error(`it would ${step.kind}`);
  return step;
};

/** Lets an algorithm ask until it is over, every request giving what it was asked for. */
function goThrough(more: Partial<SearchPlan>, log = lab(40)): { epoch: number; draw: Draw }[] {
  const made: { epoch: number; draw: Draw }[] = [];
  const epochs: EpochTally[] = [];
  const wanted = plan(more);
  for (;;) {
    const step = ALGORITHMS[wanted.algorithm].next(standing(log, { plan: wanted, epochs }), randomFor(wanted.seed, made.length + 1));
    if (step.kind === "over") return made;
    const request = asked(step);
    made.push(request);
    countRequest(epochs, request, request.draw.count);
  }
}

describe("the schedule", () => {
  it("is the paper's: half exploits, a tenth more every two epochs, four fifths at most", () => {
    expect(Array.from({ length: 10 }, (_, epoch) => exploitShare(epoch))).toEqual([0.5, 0.5, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8, 0.8, 0.8]);
  });

  it.each([
    [50, [0, 25, 30, 30, 35, 35, 40, 40, 40, 40]],
    [80, [0, 40, 48, 48, 56, 56, 64, 64, 64, 64]],
  ])("gives for %i ideas an epoch these exploiting ones", (size, exploiting) => {
    const made = goThrough({ size });
    const count = (epoch: number, exploits: boolean) =>
      made
        .filter((one) => one.epoch === epoch && (one.draw.strategy === "exploit") === exploits)
        .reduce((sum, { draw }) => sum + draw.count, 0);
    expect(exploiting.map((_, epoch) => count(epoch, true))).toEqual(exploiting);
    expect(exploiting.map((_, epoch) => count(epoch, true) + count(epoch, false))).toEqual(exploiting.map(() => size));
    expect(made.filter(({ epoch }) => epoch === 0).every(({ draw }) => draw.strategy === "fresh")).toBe(true);
    expect(made.filter(({ epoch }) => epoch > 0).every(({ draw }) => draw.strategy !== "fresh")).toBe(true);
    expect(made.every(({ draw }) => draw.count <= 10)).toBe(true);
  });

  it("can be fixed instead", () => {
    const made = goThrough({ size: 20, epochs: 3, exploit: 0.25 });
    expect(made.filter(({ epoch, draw }) => epoch === 2 && draw.strategy === "exploit").map(({ draw }) => draw.count)).toEqual([5]);
  });

  it("asks again for what a source did not give, and goes on without it in the end", () => {
    const epochs: EpochTally[] = [];
    const next = () => ALGORITHMS.evolutionary.next(standing(lab(0), { plan: plan({ size: 10, epochs: 2 }), epochs }), randomFor(1, 1));
    countRequest(epochs, asked(next()), 3);
    expect(asked(next())).toMatchObject({ epoch: 0, draw: { count: 7 } });
    for (let spare = 0; spare < 4; spare++) countRequest(epochs, asked(next()), 1);
    expect(asked(next())).toMatchObject({ epoch: 1, draw: { count: 10 } });
  });
});

describe("what is built on", () => {
  const draws = (log: EventLog, more: Partial<SearchPlan> = {}, count = 4000) =>
    Array.from({ length: count }, (_, number) => drawExploit(standing(log, { plan: plan(more) }), 1, randomFor(9, number))!);

  it("is better than the baseline, each as likely as the other where there is no room for all", () => {
    // Twenty of forty are better; about 140 tokens each, so that five fit.
    const parents = draws(lab(40), { contextTokens: 700 }).flatMap((draw) => draw.parents);
    const shares = new Map<number, number>();
    for (const parent of parents) shares.set(parent, (shares.get(parent) ?? 0) + 1 / 4000);
    expect([...shares.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 1));
    for (const share of shares.values()) expect(share).toBeCloseTo(0.25, 1);
  });

  it("is all of it where there is room", () => {
    expect(draws(lab(40), {}, 1)[0]?.parents).toHaveLength(20);
  });

  it("is written on, with `parent`, the best of three drawn, else on the baseline", () => {
    // Of twenty, the best is among three drawn with probability 1 − (19/20)³; the worst is the best of three with (1/20)³.
    const bases = draws(lab(40), { base: "parent" }).map(({ base }) => base);
    expect(bases.filter((base) => base === 39).length / 4000).toBeCloseTo(1 - (19 / 20) ** 3, 1);
    expect(bases.filter((base) => base === 1).length / 4000).toBeLessThan(0.005);
    expect(draws(lab(40), { base: "baseline" }, 5).every(({ base }) => base === null)).toBe(true);
  });

  it("is what this search has made alone, where it is told to remember no other", () => {
    const log = lab(10).idea(50, { metric: 0.5, search: 1 }).idea(51, { metric: 0.5, search: 2 });
    expect(draws(log, { memory: "search" }, 1)[0]?.parents).toEqual([50]);
  });
});

describe("what is to be differed from", () => {
  it("are random experiments, failures among them, as many as fit", () => {
    const log = lab(40);
    const samples = Array.from({ length: 4000 }, (_, number) =>
      drawExplore(standing(log, { plan: plan({ contextTokens: 700 }) }), 1, randomFor(3, number)),
    );
    const counts = new Map<number, number>();
    for (const { sample } of samples) for (const idea of sample) counts.set(idea, (counts.get(idea) ?? 0) + 1);
    expect(counts.size).toBe(40);
    for (const count of counts.values()) expect(count / 4000).toBeCloseTo(5 / 40, 1);
  });

  it("leave out what was put aside and what nothing has come of yet", () => {
    const log = lab(4).idea(5).add("idea rejected", 1, {});
    expect(new Set(drawExplore(standing(log), 1, randomFor(1, 1)).sample)).toEqual(new Set([2, 3, 4]));
  });
});

describe.each(["evolutionary", "steady state", "best of n", "random"] as const)("%s and the human", (algorithm: Algorithm) => {
  const inEpoch: EpochTally[] = [{ requests: 5, ideas: 50, exploiting: 0 }];
  const requests = (log: EventLog) =>
    Array.from({ length: 60 }, (_, number) =>
      asked(
        ALGORITHMS[algorithm].next(
          standing(log, { plan: plan({ algorithm, exploit: 1, base: "parent" }), epochs: inEpoch }),
          randomFor(5, number),
        ),
      ),
    );

  it("builds on exactly the chosen parents and the pinned ones", () => {
    const log = lab(40).pick(3, 2).mark(7, "pinned");
    for (const { draw } of requests(log)) {
      expect(draw.parents).toEqual([3, 2, 7]);
      expect([3, 2, 7]).toContain(draw.base);
    }
  });

  it("never builds on a banned one, chosen or not", () => {
    const log = lab(12).pick(3, 5).mark(3, "banned").mark(5, "banned");
    for (const { draw } of requests(log)) expect(draw.parents.filter((parent) => parent === 3 || parent === 5)).toEqual([]);
  });

  it("heeds a choice from its next request on, and the end of one", () => {
    const log = lab(12).pick(3).pick();
    for (const { draw } of requests(log)) expect(draw.parents).not.toEqual([3]);
  });

  it("makes exactly as many ideas as planned, in requests of its epoch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), fc.integer(), (size, epochs, seed) => {
        const made = goThrough({ algorithm, size, epochs, seed });
        const ideas = (epoch: number) => made.filter((one) => one.epoch === epoch).reduce((sum, { draw }) => sum + draw.count, 0);
        expect(Array.from({ length: epochs }, (_, epoch) => ideas(epoch))).toEqual(Array.from({ length: epochs }, () => size));
      }),
      { numRuns: 30 },
    );
  });

  it("draws the same from the same knowledge and seed", () => {
    expect(requests(lab(40))).toEqual(requests(lab(40)));
  });
});

describe("waiting", () => {
  const done: EpochTally[] = [{ requests: 5, ideas: 50, exploiting: 0 }];
  const next = (algorithm: Algorithm, more: Partial<Standing>, gates = plan().gates) =>
    ALGORITHMS[algorithm].next(standing(lab(8), { plan: plan({ algorithm, gates }), epochs: done, ...more }), randomFor(1, 1)).kind;

  it("an epoch waits for the last of the one before, a steady state for a place", () => {
    expect(next("evolutionary", { open: 1 })).toBe("wait");
    expect(next("evolutionary", { open: 0 })).toBe("ask");
    const places = 8 + ahead(8);
    expect(next("steady state", { open: places, slots: 8 })).toBe("wait");
    expect(next("steady state", { open: places - 1, slots: 8 })).toBe("ask");
  });

  it("the parents of an epoch are looked at where the human wants to", () => {
    const gates = { ...plan().gates, parents: "ask" as const };
    for (const algorithm of ["evolutionary", "steady state"] as const) {
      expect(next(algorithm, { parentsSeen: 0 }, gates)).toBe("look at parents");
      expect(next(algorithm, { parentsSeen: 1 }, gates)).toBe("ask");
    }
  });

  it("three requests in a row that gave nothing are enough", () => {
    for (const algorithm of ["evolutionary", "steady state", "best of n", "random"] as const)
      expect(next(algorithm, { failures: 3 })).toBe("stuck");
  });
});

describe("an idea that was stopped early", () => {
  const log = lab(8).idea(9, {});
  log.add("implementation approved", 9, { added: 1, removed: 1 }, { search: 1 });
  log.add("run stopped early", 9, { at: 2 }, { run: 9, search: 1 });

  it("is shown as tried, and never built on", () => {
    const shown = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      const ground = standing(log);
      expect(drawExploit(ground, 3, randomFor(seed, 1))?.parents ?? []).not.toContain(9);
      for (const id of drawExplore(ground, 3, randomFor(seed, 1)).sample) shown.add(id);
    }
    expect(shown).toContain(9);
  });

  it("is one with a result once it was run to its end", () => {
    log.add("run succeeded", 9, {}, { run: 10, metric: 0.5, search: 1 });
    expect(drawExploit(standing(log), 3, randomFor(1, 1))?.parents).toContain(9);
  });
});
