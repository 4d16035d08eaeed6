/** Runs on targets besides this machine, as the scheduler sees them: a real host behind ssh, and what becomes of runs there. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reach } from "../../../extension/engine/compute/reach.ts";
import { realAfter } from "../../../extension/engine/scheduler/clock.ts";
import { SshTarget } from "../../../extension/protocol/target.ts";
import { type Sshd, startSshd } from "../../fixtures/sshd.ts";
import { temporaryFolder, type TestRepository } from "../git/repository.ts";
import { asked, BASE } from "../compute/place.ts";
import { engineOf, type Lab, REPORT, type Toy, toyRepository } from "./lab.ts";

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.end());

/** What a lab asks of hosts is asked so many times as often as in real life. */
const HASTE = 10;
/** Waits in the run's folder for a file beside its code. */
const WAIT = `echo up; until [ -e ../../go ]; do sleep 0.05; done`;

interface Place {
  at: Lab;
  /** Folder of the lab's jobs at the host. */
  far: string;
  box: (more?: Record<string, unknown>) => SshTarget;
  /** Lets a run at the host that waits go on. */
  go: (run: number) => void;
  /** As an engine that was killed leaves it; @returns the next one, whose scheduler has started */
  again: () => Promise<Place>;
}

/** A lab with one host, called `box`, besides this machine. */
async function place(toy: Toy = {}, repo: TestRepository = toyRepository(toy), directory = temporaryFolder()): Promise<Place> {
  const far = join(directory, "lab-1");
  const at = engineOf(repo, toy, {
    after: (milliseconds, callback) => realAfter(milliseconds / HASTE, callback),
    reach: (setting) => reach(setting, { lab: "lab-1", folder: join(repo.top, ".proving-ground"), environment: BASE }),
  });
  await at.scheduler.start();
  return {
    ...{ at, far },
    box: (more = {}) => SshTarget.parse({ kind: "ssh", name: "box", host: sshd.host, config: sshd.config, directory, slots: 1, ...more }),
    go: (run) => writeFileSync(join(far, String(run), "go"), ""),
    again: () => {
      at.close();
      return place(toy, repo, directory);
    },
  };
}

const queue = ({ at }: Place, seeds: number[], target: string | null = "box") =>
  at.scheduler.queue.baseline("human", "toy", { seeds, target });
const shown = ({ at }: Place, name: string) => at.scheduler.targets.all.find((one) => one.name === name)?.shown;
/** Resolves once the lab shows something of its targets. */
const shows = <T>(look: () => T | null | undefined | false) => asked(() => Promise.resolve(look()), Boolean);
/** Resolves once a run says something in its log. */
const said = ({ at }: Place, run: number, word: string) =>
  asked(
    () => at.scheduler.log(run, 0, 1000).then(({ text }) => text),
    (text) => text.includes(word),
  );

test("a run for a target is executed there, shows its readings while it goes on, and all it left comes back", async () => {
  const data = temporaryFolder();
  writeFileSync(join(data, "words"), "of the host");
  const repo = toyRepository({
    train: `echo "$PROVING_GROUND_RUN $SEED $PLACE"; cat data/words; ${REPORT}; mkdir -p out; echo model > out/model.bin; echo no > out/cache; ${WAIT}`,
    more: "data: [{ name: words, path: data, from: /nowhere }]\n",
  });
  const manifest = readFileSync(join(repo.top, "toy/environment.yaml"), "utf8");
  repo.write("toy/environment.yaml", manifest.replace("sh train.sh", "sh train.sh, outputs: ['out/*.bin']"));
  repo.commit("outputs");
  const it = await place({}, repo);
  it.at.scheduler.targets.configure("human", [it.box({ data: { words: data }, prelude: "export PLACE=there" })]);
  const [run] = await queue(it, [4]);
  const { id } = run!;
  expect((await it.at.until(id, ({ live }) => live !== null)).live).toEqual({ value: 1.5, step: 1, seconds: 0.1 });
  await said(it, id, "up");
  expect(it.at.store.runs.get(id)).toMatchObject({ state: "running", target: "box", asked: "box", contained: null });
  expect(readdirSync(it.far)).toEqual([String(id)]);
  it.go(id);
  expect(await it.at.over(id)).toMatchObject({ state: "succeeded", metric: 1.5, target: "box", reason: null });
  expect((await it.at.scheduler.log(id, 0, 1000)).text).toBe(`${id} 4 there\nof the hostup\n`);
  expect(await it.at.scheduler.curves([id])).toMatchObject([{ run: id, values: [1.5] }]);
  expect(readdirSync(join(it.at.runFolder(id), "code/toy/out"))).toEqual(["model.bin"]);
  await shows(() => !existsSync(join(it.far, String(id))));
  expect(it.at.errors).toEqual([]);
});

test("a setup is made once per target, and a container's template is around every run there", async () => {
  const count = temporaryFolder();
  const it = await place({
    train: `cat "$PROVING_GROUND_SETUP/made"; echo "$IN_BOX"; ${REPORT}`,
    more: `setup: { command: "echo made >> ${count}/$PLACE; echo $PLACE > $PROVING_GROUND_SETUP/made" }\n`,
    slots: 2,
  });
  it.at.scheduler.targets.configure("human", [
    it.box({ slots: 2, prelude: "export PLACE=box" }),
    it.box({ name: "other", directory: temporaryFolder(), prelude: "export PLACE=other", container: "env IN_BOX=yes {command}" }),
  ]);
  const runs = [...(await queue(it, [1, 2, 3])), ...(await queue(it, [1], "other"))];
  const ended = await Promise.all(runs.map(({ id }) => it.at.over(id)));
  expect(ended.map(({ state, contained, reason }) => ({ state, contained, reason }))).toEqual(
    [null, null, null, "container"].map((contained) => ({ state: "succeeded", contained, reason: null })),
  );
  const logs = await Promise.all(runs.map(({ id }) => it.at.scheduler.log(id, 0, 100)));
  expect(logs.map(({ text }) => text)).toEqual(["box\n\n", "box\n\n", "box\n\n", "other\nyes\n"]);
  expect(["box", "other"].map((name) => readFileSync(join(count, name), "utf8"))).toEqual(["made\n", "made\n"]);
});

test("two targets share one queue; a drained one takes no more, and says so, until it is resumed; a waiting run moves", async () => {
  const it = await place({ train: `${WAIT}; ${REPORT}`, slots: 1 });
  it.at.scheduler.targets.configure("human", [it.box()]);
  await shows(() => shown(it, "box")?.slots === 1);
  const [one, two, three] = (await queue(it, [1, 2, 3], null)).map(({ id }) => id) as [number, number, number];
  await Promise.all([it.at.running(one), it.at.running(two)]);
  const on = (name: string) => [one, two].find((id) => it.at.store.runs.get(id).target === name)!;
  expect([on("local"), on("box")].sort()).toEqual([one, two]);
  expect(await it.at.scheduler.queue.why(three)).toEqual([
    expect.stringMatching(/^This machine: its only place is taken/) as string,
    expect.stringMatching(/^box: its only place is taken/) as string,
  ]);
  it.at.scheduler.targets.drain("human", "local", true);
  writeFileSync(join(it.at.runFolder(on("local")), "go"), "");
  await it.at.over(on("local"));
  expect(await it.at.scheduler.queue.why(three)).toEqual([expect.stringMatching(/^box: its only place is taken/) as string]);
  it.at.scheduler.queue.move([three], "local");
  expect(await it.at.scheduler.queue.why(three)).toEqual([expect.stringMatching(/^This machine: it is drained: resume it/) as string]);
  it.at.scheduler.targets.drain("human", "local", false);
  expect(await it.at.running(three)).toMatchObject({ target: "local", asked: "local" });
  writeFileSync(join(it.at.runFolder(three), "go"), "");
  it.go(on("box"));
  await Promise.all([three, on("box")].map((id) => it.at.over(id)));
  expect([one, two, three].map((id) => it.at.store.runs.get(id).state)).toEqual(Array(3).fill("succeeded"));
});

test("a target that is no longer named keeps its run, takes no other, and is forgotten when that has ended", async () => {
  const it = await place({ train: `${WAIT}; ${REPORT}` });
  it.at.scheduler.targets.configure("human", [it.box()]);
  const [first, second] = (await queue(it, [1, 2])).map(({ id }) => id) as [number, number];
  await it.at.running(first);
  it.at.scheduler.targets.configure("human", []);
  expect(shown(it, "box")).toMatchObject({ runs: 1, problem: expect.stringMatching(/no longer among the targets/) as string });
  expect(await it.at.scheduler.queue.why(second)).toEqual([expect.stringMatching(/^box: it is no longer among/) as string]);
  it.go(first);
  expect(await it.at.over(first)).toMatchObject({ state: "succeeded", target: "box" });
  await shows(() => shown(it, "box") === undefined);
  expect(await it.at.scheduler.queue.why(second)).toEqual([expect.stringMatching(/^There is no target box any more/) as string]);
  it.at.scheduler.queue.move([second], null);
  expect(await it.at.running(second)).toMatchObject({ target: "local" });
  await it.at.scheduler.stop([second]);
});

test("a cap on hours holds, counting what runs there may still take", async () => {
  const it = await place({ train: `${WAIT}; ${REPORT}`, timeout: 60 });
  // Of two runs of a minute at most each, and not of three.
  it.at.scheduler.targets.configure("human", [it.box({ slots: 3, maxHours: 0.04 })]);
  const [one, two, three] = (await queue(it, [1, 2, 3])).map(({ id }) => id) as [number, number, number];
  await Promise.all([it.at.running(one), it.at.running(two)]);
  expect(it.at.store.runs.get(three).state).toBe("queued");
  expect(await it.at.scheduler.queue.why(three)).toEqual([
    expect.stringMatching(/^box: its cap of 0.04 GPU hours leaves no room/) as string,
  ]);
  // What they took is far less than they might have.
  for (const id of [one, two]) it.go(id);
  await it.at.running(three);
  it.go(three);
  await it.at.over(three);
  expect(shown(it, "box")?.hours).toBeGreaterThan(0);
});

test("an engine starts at once while a target does not answer, finds its runs again, ends what was stopped meanwhile, and tells once each way", async () => {
  const before = await place({ train: `${WAIT}; ${REPORT}` });
  before.at.scheduler.targets.configure("human", [before.box({ slots: 3 })]);
  const runs = (await queue(before, [1, 2, 3, 4])).map(({ id }) => id) as [number, number, number, number];
  const [goesOn, stopped, stoppedBefore, waits] = runs;
  await Promise.all([goesOn, stopped, stoppedBefore].map((id) => said(before, id, "up")));
  sshd.kill();
  // Asked of an engine that dies before the target hears of it.
  await before.at.scheduler.stop([stoppedBefore]);
  const it = await before.again();
  const [here] = await queue(it, [9], "local");
  expect(await it.at.running(here!.id)).toMatchObject({ target: "local" });
  await it.at.scheduler.stop([stopped, here!.id]);
  await shows(() => it.at.notices.length > 0);
  expect(await it.at.scheduler.queue.why(waits)).toEqual([expect.stringMatching(/^box: .*(refused|does not answer)/) as string]);
  expect(it.at.store.runs.get(stopped).state).toBe("running");
  await sshd.start();
  for (const id of [stopped, stoppedBefore]) expect(await it.at.over(id)).toMatchObject({ state: "stopped", reason: null });
  await said(it, waits, "up");
  for (const id of [goesOn, waits]) it.go(id);
  for (const id of [goesOn, waits]) expect(await it.at.over(id)).toMatchObject({ state: "succeeded", target: "box" });
  await shows(() => readdirSync(it.far).length === 0);
  expect(it.at.notices.map(({ level, message }) => ({ level, message }))).toEqual([
    { level: "warning", message: expect.stringMatching(/does not answer.*What comes of the 3 runs there/) as string },
    { level: "info", message: "box answers again." },
  ]);
});

test("a target that is set up anew while it does not answer takes the run that was on its way there, and ends the one it was asked to", async () => {
  const it = await place({ train: `echo x >> ../../../../count; [ "$SEED" != 1 ] || { ${WAIT}; }; ${REPORT}` });
  it.at.scheduler.targets.configure("human", [it.box({ slots: 2 })]);
  const [first] = await queue(it, [1]);
  await said(it, first!.id, "up");
  sshd.kill();
  const [run] = await queue(it, [2]);
  await shows(() => shown(it, "box")?.problem);
  await it.at.scheduler.stop([first!.id]);
  it.at.scheduler.targets.configure("human", [it.box({ slots: 3 })]);
  await sshd.start();
  expect(await it.at.over(run!.id)).toMatchObject({ state: "succeeded", target: "box" });
  expect(await it.at.over(first!.id)).toMatchObject({ state: "stopped", reason: null });
  expect(readFileSync(join(it.far, "../count"), "utf8")).toBe("x\nx\n");
});
