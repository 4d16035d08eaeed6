/** What the sidebar's trees show of a lab. */
import { expect, test } from "vitest";
import { actionsOn, ideaRows } from "../../../extension/client/sidebar/idea-rows.ts";
import { elapsed, runRows } from "../../../extension/client/sidebar/run-rows.ts";
import type { Row } from "../../../extension/client/sidebar/rows.ts";
import { escapeMarkdown } from "../../../extension/client/sidebar/rows.ts";
import { awayText, statusText } from "../../../extension/client/sidebar/status-text.ts";
import { UNATTENDED } from "../../../extension/protocol/search.ts";
import { searchFixture } from "../../fixtures/search.ts";
import { environmentFixture, ideaFixture, labFixture, runFixture, targetFixture } from "../../fixtures/lab.ts";

const environment = environmentFixture();
const NOW = 1_760_000_010_000;

/** Rows as indented text. */
function text(rows: readonly Row[], indent = ""): string[] {
  return rows.flatMap((row) => [
    `${indent}${row.label} | ${row.description}`,
    ...(row.kind === "group" ? text(row.children, `${indent}  `) : []),
  ]);
}

const ideas = [
  ideaFixture(1, { title: "A", status: "draft", epoch: 0 }),
  ideaFixture(2, { title: "B", status: "done", metric: 1.9, commit: "c", epoch: 0 }),
  ideaFixture(3, { title: "C", status: "done", metric: 1.8, commit: "c", epoch: 0 }),
  ideaFixture(4, { title: "D", status: "failed", problem: "crash: no module scipy", commit: "c", epoch: 1 }),
  ideaFixture(5, { title: "E", status: "in review", epoch: 1 }),
  ideaFixture(7, {
    title: "F",
    status: "not implemented",
    outcome: "protected",
    problem: "a.py: is protected",
    attempts: 3,
    epoch: 0,
  }),
  ideaFixture(6, { title: "elsewhere", environment: "other" }),
];

test("by epoch: the newest first, in it what waits for the human first and the better result before the worse", () => {
  expect(text(ideaRows("lab", ideas, environment, "epoch", new Set([3])))).toEqual([
    "Epoch 1 | 2 ideas",
    "  E | in review",
    "  D | failed: crash: no module scipy",
    "Epoch 0 | 4 ideas, 2 measured",
    "  C | parent · 1.800",
    "  B | 1.900",
    "  A | draft",
    "  F | not implemented: protected file",
  ]);
});

test("by status: one group per status that occurs", () => {
  const rows = ideaRows("lab", ideas, environment, "status", new Set());
  expect(rows.map((row) => row.label)).toEqual(["In review", "Done", "Draft", "Not implemented", "Failed"]);
});

test("where more is better the greater result is first", () => {
  const maximize = environmentFixture();
  maximize.manifest.metric.direction = "maximize";
  const [, group] = ideaRows("lab", ideas, maximize, "epoch", new Set());
  expect(text([group!]).slice(1)).toEqual(["  B | 1.900", "  C | 1.800", "  A | draft", "  F | not implemented: protected file"]);
});

test("the tooltip of an idea that is not implemented has the whole reason", () => {
  const [group] = ideaRows("lab", [ideas[5]!], environment, "status", new Set());
  const [row] = group?.kind === "group" ? group.children : [];
  expect(row?.tooltip).toContain("protected file; 3 attempts so far");
  expect(row?.tooltip).toContain(escapeMarkdown("a.py: is protected"));
});

test("an idea that nearly repeats another one says so, and its tooltip how that went", () => {
  const repeating = ideaFixture(8, { title: "B again", epoch: 0, repeats: { idea: 2, likeness: 0.816 } });
  const [group] = ideaRows("lab", [...ideas, repeating], environment, "status", new Set()).filter((row) => row.label === "Draft");
  expect(text([group!]).slice(1)).toContain("  B again | draft · repeats #2");
  const row = group?.kind === "group" ? group.children.find((child) => child.label === "B again") : undefined;
  expect(row?.tooltip).toContain(escapeMarkdown("nearly repeats #2 “B” (82% alike), which reached val_loss 1.9"));
});

test("the tooltip has both kinds where a model judged too", () => {
  const judged = ideaFixture(8, { judged: "algorithmic", judgedBy: "lab/m" });
  const [group] = ideaRows("lab", [judged], environment, "status", new Set());
  const [row] = group?.kind === "group" ? group.children : [];
  expect(row?.tooltip).toContain(escapeMarkdown("hyper-parameter by its diff, algorithmic as lab/m judges"));
});

test("a note is offered where a model would read it, attempts where there are some", () => {
  const actions = (changes: object) =>
    [...actionsOn(ideaFixture(1, changes))].filter((action) => action === "retry" || action === "attempts");
  expect(actions({ source: "model", status: "not implemented", attempts: 2 })).toEqual(["retry", "attempts"]);
  expect(actions({ source: "human", status: "in review", attempts: 1 })).toEqual(["retry", "attempts"]);
  expect(actions({ source: "operator", status: "in review", attempts: 1 })).toEqual(["attempts"]);
  expect(actions({ source: "model", status: "draft" })).toEqual([]);
  expect(actions({ source: "model", status: "done", commit: "c", attempts: 1 })).toEqual(["attempts"]);
});

test.each([
  ["draft", {}, ["duplicate", "edit", "implement", "rebase", "reject"]],
  ["in review", {}, ["again", "diff", "duplicate", "edit", "reject", "review"]],
  ["approved", { commit: "c" }, ["diff", "duplicate", "reject", "run"]],
  ["running", { commit: "c" }, ["diff", "duplicate"]],
  ["done", { commit: "c", metric: 2 }, ["ban", "diff", "duplicate", "parent", "pin", "reject", "run"]],
  ["done", { commit: "c", metric: 2, mark: "pinned" }, ["ban", "unmark"]],
  ["done", { commit: "c", metric: 2, mark: "banned" }, ["pin", "unmark"]],
  ["failed", { commit: "c" }, ["ban", "diff", "reject", "run"]],
  ["rejected", {}, ["duplicate", "edit", "restore"]],
] as const)("an idea that is %s offers what can be done with it", (status, changes, expected) => {
  const actions = [...actionsOn(ideaFixture(1, { ...changes, status }))].sort();
  expect(actions).toEqual(expect.arrayContaining([...expected]));
  const [row] = ideaRows("lab", [ideaFixture(1, { ...changes, status })], environment, "status", new Set());
  const [idea] = row?.kind === "group" ? row.children : [];
  expect(idea?.context.split(" ").slice(1)).toEqual(actions);
});

test("what a human marked is seen in the row, and told with the search and what is repeated", () => {
  const search = searchFixture(3, { plan: { gates: { ...UNATTENDED, ideas: "ask" } } });
  const marked = [
    ideaFixture(12, { title: "Warm-up", status: "done", metric: 0.61, commit: "c", mark: "pinned" }),
    ideaFixture(13, { title: "Decay", status: "done", metric: 0.7, commit: "c", mark: "banned" }),
    ideaFixture(14, { title: "Longer warm-up", search: 3, repeats: { idea: 12, likeness: 0.9 } }),
  ];
  const [group] = ideaRows("lab", marked, environment, "epoch", new Set([12]), [search]);
  const rows = group?.kind === "group" ? group.children : [];
  expect(text(rows)).toEqual([
    "Warm-up | parent · 0.610 · pinned",
    "Decay | 0.700 · banned",
    "Longer warm-up | draft · repeats #12 · waits for you",
  ]);
  expect(rows.map((row) => row.icon?.id)).toEqual(["pinned", "circle-slash", "circle-outline"]);
  expect(rows[2]?.context).toContain("admit");
  expect(rows[2]?.tooltip).toContain("in evolutionary search 3");
  expect(rows[2]?.tooltip).toContain(escapeMarkdown("nearly repeats #12 “Warm-up” (90% alike), which reached val_loss 0.61"));
});

test("the status bar tells how far a search is", () => {
  const snapshot = { ...labFixture(0), runs: [runFixture(1, 1, { state: "running", endedAt: null })], ideas: [ideas[2]!] };
  const withSearch = (changes: Parameters<typeof searchFixture>[1]) =>
    statusText({ ...snapshot, searches: [searchFixture(1, { state: "ended" }), searchFixture(2, changes)] }, environment);
  expect(statusText(snapshot, environment)).toBe("1 running · best 1.800");
  expect(withSearch({})).toBe("epoch 3 of 10 · 1 running · best 1.800");
  expect(withSearch({ state: "paused", plan: { algorithm: "best of n" } })).toBe("18 of 60 ideas, paused · 1 running · best 1.800");
  expect(withSearch({ state: "ended" })).toBe("1 running · best 1.800");
});

test("runs: live metric and budget while running, order in the queue, the reason of a failure", () => {
  const snapshot = {
    ...labFixture(0),
    ideas: [ideaFixture(1, { title: "A" })],
    runs: [
      runFixture(1, 1, { state: "succeeded", metric: 1.9 }),
      runFixture(2, 1, { state: "failed", failure: "crash", reason: "exit 1: no module scipy", metric: null, endedAt: NOW }),
      runFixture(3, null, { state: "running", metric: null, endedAt: null, live: { value: 2.5, step: 10, seconds: 3.2 } }),
      runFixture(5, 1, { state: "queued", position: 2, startedAt: null, endedAt: null, metric: null }),
      runFixture(4, 1, { state: "queued", position: 1, startedAt: null, endedAt: null, metric: null, seed: 1 }),
    ],
  };
  const rows = runRows("lab", snapshot, NOW);
  expect(text(rows)).toEqual([
    "Running | 1",
    "  Baseline | 2.500 · 3 / 8 s · seed 0",
    "Queued | 2",
    "  A | queued · seed 1",
    "  A | queued · seed 0",
    "Ended | 2",
    "  A | crash · exit 1: no module scipy · seed 0",
    "  A | 1.900 · 8 s · seed 0",
  ]);
  const contexts = rows.flatMap((row) => (row.kind === "group" ? row.children.map((child) => child.context) : []));
  expect(contexts).toEqual(["run log stop", "run stop queue why", "run stop queue why", "run log retry", "run log retry"]);
});

test("elapsed time stops when the run ends", () => {
  expect(elapsed(runFixture(1, 1), NOW)).toBe(8);
  expect(elapsed(runFixture(1, 1, { endedAt: null }), NOW)).toBe(9);
  expect(elapsed(runFixture(1, 1, { startedAt: null }), NOW)).toBeNull();
});

test("a title cannot break out of its tooltip", () => {
  expect(escapeMarkdown("[x](command:y) *b*")).toBe(String.raw`\[x\]\(command:y\) \*b\*`);
});

test("what was stopped early says so, where it stood and what that saved; what somebody stopped does not", () => {
  const early = { axis: "seconds", at: 2, value: 2.75, limit: 2.1, reason: "worse", saved: 300 } as const;
  const stopped = { state: "stopped", metric: null } as const;
  const reason = "Stopped early: its best val_loss by 2 s of its training clock was 2.750.";
  const snapshot = {
    ...labFixture(0),
    ideas: [
      ideaFixture(1, { title: "A", status: "stopped", problem: reason, commit: "c" }),
      ideaFixture(2, { title: "B", status: "stopped", commit: "c" }),
    ],
    runs: [runFixture(1, 1, { ...stopped, early, reason }), runFixture(2, 2, stopped)],
  };
  const [ended] = runRows("lab", snapshot, NOW);
  expect(text(ended?.kind === "group" ? ended.children : [])).toEqual(["B | stopped · seed 0", "A | stopped early · 2.750 · seed 0"]);
  const [, run] = ended?.kind === "group" ? ended.children : [];
  expect(run?.tooltip).toMatch(/Stopped early: its best[^]*saved about 5 min/);
  expect(text(ideaRows("lab", snapshot.ideas, environment, "epoch", new Set()))).toEqual([
    "Epoch 1 | 2 ideas",
    "  A | stopped early",
    "  B | stopped",
  ]);
});

test("with several targets a run says where it is, or where it is to go, and what is the matter with that", () => {
  const box = targetFixture({ name: "gpu-box", title: "gpu-box", type: "ssh" });
  const queued = { state: "queued", startedAt: null, endedAt: null, metric: null, target: null } as const;
  const rows = (...targets: (typeof box)[]) => {
    const runs = [
      runFixture(1, 1, { target: "gpu-box", contained: "sandbox" }),
      runFixture(2, 1, { ...queued, asked: "gpu-box" }),
      runFixture(3, 1, { state: "running", target: "gpu-box", endedAt: null, metric: null, live: { value: 2.5, step: 1, seconds: 3 } }),
      runFixture(4, 1, { state: "stopped", metric: null, reason: "its search was stopped" }),
    ];
    return runRows("lab", { ...labFixture(0), ideas: [ideaFixture(1, { title: "A" })], runs, targets: [targetFixture(), ...targets] }, NOW);
  };
  expect(text(rows(box))).toEqual([
    "Running | 1",
    "  A | 2.500 · 3 / 8 s · on gpu-box · seed 0",
    "Queued | 1",
    "  A | queued · for gpu-box · seed 0",
    "Ended | 2",
    "  A | its search was stopped · on this machine · seed 0",
    "  A | 2.000 · 8 s · on gpu-box · seed 0",
  ]);
  expect(text(rows({ ...box, awaySince: NOW })).slice(0, 4)).toEqual([
    "Running | 1",
    "  A | 2.500 · no answer from gpu-box · seed 0",
    "Queued | 1",
    "  A | no answer from gpu-box · seed 0",
  ]);
  const ended = rows(box).flatMap((row) => (row.kind === "group" ? row.children : []));
  expect(ended.at(-1)?.tooltip).toContain("contained by bubblewrap");
  expect(ended.at(-2)?.tooltip).toContain("not contained");
  expect(ended[1]?.tooltip).toContain("Place 1 of 1 in the queue");
  expect(ended.every(({ context }) => context.includes("move"))).toBe(true);
});

test("the status bar names a target that does not answer while runs are there, and only then", () => {
  const box = targetFixture({ name: "gpu-box", title: "gpu-box", awaySince: NOW });
  expect(awayText({ targets: [box] })).toBe("");
  expect(awayText({ targets: [targetFixture(), { ...box, runs: 2 }] })).toBe("gpu-box does not answer");
  const others = ["a", "b"].map((title) => ({ ...box, title, runs: 1 }));
  expect(awayText({ targets: others })).toBe("a and b do not answer");
  expect(awayText({ targets: [...others, { ...box, runs: 1 }] })).toBe("3 targets do not answer");
});
