import { describe, expect, it } from "vitest";
import { completionOf } from "../../../extension/engine/analysis/completion.ts";
import { epochFigures } from "../../../extension/engine/analysis/epochs.ts";
import { expensesOf } from "../../../extension/engine/analysis/expenses.ts";
import { trajectoriesOf } from "../../../extension/engine/analysis/trajectories.ts";
import { environmentFixture, ideaFixture, runFixture } from "../../fixtures/lab.ts";
import { attempts, commit, failed, failedRun, reached, SCALE } from "./ideas.ts";

const ideas = [
  reached(1, 1.5),
  reached(2, 1.75),
  ideaFixture(3, { status: "not implemented", outcome: "would not apply" }),
  ideaFixture(4, { status: "not implemented", outcome: "smoke" }),
  failed(5),
  failed(6),
  failed(7),
  failed(8),
  ideaFixture(9, { status: "running", commit }),
  ideaFixture(10, { status: "rejected" }),
  reached(11, 1, { status: "rejected" }),
];
const runs = [
  runFixture(1, 1),
  failedRun(2, "crash"),
  runFixture(3, 2),
  failedRun(5, "crash"),
  failedRun(6, "crash"),
  failedRun(7, "timeout"),
  failedRun(8, "implausible"),
  runFixture(4, null),
];
const tried = [
  attempts(1, "applied"),
  attempts(2, "would not apply", 2),
  attempts(2, "applied"),
  attempts(3, "would not apply", 3),
  attempts(4, "import"),
  attempts(4, "smoke"),
];
const completion = completionOf(trajectoriesOf({ ideas, runs, attempts: tried }, SCALE), tried, runs);

describe("completion", () => {
  it("puts every idea into exactly one place", () => {
    expect(completion).toMatchObject({ ideas: 11, tried: 8, valid: 2, failed: 6, open: 1, aside: 2, rejectedAfter: 1 });
    expect(completion.valid + completion.failed + completion.open + completion.aside).toBe(completion.ideas);
  });

  it("counts how many of those tried came as far as each stage", () => {
    expect(completion.stages.map(({ stage, ideas: came, share }) => [stage, came, share?.value])).toEqual([
      ["implemented", 7, 0.875],
      ["smoke", 6, 0.75],
      ["ran", 3, 0.375],
      ["valid", 2, 0.25],
    ]);
  });

  it("counts what ended ideas, and how often attempts and runs ended so on the way", () => {
    expect(completion.failures).toEqual([
      { reason: "would not apply", stage: "implemented", ideas: 1, tries: 5 },
      { reason: "smoke", stage: "smoke", ideas: 1, tries: 1 },
      { reason: "import", stage: "smoke", ideas: 0, tries: 1 },
      { reason: "crash", stage: "ran", ideas: 2, tries: 3 },
      { reason: "timeout", stage: "ran", ideas: 1, tries: 1 },
      { reason: "implausible", stage: "valid", ideas: 1, tries: 1 },
    ]);
    expect(completion.failures.reduce((sum, one) => sum + one.ideas, 0)).toBe(completion.failed);
    expect(completion).toMatchObject({ attempts: 9, runs: 7 });
  });

  it("is unknown while nothing was tried", () => {
    const none = completionOf(trajectoriesOf({ ideas: [ideaFixture(1)], runs: [], attempts: [] }, SCALE), [], []);
    expect(none.stages.map(({ ideas: came, share }) => [came, share])).toEqual(Array(4).fill([0, null]));
  });
});

describe("an idea that was stopped early", () => {
  const early = { axis: "seconds", at: 2, value: 3, limit: 1.5, reason: "worse", saved: 900 } as const;
  const stopped = (id: number) => ideaFixture(id, { status: "stopped", commit, problem: "worse" });
  const all = [reached(1, 1.5), stopped(2), failed(3), ideaFixture(4, { status: "stopped", commit }), reached(5, 1.75)];
  const ofThem = [
    runFixture(1, 1),
    runFixture(2, 2, { state: "stopped", metric: null, early }),
    failedRun(3, "crash"),
    runFixture(4, 4, { state: "stopped", metric: null }),
    // Stopped early, then run to its end by hand.
    runFixture(5, 5, { state: "stopped", metric: null, early }),
    runFixture(6, 5),
  ];
  const found = trajectoriesOf({ ideas: all, runs: ofThem, attempts: [] }, SCALE);

  it("counts as tried and completed, never as failed, and has no reward", () => {
    expect(found.map(({ state, reward }) => [state, reward])).toEqual([
      ["valid", 0.5],
      ["stopped", null],
      ["failed", null],
      ["aside", null],
      ["valid", 0.25],
    ]);
    const of = completionOf(found, [], ofThem);
    expect(of).toMatchObject({ tried: 4, valid: 2, stopped: 1, failed: 1, aside: 1 });
    expect(of.stages.at(-1)).toMatchObject({ stage: "valid", ideas: 3, share: { value: 0.75 } });
    expect(of.failures.map(({ reason }) => reason)).toEqual(["crash"]);
  });

  it("is neither the best nor part of the mean of its epoch", () => {
    expect(epochFigures(found)).toMatchObject([{ tried: 4, valid: 3, best: 0.5, bestIdea: 1, mean: 0.375 }]);
  });

  it("has saved what its run would have taken, times its GPUs", () => {
    const environment = environmentFixture();
    environment.manifest.resources.gpus = 8;
    const spent = expensesOf({ environment, ideas: all, runs: ofThem, calls: [] });
    expect(spent).toMatchObject({ stopped: 2, saved: 4 });
  });
});
