/** What the Compute view shows of targets: how they are, how full, who uses what, and whether runs are contained. */
import { expect, test } from "vitest";
import { targetRows } from "../../../extension/client/sidebar/target-rows.ts";
import { hasChildren } from "../../../extension/client/sidebar/rows.ts";
import type { Row } from "../../../extension/client/sidebar/rows.ts";
import type { Target, TargetDevice } from "../../../extension/protocol/run.ts";
import { ideaFixture, labFixture, runFixture, targetFixture } from "../../fixtures/lab.ts";

const NOW = 1_760_000_010_000;
const clock = () => "14:05";

const gpu = (index: number, state: TargetDevice["state"], note = "0.4 of 80.0 GiB · 0 %"): TargetDevice => ({
  label: `GPU ${index}: NVIDIA H100`,
  note,
  state,
});
const box = (changes: Partial<Target> = {}): Target =>
  targetFixture({ name: "gpu-box", title: "gpu-box", type: "ssh", kind: "gpu", host: "gpu-box", slots: 2, ...changes });

function rowsOf(targets: Target[], runs = labFixture(0).runs): ReturnType<typeof targetRows> {
  return targetRows("lab", { ...labFixture(0), ideas: [ideaFixture(1, { title: "A" })], runs, targets }, NOW, clock);
}
function text(rows: readonly Row[], indent = ""): string[] {
  return rows.flatMap((row) => [
    `${indent}${[row.label, row.description].filter((part) => part !== "").join(" | ")}`,
    ...(hasChildren(row) ? text(row.children, `${indent}  `) : []),
  ]);
}

test("a machine without a GPU: its slots, whether runs are contained, and the run that is there", () => {
  const here = targetFixture({
    ...{ busy: 1, runs: 1, contained: "sandbox" },
    devices: [{ label: "2 processors", note: "", state: null }],
  });
  const run = runFixture(7, 1, { state: "running", metric: null, endedAt: null, contained: "sandbox" });
  expect(text(rowsOf([here], [run]))).toEqual([
    "This machine | 1 of 2 slots busy · 1 run",
    "  Runs are contained | bubblewrap",
    "  2 processors",
    "  A | 9 s, at most 60 s · seed 0",
  ]);
});

test("GPUs: memory and load, and whose each is", () => {
  const devices = [gpu(0, "ours", "71.0 of 80.0 GiB · 98 %"), gpu(1, "others", "12.3 of 80.0 GiB · 40 %")];
  const [row] = rowsOf(
    [box({ busy: 2, runs: 1, devices, uncontained: "no container template is set up", hours: 31.4, maxHours: 40, disk: 812.3 })],
    [],
  );
  expect(text([row!])).toEqual([
    "gpu-box | 2 of 2 GPUs busy · 1 run · 31 of 40 h",
    "  Runs are not contained | no container template is set up",
    "  GPU 0: NVIDIA H100 | 71.0 of 80.0 GiB · 98 % · used by runs",
    "  GPU 1: NVIDIA H100 | 12.3 of 80.0 GiB · 40 % · used by somebody else",
  ]);
  expect(row?.tooltip).toContain("Host behind ssh: gpu\\-box");
  expect(row?.tooltip).toContain("812 GiB of disk free");
  expect(row?.tooltip).toContain("Runs are not contained: no container template is set up");
});

test.each([
  ["free", {}, "0 of 2 slots busy", "server"],
  ["busy", { busy: 1, runs: 1 }, "1 of 2 slots busy · 1 run", "server"],
  ["drained", { drained: true, runs: 2 }, "drained · 2 runs go on", "debug-pause"],
  ["away", { awaySince: 1, problem: "ssh: connection refused", runs: 3 }, "no answer since 14:05 · 3 runs", "debug-disconnect"],
  ["in need of attention", { problem: "nvidia-smi failed" }, "nvidia-smi failed", "warning"],
] as const)("a target that is %s says so in words and by its icon", (_, changes, description, icon) => {
  const [row] = rowsOf([box(changes)]);
  expect(row).toMatchObject({ description, icon: { id: icon } });
});

test("of a target that never answered nothing is claimed but why", () => {
  const problem = "ssh: connect to host gpu-box port 22: Connection refused";
  const nothing = { slots: 0, awaySince: 1, problem, devices: [{ label: "0 processors", note: "", state: null }] };
  expect(text(rowsOf([box({ ...nothing, title: "a-host-with-quite-a-long-name.example" })]))).toEqual([
    "a-host-with-quite-a-l… | no answer since 14:05",
    `  ${problem}`,
  ]);
});

test("the tooltip has the whole problem", () => {
  const [row] = rowsOf([box({ awaySince: 1, problem: "ssh: connect to host gpu-box port 22: Connection refused. Is it on?" })]);
  expect(row?.tooltip).toContain("Connection refused");
  expect(row?.tooltip).toContain("Does not answer since 14:05");
});

test("what can be done with a target: this machine cannot be removed, a drained one is resumed", () => {
  expect(rowsOf([targetFixture(), box({ drained: true })]).map(({ context }) => context)).toEqual([
    "target drain look",
    "target resume look check edit remove",
  ]);
});

test("few targets are shown opened, many folded, each saying whether runs are contained", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => box({ name: `box-${index}`, title: `box-${index}` }));
  expect(rowsOf(many(3)).map(({ folded }) => folded)).toEqual([false, false, false]);
  const rows = rowsOf(many(30));
  expect(rows).toHaveLength(30);
  expect(rows.every(({ folded, description }) => folded && description.endsWith("not contained"))).toBe(true);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(30);
});
