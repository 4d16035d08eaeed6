/** A control of the results panel is shown only when it works for the chosen rows. */
import { describe, expect, it } from "vitest";
import type { Idea } from "../../../extension/protocol/idea.ts";
import { actionsFor } from "../../../webview/results/actions.ts";
import { collector } from "../../../webview/results/collect.ts";
import { differencesOf } from "../../../webview/results/differences.ts";
import { familyOf, layoutFamily } from "../../../webview/results/family-layout.ts";
import { detailFixture, environmentFixture, ideaFixture, labFixture, runFixture } from "../../fixtures/lab.ts";

function resultsOf(ideas: Idea[], parents: number[] = []) {
  const runs = ideas.flatMap((idea) =>
    idea.status === "failed"
      ? [runFixture(100 + idea.id, idea.id, { state: "failed", metric: null })]
      : idea.status === "done"
        ? [runFixture(100 + idea.id, idea.id)]
        : [],
  );
  return collector()({ ...labFixture(0), ideas, runs, parents: { tinylm: parents } }, "tinylm");
}
const done = (id: number): Idea => ideaFixture(id, { status: "done", commit: "c", metric: 1.9 + id / 100, seeds: 1, seconds: 8 });
const labels = (results: ReturnType<typeof resultsOf>, chosen = results.rows): string[] =>
  actionsFor(chosen, null, results).map((one) => one.label);

describe("actions", () => {
  it("offer results as parents, once", () => {
    const results = resultsOf([done(1), done(2)]);
    expect(actionsFor(results.rows, null, results)[0]?.message).toEqual({ type: "useAsParents", ideas: [1, 2] });
    expect(labels(resultsOf([done(1), done(2)], [2, 1]))).not.toContain("Use 2 as parents");
  });

  it("offer what an idea's status allows, and nothing else", () => {
    expect(labels(resultsOf([ideaFixture(1)]))).toEqual(["Implement", "Next epoch…"]);
    expect(labels(resultsOf([ideaFixture(1, { status: "in review" })]))).toEqual(["Review", "Next epoch…"]);
    expect(labels(resultsOf([ideaFixture(1, { status: "approved", commit: "c" })]))).toEqual(["Run", "Next epoch…", "Ban"]);
    expect(labels(resultsOf([ideaFixture(1, { status: "failed", commit: "c" })]))).toEqual(["Run again", "Next epoch…", "Retry", "Ban"]);
    expect(labels(resultsOf([ideaFixture(1, { status: "rejected" })]))).toEqual(["Next epoch…"]);
  });

  it("pin and ban what is not marked so, and take marks away", () => {
    const rows = resultsOf([done(1), { ...done(2), mark: "pinned" }, { ...done(3), mark: "banned" }, ideaFixture(4)]);
    const messages = actionsFor(rows.rows, null, rows).flatMap((action) => (action.message.type === "mark" ? [action] : []));
    expect(messages.map(({ label, message }) => [label, message])).toEqual([
      ["Pin 2", { type: "mark", ideas: [1, 3], mark: "pinned" }],
      ["Ban 2", { type: "mark", ideas: [1, 2], mark: "banned" }],
      ["Unmark 2", { type: "mark", ideas: [2, 3], mark: null }],
    ]);
  });

  it("review one proposal at a time", () => {
    const two = resultsOf([ideaFixture(1, { status: "in review" }), ideaFixture(2, { status: "in review" })]);
    expect(labels(two)).not.toContain("Review");
  });

  it("offer the baseline's run while it has not been measured, or when the cursor is on it", () => {
    const unmeasured = collector()({ ...labFixture(0), runs: [], environments: [environmentFixture({ mean: null, seeds: 0 })] }, "tinylm");
    expect(labels(unmeasured, [])).toEqual(["Run baseline"]);
    const measured = resultsOf([]);
    expect(labels(measured, [])).toEqual([]);
    expect(actionsFor([], { kind: "baseline", key: "baseline", expanded: false }, measured)[0]?.message).toEqual({ type: "runBaseline" });
  });

  it("stop and retry the very run that the cursor is on", () => {
    const run = runFixture(7, 1, { state: "running", endedAt: null });
    const results = resultsOf([done(1)]);
    const on = (one: typeof run) =>
      actionsFor([], { kind: "run", key: "run-7", run: one, row: null }, results).map((action) => action.message);
    expect(on(run)).toContainEqual({ type: "stop", runs: [7] });
    expect(on({ ...run, state: "stopped", endedAt: 1 })).toContainEqual({ type: "retry", runs: [7] });
  });
});

describe("what differs", () => {
  it("leaves out what the ideas share and names knobs by their title", () => {
    const results = resultsOf([done(1), done(2)]);
    const details = new Map(results.rows.map((row) => [row.idea.id, detailFixture(row.idea)]));
    const settings = differencesOf(results.rows, details, results);
    expect(settings.map((setting) => setting.name)).toEqual(["val_loss", "Δ baseline", "peak learning rate"]);
    expect(settings[0]?.values).toEqual(["1.910", "1.920"]);
  });
});

describe("the family", () => {
  it("has every idea right of what it builds on, the baseline leftmost", () => {
    const results = collector()(labFixture(60), "tinylm");
    const { nodes, edges } = layoutFamily(familyOf(results, [], 200), 60);
    expect(nodes).toHaveLength(61);
    expect(edges.every((edge) => edge.from.x < edge.to.x)).toBe(true);
    const baseline = nodes.find((node) => node.row === null);
    expect(nodes.every((node) => node.row === null || node.x > (baseline?.x ?? 0))).toBe(true);
  });

  it("of very many ideas keeps the chosen with their ancestors, and the best", () => {
    const results = collector()(labFixture(2000), "tinylm");
    const chosen = results.rows.filter((row) => row.idea.parents.length === 2).slice(-1);
    const kept = new Set(familyOf(results, chosen, 50).map((row) => row.idea.id));
    expect(kept.size).toBeLessThan(80);
    expect(chosen.flatMap((row) => [row.idea.id, ...row.idea.parents]).every((id) => kept.has(id))).toBe(true);
    expect(kept.has(results.summary.best?.idea.id ?? -1)).toBe(true);
  });
});
