/** Compute targets and what runs would take, in words. */
import { describe, expect, it } from "vitest";
import { runsForecastText, worthAsking } from "../../../extension/protocol/forecast-text.ts";
import type { Run } from "../../../extension/protocol/run.ts";
import { whereText } from "../../../extension/protocol/search-text.ts";
import { containmentText, heldUpText, kindText, loadText, targetState, usedText } from "../../../extension/protocol/target-text.ts";
import { runFixture, targetFixture } from "../../fixtures/lab.ts";

const NOW = 1_760_000_000_000;
const clock = (at: number) => `minute ${(at - NOW) / 60_000}`;

describe("a forecast of runs", () => {
  const forecast = { runs: 12, gpus: 8, each: 1500, hours: 40, seconds: 7200, warnings: [] };

  it("is a product that can be checked, and when it is done", () => {
    expect(runsForecastText(forecast, NOW, clock)).toBe("12 runs × 8 GPUs × 25 min = 40 GPU h, done about minute 120");
    expect(runsForecastText({ ...forecast, gpus: 0, hours: 5 }, NOW, clock)).toBe("12 runs × 25 min = 5 h of runs, done about minute 120");
    expect(runsForecastText({ ...forecast, runs: 1, gpus: 1, hours: 0.4167, seconds: 1500 }, NOW, clock)).toBe(
      "1 run × 1 GPU × 25 min = 0.42 GPU h, done about minute 25",
    );
  });

  it("says so when nothing is known", () => {
    const unknown = { ...forecast, each: null, hours: null, seconds: null };
    expect(runsForecastText(unknown, NOW, clock)).toBe("12 runs × 8 GPUs; how long one takes is not known before the first");
  });

  it("is worth a question above an hour in all, or when something stands against it", () => {
    const quiet = { hours: 1, warnings: [] };
    expect(worthAsking([quiet])).toBe(false);
    expect(worthAsking([quiet, { ...quiet, hours: 0.1 }])).toBe(true);
    expect(worthAsking([{ hours: null, warnings: [] }])).toBe(false);
    expect(worthAsking([{ hours: 0.01, warnings: ["gpu-box: it is drained"] }])).toBe(true);
  });
});

describe("a target", () => {
  it("is in the state that matters most", () => {
    const away = { awaySince: 1, problem: "refused", drained: true, busy: 1, runs: 1 };
    expect(targetState(away)).toBe("away");
    expect(targetState({ ...away, awaySince: null })).toBe("attention");
    expect(targetState({ ...away, awaySince: null, problem: null })).toBe("drained");
    expect(targetState({ ...away, awaySince: null, problem: null, drained: false })).toBe("busy");
    expect(targetState(targetFixture())).toBe("free");
  });

  it("counts GPUs where runs are packed on them, else places", () => {
    const gpus = { kind: "gpu" as const, slots: 1, busy: 1, devices: [{ label: "GPU 0", note: "", state: "ours" as const }] };
    expect(loadText(targetFixture(gpus))).toBe("1 of 1 GPU busy");
    expect(loadText(targetFixture({ ...gpus, slots: 16, type: "slurm" }))).toBe("1 of 16 slots busy");
    expect(loadText(targetFixture())).toBe("0 of 2 slots busy");
  });

  it("is called by its kind and where it is", () => {
    expect(kindText({ type: "ssh", host: "gpu-box" })).toBe("Host behind ssh: gpu-box");
    expect(kindText({ type: "slurm", host: null })).toBe("Slurm on this machine");
    expect(kindText({ type: "slurm", host: "login" })).toBe("Slurm through login");
    expect(kindText({ type: "ray", host: "http://127.0.0.1:8265" })).toBe("Ray at http://127.0.0.1:8265");
  });

  it("says what was used of its cap, and how runs are kept", () => {
    expect(usedText(targetFixture())).toBe("");
    expect(usedText(targetFixture({ hours: 3.21, maxHours: 40, kind: "gpu" }))).toBe("3.2 of 40 GPU h");
    expect(usedText(targetFixture({ hours: 0.5 }))).toBe("0.5 h of runs");
    expect(containmentText(targetFixture({ contained: "container" }))).toBe("Runs are contained: a container");
    expect(containmentText(targetFixture({ uncontained: "bubblewrap is not installed" }))).toBe(
      "Runs are not contained: bubblewrap is not installed",
    );
  });
});

describe("what holds a run up", () => {
  const here = targetFixture();
  const box = targetFixture({ name: "gpu-box", title: "gpu-box" });
  const heldUp = (run: Partial<Run>, ...targets: (typeof box)[]) => heldUpText(runFixture(1, 1, run), targets);
  const queued = { state: "queued", target: null } as const;

  it("is nothing while some target takes it", () => {
    expect(heldUp(queued, here, { ...box, drained: true })).toBeNull();
    expect(heldUp({ ...queued, asked: "gpu-box" }, { ...here, drained: true }, box)).toBeNull();
    expect(heldUp({ state: "succeeded" }, { ...here, awaySince: 1 })).toBeNull();
  });

  it("is its target, or all of them", () => {
    expect(heldUp({ ...queued, asked: "gpu-box" }, here, { ...box, drained: true })).toBe("drained: gpu-box");
    expect(heldUp({ ...queued, asked: "gpu-box" }, here, { ...box, awaySince: 1 })).toBe("no answer from gpu-box");
    expect(heldUp({ ...queued, asked: "gone" }, here)).toBe("no target gone any more");
    expect(heldUp(queued, { ...here, drained: true })).toBe("drained: this machine");
    expect(heldUp(queued, { ...here, drained: true }, { ...box, awaySince: 1 })).toBe("no target takes runs now");
    expect(heldUp({ state: "running", target: "gpu-box" }, here, { ...box, awaySince: 1 })).toBe("no answer from gpu-box");
  });
});

it("where a search runs is said where it is not as usual", () => {
  expect(whereText({ target: null, priority: "normal" })).toBe("");
  expect(whereText({ target: "gpu-box", priority: "high" })).toBe("on gpu-box, high priority");
  expect(whereText({ target: "local", priority: "normal" })).toBe("on this machine");
});
