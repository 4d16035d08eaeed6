/** What the Analysis pane makes of an analysis. */
import { describe, expect, it } from "vitest";
import { comparisonPlot, likenessPlot, pairFigures, rewardPlot } from "../../../webview/results/analysis-figures.ts";
import {
  comparisonText,
  eachText,
  estimateEnds,
  isEmpty,
  newest,
  restText,
  rewardText,
  shareEnds,
  shortPairNames,
  spentText,
} from "../../../webview/results/analysis-text.ts";
import type { Comparison } from "../../../extension/protocol/analysis.ts";
import { analysisFixture, benchmarkedLab, searchedLab } from "../../fixtures/analysis.ts";
import { labFixture } from "../../fixtures/lab.ts";

const searched = analysisFixture(searchedLab(labFixture(60), 30));
const benchmarked = analysisFixture(benchmarkedLab(labFixture(20), 20));
const reward = rewardText(searched);
const compared = searched.comparisons[0]!;

describe("words", () => {
  it("are in the decimals of the metric, signed, with intervals where they are known", () => {
    expect([reward(0.1714), reward(-0.02), reward(0), reward(null)]).toEqual(["+0.171", "−0.020", "0.000", "–"]);
    expect(estimateEnds({ value: 0.1, low: 0.05, high: 0.2 }, reward)).toBe("(+0.050 to +0.200)");
    expect(estimateEnds({ value: 0.1, low: null, high: 0.1 }, reward)).toBe("(… to +0.100)");
    expect(estimateEnds({ value: 0.1, low: null, high: null }, reward)).toBe("");
    expect([shareEnds({ value: 0.84, low: 0.7149, high: 0.9166 }), shareEnds(null)]).toEqual(["(71–92)", ""]);
  });

  it("say where ideas without a result are", () => {
    const completion = { ...searched.completion, open: 2, aside: 3, rejectedAfter: 1 };
    expect(restText(completion)).toBe("2 under way; 3 put aside, 1 of them after they were tried");
    expect(restText({ ...completion, open: 0, aside: 0 })).toBe("");
  });

  it("say what a search gained against as many fresh ideas, or why nothing can be said", () => {
    const points = [
      { ideas: 2, best: 0.17, expected: { value: 0.12, low: 0.08, high: 0.15 }, reached: 0.021 },
      { ideas: 3, best: 0.2, expected: null, reached: null },
    ];
    const comparison: Comparison = { search: 1, writers: ["a"], pool: 2, points, problem: null };
    expect(comparisonText(comparison, reward)).toBe(
      "After 2 ideas the search gained +0.170. The best of 2 fresh ones is expected to gain +0.120 (+0.080 to +0.150), and 2 % of draws reach the search.",
    );
    expect(comparisonText({ ...comparison, points: [], problem: "Measure the baseline." }, reward)).toBe("Measure the baseline.");
  });

  it("say what was spent, and for each result", () => {
    const expenses = {
      ...searched.expenses,
      total: { dollars: 12.5, tokens: 9, hours: 2 },
      gpus: 1,
      calls: 40,
      unpriced: 3,
      bounded: true,
    };
    expect(spentText(expenses)).toBe("At most $12.50 for 40 calls of models, 3 of them without a known price; 2 h 0 min of GPU time.");
    expect(spentText({ ...expenses, stopped: 9, saved: 1.5 })).toMatch(
      /2 h 0 min of GPU time\. Early stopping of 9 runs saved 1 h 30 min of 3 h 30 min\.$/,
    );
    expect(eachText(expenses, 10)).toBe("$1.25 and 12 min 0 s for each idea with a result.");
    expect(eachText(expenses, 0)).toBeNull();
  });

  it("name pairs shortly as long as they stay apart", () => {
    const pair = (ideator: string, implementer: string) => ({ ideator, implementer });
    expect(shortPairNames([pair("lab/a", "lab/a"), pair("lab/a", "open/b")])).toEqual(["a", "a → b"]);
    expect(shortPairNames([pair("lab/a", "open/a")])).toEqual(["lab/a → open/a"]);
    expect(shortPairNames([pair("lab/a-long-name", "lab/another-one")], 12)).toEqual(["a-lon… → anoth…"]);
  });
});

describe("figures", () => {
  it("of epochs have the baseline at 0 where it is known", () => {
    const plot = rewardPlot(searched.epochs, searched.scale, reward);
    expect(plot.x).toEqual(searched.epochs.map(({ epoch }) => epoch));
    expect(plot.lines.map(({ label }) => label)).toEqual(["best so far", "best", "mean", "baseline"]);
    expect(rewardPlot(searched.epochs, { ...searched.scale, baseline: null }, reward).lines).toHaveLength(3);
    for (const { values } of plot.lines) expect(values).toHaveLength(plot.x.length);
  });

  it("of likeness show all there is, from 0", () => {
    const { range, lines } = likenessPlot(searched.similarity.epochs);
    expect(range?.[0]).toBe(0);
    const all = lines.flatMap(({ values }) => values.flatMap((value) => value ?? []));
    expect(Math.max(...all)).toBeLessThanOrEqual(range?.[1] ?? 0);
  });

  it("of a comparison put the band around what is expected", () => {
    const { lines, band } = comparisonPlot(compared, reward);
    const [upper, lower] = band!.map((line) => lines[line]!.values);
    lines[1]!.values.forEach((expected, index) => {
      if (expected === null) return;
      expect(upper![index]).toBeGreaterThanOrEqual(lower![index]!);
    });
    expect(lines[0]!.values.at(-1)).toBe(compared.points.at(-1)?.best);
  });

  it("of pairs lie on one track for each measure, the baseline among them", () => {
    const { pairs } = benchmarked.benchmarks[0]!;
    const [rate, mean, best] = pairFigures(pairs, benchmarked.scale, reward);
    expect([rate?.zero, rate?.rows.length, mean?.rows.length]).toEqual([null, 9, 9]);
    for (const { rows, zero } of [rate!, mean!, best!]) {
      if (zero !== null) expect(zero).toBeGreaterThanOrEqual(0);
      for (const row of rows) {
        if (row.value === null) continue;
        expect(0 <= row.low && row.low <= row.at && row.at <= row.high && row.high <= 1 + 1e-9).toBe(true);
      }
    }
    // The last pair completed nothing: a rate of 0 with an interval, and neither average nor best.
    expect(rate?.rows.at(-1)).toMatchObject({ name: "small-1", value: "0 %", at: 0 });
    expect([mean, best].map((figure) => figure?.rows.at(-1)?.value)).toEqual([null, null]);
  });
});

it("the newest epochs come first, and no more than asked for", () => {
  expect(newest([1, 2, 3, 4], 3)).toEqual([4, 3, 2]);
});

it("a lab in which nothing was tried has nothing to show", () => {
  expect(isEmpty(analysisFixture(labFixture(0)))).toBe(true);
  expect(isEmpty(searched)).toBe(false);
});
