/** What the results panel makes of a lab. */
import { describe, expect, it } from "vitest";
import { applyDelta } from "../../../extension/protocol/lab.ts";
import { collector, condensed, deviationOf, toneOf } from "../../../webview/results/collect.ts";
import { environmentFixture, ideaFixture, labFixture, runFixture } from "../../fixtures/lab.ts";

const done = { status: "done", commit: "c", seeds: 1 } as const;

describe("the results of an environment", () => {
  it("hold its own ideas and runs only, baseline runs apart", () => {
    const lab = labFixture(3);
    lab.ideas.push(ideaFixture(90, { environment: "other" }));
    lab.runs.push(runFixture(91, null, { environment: "other" }));
    const results = collector()(lab, "tinylm");
    expect(results.rows.map((row) => row.idea.id)).toEqual([1, 2, 3]);
    expect(results.baselineRuns).toHaveLength(5);
    expect(results.byId.get(2)?.runs.every((run) => run.idea === 2)).toBe(true);
  });

  it("name the best in the metric's own direction", () => {
    const lab = { ...labFixture(0), ideas: [ideaFixture(1, { ...done, metric: 1.9 }), ideaFixture(2, { ...done, metric: 2.1 })] };
    expect(collector()(lab, "tinylm").summary.best?.idea.id).toBe(1);
    const environment = environmentFixture();
    const maximized = {
      ...environment,
      manifest: { ...environment.manifest, metric: { ...environment.manifest.metric, direction: "maximize" as const } },
    };
    const best = collector()({ ...lab, environments: [maximized] }, "tinylm").summary.best;
    expect(best?.idea.id).toBe(2);
    expect(best?.tone).toBe("good");
  });

  it("leave an idea that was put aside out of best and mean, as the sidebar and the command line do", () => {
    const ideas = [ideaFixture(1, { ...done, epoch: 1, metric: 2 }), ideaFixture(2, { ...done, epoch: 1, metric: 1, status: "rejected" })];
    const { summary, epochs } = collector()({ ...labFixture(0), ideas }, "tinylm");
    expect(summary.best?.idea.id).toBe(1);
    expect(epochs).toEqual([{ epoch: 1, best: 2, mean: 2 }]);
  });

  it("count ideas that completed, runs under way and runs waiting", () => {
    const { summary } = collector()(labFixture(15), "tinylm");
    expect(summary).toMatchObject({ ideas: 15, completed: 7, running: 1, queued: 1 });
  });

  it("give best and mean per epoch, none where nothing finished", () => {
    const ideas = [
      ideaFixture(1, { ...done, epoch: 1, metric: 2 }),
      ideaFixture(2, { ...done, epoch: 1, metric: 1.8 }),
      ideaFixture(3, { epoch: 2 }),
    ];
    expect(collector()({ ...labFixture(0), ideas }, "tinylm").epochs).toEqual([
      { epoch: 1, best: 1.8, mean: 1.9 },
      { epoch: 2, best: null, mean: null },
    ]);
  });

  it("compare with the published figure until the baseline is measured, and say so", () => {
    const lab = { ...labFixture(0), environments: [environmentFixture({ mean: null, deviation: null, seeds: 0 })] };
    expect(collector()(lab, "tinylm").reference).toMatchObject({ mean: 2.02, measured: false, deviation: null });
  });

  it("show the newest reading of a running run", () => {
    const row = collector()(labFixture(4), "tinylm").byId.get(4);
    expect(row?.live).toBe(2.4);
  });

  it("are empty, not broken, for an environment that cannot be read", () => {
    const lab = { ...labFixture(0), environments: [{ state: "broken" as const, name: "tinylm", directory: ".", problems: [] }] };
    const results = collector()(lab, "tinylm");
    expect(results.environment).toBeNull();
    expect(results.rows).toEqual([]);
  });
});

describe("a change of one run", () => {
  it("makes one new row and leaves the others as they were", () => {
    const collect = collector();
    const before = labFixture(30);
    const first = collect(before, "tinylm");
    const run = before.runs.find((one) => one.state === "running");
    if (run === undefined) throw new Error("the fixture has no running run");
    const live = { value: 2.2, step: 9, seconds: 1 };
    const after = applyDelta(before, { seq: 2, changes: [{ kind: "run", run: { ...run, live } }] });
    if (after === null) throw new Error("the change does not follow");
    const second = collect(after, "tinylm");
    expect(second.rows.filter((row, index) => row !== first.rows[index]).map((row) => row.idea.id)).toEqual([run.idea]);
    expect(second.byId.get(run.idea ?? 0)?.live).toBe(2.2);
    expect(second.reference).toBe(first.reference);
  });
});

describe("a difference", () => {
  const reference = collector()(labFixture(0), "tinylm").reference;
  it("is unsure within the baseline's spread, good or bad beyond it", () => {
    expect([-0.1, -0.005, 0, 0.005, 0.1].map((delta) => toneOf(delta, reference))).toEqual(["good", "unsure", "plain", "unsure", "bad"]);
    expect(toneOf(null, reference)).toBe("plain");
  });
  it("has a spread from two runs on", () => {
    expect(deviationOf([2])).toBeNull();
    expect(deviationOf([1, 3])).toBeCloseTo(Math.SQRT2);
  });
});

it("many epochs are drawn as fewer points that keep the best", () => {
  const reference = collector()(labFixture(0), "tinylm").reference;
  const points = Array.from({ length: 100 }, (_, epoch) => ({ epoch, best: epoch === 37 ? 1 : 2, mean: 3 }));
  const fewer = condensed(points, 20, reference);
  expect(fewer).toHaveLength(20);
  expect(Math.min(...fewer.map((point) => point.best ?? 9))).toBe(1);
  expect(fewer.at(-1)?.epoch).toBe(99);
});
