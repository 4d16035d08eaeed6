/** Order, filter, groups and selection of the results table. */
import { describe, expect, it } from "vitest";
import { applyDelta } from "../../../extension/protocol/lab.ts";
import { collector } from "../../../webview/results/collect.ts";
import { linesOf } from "../../../webview/results/lines.ts";
import type { Line } from "../../../webview/results/lines.ts";
import { chosenIds, prune, tick, tickAll } from "../../../webview/results/selection.ts";
import { nextSort, TableModel, usualSort } from "../../../webview/results/table-model.ts";
import { labFixture } from "../../fixtures/lab.ts";

const results = collector()(labFixture(40), "tinylm");
const best = usualSort(results.reference);
const plain = { grouping: "none", expanded: new Set<string>(), byMetric: "ascending" } as const;

const idsOf = (lines: readonly Line[]): unknown[] => lines.map((line) => (line.kind === "idea" ? line.row.idea.id : line.kind));

describe("sorting", () => {
  it("puts the best first and ideas without a result last, in either direction", () => {
    for (const descending of [false, true]) {
      const metrics = new TableModel().rows(results.rows, "", { column: "metric", descending }).map((row) => row.idea.metric);
      const measured = metrics.filter((metric) => metric !== null);
      expect(metrics.slice(measured.length).every((metric) => metric === null)).toBe(true);
      expect(measured).toEqual([...measured].sort((a, b) => (descending ? b - a : a - b)));
    }
  });

  it("keeps equal rows in the order they were written", () => {
    const rows = new TableModel().rows(results.rows, "", { column: "source", descending: false });
    const operators = rows.filter((row) => row.idea.source === "operator").map((row) => row.idea.id);
    expect(operators).toEqual([...operators].sort((a, b) => a - b));
  });

  it("starts in the sensible direction and turns on the second time", () => {
    expect(best).toEqual({ column: "metric", descending: false });
    expect(nextSort("epoch", best, results.reference)).toEqual({ column: "epoch", descending: true });
    expect(nextSort("metric", best, results.reference)).toEqual({ column: "metric", descending: true });
  });

  it("does not move rows while a run only reports readings", () => {
    const collect = collector();
    const table = new TableModel();
    const lab = labFixture(40);
    const before = table.rows(collect(lab, "tinylm").rows, "", best);
    const run = lab.runs.find((one) => one.state === "running");
    if (run === undefined) throw new Error("the fixture has no running run");
    const changed = applyDelta(lab, { seq: 2, changes: [{ kind: "run", run: { ...run, live: { value: 0.1, step: 1, seconds: 1 } } }] });
    if (changed === null) throw new Error("the change does not follow");
    const after = table.rows(collect(changed, "tinylm").rows, "", best);
    expect(after.map((row) => row.idea.id)).toEqual(before.map((row) => row.idea.id));
    expect(after.find((row) => row.idea.id === run.idea)?.live).toBe(0.1);
  });
});

describe("the filter", () => {
  it("finds every word in title, summary, status, source or number, whatever the case", () => {
    const find = (filter: string): number[] => new TableModel().rows(results.rows, filter, best).map((row) => row.idea.id);
    expect(find("FAILED scipy")).toEqual([7]);
    expect(find("#24")).toEqual([24]);
    expect(find("in review")).toEqual([11]);
    expect(find("no such thing")).toEqual([]);
    expect(find("  ")).toHaveLength(40);
  });
});

describe("the lines of the table", () => {
  const rows = new TableModel().rows(results.rows, "", best);

  it("have the baseline among the ideas by its metric, whichever way they are sorted", () => {
    const at = (lines: Line[], step: number): number | null | undefined => {
      const line = lines[lines.findIndex((one) => one.kind === "baseline") + step];
      return line?.kind === "idea" ? line.row.idea.metric : undefined;
    };
    const up = linesOf(rows, results, plain);
    expect(at(up, -1)).toBeLessThanOrEqual(2.013);
    expect(at(up, 1)).toBeGreaterThan(2.013);
    const down = linesOf(new TableModel().rows(results.rows, "", { column: "metric", descending: true }), results, {
      ...plain,
      byMetric: "descending",
    });
    expect(at(down, -1)).toBeGreaterThanOrEqual(2.013);
    expect(at(down, 1)).toBeLessThan(2.013);
  });

  it("have the baseline first when sorted by anything else or grouped, and even when the filter leaves no idea", () => {
    expect(linesOf(rows, results, { ...plain, byMetric: null })[0]?.kind).toBe("baseline");
    expect(linesOf(rows, results, { ...plain, grouping: "epoch" })[0]?.kind).toBe("baseline");
    expect(idsOf(linesOf([], results, plain))).toEqual(["baseline"]);
  });

  it("show an idea's runs below it when expanded, if there are several", () => {
    const several = rows.find((row) => row.runs.length === 3);
    const single = rows.find((row) => row.runs.length === 1);
    if (several === undefined || single === undefined) throw new Error("the fixture lacks such ideas");
    const lines = linesOf(rows, results, { ...plain, expanded: new Set([several.key, single.key]) });
    const at = lines.findIndex((line) => line.key === several.key);
    expect(lines.slice(at + 1, at + 4).map((line) => line.kind)).toEqual(["run", "run", "run"]);
    expect(lines.filter((line) => line.kind === "run")).toHaveLength(3);
  });

  it("group by epoch, newest first, and by status, what needs a human first", () => {
    const labels = (grouping: "epoch" | "status"): string[] =>
      linesOf(rows, results, { ...plain, grouping }).flatMap((line) => (line.kind === "group" ? [line.label] : []));
    expect(labels("epoch")).toEqual(["Epoch 4", "Epoch 3", "Epoch 2", "Epoch 1"]);
    expect(labels("status").slice(0, 3)).toEqual(["in review", "not implemented", "running"]);
  });
});

describe("the selection", () => {
  const rows = new TableModel().rows(results.rows, "", { column: "idea", descending: false });
  const lines = linesOf(rows, results, { ...plain, byMetric: null });
  const [, first, , third] = lines;
  const none = { ticked: new Set<number>(), current: null };

  it("means the ticked ideas, else the one with the cursor", () => {
    expect(chosenIds(none)).toEqual([]);
    expect(chosenIds({ ticked: new Set(), current: "idea-7" })).toEqual([7]);
    expect(chosenIds({ ticked: new Set([3, 2]), current: "idea-7" })).toEqual([3, 2]);
    expect(chosenIds({ ticked: new Set(), current: "baseline" })).toEqual([]);
  });

  it("ticks one, takes it back, and ticks a range from the cursor", () => {
    const one = tick(none, lines, first?.key ?? "", false);
    expect(one.ticked.size).toBe(1);
    expect(tick(one, lines, first?.key ?? "", false).ticked.size).toBe(0);
    expect(tick(one, lines, third?.key ?? "", true).ticked.size).toBe(3);
    expect(tick(none, lines, "baseline", false)).toBe(none);
  });

  it("ticks all that are shown, and forgets ideas that are gone", () => {
    const all = tickAll(none, lines, true);
    expect(all.ticked.size).toBe(40);
    expect(prune(all, (id) => id !== 5).ticked.has(5)).toBe(false);
    expect(prune(all, () => true)).toBe(all);
  });
});

it("a table without ideas is empty", () => {
  expect(new TableModel().rows([], "x", best)).toEqual([]);
});
