import { describe, expect, test } from "vitest";
import type { Exit } from "../../../extension/engine/compute/compute.ts";
import { missingProgram } from "../../../extension/engine/scheduler/missing-program.ts";
import { verdict, type Ended } from "../../../extension/engine/scheduler/verdict.ts";

const well: Exit = { code: 0, signal: null, reason: "exited", diskFull: false, left: [], startedAt: 0, endedAt: 1, seconds: 0.001 };
const judge = (exit: Partial<Exit>, more: Partial<Ended> = {}) =>
  verdict({
    exit: { ...well, ...exit },
    metric: { name: "val_loss", direction: "minimize", from: { metrics: "val_loss" }, select: "last", plausible: { min: 0.4, max: 3 } },
    selected: { value: 1.5, step: null, seconds: null },
    ...{ count: 3, log: "", timeout: 60, stopAsked: false },
    ...more,
  });
const value = (value: number) => ({ selected: { value, step: null, seconds: null } });

describe("a run", () => {
  test("that ended well with a plausible metric succeeded", () => {
    expect(judge({})).toMatchObject({ state: "succeeded", failure: null, reason: null, metric: 1.5 });
    expect(judge({ diskFull: true }).state).toBe("succeeded");
  });
  test("that reported nothing, or no number, or too good a number, says so and what to do", () => {
    expect(judge({}, { selected: null })).toMatchObject({ failure: "no metric", metric: null });
    expect(judge({}, { selected: null }).reason).toBe(
      "It ended well and never reported `val_loss` in metrics.jsonl. Look at the log; the code may no longer evaluate.",
    );
    expect(judge({}, value(NaN))).toMatchObject({ failure: "not a number" });
    expect(judge({}, value(NaN)).reason).toMatch(/last val_loss of 3 was NaN.*learning rate/);
    expect(judge({}, value(-Infinity)).reason).toMatch(/minus infinity/);
    expect(judge({}, value(0.1)).reason).toMatch(/val_loss was 0.1, outside the plausible range \(0.4 to 3\).*leak.*metric.plausible/);
  });
  test("that crashed quotes its last line", () => {
    const log = 'Traceback (most recent call last):\n  File "train.py"\nValueError: shapes do not match\n\n';
    expect(judge({ code: 1 }, { log })).toMatchObject({
      failure: "crash",
      reason: "It ended with exit code 1: ValueError: shapes do not match.",
    });
    expect(judge({ code: 137, signal: "KILL" }).reason).toMatch(/signal KILL, and an empty log\. .*memory/);
  });
  test("that filled the disk is told from one that crashed", () => {
    expect(judge({ code: 1, diskFull: true }).failure).toBe("disk full");
    expect(judge({ code: 1 }, { log: "OSError: [Errno 28] No space left on device" }).failure).toBe("disk full");
    expect(judge({ diskFull: true }, { selected: null }).failure).toBe("disk full");
    expect(judge({}, { selected: null, log: "printf: write error: No space left on device" }).failure).toBe("disk full");
  });
  test("that took too long names the limit", () => {
    expect(judge({ code: 143, signal: "TERM", reason: "timeout" })).toMatchObject({ state: "failed", failure: "timeout" });
    expect(judge({ code: 143, reason: "timeout" }).reason).toMatch(/60 s \(`resources.timeout`\)/);
  });
  test("that could not be begun, or had too much, says what the supervisor told, and what to do", () => {
    const log = "step 3\nproving-ground: the data folder corpus is missing: there is no folder /d on box\nTerminated";
    expect(judge({ code: 126, reason: "launch" }, { log })).toMatchObject({
      failure: "launch",
      reason: "The data folder corpus is missing: there is no folder /d on box.",
    });
    expect(judge({ code: 126, reason: "launch" }).reason).toMatch(/could not write/);
    const many = "proving-ground: the run had 9 processes, more than the 4 it may have (`resources.processes`), and was ended\n";
    expect(judge({ code: 137, signal: "KILL", reason: "processes" }, { log: many }).reason).toMatch(
      /^The run had 9 processes.*\. Look for/,
    );
    expect(judge({ code: 137, signal: "KILL", reason: "memory" })).toMatchObject({ state: "failed", failure: "crash" });
    expect(judge({ code: 137, signal: "KILL", reason: "memory" }).reason).toMatch(/`resources.memory`.*smaller batches/);
  });
  test("that was stopped has not failed", () => {
    expect(judge({ code: 143, reason: "stopped" }, { stopAsked: true })).toMatchObject({
      state: "stopped",
      failure: null,
      reason: null,
      metric: null,
    });
    expect(judge({ code: 143, reason: "stopped" }).reason).toMatch(/signal/);
  });
});

describe("a missing program", () => {
  test("is recognised in what shells say, and Python comes with the way to install it", () => {
    expect(judge({ code: 127 }, { log: "sh: 1: python3: not found\n" }).reason).toMatch(
      /Python is missing.*`python3`.*apt install python3/,
    );
    expect(missingProgram("sh: line 1: python3.12: command not found")).toMatch(/Python is missing/);
    expect(missingProgram("/usr/bin/env: ‘python3’: No such file or directory")).toMatch(/Python is missing/);
    expect(missingProgram("sh: 1: uv: not found")).toMatch(/`uv` is missing/);
    expect(missingProgram("something else")).toBeNull();
  });
});

test("a run took what its supervisor counted, whatever the wall clock did meanwhile", () => {
  const jumped = judge({ startedAt: 9_000_000, endedAt: 1_000_000, seconds: 12.5 });
  expect(jumped.times).toEqual({ startedAt: 987_500, endedAt: 1_000_000 });
});
