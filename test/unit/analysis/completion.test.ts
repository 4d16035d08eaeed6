import { describe, expect, it } from "vitest";
import { completionOf } from "../../../extension/engine/analysis/completion.ts";
import { trajectoriesOf } from "../../../extension/engine/analysis/trajectories.ts";
import { ideaFixture, runFixture } from "../../fixtures/lab.ts";
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
