import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Exit, Job, JobState } from "../../../extension/engine/compute/compute.ts";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { BASE, folder, job, living, mounted, over, said, sleepers } from "./place.ts";

const compute = new LocalCompute({ environment: BASE });

function exitOf(state: JobState): Exit {
  if (state.state !== "ended") throw new Error(`not ended but ${JSON.stringify(state)}`);
  return state.exit;
}

describe("a job", () => {
  test("leaves its output, its exit code and its times", async () => {
    const at = folder();
    mkdirSync(join(at, "code/it's here"), { recursive: true });
    const command = `pwd; echo "$GREETING"; echo oops >&2; echo '{"loss": 1}' >> "$PROVING_GROUND_METRICS"; echo $PROVING_GROUND_RUN; exit 3`;
    const ref = await compute.submit(job(at, command, { cwd: "code/it's here", variables: { GREETING: `it's "$me"` } }));
    const exit = exitOf(await over(compute, ref));
    expect(exit).toMatchObject({ code: 3, signal: null, reason: "exited", diskFull: false, left: [] });
    expect(exit.endedAt).toBeGreaterThanOrEqual(exit.startedAt);
    expect(readFileSync(join(at, "stdout.log"), "utf8")).toBe(`${at}/code/it's here\nit's "$me"\noops\n7\n`);
    expect(readFileSync(join(at, "metrics.jsonl"), "utf8")).toBe('{"loss": 1}\n');
    expect(sleepers(at)).toEqual([]);
  });

  test("that two engines begin is never taken for one that never began, by the one whose supervisor leaves it to the other's", async () => {
    const other = new LocalCompute({ environment: BASE });
    const seen = async (by: LocalCompute, todo: Job) => {
      const ref = await by.submit(todo);
      for (;;) {
        const [state] = await by.poll([ref]);
        if (state?.state !== "waiting" && state?.state !== "running") return state?.state;
      }
    };
    const todo = Array.from({ length: 40 }, () => job(folder(), "true"));
    const states = await Promise.all(todo.flatMap((one) => [compute, other].map((by) => seen(by, one))));
    expect(states).toEqual(states.map(() => "ended"));
  });

  test("names the signal that ended it", async () => {
    const ref = await compute.submit(job(folder(), "kill -SEGV $$"));
    expect(exitOf(await over(compute, ref))).toMatchObject({ code: 139, signal: "SEGV", reason: "exited" });
  });

  test("sees only the variables it is given", async () => {
    const at = folder();
    const ref = await compute.submit(job(at, "env", { variables: { SEED: "1" } }));
    await over(compute, ref);
    const names = readFileSync(join(at, "stdout.log"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("=")[0]);
    expect(names.sort()).toEqual(["PATH", "PROVING_GROUND_JOB", "PROVING_GROUND_METRICS", "PROVING_GROUND_RUN", "PWD", "SEED"].sort());
  });

  test("runs once, however often and by however many engines it is submitted", async () => {
    const at = folder();
    const todo = job(at, "echo once");
    const engines = Array.from({ length: 5 }, () => new LocalCompute({ environment: BASE }));
    await Promise.all(engines.map((engine) => engine.submit(todo)));
    await over(compute, await compute.submit(todo));
    await over(compute, await compute.submit(todo));
    // Even a supervisor started by hand leaves it alone.
    execFileSync("sh", [join(at, "run.sh")], { env: BASE });
    expect(readFileSync(join(at, "stdout.log"), "utf8")).toBe("once\n");
  });

  test("reads byte ranges of its log", async () => {
    const at = folder();
    const ref = await compute.submit(job(at, "printf 0123456789"));
    await over(compute, ref);
    const text = async (from: number, limit: number) => Buffer.from((await compute.tail(ref, from, limit)).bytes).toString();
    expect(await text(3, 4)).toBe("3456");
    expect(await text(8, 4)).toBe("89");
    expect(await text(20, 4)).toBe("");
    expect((await compute.tail(ref, 0, 1)).size).toBe(10);
  });

  test("hands its results to another folder", async () => {
    const ref = await compute.submit(job(folder(), "echo hello"));
    await over(compute, ref);
    const into = join(folder(), "new");
    await compute.collect(ref, into);
    expect(readFileSync(join(into, "stdout.log"), "utf8")).toBe("hello\n");
    expect(existsSync(join(into, "exit.json"))).toBe(true);
  });
});

describe("the end of a job leaves nothing alive:", () => {
  const pids = (at: string) => living(join(at, "pids"));

  test("at the time limit, though it ignores SIGTERM and forks", async () => {
    const at = folder();
    const stubborn = `trap '' TERM; echo $$ >> pids; (trap '' TERM; sh -c 'trap "" TERM; echo $$ >> pids; sleep 60; sleep 60') & sleep 60; sleep 60`;
    const ref = await compute.submit(job(at, stubborn, { timeout: 0.3, grace: 0.3 }));
    const exit = exitOf(await over(compute, ref));
    expect(exit).toMatchObject({ reason: "timeout", signal: "KILL", left: [] });
    expect(exit.endedAt - exit.startedAt).toBeLessThan(5000);
    expect(await pids(at)).toEqual([]);
  });

  test("at the time limit, after it was asked and could tidy up", async () => {
    const at = folder();
    const ref = await compute.submit(job(at, `trap 'echo tidied; exit 5' TERM; sleep 60 & wait`, { timeout: 0.2 }));
    expect(exitOf(await over(compute, ref))).toMatchObject({ reason: "timeout", code: 5 });
    expect(readFileSync(join(at, "stdout.log"), "utf8")).toBe("tidied\n");
  });

  test("children left in the background", async () => {
    const at = folder();
    const ref = await compute.submit(
      job(at, "sleep 60 & echo $! >> pids; (trap '' TERM; sleep 61) & echo $! >> pids; exit 0", { grace: 0.2 }),
    );
    expect(exitOf(await over(compute, ref))).toMatchObject({ code: 0, reason: "exited", left: [] });
    expect(await pids(at)).toEqual([]);
  });

  test("children that left for a session of their own, and those that hid their variables", async () => {
    const at = folder();
    const command = `setsid sh -c 'echo $$ >> pids; exec sleep 60' & env -i sleep 60 & echo $! >> pids
      until [ "$(wc -l < pids)" -eq 2 ]; do :; done; echo away; wait`;
    const ref = await compute.submit(job(at, command));
    await said(compute, ref, "away");
    await compute.cancel(ref);
    expect(exitOf(await over(compute, ref))).toMatchObject({ reason: "stopped", left: [] });
    expect(readFileSync(join(at, "pids"), "utf8").split("\n").filter(Boolean)).toHaveLength(2);
    expect(await pids(at)).toEqual([]);
  });

  test("a job next to it with a longer number goes on", async () => {
    const root = folder();
    mkdirSync(join(root, "12"));
    execFileSync("mkfifo", [join(root, "12/go")]);
    const long = await compute.submit(job(join(root, "12"), "echo up; read line < go; echo $line", { id: "12" }));
    const short = await compute.submit(job(join(root, "1"), "sleep 60 & exit 0", { id: "1" }));
    await over(compute, short);
    expect((await compute.poll([long]))[0]).toEqual({ state: "running" });
    writeFileSync(join(root, "12/go"), "done\n");
    expect(exitOf(await over(compute, long)).code).toBe(0);
  });

  test("stopping one that is over, or never began, changes nothing", async () => {
    const ref = await compute.submit(job(folder(), "exit 0"));
    const state = await over(compute, ref);
    await compute.cancel(ref);
    expect(await compute.poll([ref])).toEqual([state]);
    const never = { id: "8", directory: folder() };
    await compute.cancel(never);
    expect(await compute.poll([never])).toEqual([{ state: "absent" }]);
  });
});

describe("when the engine dies", () => {
  /** Submits in a process of its own that is then killed. */
  async function submitAndDie(at: string, command: string): Promise<void> {
    const compute = new URL("../../../extension/engine/compute/local.ts", import.meta.url).href;
    const script = `
      import { LocalCompute } from ${JSON.stringify(compute)};
      await new LocalCompute({ environment: ${JSON.stringify(BASE)} }).submit(${JSON.stringify(job(at, command))});
      process.stdout.write("submitted");
      setInterval(() => {}, 1000);`;
    const engine = spawn(process.execPath, ["--input-type=module", "--no-warnings", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(engine.stdout, "data");
    engine.kill("SIGKILL");
    await once(engine, "exit");
  }

  test("the job goes on, is found again, and its end is recorded", async () => {
    const at = folder();
    execFileSync("mkfifo", [join(at, "go")]);
    await submitAndDie(at, "read line < go; echo $line; exit 4");
    const ref = { id: "7", directory: at };
    expect(await compute.submit(job(at, "echo twice"))).toEqual(ref);
    expect(["running", "waiting"]).toContain((await compute.poll([ref]))[0]?.state);
    writeFileSync(join(at, "go"), "once\n");
    expect(exitOf(await over(compute, ref))).toMatchObject({ code: 4 });
    expect(readFileSync(join(at, "stdout.log"), "utf8")).toBe("once\n");
  });

  test("between taking a job and starting it, the job is seen never to have begun and can be submitted again", async () => {
    const at = folder();
    writeFileSync(join(at, "job.json"), "{}");
    writeFileSync(join(at, "exit.reserve"), " ".repeat(1024));
    const ref = { id: "7", directory: at };
    expect(await compute.poll([ref])).toEqual([{ state: "absent" }]);
    await compute.submit(job(at, "echo begun"));
    expect(exitOf(await over(compute, ref)).code).toBe(0);
  });

  test("a supervisor that was killed is noticed, though its number is used again, and what it ran is ended", async () => {
    const at = folder();
    // Says so once its timer is there, so that the kill cannot come before it.
    const timed = `until [ ! -r /proc/self/environ ] || grep -qsF "PROVING_GROUND_LIMIT=$PWD/" /proc/[0-9]*/environ; do :; done`;
    const ref = await compute.submit(job(at, `${timed}; echo $$ >> pids; echo up; sleep 60`));
    await said(compute, ref, "up");
    const [pid = ""] = readFileSync(join(at, "started"), "utf8").split("\n");
    process.kill(Number(pid), "SIGKILL");
    const state = await over(compute, ref);
    expect(state).toMatchObject({ state: "lost" });
    expect(await living(join(at, "pids"))).toEqual([]);
    expect(sleepers(at)).toEqual([]);

    const other = folder();
    writeFileSync(join(other, "started"), `${process.pid}\nan earlier boot\n`);
    writeFileSync(join(other, "run.sh"), readFileSync(join(at, "run.sh")));
    expect((await compute.poll([{ id: "8", directory: other }]))[0]).toMatchObject({ state: "lost" });
    await compute.cancel({ id: "8", directory: other });
  });
});

describe("a full disk", () => {
  test("still lets the end be recorded, as what it was", async () => {
    const at = folder();
    if (mounted(at, "64k")) {
      const ref = await compute.submit(job(at, "cat /dev/zero > big; exit 1"));
      expect(exitOf(await over(compute, ref))).toMatchObject({ code: 1, reason: "exited", diskFull: true });
    } else {
      // Without the right to mount: the file in which the supervisor tries whether there is room takes nothing more.
      const ref = await compute.submit(job(at, "chmod 400 started; echo x > /dev/full"));
      expect(exitOf(await over(compute, ref))).toMatchObject({ reason: "exited", diskFull: true });
    }
  });

  test("from the start on refuses the job with the reason", async () => {
    const at = folder();
    if (mounted(at, "64k")) writeFileSync(join(at, "filler"), Buffer.alloc(60 * 1024));
    else symlinkSync("/dev/full", join(at, "run.sh.new"));
    const engine = new LocalCompute({ environment: BASE, unique: () => "new" });
    await expect(engine.submit(job(at, "true"))).rejects.toMatchObject({ code: "disk-full" });
  });
});

describe("the machine's capacity", () => {
  const withSmi = (body: string) => {
    const bin = folder();
    writeFileSync(join(bin, "nvidia-smi"), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, "nvidia-smi"), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin` };
  };

  test("is its processors where there is no accelerator, or what the user says", async () => {
    const environment = { PATH: folder() };
    expect(await new LocalCompute({ environment }).probe()).toMatchObject({ kind: "cpu", slots: availableParallelism(), devices: [] });
    expect(await new LocalCompute({ environment, slots: 2 }).probe()).toMatchObject({ slots: 2, fixed: true });
  });

  test("is its accelerators with their memory and load", async () => {
    const environment = withSmi(`case "$*" in *--query-gpu=*--format=csv*) ;; *) exit 9 ;; esac
      echo "0, NVIDIA H100 80GB HBM3, 81559, 1024, 37"; echo "1, NVIDIA GB10, [N/A], [N/A], 0"`);
    const capacity = await new LocalCompute({ environment }).probe();
    expect(capacity).toMatchObject({ kind: "gpu", slots: 2, problem: null });
    expect(capacity.devices).toEqual([
      { index: 0, name: "NVIDIA H100 80GB HBM3", memory: 81559 / 1024, memoryUsed: 1, load: 0.37 },
      { index: 1, name: "NVIDIA GB10", memory: null, memoryUsed: null, load: 0 },
    ]);
  });

  test("says what nvidia-smi complains about", async () => {
    const environment = withSmi("echo 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.'; exit 9");
    expect((await new LocalCompute({ environment }).probe()).problem).toMatch(/could not communicate/);
  });

  test("is nothing on Windows, with the way out", async () => {
    const windows = new LocalCompute({ environment: BASE, platform: "win32" });
    expect((await windows.probe()).problem).toMatch(/WSL/);
    await expect(windows.submit(job(folder(), "true"))).rejects.toMatchObject({ code: "unsupported-platform" });
  });
});
