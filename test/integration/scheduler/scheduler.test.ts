import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allowedVariables } from "../../../extension/engine/scheduler/variables.ts";
import { temporaryFolder } from "../git/repository.ts";
import { baselineRun, engineOf, lab, REPORT, toyRepository } from "./lab.ts";
import { HERE } from "../../fixtures/lab.ts";

const WAIT = `mkfifo go 2>/dev/null; echo up; read line < go`;
/** Lets a run that waits go on. */
const go = (folder: string) => writeFileSync(join(folder, "code/toy/go"), "go\n");

describe("a run", () => {
  test("executes exactly its commit with its seed, and its metric is recorded", async () => {
    const at = await lab({ train: `${REPORT}; echo baseline` });
    const idea = at.idea({ "toy/train.sh": `echo "idea $SEED $PROVING_GROUND_RUN"; ${REPORT}; sh evaluate.sh` });
    const [run] = await at.scheduler.queue.enqueue("human", [idea.id], { seeds: [11] });
    expect(await at.over(run!.id)).toMatchObject({ state: "succeeded", metric: 1.5, seed: 11, commit: idea.commit, reason: null });
    const { text } = await at.scheduler.log(run!.id, 0, 1000);
    expect(text).toBe(`idea 11 ${run!.id}\nhonest\n`);
    expect(await at.scheduler.curves([run!.id])).toEqual([{ run: run!.id, axis: "seconds", x: [0.1], values: [1.5] }]);
    expect(at.store.ideas.get(idea.id)).toMatchObject({ status: "done", metric: 1.5 });
    expect(at.errors).toEqual([]);
  });

  test("takes the manifest's seed where none is given, and keeps the engine's idle state", async () => {
    const at = await lab();
    expect(at.scheduler.idle).toBe(true);
    const run = await baselineRun(at);
    expect(at.scheduler.idle).toBe(false);
    expect(await at.over(run.id)).toMatchObject({ seed: 3, idea: null, state: "succeeded" });
    expect(at.scheduler.idle).toBe(true);
    expect(at.targets.at(-1)?.[0]).toMatchObject({ name: "local", busy: 0 });
  });

  test("shows its newest reading while it goes on", async () => {
    const at = await lab({ train: `${REPORT}; ${WAIT}` });
    const run = await baselineRun(at);
    expect((await at.until(run.id, ({ live }) => live !== null)).live).toEqual({ value: 1.5, step: 1, seconds: 0.1 });
    await at.scheduler.stop([run.id]);
    expect(await at.over(run.id)).toMatchObject({ state: "stopped", failure: null, reason: null, live: null });
  });

  test("sees no key of the engine's", async () => {
    const secret = { OPENAI_API_KEY: "sk-secret", HF_TOKEN: "hf-secret", PATH: process.env.PATH };
    const at = engineOf(toyRepository({ train: `env; ${REPORT}` }), {}, { inherited: allowedVariables(secret, "run") });
    await at.scheduler.start();
    const run = await baselineRun(at);
    await at.over(run.id);
    const { text } = await at.scheduler.log(run.id, 0, 100_000);
    expect(text).toMatch(/^SEED=3$/m);
    expect(text).not.toMatch(/secret/);
  });
});

describe("the evaluation", () => {
  test("is the baseline's, whatever the implementation made of it, and this is told", async () => {
    const at = await lab();
    const parent = at.idea({ "toy/train.sh": `${REPORT}; sh evaluate.sh` });
    const child = at.idea({ "toy/evaluate.sh": "echo cheated\n", "toy/checks/two.sh": "echo more\n" }, parent);
    const [run] = await at.scheduler.queue.enqueue("human", [child.id]);
    const ended = await at.over(run!.id);
    expect((await at.scheduler.log(run!.id, 0, 1000)).text).toBe("honest\n");
    expect(ended.reason).toBe("Protected files were put back to the baseline's first: checks/two.sh, evaluate.sh.");
    expect(at.notices).toMatchObject([{ level: "warning", run: run!.id, idea: child.id }]);
    expect(() => readFileSync(join(at.runFolder(run!.id), "code/toy/checks/two.sh"))).toThrow("ENOENT");
  });

  test("is put back where a link to elsewhere took its folder's place", async () => {
    const at = await lab();
    at.repo.git("checkout", "-q", "--detach", "main");
    at.repo.git("rm", "-q", "-r", "toy/checks");
    const elsewhere = temporaryFolder();
    symlinkSync(elsewhere, join(at.repo.top, "toy/checks"));
    const commit = at.repo.commit("link");
    at.repo.git("checkout", "-q", "main");
    const idea = at.idea({ "toy/train.sh": `${REPORT}\n# idea\n` });
    const [queued] = at.store.runs.enqueue("human", [{ environment: "toy", idea: idea.id, commit, tree: "", seed: 0, target: "local" }]);
    at.scheduler.queue.retry([queued!.id]);
    await at.over(queued!.id);
    expect(readFileSync(join(at.runFolder(queued!.id), "code/toy/checks/one.sh"), "utf8")).toBe("echo one\n");
    expect(() => readFileSync(join(elsewhere, "one.sh"))).toThrow("ENOENT");
  });

  test("follows the baseline's manifest, not the implementation's", async () => {
    const at = await lab();
    const manifest = readFileSync(join(at.repo.top, "toy/environment.yaml"), "utf8");
    const idea = at.idea({
      "toy/environment.yaml": manifest.replace("sh train.sh", "echo none"),
      "toy/train.sh": `echo '{"loss": 0.1}' >> $PROVING_GROUND_METRICS`,
    });
    const [run] = await at.scheduler.queue.enqueue("human", [idea.id]);
    expect(await at.over(run!.id)).toMatchObject({ failure: "implausible", metric: null });
  });
});

describe("a bad run says what happened:", () => {
  const ended = async (train: string, timeout = 30) => {
    const at = await lab({ train, timeout });
    const run = await baselineRun(at);
    return at.over(run.id);
  };
  test("no metric", async () => {
    expect(await ended("echo done")).toMatchObject({ state: "failed", failure: "no metric" });
  });
  test("NaN", async () => {
    const run = await ended(`echo '{"loss": NaN}' >> $PROVING_GROUND_METRICS`);
    expect(run).toMatchObject({ failure: "not a number", metric: null });
    expect(run.reason).toMatch(/NaN/);
  });
  test("a crash", async () => {
    expect(await ended("echo boom >&2; exit 3")).toMatchObject({ failure: "crash", reason: "It ended with exit code 3: boom." });
  });
  test("never ending, with children that ignore being asked", async () => {
    const run = await ended("trap '' TERM; (trap '' TERM; sleep 99) & sleep 99; sleep 99", 0.3);
    expect(run).toMatchObject({ failure: "timeout" });
    expect(run.reason).toMatch(/0.3 s/);
  });
  test("a program that is not there", async () => {
    expect(await ended("no-such-program; exit $?")).toMatchObject({ failure: "crash" });
  });
  test("a full disk", async () => {
    const run = await ended("cat train.sh > /dev/full");
    expect(run).toMatchObject({ failure: "disk full" });
    expect(run.reason).toMatch(/Free some space/);
  });
  test("Python missing", async () => {
    const bin = temporaryFolder();
    const tools = "sh dash setsid sleep date grep sed tr rm mv ln env perl".split(" ");
    for (const tool of tools)
      symlinkSync(
        execFileSync("sh", ["-c", `command -v ${tool} || echo /nowhere`])
          .toString()
          .trim(),
        join(bin, tool),
      );
    const at = await lab({ train: "exec python3 train.py", path: bin });
    const run = await at.over((await baselineRun(at)).id);
    expect(run).toMatchObject({ failure: "crash" });
    expect(run.reason).toMatch(/Python is missing.*python3.*apt install/);
  });
});

describe("the queue", () => {
  test("fills every slot and starts the next in order as soon as one is free; what was put first goes first", async () => {
    const at = await lab({ train: `${WAIT}; ${REPORT}`, slots: 2 });
    const runs = await at.scheduler.queue.baseline("human", "toy", { seeds: [1, 2, 3, 4] });
    const [one, two, three, four] = runs.map(({ id }) => id) as [number, number, number, number];
    at.scheduler.queue.reorder([four], one);
    // The queue is gone through after this turn, so the last is first.
    await Promise.all([at.running(four), at.running(one)]);
    expect([two, three].map((id) => at.store.runs.get(id).state)).toEqual(["queued", "queued"]);
    expect(at.targets.at(-1)?.[0]).toMatchObject({ slots: 2, busy: 2 });
    await at.scheduler.stop([four]);
    await at.running(two);
    expect(at.store.runs.get(three).state).toBe("queued");
    await at.scheduler.stop([one, two, three]);
    await Promise.all([one, two, three].map((id) => at.over(id)));
    expect(runs.map(({ id }) => at.store.runs.get(id).state)).toEqual(Array(4).fill("stopped"));
    expect(at.errors).toEqual([]);
  });

  test("executes each of many short runs once", async () => {
    const at = await lab({ train: REPORT, slots: 2 });
    const runs = await at.scheduler.queue.baseline("human", "toy", { seeds: [...Array(12).keys()] });
    await Promise.all(runs.map(({ id }) => at.over(id)));
    for (const { id } of runs) {
      expect(at.store.runs.get(id).state).toBe("succeeded");
      expect(readFileSync(join(at.runFolder(id), "metrics.jsonl"), "utf8").split("\n")).toHaveLength(2);
    }
  });

  test("a retry is a new run of the same commit and seed", async () => {
    const at = await lab({ train: "exit 1" });
    const idea = at.idea({ "toy/train.sh": "exit 2" });
    const [run] = await at.scheduler.queue.enqueue("human", [idea.id], { seeds: [5] });
    await at.over(run!.id);
    const [again] = at.scheduler.queue.retry([run!.id]);
    expect(await at.over(again!.id)).toMatchObject({ commit: idea.commit, seed: 5, idea: idea.id, failure: "crash" });
    expect(again!.id).not.toBe(run!.id);
  });

  test("refuses what has no implementation, what this machine can never run, and a dirty baseline", async () => {
    const at = await lab({ more: "" });
    const [draft] = at.store.ideas.add("human", [
      {
        ...{ environment: "toy", epoch: 0, source: "human", model: null, strategy: "fresh", kind: null, knobs: null },
        ...{ base: null, parents: [], seed: null, text: { title: "Draft", description: "", changes: "" } },
      },
    ]);
    await expect(at.scheduler.queue.enqueue("human", [draft!.id])).rejects.toMatchObject({ code: "not-implemented-yet" });
    at.repo.write("toy/train.sh", "changed");
    await expect(at.scheduler.queue.baseline("human", "toy")).rejects.toMatchObject({ code: "dirty-baseline" });
    const manifest = readFileSync(join(at.repo.top, "toy/environment.yaml"), "utf8");
    at.repo.write("toy/environment.yaml", manifest.replace("{ timeout: 30 }", "{ timeout: 30, gpus: 64 }"));
    await expect(at.scheduler.queue.baseline("human", "toy")).rejects.toMatchObject({
      code: "no-slot",
      message: expect.stringMatching(/64 GPUs/),
    });
  });
});

describe("after the engine was killed", () => {
  test("what goes on is followed, what ended is collected, what vanished is lost, what never began is begun; nothing runs twice", async () => {
    const repo = toyRepository({ train: `echo start >> ../../starts; ${WAIT}; ${REPORT}` });
    const before = engineOf(repo, { slots: 3 });
    await before.scheduler.start();
    const [goesOn, ends, vanishes, waits] = (await before.scheduler.queue.baseline("human", "toy", { seeds: [1, 2, 3, 4] })).map(
      ({ id }) => id,
    ) as [number, number, number, number];
    await Promise.all([goesOn, ends, vanishes].map((id) => before.running(id)));
    // As SIGKILL leaves it: no farewell to anything; the supervisors go on.
    before.close();

    const folder = (id: number) => before.runFolder(id);
    const waitFor = (id: number, text: string) =>
      execFileSync("sh", ["-c", `until grep -qs '${text}' stdout.log; do sleep 0.02; done`], { cwd: folder(id) });
    for (const id of [goesOn, ends, vanishes]) waitFor(id, "up");
    go(folder(ends));
    execFileSync("sh", ["-c", "until [ -e exit.json ]; do sleep 0.02; done"], { cwd: folder(ends) });
    process.kill(Number(readFileSync(join(folder(vanishes), "started"), "utf8").split("\n")[0]), "SIGKILL");

    const after = engineOf(repo, { slots: 3 });
    await after.scheduler.start();
    expect(await after.over(ends)).toMatchObject({ state: "succeeded", metric: 1.5 });
    expect(await after.over(vanishes)).toMatchObject({ state: "failed", failure: "lost" });
    await after.running(waits);
    expect(after.store.runs.get(goesOn).state).toBe("running");
    waitFor(waits, "up");
    for (const id of [goesOn, waits]) go(folder(id));
    expect(await after.over(goesOn)).toMatchObject({ state: "succeeded", metric: 1.5 });
    expect(await after.over(waits)).toMatchObject({ state: "succeeded" });
    for (const id of [goesOn, ends, vanishes, waits]) expect(readFileSync(join(folder(id), "starts"), "utf8")).toBe("start\n");
  });

  test("a run that was taken and not made ready goes back into the queue and is executed", async () => {
    const repo = toyRepository();
    const before = engineOf(repo);
    const [run] = await before.scheduler.queue.baseline("human", "toy");
    before.store.runs.starting(run!.id, HERE);
    mkdirSync(join(before.runFolder(run!.id), "code/half"), { recursive: true });
    before.close();
    const after = engineOf(repo);
    await after.scheduler.start();
    expect(await after.over(run!.id)).toMatchObject({ state: "succeeded" });
    expect(() => readFileSync(join(after.runFolder(run!.id), "code/half"))).toThrow("ENOENT");
  });
});
