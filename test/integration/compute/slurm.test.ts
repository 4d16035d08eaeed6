import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobRef } from "../../../extension/engine/compute/compute.ts";
import { SlurmCompute } from "../../../extension/engine/compute/slurm.ts";
import { SlurmTarget } from "../../../extension/protocol/target.ts";
import { type Slurm, startSlurm } from "../../fixtures/slurm.ts";
import { living, temporary } from "./place.ts";
import { becomes, eventually, type SlurmPlace, slurmPlace, stateOf } from "./slurm-place.ts";

let slurm: Slurm;
/** A job that Slurm's time limit ends while other tests run: it looks for such jobs every half minute. */
let late: { place: SlurmPlace; ref: JobRef };
beforeAll(async () => {
  slurm = await startSlurm({ cpus: 32, gpus: 2 });
  const kept = temporary();
  const place = slurmPlace(slurm, {}, kept.path);
  const ref = await place.compute.submit(place.todo("1", PATIENT));
  await eventually(() => place.text(ref) === "up\n");
  await slurm.command("scontrol", "update", `JobId=${await numberOf(place.compute, ref)}`, "EndTime=now");
  late = { place, ref };
  return kept.remove;
});
afterAll(() => slurm.stop());

const gpu = { gpus: 1, gpuMemory: null, cpus: 1, memory: null, nodes: 1 };
/** Says that it is up, and waits for a word. */
const PATIENT = "echo up; mkfifo go; read -r word < go; echo $word";

describe("a job on Slurm", () => {
  test("leaves its output, exit code and times, and sees nothing of the submitter's secrets", async () => {
    const { compute, todo, text } = slurmPlace(slurm);
    const command = `echo "$GREETING"; echo oops >&2; echo '{"loss": 1}' >> "$PROVING_GROUND_METRICS"; env > seen; exit 3`;
    const ref = await compute.submit(todo("1", command, { variables: { GREETING: `it's "$me"` } }));
    const state = await becomes(compute, ref, "ended", "lost");
    expect(state).toMatchObject({ state: "ended", exit: { code: 3, signal: null, reason: "exited", left: [] } });
    expect(text(ref)).toBe(`it's "$me"\noops\n`);
    expect(text(ref, "metrics.jsonl")).toBe('{"loss": 1}\n');
    const names = text(ref, "seen")
      .split("\n")
      .flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(names).toContain("GREETING");
    expect(names.filter((name) => !/^(SLURM|PROVING_GROUND)/.test(name) && !OF_SLURM.has(name))).toEqual(["GREETING"]);
  });

  test("is told from the files alone after Slurm has forgotten it", async () => {
    const { compute, todo } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", "exit 4"));
    const state = await becomes(compute, ref, "ended", "lost");
    await forgotten(numberOf(compute, ref));
    expect(await stateOf(compute, ref)).toEqual(state);
    expect(state).toMatchObject({ state: "ended", exit: { code: 4 } });
  });

  test("runs once, however often and by however many engines it is submitted", async () => {
    const { site, todo, text } = slurmPlace(slurm);
    const engines = Array.from({ length: 3 }, () => engine(site, "shared"));
    const once = todo("1", "echo once");
    const [ref] = await Promise.all(engines.map((one) => one.submit(once)));
    await engines[0]!.submit(once);
    await becomes(engines[0]!, ref!, "ended");
    await eventually(async () => !/PENDING|RUNNING|COMPLETING/.test(await queue("pg-shared-1")));
    expect(text(ref!)).toBe("once\n");
    expect(await stateOf(engines[1]!, ref!)).toMatchObject({ state: "ended", exit: { code: 0 } });
  });

  test("that Slurm took is found by its name where the answer got lost", async () => {
    const { compute, todo, root } = slurmPlace(slurm, { partition: "shut" });
    const waits = todo("1", "echo once");
    const ref = await compute.submit(waits);
    const number = await numberOf(compute, ref);
    rmSync(join(root, "1/slurm.number"));
    await compute.submit(waits);
    expect(await numberOf(compute, ref)).toBe(number);
    await compute.cancel(ref);
  });
});

describe("waiting", () => {
  test("for one of two GPUs, which two jobs share out, is told in words", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const command = `echo "$CUDA_VISIBLE_DEVICES"; ${PATIENT}`;
    const refs = await Promise.all(["1", "2", "3"].map((id) => compute.submit(todo(id, command, { resources: gpu }))));
    const held = await eventually(() => {
      const up = refs.filter((ref) => text(ref).endsWith("up\n"));
      return up.length === 2 && up;
    });
    expect(new Set(held.map((ref) => text(ref).split("\n")[0]))).toEqual(new Set(["0", "1"]));
    const third = refs.find((ref) => !held.includes(ref))!;
    const why = await eventually(async () => {
      const state = await stateOf(compute, third);
      return state.state === "waiting" && state.reason?.includes("Slurm: ") === true && state.reason;
    });
    expect(why).toMatch(/^(no node has what it needs free at present|other jobs go first) \(Slurm: (Resources|Priority)\)$/);
    expect((await compute.probe()).devices).toMatchObject([{ name: "2 × GPU on 1 node", load: 1 }]);
    for (const ref of held) writeFileSync(join(root, ref.id, "go"), "go on\n");
    await eventually(() => text(third).endsWith("up\n"));
    writeFileSync(join(root, third.id, "go"), "go on\n");
    for (const ref of refs) expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ exit: { code: 0 } });
  });

  test("for a partition that is down, until it is up", async () => {
    const { compute, todo } = slurmPlace(slurm, { partition: "shut" });
    const ref = await compute.submit(todo("1", "true"));
    await eventually(async () => {
      const state = await stateOf(compute, ref);
      return state.state === "waiting" && state.reason?.includes("the partition is down") === true;
    });
    await slurm.command("scontrol", "update", "PartitionName=shut", "State=UP");
    onTestFinished(async () => {
      await slurm.command("scontrol", "update", "PartitionName=shut", "State=DOWN");
    });
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ state: "ended", exit: { code: 0 } });
  });
});

describe("the end of a job on Slurm:", () => {
  test("asked for, it tidies up, is recorded as stopped, and leaves nothing alive", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const command = `trap 'echo tidied; exit 5' TERM; sleep 60 & echo $! > pids; setsid sleep 61 & echo $! >> pids; echo up; wait`;
    const ref = await compute.submit(todo("1", command));
    await eventually(() => text(ref).endsWith("up\n"));
    await compute.cancel(ref);
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ exit: { reason: "stopped", code: 5, left: [] } });
    expect(text(ref)).toBe("up\ntidied\n");
    expect(await living(join(root, "1/pids"))).toEqual([]);
  });

  test("asked for before it began, it never begins", async () => {
    const { compute, todo, text } = slurmPlace(slurm, { partition: "shut" });
    const ref = await compute.submit(todo("1", "echo begun"));
    await compute.cancel(ref);
    expect(await stateOf(compute, ref)).toMatchObject({ state: "ended", exit: { reason: "stopped" } });
    expect(await queue(await numberOf(compute, ref))).not.toMatch(/PENDING|RUNNING/);
    await compute.submit(todo("1", "echo begun"));
    expect(await stateOf(compute, ref)).toMatchObject({ state: "ended", exit: { reason: "stopped" } });
    expect(text(ref)).toBe("");
    const never = { id: "2", directory: "/nowhere" };
    await compute.cancel(never);
    expect(await stateOf(compute, never)).toEqual({ state: "absent" });
  });

  test("at the time limit of the job it is the supervisor's, not Slurm's", async () => {
    const { compute, todo } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", "trap '' TERM; sleep 60 & wait; sleep 60", { timeout: 0.3, grace: 0.3 }));
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ exit: { reason: "timeout", signal: "KILL", left: [] } });
  });

  test("by somebody's scancel, it counts as stopped; where it had not begun, it is lost, with the reason", async () => {
    const { compute, todo, text } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", PATIENT));
    await eventually(() => text(ref) === "up\n");
    await slurm.command("scancel", await numberOf(compute, ref));
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ state: "ended", exit: { reason: "stopped" } });

    const shut = slurmPlace(slurm, { partition: "shut" });
    const waits = await shut.compute.submit(shut.todo("1", "true"));
    await slurm.command("scancel", await numberOf(shut.compute, waits));
    expect(await becomes(shut.compute, waits, "ended", "lost", "absent")).toEqual({
      state: "lost",
      reason: "it never began: it was cancelled in Slurm",
    });
  });

  test("without a record, it is lost only after a second look", async () => {
    const { compute, site, lab, todo, text, root } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", PATIENT));
    await eventually(() => text(ref) === "up\n");
    process.kill(Number(readFileSync(join(root, "1/started"), "utf8").split("\n")[0]), "SIGKILL");
    await forgotten(numberOf(compute, ref));
    let clock = 0;
    const patient = engine(site, lab, { settle: 5, now: () => clock });
    expect(await stateOf(patient, ref)).toEqual({ state: "running" });
    clock = 39_999;
    expect(await stateOf(patient, ref)).toEqual({ state: "running" });
    clock = 40_000;
    expect(await stateOf(patient, ref)).toMatchObject({ state: "lost", reason: expect.stringContaining("left no record") });
  });
});

describe("a job that Slurm takes off its node", () => {
  test("begins anew where it may, in the same folder, and its log says so", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", `echo begun; [ -e go ] || { ${PATIENT}; }`, { requeue: true }));
    await eventually(() => text(ref).endsWith("up\n"));
    const number = await numberOf(compute, ref);
    await slurm.command("scontrol", "requeue", number);
    const seen = new Set<string>();
    const state = await eventually(async () => {
      const now = await stateOf(compute, ref);
      seen.add(now.state === "waiting" ? `waiting: ${String(now.reason)}` : now.state);
      return now.state === "ended" && now;
    });
    expect(state.exit).toMatchObject({ code: 0, reason: "exited" });
    expect([...seen].some((one) => one.includes("begins it anew"))).toBe(true);
    expect(seen).not.toContain("lost");
    expect(text(ref)).toBe("begun\nup\nSlurm took this run off its node and begins it anew.\nbegun\n");
    expect(existsSync(join(root, "1/exit.reserve"))).toBe(false);
  });

  test("stays where it is when it may not", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", PATIENT));
    await eventually(() => text(ref) === "up\n");
    await expect(slurm.command("scontrol", "requeue", await numberOf(compute, ref))).rejects.toThrow(/disabled/);
    writeFileSync(join(root, "1/go"), "still here\n");
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ state: "ended", exit: { code: 0 } });
    expect(text(ref)).toBe("up\nstill here\n");
  });

  test("is stopped for good where that was asked for meanwhile", async () => {
    const { compute, todo, text } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", PATIENT, { requeue: true }));
    await eventually(() => text(ref) === "up\n");
    await slurm.command("scontrol", "requeue", await numberOf(compute, ref));
    await becomes(compute, ref, "waiting");
    await compute.cancel(ref);
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ state: "ended", exit: { reason: "stopped" } });
    expect(await queue(await numberOf(compute, ref))).not.toMatch(/PENDING|RUNNING/);
    expect(text(ref)).toBe("up\n");
  });
});

describe("what Slurm refuses", () => {
  test("is told in its words, and does not keep others of the same call from running", async () => {
    const { compute, todo } = slurmPlace(slurm);
    const [many, good] = await Promise.allSettled([
      compute.submit(todo("1", "true", { resources: { ...gpu, gpus: 5 } })),
      compute.submit(todo("2", "true")),
    ]);
    expect(many).toMatchObject({
      status: "rejected",
      reason: { code: "usage", message: expect.stringMatching(/^Slurm did not take run 1: .*not available/) },
    });
    if (good.status === "rejected") throw good.reason as Error;
    expect(await becomes(compute, good.value, "ended", "lost")).toMatchObject({ exit: { code: 0 } });
  });

  test("names a partition that does not exist, when a job is submitted and when the target is looked at", async () => {
    const { compute, todo } = slurmPlace(slurm, { partition: "nope" });
    await expect(compute.submit(todo("1", "true"))).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("partition specified: nope"),
    });
    expect((await compute.probe()).problem).toBe("there is no partition nope; there are: debug, shut");
    expect((await slurmPlace(slurm, { partition: "shut" }).compute.probe()).problem).toBe("the partition shut is down: jobs wait there");
  });
});

test("a job that Slurm's time limit ends is lost, with the reason", async () => {
  const { place, ref } = late;
  expect(await becomes(place.compute, ref, "ended", "lost")).toMatchObject({
    state: "lost",
    reason: expect.stringContaining("Slurm's time limit ended it"),
  });
});

test("a hundred jobs at once are a few calls to the site, and each runs once", async () => {
  const { compute, site, todo, text } = slurmPlace(slurm);
  const ids = Array.from({ length: 100 }, (_, index) => String(index + 1));
  const refs = await Promise.all(ids.map((id) => compute.submit(todo(id, "echo once"))));
  expect(site.calls).toBeLessThanOrEqual(3);
  const before = site.calls;
  const states = await compute.poll(refs);
  expect(site.calls).toBe(before + 1);
  expect(states).toHaveLength(100);
  await eventually(async () => (await compute.poll(refs)).every(({ state }) => state === "ended"));
  expect(refs.map((ref) => text(ref))).toEqual(refs.map(() => "once\n"));
});

describe("Slurm's own programs may be gone for a while:", () => {
  test("while the controller is, nothing is lost, ends are seen, and a submit finds out later", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const goes = await compute.submit(todo("1", PATIENT));
    await eventually(() => text(goes) === "up\n");
    await saved();
    await slurm.controller.kill();
    onTestFinished(() => slurm.controller.start().catch(() => undefined));
    await expect(compute.poll([goes])).rejects.toMatchObject({ code: "unreachable" });
    await expect(compute.submit(todo("2", "echo once"))).rejects.toMatchObject({ code: "unreachable" });
    expect((await compute.probe()).problem).toMatch(/controller does not answer/);
    writeFileSync(join(root, "1/go"), "went on\n");
    expect(await eventually(async () => (await compute.poll([goes]).catch(() => []))[0])).toMatchObject({
      state: "ended",
      exit: { code: 0 },
    });
    await slurm.controller.start();
    const late = await compute.submit(todo("2", "echo once"));
    expect(await becomes(compute, late, "ended", "lost")).toMatchObject({ exit: { code: 0 } });
    expect([text(goes), text(late)]).toEqual(["up\nwent on\n", "once\n"]);
  });

  test("a node's, whose jobs go on", async () => {
    const { compute, todo, text, root } = slurmPlace(slurm);
    const ref = await compute.submit(todo("1", PATIENT));
    await eventually(() => text(ref) === "up\n");
    await slurm.node.kill();
    expect(await stateOf(compute, ref)).toEqual({ state: "running" });
    writeFileSync(join(root, "1/go"), "went on\n");
    expect(await becomes(compute, ref, "ended", "lost")).toMatchObject({ state: "ended", exit: { code: 0 } });
    await slurm.node.start();
    const next = await compute.submit(todo("2", "echo next"));
    expect(await becomes(compute, next, "ended", "lost")).toMatchObject({ exit: { code: 0 } });
  });
});

test("a controller that lost its memory ends jobs or begins them a second time, and none is executed twice that may not be", async () => {
  const forgetful = await startSlurm();
  onTestFinished(() => forgetful.stop());
  const { compute, todo, text } = slurmPlace(forgetful);
  const [once, again] = await Promise.all(["1", "2"].map((id) => compute.submit(todo(id, "echo begun; sleep 3", { requeue: id === "2" }))));
  await eventually(() => text(once!) !== "" && text(again!) !== "");
  await forgetful.controller.kill();
  await forgetful.controller.start();
  const states = await Promise.all([once!, again!].map((ref) => becomes(compute, ref, "ended", "lost", "absent")));
  expect(states.map(({ state }) => state)).not.toContain("absent");
  expect(text(once!)).toBe("begun\n");
  expect(text(again!)).toMatch(/^begun\n(Slurm took this run off its node and begins it anew\.\nbegun\n)?$/);
});

test("a machine without Slurm's commands says so", async () => {
  const place = slurmPlace({ ...slurm, environment: { ...slurm.environment, PATH: "/nowhere" } });
  expect((await place.compute.probe()).problem).toMatch(/not on the PATH/);
});

/** What Slurm itself tells a job beside its own variables, and what a shell sets. */
const OF_SLURM = new Set([
  ...["PATH", "HOME", "PWD", "OLDPWD", "TMPDIR", "ENVIRONMENT", "HOSTNAME", "SHELL", "USER", "LOGNAME", "SHLVL", "_"],
  ...["CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"],
]);

function engine(
  site: ConstructorParameters<typeof SlurmCompute>[0]["site"],
  lab: string,
  more: { settle?: number; now?: () => number } = {},
) {
  return new SlurmCompute({ site, lab, settings: SlurmTarget.parse({ kind: "slurm", name: "cluster" }), beat: 0.2, ...more });
}

async function numberOf(compute: SlurmCompute, ref: JobRef): Promise<string> {
  return readFileSync(join(await compute.folder(ref), "slurm.number"), "utf8").trim();
}

/** What Slurm says of a job, by its number or its name; empty when it does not know it. */
async function queue(job: string): Promise<string> {
  const all = await slurm.command("squeue", "--noheader", "--states=all", "--format=%i|%j|%T");
  return all
    .split("\n")
    .filter((line) => line.split("|").includes(job))
    .join("\n");
}

async function forgotten(number: Promise<string>): Promise<void> {
  const which = await number;
  await eventually(async () => (await queue(which)) === "");
}

/** Waits until the controller has written down what it knows. */
async function saved(): Promise<void> {
  const [number = ""] = (await slurm.command("squeue", "--noheader", "--states=RUNNING", "--format=%i")).split("\n");
  await slurm.command("scontrol", "update", `JobId=${number}`, "Comment=saved");
  await eventually(() => readFileSync(join(slurm.folder, "state/job_state")).includes("saved"));
}
