import { describe, expect, test } from "vitest";
import type { RayJob } from "../../../extension/engine/compute/ray-api.ts";
import { judge } from "../../../extension/engine/compute/ray-judge.ts";
import { goneWords, lastLine, waitingFor } from "../../../extension/engine/compute/ray-words.ts";
import type { FileState } from "../../../extension/engine/compute/site-jobs.ts";

const NOW = 1_000_000;
const said = (status: RayJob["status"], more: Partial<RayJob> = {}): RayJob => ({ status, ...more });
const ready: FileState = { kind: "ready" };
const here: FileState = { kind: "started", alive: true };
const elsewhere: FileState = { kind: "started", alive: false };

describe("what follows for a job from its files and from Ray", () => {
  test("a record is the truth, and a supervisor on this machine runs, whatever Ray says", () => {
    const exit = { code: 0, signal: null, reason: "exited", diskFull: false, left: [], startedAt: 1, endedAt: 2, seconds: 0.001 } as const;
    for (const job of [undefined, said("FAILED"), said("RUNNING")]) {
      expect(judge({ kind: "ended", exit: { ...exit, left: [] } }, job, NOW)).toMatchObject({ state: "ended" });
      expect(judge(here, job, NOW)).toEqual({ state: "running" });
      expect(judge({ kind: "absent" }, job, NOW)).toEqual({ state: "absent" });
      expect(judge({ kind: "unreadable" }, job, NOW)).toMatchObject({ state: "lost" });
    }
  });

  test("what nobody took waits while Ray has it, and may be submitted again when Ray forgot it or gave it up", () => {
    expect(judge(ready, said("PENDING"), NOW)).toEqual({ state: "queued" });
    expect(judge(ready, said("RUNNING"), NOW)).toEqual({ state: "waiting", reason: "Ray is starting it" });
    expect(judge(ready, undefined, NOW)).toEqual({ state: "absent" });
    expect(judge(ready, said("FAILED", { error_type: "JOB_SUPERVISOR_ACTOR_START_TIMEOUT" }), NOW)).toEqual({ state: "absent" });
    expect(judge(ready, said("FAILED", { message: "no" }), NOW)).toMatchObject({ state: "gone" });
  });

  test("a supervisor elsewhere runs as long as Ray says so; a record that Ray's success promises has a minute to come", () => {
    expect(judge(elsewhere, said("RUNNING"), NOW)).toEqual({ state: "running" });
    expect(judge(elsewhere, said("SUCCEEDED", { end_time: NOW - 59_000 }), NOW)).toEqual({ state: "running" });
    expect(judge(elsewhere, said("SUCCEEDED", { end_time: NOW - 61_000 }), NOW)).toMatchObject({ state: "gone" });
    expect(judge(elsewhere, said("FAILED", { end_time: NOW }), NOW)).toMatchObject({ state: "gone" });
    expect(judge(elsewhere, undefined, NOW)).toMatchObject({ state: "gone" });
  });
});

describe("why a job waits in Ray's queue", () => {
  const machine = { CPU: 8, GPU: 2, memory: 64 * 2 ** 30 };

  test("names what it needs and what is taken", () => {
    expect(waitingFor({ gpus: 2, cpus: 1, memory: 1.5 }, [machine, machine], { GPU: 3, CPU: 4 })).toBe(
      "it waits in Ray's queue for 2 GPUs, 1 CPU and 1.5 GiB of memory; 3 of 4 GPUs are taken; 4 of 16 CPUs are taken",
    );
    expect(waitingFor({ gpus: 1, cpus: 1, memory: null }, [machine], { GPU: 1, CPU: 7 })).toBe(
      "Ray is about to begin it, or no single machine has 1 GPU and 1 CPU free",
    );
    expect(waitingFor({ gpus: 0, cpus: 1, memory: null }, [machine], null)).toBe("it waits in Ray's queue for 1 CPU");
  });

  test("says when no single machine has enough, though all together have", () => {
    expect(waitingFor({ gpus: 4, cpus: 1, memory: null }, [machine, machine], { GPU: 0 })).toBe(
      "no machine of Ray's has 4 GPUs and 1 CPU; the most that one has is 2 GPUs and 8 CPUs; it waits until one joins that has",
    );
    expect(waitingFor({ gpus: 0, cpus: 1, memory: null }, [], null)).toBe("Ray has no machine that is up");
  });
});

describe("Ray's words", () => {
  test("of a traceback, the error counts", () => {
    expect(lastLine('Traceback (most recent call last):\n  File "x.py"\nValueError: Job with submission_id a already exists.\n.\n')).toBe(
      "Job with submission_id a already exists.",
    );
    expect(lastLine("")).toBe("it did not say why");
    expect(lastLine("x".repeat(1000))).toHaveLength(300);
  });

  test("say why a job is gone", () => {
    expect(goneWords(undefined, true)).toContain("Ray no longer knows it");
    expect(goneWords(said("STOPPED"), false)).toBe("it never began: somebody stopped it in Ray");
    expect(
      goneWords(said("FAILED", { message: "failed with exit code 2, logs:\nsh: 0: cannot open /lab/7/ray.sh: No such file\n" }), false),
    ).toBe(
      "it never began: sh: 0: cannot open /lab/7/ray.sh: No such file: the folder of the target must be at the same path on all of Ray's machines",
    );
    expect(
      goneWords(said("FAILED", { message: "Job supervisor actor died: The actor died unexpectedly.\n\tclass_name: JobSupervisor" }), true),
    ).toBe("Ray says: Job supervisor actor died: The actor died unexpectedly.");
  });
});
