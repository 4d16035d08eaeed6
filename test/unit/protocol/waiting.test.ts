/** What waits for a human: one list for the side bar and the terminal. */
import { describe, expect, test } from "vitest";
import { verdict } from "../../../extension/engine/scheduler/verdict.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { UNATTENDED } from "../../../extension/protocol/search.ts";
import { waitingIn, waitingKey, waitingSummary, waitingText } from "../../../extension/protocol/waiting.ts";
import { environmentFixture, ideaFixture, labFixture, runFixture } from "../../fixtures/lab.ts";
import { searchFixture } from "../../fixtures/search.ts";

const lab = (changes: Partial<Snapshot> = {}): Snapshot => ({ ...labFixture(0), runs: [], parents: {}, ...changes });
const said = (snapshot: Snapshot, environment?: string) =>
  waitingIn(snapshot, environment).map((waiting) => {
    const { what, about, detail } = waitingText(waiting);
    return `${what}: ${about}${detail === "" ? "" : ` | ${detail}`}`;
  });
const asking = (...gates: (keyof typeof UNATTENDED)[]) => ({
  plan: { gates: { ...UNATTENDED, ...Object.fromEntries(gates.map((gate) => [gate, "ask"])) } },
});

test("nothing waits in a lab where nothing was done", () => {
  expect(said(lab())).toEqual([]);
});

test("searches come first, then reviews, ideas to let in, ideas to run, and results to look at", () => {
  const change = { files: 1, added: 31, removed: 12 };
  const snapshot = lab({
    searches: [searchFixture(1, asking("ideas", "diffs", "runs", "parents")), searchFixture(2, { waitsFor: "lab/m does not answer" })],
    ideas: [
      ideaFixture(1, { title: "Approved", search: 1, status: "approved", commit: "c", change }),
      ideaFixture(2, { title: "Draft", search: 1, repeats: { idea: 4, likeness: 0.9 } }),
      ideaFixture(3, { title: "Lion", search: 1, status: "in review", change }),
      ideaFixture(4, { title: "My own", status: "in review", change }),
      ideaFixture(5, { title: "A draft of mine" }),
    ],
  });
  expect(said(snapshot)).toEqual([
    "Waits: lab/m does not answer | evolutionary search 2",
    "Review: Lion | +31 −12",
    "Review: My own | +31 −12",
    "Let in: Draft | like #4",
    "Run: Approved | +31 −12",
  ]);
  expect(waitingSummary(waitingIn(snapshot))).toBe("1 search that cannot go on, 2 reviews, 1 idea to let in, 1 idea to run");
});

test("what a human has let pass, what its search does by itself, and what an ended search left does not wait", () => {
  const ideas = [
    ideaFixture(1, { search: 1, admitted: ["ideas"] }),
    ideaFixture(2, { search: 1, status: "approved", commit: "c", admitted: ["runs"] }),
    ideaFixture(3, { search: 2 }),
    ideaFixture(4, { search: 2, status: "in review" }),
    ideaFixture(5, { search: 3 }),
  ];
  const searches = [
    searchFixture(1, asking("ideas", "runs")),
    searchFixture(2),
    searchFixture(3, { ...asking("ideas"), state: "ended", reason: "All was tried." }),
  ];
  expect(said(lab({ searches, ideas }))).toEqual([]);
});

test("an idea that nearly repeats another waits where the search asks about repeats alone", () => {
  const ideas = [ideaFixture(1, { title: "Again", search: 1, repeats: { idea: 7, likeness: 0.9 } }), ideaFixture(2, { search: 1 })];
  expect(said(lab({ searches: [searchFixture(1, { plan: { repeats: "ask" } })], ideas }))).toEqual(["Let in: Again | like #7"]);
});

test("a search that asks for the parents of its next epoch says how many are chosen or pinned", () => {
  const searches = [searchFixture(1, { asksForParents: true })];
  expect(said(lab({ searches }))).toEqual(["Parents of epoch 4: 0 chosen, go on? | evolutionary search 1"]);
  const ideas = [ideaFixture(1, { mark: "pinned" }), ideaFixture(2), ideaFixture(3, { mark: "banned" })];
  expect(said(lab({ searches, ideas, parents: { tinylm: [1, 2] } }))[0]).toContain("2 chosen, go on?");
});

test("a search that is paused says why; one without a reason does not wait", () => {
  const searches = [searchFixture(1, { state: "paused", reason: "The disk is full." }), searchFixture(2, { state: "paused" })];
  expect(said(lab({ searches }))).toEqual(["Paused: The disk is full. | evolutionary search 1"]);
});

describe("a result outside the plausible range", () => {
  const metric = { name: "val_loss", direction: "minimize" as const, select: "last" as const, from: { metrics: "val_loss" } };
  const ended = { exit: { code: 0, reason: "exit", signal: null, diskFull: false }, count: 1, log: "", timeout: 60, stopAsked: false };
  const judged = (value: number) =>
    verdict({ ...ended, metric: { ...metric, plausible: { min: 0.9 } }, selected: { value } } as unknown as Parameters<typeof verdict>[0]);
  const quarantined = (id: number, changes: object = {}) => runFixture(id, 1, { ...judged(0.31), ...changes });
  const ideas = [ideaFixture(1, { title: "Train on the evaluation stream", status: "failed", commit: "c" })];

  test("is listed with the bound that it passes, in the engine's own words", () => {
    expect(said(lab({ runs: [quarantined(1)], ideas }))).toEqual(["Quarantined: 0.31 is below 0.9 | Train on the evaluation stream"]);
    const elsewhere = { ...environmentFixture(), name: "other" };
    expect(said(lab({ environments: [elsewhere], runs: [quarantined(1)], ideas }))[0]).toContain("outside the plausible range");
  });

  test("is answered by running it again, or by rejecting its idea", () => {
    expect(said(lab({ runs: [quarantined(1), quarantined(2, { state: "queued", failure: null, reason: null })], ideas }))).toEqual([]);
    expect(said(lab({ runs: [quarantined(1), quarantined(2, { seed: 1 })], ideas }))).toHaveLength(2);
    expect(said(lab({ runs: [quarantined(1)], ideas: [{ ...ideas[0]!, status: "rejected" }] }))).toEqual([]);
  });

  test("of the baseline is listed too", () => {
    expect(said(lab({ runs: [quarantined(1, { idea: null })] }))).toEqual(["Quarantined: 0.31 is below 0.9 | Baseline"]);
  });
});

test("one environment's list leaves out the others'", () => {
  const ideas = [ideaFixture(1, { status: "in review" }), ideaFixture(2, { title: "There", status: "in review", environment: "other" })];
  expect(said(lab({ ideas }), "other")).toEqual(["Review: There"]);
  expect(waitingIn(lab({ ideas }))).toHaveLength(2);
});

test("the same thing keeps its key while it waits, and the next epoch's parents are another thing", () => {
  const keys = (epoch: number) => waitingIn(lab({ searches: [searchFixture(1, { asksForParents: true, epoch })] })).map(waitingKey);
  expect(keys(2)).toEqual(keys(2));
  expect(keys(2)).not.toEqual(keys(3));
});
