import { describe, expect, it } from "vitest";
import { trajectoriesOf } from "../../../extension/engine/analysis/trajectories.ts";
import { metricOf, rewardOf } from "../../../extension/protocol/analysis.ts";
import type { Idea } from "../../../extension/protocol/idea.ts";
import type { Run } from "../../../extension/protocol/run.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { attempts, commit, failed, failedRun, reached, SCALE } from "./ideas.ts";

const of = (ideas: Idea[], runs: Run[] = [], tried: ReturnType<typeof attempts>[] = []) =>
  trajectoriesOf({ ideas, runs, attempts: tried }, SCALE);

describe("a reward", () => {
  it("is higher for what is better, and 0 for the baseline", () => {
    expect(rewardOf(1.5, { minimize: true, baseline: 2 })).toBe(0.5);
    expect(rewardOf(0.25, { minimize: false, baseline: 0.5 })).toBe(-0.25);
    expect(Object.is(rewardOf(2, { minimize: true, baseline: 2 }), 0)).toBe(true);
  });

  it("is the turned metric where no baseline is known", () => {
    expect(rewardOf(1.5, { minimize: true, baseline: null })).toBe(-1.5);
    expect(rewardOf(1.5, { minimize: false, baseline: null })).toBe(1.5);
  });

  it.each([true, false])("gives the metric back (minimize: %s)", (minimize) => {
    for (const baseline of [null, 2]) expect(metricOf(rewardOf(1.75, { minimize, baseline }), { minimize, baseline })).toBe(1.75);
  });
});

describe("what became of an idea", () => {
  it.each(["draft", "implementing", "in review", "approved", "queued", "running"] as const)("is open while it is %s", (status) => {
    expect(of([ideaFixture(1, { status })])).toMatchObject([{ state: "open", failure: null, reward: null }]);
  });

  it("is a result as soon as one seed gave one, whatever else runs", () => {
    const [done, more] = of([reached(1, 1.5), reached(2, 2.5, { status: "running" })], [failedRun(1, "crash")]);
    expect(done).toMatchObject({ state: "valid", stage: "valid", failure: null, reward: 0.5 });
    expect(more).toMatchObject({ state: "valid", reward: -0.5 });
  });

  it.each([
    ["would not apply", null],
    ["protected", null],
    ["import", "implemented"],
    ["smoke", "implemented"],
  ] as const)("that ended at %s is %s", (outcome, stage) => {
    const [one] = of([ideaFixture(1, { status: "not implemented", outcome })], [], [attempts(1, outcome)]);
    expect(one).toMatchObject({ state: "failed", stage, failure: outcome });
  });

  it("counts by the attempt that came furthest", () => {
    const idea = ideaFixture(1, { status: "not implemented", outcome: "would not apply" });
    const [one] = of([idea], [], [attempts(1, "smoke"), attempts(1, "would not apply", 5), attempts(1, "overtaken")]);
    expect(one).toMatchObject({ stage: "implemented", failure: "smoke" });
  });

  it.each([
    ["crash", "smoke"],
    ["timeout", "smoke"],
    ["lost", "smoke"],
    ["no metric", "ran"],
    ["implausible", "ran"],
  ] as const)("whose run failed with %s came as far as %s", (failure, stage) => {
    expect(of([failed(1)], [failedRun(1, "setup", 1), failedRun(1, failure, 2)])).toMatchObject([{ state: "failed", stage, failure }]);
  });

  it("is no failure where it was called off", () => {
    const cancelled = ideaFixture(1, { status: "not implemented", outcome: "cancelled" });
    const stopped = ideaFixture(2, { status: "stopped", commit });
    const rejected = ideaFixture(3, { status: "rejected" });
    const all = of([cancelled, stopped, rejected], [], [attempts(1, "would not apply"), attempts(1, "cancelled")]);
    expect(all.map(({ state, failure }) => [state, failure])).toEqual([
      ["aside", null],
      ["aside", null],
      ["aside", null],
    ]);
  });

  it("is put aside by a rejection, which is told apart where it came after the result", () => {
    const ideas = [
      reached(1, 1, { status: "rejected" }),
      ideaFixture(2, { status: "rejected", commit }),
      ideaFixture(3, { status: "rejected" }),
      ideaFixture(4, { status: "rejected" }),
    ];
    // The third was implemented on the second try and then rejected in review; the fourth failed and was tidied away.
    const tried = [attempts(3, "would not apply"), attempts(3, "applied"), attempts(4, "smoke")];
    const all = of(ideas, [failedRun(2, "crash")], tried);
    expect(all.map(({ state, reward, rejectedAfter }) => [state, reward, rejectedAfter])).toEqual([
      ["aside", null, true],
      ["aside", null, true],
      ["aside", null, false],
      ["aside", null, true],
    ]);
  });
});

describe("another try at a failed idea", () => {
  it("is not another idea: the idea has its result", () => {
    const all = of([failed(1), reached(2, 1.5, { repairs: 1, kind: "algorithmic" })], [failedRun(1, "crash")]);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({ idea: { id: 1 }, result: { id: 2 }, state: "valid", reward: 0.5, failure: null });
  });

  it("that fails too fails it for the newest reason, and one that goes on leaves it open", () => {
    const runs = [failedRun(1, "crash"), failedRun(2, "no metric")];
    expect(of([failed(1), failed(2, { repairs: 1 })], runs)).toMatchObject([{ state: "failed", failure: "no metric", stage: "ran" }]);
    expect(of([failed(1), ideaFixture(2, { repairs: 1, status: "running", commit })], runs)).toMatchObject([{ state: "open" }]);
  });

  it("that is rejected leaves the failure as it was", () => {
    const all = of([failed(1), ideaFixture(2, { repairs: 1, status: "rejected" })], [failedRun(1, "crash")]);
    expect(all).toMatchObject([{ state: "failed", failure: "crash", result: { id: 1 } }]);
  });
});
