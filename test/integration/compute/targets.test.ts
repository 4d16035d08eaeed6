/** What every target promises, as one list of cases that runs over all of them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Compute, Exit, Job, JobFile, JobRef, JobState } from "../../../extension/engine/compute/compute.ts";
import { asked, folder, job, living, sleepers } from "./place.ts";
import { type Place, SECRET, TARGETS } from "./targets.ts";

const MIB = 2 ** 20;
let count = 0;

/** A job of a name and a folder of its own. */
const fresh = (command: string, more: Partial<Job> = {}): Job => job(folder(), command, { id: `job-${(count += 1)}`, ...more });

const isOver = (state: JobState | undefined) => state?.state === "ended" || state?.state === "lost";

describe.each(TARGETS)("on $name, a job", ({ make, keeps, watches, pending }) => {
  let place: Place;
  let compute: Compute;
  beforeAll(async () => {
    place = await make();
    compute = place.compute;
    // A cluster may need long to start where the machine is busy.
  }, 180_000);
  afterAll(() => place.end());

  const check = (name: string, body: () => Promise<void>) => {
    if (!pending.includes(name)) test(name, body);
  };
  const over = async (ref: JobRef): Promise<JobState> =>
    (await asked(
      async () => (await compute.poll([ref]))[0],
      (state) => isOver(state),
    ))!;
  const exitOf = async (ref: JobRef): Promise<Exit> => {
    const state = await over(ref);
    if (state.state !== "ended") throw new Error(`not ended but ${JSON.stringify(state)}`);
    return state.exit;
  };
  const read = async (ref: JobRef, file: JobFile = "stdout.log") => Buffer.from((await compute.tail(ref, 0, MIB, file)).bytes).toString();
  const said = (ref: JobRef, line: string) =>
    asked(
      () => read(ref),
      (log) => log.split("\n").includes(line),
    );
  const inFolder = async (ref: JobRef, file: string) => join(await compute.folder(ref), file);

  check("leaves its output, exit code, times and metrics", async () => {
    const todo = fresh(
      `echo out; echo "$GREETING"; echo oops >&2; echo '{"loss": 1}' >> "$PROVING_GROUND_METRICS"; echo $PROVING_GROUND_RUN; exit 3`,
      {
        variables: { GREETING: `it's "$me"` },
      },
    );
    const before = Date.now();
    const ref = await compute.submit(todo);
    const exit = await exitOf(ref);
    expect(exit).toMatchObject({ code: 3, signal: null, reason: "exited", diskFull: false, left: [] });
    expect(exit.startedAt).toBeGreaterThanOrEqual(before - 1000);
    expect(exit.endedAt).toBeGreaterThanOrEqual(exit.startedAt);
    expect(await read(ref)).toBe(`out\nit's "$me"\noops\n${todo.id}\n`);
    expect(await read(ref, "metrics.jsonl")).toBe('{"loss": 1}\n');
  });

  check("names the signal that ended it", async () => {
    expect(await exitOf(await compute.submit(fresh("kill -SEGV $$")))).toMatchObject({ code: 139, signal: "SEGV", reason: "exited" });
  });

  check("may have a folder, a name and files with spaces and quotes", async () => {
    const at = join(folder(), `a "b" c's`);
    mkdirSync(join(at, "code/it's here"), { recursive: true });
    writeFileSync(join(at, `code/it's here/$HOME "x".txt`), "found\n");
    const ref = await compute.submit(
      job(at, `cat '$HOME "x".txt'; echo new > 'a b.out'`, { id: `it's "7"; echo $(x)`, cwd: "code/it's here", outputs: ["* *.out"] }),
    );
    expect(await exitOf(ref)).toMatchObject({ code: 0 });
    expect(await read(ref)).toBe("found\n");
    const into = join(folder(), "new 'place'");
    await compute.collect(ref, into);
    expect(readFileSync(join(into, "code/it's here/a b.out"), "utf8")).toBe("new\n");
  });

  check("sees no variable of the engine or of a login that it was not given", async () => {
    const ref = await compute.submit(fresh("env", { variables: { SEED: "1" } }));
    await over(ref);
    const log = await read(ref);
    expect(log).toContain("SEED=1\n");
    expect(log).not.toContain(SECRET);
  });

  check("runs once, however often and by however many engines it is submitted", async () => {
    const todo = fresh("echo once");
    const engines = Array.from({ length: 3 }, () => place.again());
    const refs = await Promise.all(engines.map((engine) => engine.submit(todo)));
    await over(await compute.submit(todo));
    await over(await compute.submit(todo));
    expect(refs.map(({ id }) => id)).toEqual([todo.id, todo.id, todo.id]);
    expect(await read(refs[0]!)).toBe("once\n");
  });

  check("is found by a second engine", async () => {
    const ref = await compute.submit(fresh("echo up; until [ -e go ]; do sleep 0.05; done"));
    await said(ref, "up");
    const second = place.again();
    expect(await second.poll([ref])).toEqual([{ state: "running" }]);
    expect(await second.folder(ref)).toBe(await compute.folder(ref));
    writeFileSync(await inFolder(ref, "go"), "");
    expect(await exitOf(ref)).toMatchObject({ code: 0 });
    expect((await second.poll([ref]))[0]).toMatchObject({ state: "ended" });
  });

  check("is told from one that was never submitted, in the order asked", async () => {
    const ended = await compute.submit(fresh("exit 4"));
    await over(ended);
    const never = { id: `job-${(count += 1)}`, directory: folder() };
    await compute.cancel(never);
    expect(await compute.poll([never, ended, never])).toMatchObject([
      { state: "absent" },
      { state: "ended", exit: { code: 4 } },
      { state: "absent" },
    ]);
    expect(await compute.poll([])).toEqual([]);
    expect(await compute.tail(never, 5, 10)).toMatchObject({ from: 5, size: 0 });
  });

  check("shows byte ranges of its log", async () => {
    const ref = await compute.submit(fresh("printf 0123456789"));
    await over(ref);
    const text = async (from: number, limit: number) => Buffer.from((await compute.tail(ref, from, limit)).bytes).toString();
    expect(await text(3, 4)).toBe("3456");
    expect(await text(8, 4)).toBe("89");
    expect(await text(20, 4)).toBe("");
    expect(await compute.tail(ref, 0, 0)).toMatchObject({ size: 10 });
  });

  check("shows the end of a log of 50 MB, whatever bytes it has", async () => {
    const ref = await compute.submit(fresh(`head -c ${50 * MIB} /dev/zero; printf 'the \\377end'`));
    expect(await exitOf(ref)).toMatchObject({ code: 0 });
    const { bytes, size } = await compute.tail(ref, 50 * MIB - 2, 100);
    expect(size).toBe(50 * MIB + 8);
    expect(Buffer.from(bytes)).toEqual(Buffer.from("\0\0the \xffend", "latin1"));
    const middle = await compute.tail(ref, 10 * MIB, 3 * MIB);
    expect(middle.bytes.length).toBe(3 * MIB);
  });

  check("and all its children are ended at the time limit, though they ignore SIGTERM", async () => {
    const stubborn = `trap '' TERM; echo $$ >> pids; (trap '' TERM; sh -c 'trap "" TERM; echo $$ >> pids; sleep 60; sleep 60') & sleep 60; sleep 60`;
    const ref = await compute.submit(fresh(stubborn, { timeout: 0.5, grace: 0.3 }));
    expect(await exitOf(ref)).toMatchObject({ reason: "timeout", signal: "KILL", left: [] });
    expect(await living(await inFolder(ref, "pids"))).toEqual([]);
  });

  check("that ends by itself leaves no child behind", async () => {
    const ref = await compute.submit(
      fresh("sleep 60 & echo $! >> pids; (trap '' TERM; sleep 61) & echo $! >> pids; exit 0", { grace: 0.2 }),
    );
    expect(await exitOf(ref)).toMatchObject({ code: 0, reason: "exited", left: [] });
    expect(await living(await inFolder(ref, "pids"))).toEqual([]);
  });

  check("can be stopped while it runs", async () => {
    const ref = await compute.submit(fresh("setsid sh -c 'echo $$ >> pids; echo up; exec sleep 60' & wait"));
    await said(ref, "up");
    await compute.cancel(ref);
    expect(await exitOf(ref)).toMatchObject({ reason: "stopped", left: [] });
    expect(await living(await inFolder(ref, "pids"))).toEqual([]);
    const state = await compute.poll([ref]);
    await compute.cancel(ref);
    expect(await compute.poll([ref])).toEqual(state);
  });

  check("can be stopped as soon as it was submitted", async () => {
    const ref = await compute.submit(fresh("echo $$ >> pids; sleep 60"));
    await compute.cancel(ref);
    const [state] = await asked(
      () => compute.poll([ref]),
      ([now]) => now?.state !== "running" && now?.state !== "waiting",
    );
    if (state?.state !== "absent") expect(state).toMatchObject({ state: "ended", exit: { reason: "stopped" } });
    const pids = await inFolder(ref, "pids");
    expect(existsSync(pids) ? await living(pids) : []).toEqual([]);
  });

  check("whose supervisor was killed is lost, and what it ran is ended", async () => {
    const ref = await compute.submit(fresh("echo $$ >> pids; echo up; sleep 60"));
    await said(ref, "up");
    process.kill(Number(readFileSync(await inFolder(ref, "started"), "utf8").split("\n")[0]), "SIGKILL");
    expect(await over(ref)).toMatchObject({ state: "lost" });
    expect(await living(await inFolder(ref, "pids"))).toEqual([]);
    expect(sleepers(await compute.folder(ref))).toEqual([]);
  });

  check("hands over its outputs, after a failure and a timeout too", async () => {
    const command = "mkdir -p out/deep; echo a > out/deep/a.txt; echo b > out/b.bin; echo c > c.txt; ";
    for (const [ending, reason] of [
      ["exit 0", "exited"],
      ["exit 9", "exited"],
      ["sleep 60", "timeout"],
    ] as const) {
      const ref = await compute.submit(
        fresh(command + ending, { outputs: ["out/**/*.txt", "never/*"], timeout: ending === "sleep 60" ? 1 : 60 }),
      );
      expect(await exitOf(ref)).toMatchObject({ reason });
      const into = join(folder(), "into");
      await compute.collect(ref, into);
      expect(readFileSync(join(into, "out/deep/a.txt"), "utf8")).toBe("a\n");
      expect(["stdout.log", "metrics.jsonl", "exit.json", "out/b.bin", "c.txt"].map((file) => existsSync(join(into, file)))).toEqual([
        true,
        true,
        true,
        false,
        false,
      ]);
    }
  });

  check("tells of its metrics and of its end, where the target can", async () => {
    const ref = await compute.submit(
      fresh(`until [ -e go ]; do sleep 0.05; done; echo 1 >> "$PROVING_GROUND_METRICS"; until [ -e on ]; do sleep 0.05; done`),
    );
    if (!tells(compute, watches)) return;
    const heard = listen(compute, ref);
    writeFileSync(await inFolder(ref, "go"), "");
    await heard.until(async (what) => what === "metrics.jsonl" && (await read(ref, "metrics.jsonl")) === "1\n");
    writeFileSync(await inFolder(ref, "on"), "");
    await heard.until(async (what) => what === "state" && isOver((await compute.poll([ref]))[0]));
  });

  check("that ended before anybody listened is told of all the same", async () => {
    if (!tells(compute, watches)) return;
    const ref = await compute.submit(fresh("exit 0"));
    await over(ref);
    await listen(compute, ref).until((what) => Promise.resolve(what === "state"));
  });

  check("is discarded with its folder, but never with the record on this machine", async () => {
    const ref = await compute.submit(fresh("mkdir shut; echo x > shut/x; chmod 555 shut"));
    await over(ref);
    await compute.discard([ref]);
    const shut = await inFolder(ref, "shut");
    expect(existsSync(shut)).toBe(keeps);
    if (keeps) chmodSync(shut, 0o755);
    else expect(existsSync(await compute.folder(ref))).toBe(false);
    expect(existsSync(join(ref.directory, "job.json"))).toBe(true);
  });
});

/** Whether a target tells of changes, as it should. */
function tells(compute: Compute, watches: boolean): boolean {
  expect("watch" in compute).toBe(watches);
  return watches;
}

type Told = "state" | JobFile;

/** Listens to a job until the end of the test. */
function listen(compute: Compute, ref: JobRef) {
  const told: Told[] = [];
  const waiting = new Set<(what: Told) => void>();
  const stop = compute.watch?.(ref, ["metrics.jsonl"], (what) => {
    told.push(what);
    for (const tell of waiting) tell(what);
  });
  onTestFinished(() => stop?.());
  return {
    /** Resolves once something was told, or has been, for which the condition holds then. */
    until: (holds: (what: Told) => Promise<boolean>) =>
      new Promise<void>((resolve, reject) => {
        const tell = (what: Told) => {
          holds(what).then((right) => {
            if (!right) return;
            waiting.delete(tell);
            resolve();
          }, reject);
        };
        waiting.add(tell);
        told.forEach(tell);
      }),
  };
}
