import { describe, expect, it } from "vitest";
import { expensesOf } from "../../../extension/engine/analysis/expenses.ts";
import type { CallSum } from "../../../extension/engine/analysis/material.ts";
import { environmentFixture, ideaFixture, runFixture } from "../../fixtures/lab.ts";

const HOUR = 3_600_000;
const call = (more: Partial<CallSum>): CallSum => ({
  ...{ purpose: "ideas", idea: null, search: null, at: 0, calls: 1, tokens: 100, cost: 1_000_000_000, unpriced: 0, bounded: false },
  ...more,
});
const ideas = [
  ideaFixture(1, { epoch: 0, search: 1, createdAt: 1000 }),
  ideaFixture(2, { epoch: 1, search: 1, createdAt: 2000 }),
  ideaFixture(3, { epoch: 2, search: null, createdAt: 1500 }),
];
const environment = environmentFixture();
const with2 = { ...environment, manifest: { ...environment.manifest, resources: { ...environment.manifest.resources, gpus: 2 } } };
const amounts = (calls: CallSum[]) =>
  expensesOf({ environment, ideas, runs: [], calls }).epochs.map(({ epoch, amount }) => [epoch, amount.dollars]);

describe("expenses", () => {
  it("are hours of GPUs, of failed and stopped runs and of the baseline too", () => {
    const runs = [
      runFixture(1, null, { startedAt: 0, endedAt: HOUR }),
      runFixture(2, 1, { startedAt: 0, endedAt: HOUR / 2 }),
      runFixture(3, 2, { startedAt: 0, endedAt: HOUR / 4, state: "failed", failure: "crash", metric: null }),
      runFixture(4, 2, { startedAt: 0, endedAt: null, state: "running", metric: null }),
      runFixture(5, 2, { startedAt: null, endedAt: 5, state: "stopped", metric: null }),
    ];
    const expenses = expensesOf({ environment: with2, ideas, runs, calls: [] });
    expect(expenses).toMatchObject({ gpus: 2, total: { hours: 3.5, dollars: 0, tokens: 0 }, baselineHours: 2, calls: 0, unpriced: 0 });
    expect(expenses.epochs.map(({ epoch, amount }) => [epoch, amount.hours])).toEqual([
      [0, 1],
      [1, 0.5],
      [2, 0],
    ]);
    expect(expensesOf({ environment, ideas, runs, calls: [] }).total.hours).toBe(1.75);
  });

  it("are the calls' dollars and tokens, by purpose, with what is not known said", () => {
    const calls = [
      call({ at: 900, search: 1 }),
      call({ purpose: "implementation", idea: 1, search: 1, calls: 3, tokens: 50, cost: 500_000_000, unpriced: 1, bounded: true }),
      call({ purpose: "implementation", idea: 2, search: 1, tokens: 25, cost: 250_000_000 }),
    ];
    expect(expensesOf({ environment, ideas, runs: [], calls })).toMatchObject({
      total: { dollars: 1.75, tokens: 175, hours: 0 },
      ...{ bounded: true, calls: 5, unpriced: 1 },
      purposes: [
        { purpose: "ideas", calls: 1, dollars: 1, tokens: 100 },
        { purpose: "implementation", calls: 4, dollars: 0.75, tokens: 75 },
      ],
      epochs: [{ amount: { dollars: 1.5, tokens: 150 } }, { amount: { dollars: 0.25, tokens: 25 } }, { amount: { dollars: 0 } }],
    });
  });

  it("of a call for ideas belong to the epoch that its search wrote next, else to its last", () => {
    expect(amounts([call({ search: 1, at: 1000 })])).toEqual([[0, 1], [1, 0], [2, 0]]); // prettier-ignore
    expect(amounts([call({ search: 1, at: 1001 })])).toEqual([[0, 0], [1, 1], [2, 0]]); // prettier-ignore
    expect(amounts([call({ search: 1, at: 9999 })])).toEqual([[0, 0], [1, 1], [2, 0]]); // prettier-ignore
    expect(amounts([call({ search: null, at: 1 })])).toEqual([[0, 0], [1, 0], [2, 1]]); // prettier-ignore
  });

  it("of a search that wrote nothing are in the total alone", () => {
    const expenses = expensesOf({ environment, ideas, runs: [], calls: [call({ search: 7 })] });
    expect(expenses.total.dollars).toBe(1);
    expect(expenses.epochs.every(({ amount }) => amount.dollars === 0)).toBe(true);
  });
});
