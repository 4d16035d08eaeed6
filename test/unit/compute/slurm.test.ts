import { describe, expect, test } from "vitest";
import type { Exit } from "../../../extension/engine/compute/compute.ts";
import { batchOptions, batchScript, jobName } from "../../../extension/engine/compute/slurm-batch.ts";
import { parseCapacity, parseGres } from "../../../extension/engine/compute/slurm-capacity.ts";
import { judge, type Look } from "../../../extension/engine/compute/slurm-look.ts";
import { refusalOf, waitingFor } from "../../../extension/engine/compute/slurm-words.ts";
import { SlurmTarget } from "../../../extension/protocol/target.ts";

const settings = (more: Record<string, unknown> = {}) => SlurmTarget.parse({ kind: "slurm", name: "cluster", ...more });

const job = {
  ...{ id: "7", directory: "/lab/7", cwd: ".", command: "true", prelude: "", variables: {}, data: [], outputs: [], containment: null },
  resources: { gpus: 2, gpuMemory: null, cpus: 4, memory: 1.5, nodes: 3 },
  ...{ processes: 64, requeue: false, timeout: 1500, grace: 5 },
};

describe("what sbatch is given", () => {
  test("states the job's resources and the target's settings", () => {
    const options = batchOptions(
      job,
      settings({ partition: "long", account: "a1", qos: "high", gres: "gpu:h100:{gpus}" }),
      "lab",
      "/far/5%/7",
    );
    expect(options).toEqual(
      expect.arrayContaining([
        ...["--job-name=pg-lab-7", "--chdir=/far/5%/7", "--output=/far/5%%/7/slurm.log", "--nodes=3", "--cpus-per-task=4", "--mem=1536M"],
        ...["--gres=gpu:h100:2", "--partition=long", "--account=a1", "--qos=high", "--no-requeue", "--time=27"],
      ]),
    );
  });

  test("asks for no GPUs and no memory where the job does not", () => {
    const plain = { ...job, requeue: true, resources: { ...job.resources, gpus: 0, memory: null } };
    const options = batchOptions(plain, settings(), "lab", "/far/7");
    expect(options.filter((option) => /gres|mem|partition|account|qos/.test(option))).toEqual([]);
    expect(options).toContain("--requeue");
  });

  test("has the target's directives in its script, before anything else", () => {
    expect(
      batchScript(job, settings({ directives: ["--constraint=a100", "--exclusive"] }), "/far/it's")
        .split("\n")
        .slice(0, 3),
    ).toEqual(["#!/bin/sh", "#SBATCH --constraint=a100", "#SBATCH --exclusive"]);
  });

  test("is a name without commas, bars or blanks, and different for different jobs", () => {
    expect(jobName("lab", `it's "7", a|b`)).toMatch(/^[\w.=-]+$/);
    expect(jobName("lab", "a b")).not.toBe(jobName("lab", "a,b"));
  });
});

describe("a refusal is", () => {
  const violates =
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";

  test.each([
    ["sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", "unreachable"],
    ["sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", "unreachable"],
    ["sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", "unreachable"],
    [`sbatch: error: QOSMaxSubmitJobPerUserLimit\n${violates}`, "no-slot"],
    [`sbatch: error: AssocMaxSubmitJobLimit\n${violates}`, "no-slot"],
    [`sbatch: error: QOSMaxWallDurationPerJobLimit\n${violates}`, "usage"],
    ["sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified", "usage"],
    ["sh: 12: sbatch: not found", "usage"],
  ])("%s: %s", (complaint, code) => {
    expect(refusalOf("7", complaint).code).toBe(code);
  });

  test("in Slurm's own words, each once and without its programs' names", () => {
    const said =
      "sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission failed: Invalid partition name specified";
    expect(refusalOf("7", said).message).toBe(
      "Slurm did not take run 7: invalid partition specified: x; Batch job submission failed: Invalid partition name specified",
    );
  });
});

test.each([
  ["Priority", "other jobs go first (Slurm: Priority)"],
  ["(Resources)", "no node has what it needs free at present (Slurm: Resources)"],
  ["QOSMaxJobsPerUserLimit", "the limit of its account or QOS is reached: of jobs at a time (Slurm: QOSMaxJobsPerUserLimit)"],
  ["AssocGrpGRES", "the limit of its account or QOS is reached: of GPUs or other resources in use (Slurm: AssocGrpGRES)"],
  [
    "AssocGrpCPUMinutesLimit",
    "the limit of its account or QOS is reached: of processors, memory, nodes or time in use (Slurm: AssocGrpCPUMinutesLimit)",
  ],
  [
    "ReqNodeNotAvail, UnavailableNodes:n1",
    "nodes that it needs are not available: down, drained or reserved (Slurm: ReqNodeNotAvail, UnavailableNodes:n1)",
  ],
  ["None", "Slurm has not looked at it yet"],
  ["SomethingNew", "Slurm says SomethingNew"],
])("%s means that %s", (reason, words) => {
  expect(waitingFor(reason)).toBe(words);
});

describe("a job is judged", () => {
  const exit: Exit = { code: 0, signal: null, reason: "exited", diskFull: false, left: [], startedAt: 1, endedAt: 2, seconds: 0.001 };
  const stopped: Exit = { ...exit, code: 143, signal: "TERM", reason: "stopped" };
  const terminated: Exit = { ...exit, code: 143, signal: "TERM" };
  const look = (more: Partial<Look>): Look => ({
    files: { kind: "started", alive: false },
    accepted: true,
    stop: false,
    complaint: "",
    slurm: null,
    ...more,
  });
  const said = (state: string, reason = "None") => ({ state, reason });

  test("by its record, whatever Slurm says", () => {
    for (const slurm of [null, said("RUNNING"), said("FAILED"), said("NODE_FAIL")]) {
      expect(judge(look({ files: { kind: "ended", exit }, slurm }))).toEqual({ state: "ended", exit });
    }
  });

  test.each([stopped, terminated])("by Slurm, where the record may be of a job that Slurm ended: $reason", (of) => {
    const files = { kind: "ended", exit: of } as const;
    expect(judge(look({ files, slurm: said("COMPLETING") }))).toEqual({ state: "running" });
    expect(judge(look({ files, slurm: said("PENDING", "BeginTime") }))).toMatchObject({ state: "waiting" });
    expect(judge(look({ files, slurm: said("PREEMPTED") }))).toEqual({ state: "lost", reason: "Slurm gave its node to another job" });
    expect(judge(look({ files, slurm: said("CANCELLED") }))).toEqual({ state: "ended", exit: { ...of, reason: "stopped" } });
    expect(judge(look({ files, slurm: said("PENDING"), stop: true }))).toEqual({ state: "ended", exit: of });
    const complaint = "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***";
    expect(judge(look({ files, complaint }))).toMatchObject({ state: "lost", reason: expect.stringContaining("time limit") });
  });

  test("as gone where Slurm is done with it and there is no record", () => {
    expect(judge(look({ slurm: said("OUT_OF_MEMORY") }))).toMatchObject({
      ...{ state: "gone", known: true },
      then: { state: "lost", reason: expect.stringContaining("more memory") },
    });
    expect(judge(look({}))).toMatchObject({ state: "gone", known: false, then: { state: "lost" } });
    expect(judge(look({ files: { kind: "started", alive: true } }))).toEqual({ state: "running" });
  });

  test("as never begun where Slurm forgot it before, and as not submitted where it never had it", () => {
    expect(judge(look({ files: { kind: "ready" } }))).toMatchObject({ state: "gone", then: { state: "absent" } });
    expect(judge(look({ files: { kind: "ready" }, accepted: false }))).toEqual({ state: "absent" });
    expect(judge(look({ files: { kind: "ready" }, slurm: said("CANCELLED") }))).toMatchObject({ then: { state: "lost" } });
  });
});

describe("a cluster", () => {
  test.each([
    ["gpu:2", [["gpu", 2]]],
    [
      "gpu:a100:4(S:0-1),gpu:v100:2,shard:16",
      [
        ["a100", 4],
        ["v100", 2],
      ],
    ],
    ["gpu:a100:3(IDX:0,2-3)", [["a100", 3]]],
    ["(null)", []],
  ])("has the GPUs that Slurm calls %s", (text, gpus) => {
    expect(parseGres(text)).toEqual(gpus);
  });

  test("counts a node once, and no GPUs of nodes that are out of service", () => {
    const said = [
      "big* n1 mixed 64 512000 gpu:h100:8 gpu:h100:6(IDX:0-5)",
      "big* n2 drained 64 512000 gpu:h100:8 gpu:h100:0(IDX:N/A)",
      "other n1 mixed 64 512000 gpu:h100:8 gpu:h100:6(IDX:0-5)",
      "--\nbig|up\nother|up\n--\n/dev/sda1 100 50 2097152 50% /far\n",
    ].join("\n");
    expect(parseCapacity(said, settings())).toMatchObject({
      ...{ kind: "gpu", slots: 16, fixed: true, managed: true, cpus: 128, memory: 1000, disk: 2, problem: null },
      devices: [{ name: "8 × h100 on 2 nodes, 1 out of service", load: 0.75 }],
    });
  });
});
