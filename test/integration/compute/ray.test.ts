import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Exit, Job, JobRef, JobState } from "../../../extension/engine/compute/compute.ts";
import { RayCompute } from "../../../extension/engine/compute/ray.ts";
import { RayTarget } from "../../../extension/protocol/target.ts";
import { type Ray, startRay, withServer } from "../../fixtures/ray.ts";
import { asked, BASE, folder, job, living } from "./place.ts";

const STARTING = 180_000;
/** Everything of Ray's own, and nothing of the jobs it runs. */
const RAYS_OWN = /ray::|ray-dashboard|gcs_server|raylet|ray\.scripts|ray\.util|dashboard\.py|monitor\.py|multiprocessing/;
const DASHBOARD = /ray-dashboard|dashboard\.py/;

let ray: Ray;
let jobs: string;
let compute: RayCompute;
let count = 0;

beforeAll(async () => {
  ray = await startRay({ cpus: 8, gpus: 2 });
  jobs = mkdtempSync(join(tmpdir(), "proving-ground-ray-"));
  compute = engine();
}, STARTING);

afterAll(async () => {
  compute.close();
  await ray.end();
  rmSync(jobs, { recursive: true, force: true, maxRetries: 5 });
}, STARTING);

function engine(more: Partial<RayTarget> = {}, address = ray.address, patience = 20_000): RayCompute {
  const target = RayTarget.parse({ kind: "ray", name: "ray", address, ...more });
  return new RayCompute({ target, lab: "lab", folder: jobs, environment: BASE, patience, secondLook: 500 });
}

/** A job with an id that no other has, and what it needs. */
function todo(command: string, more: Partial<Job> = {}, resources: Partial<Job["resources"]> = {}): Job {
  count += 1;
  const needs = { gpus: 0, gpuMemory: null, cpus: 1, memory: null, nodes: 1, ...resources };
  return job(folder(), command, { id: String(count), resources: needs, ...more });
}

const at = (ref: Pick<JobRef, "id">) => join(jobs, ref.id);
const logOf = (ref: Pick<JobRef, "id">) =>
  existsSync(join(at(ref), "stdout.log")) ? readFileSync(join(at(ref), "stdout.log"), "utf8") : "";

async function stateOf(ref: JobRef, of = compute): Promise<JobState> {
  const [state] = await of.poll([ref]);
  if (state === undefined) throw new Error("no state");
  return state;
}

/** Polls until it is so. */
const once = (ref: JobRef, wanted: (state: JobState) => boolean) => asked(() => stateOf(ref), wanted);

const over = (ref: JobRef) => once(ref, ({ state }) => state === "ended" || state === "lost");

async function exitOf(ref: JobRef): Promise<Exit> {
  const state = await over(ref);
  if (state.state !== "ended") throw new Error(`not ended but ${JSON.stringify(state)}`);
  return state.exit;
}

const said = (ref: JobRef, line: string) =>
  asked(
    () => Promise.resolve(logOf(ref)),
    (log) => log.split("\n").includes(line),
  );

/** Waits until none of the processes in a job's file `pids` lives. */
const allGone = (ref: JobRef) =>
  asked(
    () => living(join(at(ref), "pids")),
    (pids) => pids.length === 0,
  );

/** As `ray job stop` does. @returns the status of the answer */
function rayStop(ref: JobRef): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${ray.address}/api/jobs/pg-lab-${ref.id}/stop`, { method: "POST" }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once("error", reject)
      .end();
  });
}

/** Says something of what Ray itself has of a job. */
async function inRay(ref: JobRef): Promise<{ status: string } | null> {
  const response = await fetch(`${ray.address}/api/jobs/pg-lab-${ref.id}`);
  return response.ok ? ((await response.json()) as { status: string }) : null;
}

const supervisor = (ref: JobRef) => Number(readFileSync(join(at(ref), "started"), "utf8").split("\n")[0]);
/** Ignores the signal to end, and so does its child. */
const STUBBORN = `trap '' TERM; echo $$ >> pids; (trap '' TERM; sh -c 'trap "" TERM; echo $$ >> pids; echo up; sleep 60; sleep 60') & sleep 60; sleep 60`;

describe("a job on Ray", () => {
  test("leaves its output, its exit code and its files, and Ray forgets it when it is discarded", async () => {
    const one = todo(`pwd; echo oops >&2; echo '{"loss": 1}' >> "$PROVING_GROUND_METRICS"; mkdir out; echo kept > out/a.txt; exit 3`, {
      cwd: "code/it's here",
      outputs: ["out/*.txt"],
    });
    mkdirSync(join(one.directory, one.cwd), { recursive: true });
    const ref = await compute.submit(one);
    expect(await exitOf(ref)).toMatchObject({ code: 3, signal: null, reason: "exited", left: [] });
    expect(logOf(ref)).toBe(`${at(ref)}/code/it's here\noops\n`);
    const tail = await compute.tail(ref, 0, 5);
    expect(Buffer.from(tail.bytes).toString()).toBe(logOf(ref).slice(0, 5));
    const into = folder();
    await compute.collect(ref, into);
    expect(readFileSync(join(into, "code/it's here/out/a.txt"), "utf8")).toBe("kept\n");
    expect(readFileSync(join(into, "metrics.jsonl"), "utf8")).toBe('{"loss": 1}\n');
    await compute.discard([ref]);
    expect(await inRay(ref)).toBeNull();
    expect(existsSync(at(ref))).toBe(false);
    expect(await stateOf(ref)).toEqual({ state: "absent" });
  });

  test("tells of its log and its end while it is watched", async () => {
    const ref = await compute.submit(todo("echo up; until [ -e go ]; do sleep 0.1; done"));
    const heard: string[] = [];
    const stop = compute.watch(ref, ["stdout.log"], (what) => heard.push(what));
    onTestFinished(stop);
    await said(ref, "up");
    writeFileSync(join(at(ref), "go"), "on\n");
    await exitOf(ref);
    await asked(
      () => Promise.resolve(heard),
      (all) => all.includes("stdout.log") && all.includes("state"),
    );
  });

  test("runs once, however often and by however many engines it is submitted", async () => {
    const one = todo("echo once; sleep 0.5");
    const engines = Array.from({ length: 5 }, () => engine());
    onTestFinished(() => engines.forEach((each) => each.close()));
    await Promise.all(engines.map((each) => each.submit(one)));
    const ref = await compute.submit(one);
    await exitOf(ref);
    await compute.submit(one);
    expect(logOf(ref)).toBe("once\n");
    expect(await stateOf(ref)).toMatchObject({ state: "ended" });
  });

  test("has a GPU to itself; the third waits and says for what; without one it sees none", async () => {
    const holds = `echo gpu=$CUDA_VISIBLE_DEVICES; echo up; until [ -e go ]; do sleep 0.1; done`;
    const [first, second] = [await compute.submit(todo(holds, {}, { gpus: 1 })), await compute.submit(todo(holds, {}, { gpus: 1 }))];
    await Promise.all([said(first, "up"), said(second, "up")]);
    const third = await compute.submit(todo(holds, {}, { gpus: 1 }));
    const none = await compute.submit(todo(`echo "gpu=\${CUDA_VISIBLE_DEVICES-any}"`));
    const gpus = [first, second].map((ref) => /gpu=(.*)/.exec(logOf(ref))?.[1]);
    expect(gpus.sort()).toEqual(["0", "1"]);
    await exitOf(none);
    expect(logOf(none)).toBe("gpu=\n");
    const waiting = await once(third, (state) => state.state === "waiting" && (state.reason ?? "").includes("2 of 2 GPUs"));
    expect(waiting).toEqual({
      state: "waiting",
      reason: expect.stringMatching(/^it waits in Ray's queue for 1 GPU and 1 CPU; 2 of 2 GPUs are taken/) as string,
    });
    expect(await compute.poll([first, third])).toEqual([{ state: "running" }, waiting]);
    for (const ref of [first, second, third]) {
      mkdirSync(at(ref), { recursive: true });
      writeFileSync(join(at(ref), "go"), "");
    }
    for (const ref of [first, second, third]) expect(await exitOf(ref)).toMatchObject({ code: 0 });
  });

  test("that needs more than any machine has waits with words that say so, and can be taken back", async () => {
    const ref = await compute.submit(todo("echo never", {}, { gpus: 8, cpus: 64, memory: 1000 }));
    const state = await once(ref, (each) => each.state === "waiting" && each.reason !== "Ray is starting it");
    expect(state).toMatchObject({
      reason:
        "no machine of Ray's has 8 GPUs, 64 CPUs and 1000 GiB of memory; the most that one has is 2 GPUs, 8 CPUs and 4 GiB of memory; it waits until one joins that has",
    });
    await compute.cancel(ref);
    expect(await exitOf(ref)).toMatchObject({ reason: "stopped", code: 143, signal: "TERM" });
    await compute.cancel(ref);
  });

  test("that was taken back is not executed when its turn comes", async () => {
    const holds = await compute.submit(todo("echo up; until [ -e go ]; do sleep 0.1; done", {}, { gpus: 2 }));
    await said(holds, "up");
    const ref = await compute.submit(todo("echo executed", {}, { gpus: 2 }));
    await once(ref, ({ state }) => state === "waiting");
    await compute.cancel(ref);
    writeFileSync(join(at(holds), "go"), "");
    await exitOf(holds);
    await asked(
      () => inRay(ref),
      (job) => job?.status === "STOPPED" || job?.status === "SUCCEEDED",
    );
    expect(logOf(ref)).toBe("");
    expect(await stateOf(ref)).toMatchObject({ state: "ended", exit: { reason: "stopped" } });
  });

  test("of several machines is refused in words", async () => {
    await expect(compute.submit(todo("true", {}, { nodes: 2 }))).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("begins on one") as string,
    });
  });

  test("with a runtime_env that Ray cannot make is lost with Ray's words", async () => {
    const other = engine({ runtimeEnv: { working_dir: "/nowhere/at/all" } });
    onTestFinished(() => other.close());
    const ref = await other.submit(todo("true"));
    expect(await over(ref)).toMatchObject({
      state: "lost",
      reason: expect.stringMatching(/never began.*\/nowhere\/at\/all is not a valid path/) as string,
    });
  });
});

describe("the end of a job on Ray leaves nothing alive:", () => {
  test("when it is stopped, though it ignores SIGTERM and forks", async () => {
    const ref = await compute.submit(todo(STUBBORN, { grace: 0.3 }));
    await said(ref, "up");
    await compute.cancel(ref);
    expect(await exitOf(ref)).toMatchObject({ reason: "stopped", signal: "KILL", left: [] });
    await allGone(ref);
  });

  test("when Ray stops it, with a longer grace than Ray's own: the record says stopped", async () => {
    const ref = await compute.submit(todo(STUBBORN, { grace: 4 }));
    await said(ref, "up");
    expect(await rayStop(ref)).toBe(200);
    expect(await exitOf(ref)).toMatchObject({ reason: "stopped", left: [] });
    await allGone(ref);
  });

  test("at its time limit", async () => {
    const ref = await compute.submit(todo(STUBBORN, { timeout: 0.5, grace: 0.3 }));
    expect(await exitOf(ref)).toMatchObject({ reason: "timeout", signal: "KILL", left: [] });
    await allGone(ref);
  });

  test("when its supervisor is killed", async () => {
    const ref = await compute.submit(todo(STUBBORN, { grace: 0.3 }));
    await said(ref, "up");
    process.kill(supervisor(ref), "SIGKILL");
    expect(await over(ref)).toMatchObject({ state: "lost" });
    await allGone(ref);
  });

  test("when Ray loses the worker that runs it, before anybody looks", async () => {
    const ref = await compute.submit(todo(STUBBORN, { grace: 0.3 }));
    await said(ref, "up");
    await ray.kill(/^ray::JobSupervisor/);
    // Nobody polls: what runs beside the supervisor sees to it.
    await allGone(ref);
    expect(await over(ref)).toMatchObject({ state: "lost", reason: expect.stringContaining("Job supervisor actor died") as string });
  });
});

describe("when Ray does not answer", () => {
  test("a dashboard that hangs makes what waits unreachable, never lost, and what runs here is seen all the same", async () => {
    const ref = await compute.submit(todo("echo up; until [ -e go ]; do sleep 0.1; done", {}, { gpus: 2 }));
    await said(ref, "up");
    const waits = await compute.submit(todo("echo after", {}, { gpus: 2 }));
    const hasty = engine({}, ray.address, 500);
    onTestFinished(() => hasty.close());
    const late = todo("echo late");
    expect(ray.signal(DASHBOARD, "SIGSTOP")).toBeGreaterThan(0);
    try {
      await expect(hasty.poll([ref, waits])).rejects.toMatchObject({
        code: "unreachable",
        message: expect.stringContaining("no answer within 0.5 s") as string,
      });
      await expect(hasty.submit(late)).rejects.toMatchObject({ code: "unreachable" });
      expect(await stateOf(ref, hasty)).toEqual({ state: "running" });
      expect((await hasty.probe()).problem).toContain("no answer within 0.5 s");
    } finally {
      ray.signal(DASHBOARD, "SIGCONT");
    }
    writeFileSync(join(at(ref), "go"), "");
    expect(await exitOf(ref)).toMatchObject({ code: 0 });
    expect(await exitOf(waits)).toMatchObject({ code: 0 });
    // It may have heard the first time after all.
    await compute.submit(late);
    expect(await exitOf({ id: late.id, directory: late.directory })).toMatchObject({ code: 0 });
    expect(logOf(late)).toBe("late\n");
  });

  test("a wrong address is a problem in words", async () => {
    const problem = async (address: string) => {
      const wrong = engine({}, address);
      try {
        return (await wrong.probe()).problem;
      } finally {
        wrong.close();
      }
    };
    expect(await problem("http://127.0.0.1:1")).toMatch(/Ray does not answer at http:\/\/127.0.0.1:1: nothing listens there/);
    await withServer("<html>hello</html>", 200, async (address) => {
      expect(await problem(address)).toMatch(/does not speak as Ray's Jobs API does \(200 <html>hello<\/html>\)/);
    });
    await withServer("no such page", 404, async (address) => {
      expect(await problem(address)).toMatch(/does not speak as Ray's Jobs API does \(404 no such page\)/);
      const wrong = engine({}, address);
      onTestFinished(() => wrong.close());
      await expect(wrong.submit(todo("true"))).rejects.toMatchObject({ code: "unreachable" });
    });
    await withServer("who is there?", 401, async (address) => {
      expect(await problem(address)).toMatch(/wants to know who asks/);
    });
  });
});

describe("the capacity of Ray", () => {
  test("is what its machines have together", async () => {
    const capacity = await engine({ container: "docker run {command}" }).probe();
    expect(capacity).toMatchObject({
      kind: "gpu",
      slots: 16,
      fixed: true,
      managed: true,
      cpus: 8,
      memory: 4,
      containment: "container",
      problem: null,
    });
    expect(capacity.devices.map(({ index, name }) => ({ index, name }))).toEqual([
      { index: 0, name: "GPU" },
      { index: 1, name: "GPU" },
    ]);
    expect(capacity.disk).toBeGreaterThan(0);
    expect(await engine({ slots: 3 }).probe()).toMatchObject({ slots: 3, containment: null });
  });
});

// Last: it begins a new Ray.
describe("when the head of Ray dies", () => {
  test(
    "its jobs go with it and are lost once it is back, what waited begins anew, and what had ended stays ended",
    async () => {
      const ended = await compute.submit(todo("echo done"));
      await exitOf(ended);
      const running = await compute.submit(todo(`echo begun; ${STUBBORN}`, { grace: 0.3 }, { gpus: 2 }));
      await said(running, "up");
      const queued = todo("echo in the end", {}, { gpus: 1 });
      const waits = await compute.submit(queued);
      await once(waits, ({ state }) => state === "waiting");

      await ray.kill(RAYS_OWN);
      await allGone(running);
      await expect(compute.poll([running, waits])).rejects.toMatchObject({ code: "unreachable" });
      expect(await stateOf(ended)).toMatchObject({ state: "ended" });

      await ray.start({ RAY_JOB_START_TIMEOUT_SECONDS: "15" });
      expect(await compute.poll([ended, running, waits])).toMatchObject([
        { state: "ended", exit: { code: 0 } },
        { state: "lost", reason: expect.stringContaining("Ray no longer knows it") as string },
        { state: "absent" },
      ]);
      await compute.submit(queued);
      expect(await exitOf(waits)).toMatchObject({ code: 0 });
      expect(logOf(waits)).toBe("in the end\n");
      expect(logOf(running)).toBe("begun\nup\n");
    },
    STARTING,
  );

  test("a job that Ray gave up on before its turn can be submitted again", async () => {
    const holder = todo("echo up; until [ -e go ]; do sleep 0.1; done", {}, { gpus: 2 });
    const holds = await compute.submit(holder);
    await said(holds, "up");
    const one = todo("echo once", {}, { gpus: 1 });
    const ref = await compute.submit(one);
    // Ray gives up on what it could not begin within the time that its head was told above.
    await once(ref, ({ state }) => state === "absent");
    writeFileSync(join(at(holds), "go"), "");
    await exitOf(holds);
    await compute.submit(one);
    expect(await exitOf(ref)).toMatchObject({ code: 0 });
    expect(logOf(ref)).toBe("once\n");
  });
});
