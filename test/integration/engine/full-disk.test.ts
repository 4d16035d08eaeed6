/** A lab on a disk that is really full: what fails is said with what to do, nothing is lost, and it goes on once there is room. */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { ENDED, type Run } from "../../../extension/protocol/run.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { describeOnSmallDisk, smallDisk, type SmallDisk } from "../../fixtures/small-disk.ts";
import { allGone, cells, terminal } from "../../fixtures/terminal.ts";

/** 91 fills the disk with what it writes; 92 reports, waits for a word through a pipe, and ends; others are measured at once. */
const EVALUATE = `report() { printf '{"step": 1, "loss": %s}\\n' "$VALUE" >> "$PROVING_GROUND_METRICS"; }
case $VALUE in
  91) cat /dev/zero > fill || exit 1 ;;
  92) report; echo waiting; read -r word < ../../../../go ;;
  *) report ;;
esac
`;
const FREE_SPACE = "Free some space, then try again; nothing that was already recorded is lost.";

let disk: SmallDisk;
let lab: TestLab;
let client: EngineConnection;
let watched: Watched;

async function connect(): Promise<void> {
  client = await lab.connect();
  // Its runs and the tests speak through a pipe outside of the runs' own folders.
  await client.request(methods.engineConfigure, { sandbox: "off" });
  watched = await Watched.of(client);
}
const state = (file: string) => path.join(lab.folder, ".proving-ground", file);
const ended = (id: number): Promise<Run> => watched.until(({ runs }) => runs.find((run) => run.id === id && ENDED.has(run.state)));
const add = (title: string, value: number) =>
  client.request(methods.ideasAdd, { environment: "tiny", text: { title, description: "", changes: `- \`value\`: ${value}` } });

/** Runs an idea with this value; resolves once it is queued. */
async function queue(value: number): Promise<number> {
  const { id } = await add(`Value ${value}`, value);
  await client.request(methods.implement, { ideas: [id] });
  await client.request(methods.proposalApprove, { idea: id, undecided: "accept" });
  const [run] = await client.request(methods.runsEnqueue, { ideas: [id] });
  return run!.id;
}

/** Takes every byte, those that the engine has set aside for itself and those of its log too. */
function fillForGood(): void {
  rmSync(state("lab.db.reserve"), { force: true });
  disk.fill(state("engine.log"));
}

/** What the lab's database holds, read from outside. */
function inDatabase(sql: string): unknown[] {
  const database = new DatabaseSync(state("lab.db"), { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0]);
  } finally {
    database.close();
  }
}

/** Lets the run that waits go on; resolves once it was told. */
async function sayGo(): Promise<void> {
  const pipe = await open(state("go"), "w");
  await pipe.write("go\n");
  await pipe.close();
}

describeOnSmallDisk("on a disk that is really full", import.meta.url, onFullDisk);

function onFullDisk(): void {
  beforeEach(async () => {
    disk = smallDisk(16);
    lab = testLab({ "evaluate.sh": EVALUATE }, disk.folder);
    await connect();
    execFileSync("mkfifo", [state("go")]);
  });
  afterEach(async () => {
    await lab.dispose();
    await allGone(lab.folder);
    disk.dispose();
  });

  it("a run that fills it is recorded as failed at once, with what to do, and others go on once there is room", async () => {
    const pid = (await client.request(methods.engineStatus, {})).pid;
    const id = await queue(91);
    const run = await ended(id);
    expect(disk.left()).toBeLessThan(2 ** 20);
    expect(run).toMatchObject({
      state: "failed",
      failure: "disk full",
      reason: "The disk was full when the run ended. Free some space, then retry the run.",
      metric: null,
    });
    rmSync(path.join(lab.folder, ".proving-ground/runs", String(id), "code"), { recursive: true });
    expect(await ended(await queue(40))).toMatchObject({ state: "succeeded", metric: 40 });
    expect((await client.request(methods.engineStatus, {})).pid).toBe(pid);
    expect(existsSync(state("lab.db.reserve"))).toBe(true);
  });

  it("what a human asks for is refused with what to do, in the editor and in a terminal, and changes nothing", async () => {
    const { id } = await add("Before", 30);
    const review = await add("In review", 31);
    await client.request(methods.implement, { ideas: [review.id] });
    const before = watched.snapshot;
    disk.fill();
    const text = { title: "Never", description: "x".repeat(100_000), changes: "" };
    const full = { code: "disk-full", hint: FREE_SPACE };
    await expect(client.request(methods.ideasAdd, { environment: "tiny", text })).rejects.toMatchObject({
      ...full,
      message: `nothing more can be recorded: the disk of ${path.join(lab.folder, ".proving-ground")} is full`,
    });
    await expect(client.request(methods.ideasGenerate, { environment: "tiny", count: 20, seed: 1 })).rejects.toMatchObject(full);
    await expect(client.request(methods.ideasEdit, { idea: id, text })).rejects.toMatchObject(full);
    await expect(
      client.request(methods.environmentsBaseline, { environment: "tiny", seeds: Array.from({ length: 200 }, (_, seed) => seed) }),
    ).rejects.toMatchObject(full);
    await expect(client.request(methods.proposalApprove, { idea: review.id, undecided: "accept" })).rejects.toMatchObject({
      code: "disk-full",
    });
    const pg = terminal(lab.folder);
    const { err } = await pg.fails(1, "ideas", "add", "--title", "Never", "--description", text.description);
    expect(err).toMatch(/^error: nothing more can be recorded: the disk of .* is full\n {7}Free some space/);
    expect(cells(await pg.text("ideas", "list"))).toMatchObject([{ title: "Before" }, { title: "In review", status: "in review" }]);
    expect((await Watched.of(client)).snapshot).toEqual({ ...before, seq: expect.any(Number) });

    disk.free();
    expect(await add("After", 32)).toMatchObject({ title: "After", status: "draft" });
    expect(await client.request(methods.proposalApprove, { idea: review.id, undecided: "accept" })).toMatchObject({ status: "approved" });
    expect(inDatabase("PRAGMA integrity_check")).toEqual(["ok"]);
  });

  it("code that cannot be written is not implemented, and says why", async () => {
    const ids = (await Promise.all([33, 34].map((value) => add(`Value ${value}`, value)))).map((idea) => idea.id);
    disk.fill();
    await expect(client.request(methods.implement, { ideas: ids })).rejects.toMatchObject({ code: "disk-full", hint: FREE_SPACE });
    expect((await Watched.of(client)).snapshot.ideas).toMatchObject([{ status: "draft" }, { status: "draft" }]);
    disk.free();
    expect(await client.request(methods.implement, { ideas: ids })).toMatchObject([{ status: "in review" }, { status: "in review" }]);
  });

  it("a run that ends when not even its end can be recorded is not lost: the user is told, and it is recorded later", async () => {
    await client.request(methods.engineConfigure, { slots: 1 });
    const [waits, next] = [await queue(92), await queue(41)];
    await watched.until(({ runs }) => runs.some((run) => run.id === waits && run.state === "running"));
    const told = new Promise<methods.Notice>((resolve) => client.onNotification(methods.notice, resolve));
    fillForGood();
    await sayGo();
    expect(await told).toMatchObject({
      level: "error",
      message: expect.stringMatching(/^The disk is full: .* Free some space; .* nothing is lost\.$/),
    });
    expect((await Watched.of(client)).snapshot.runs.filter((run) => ENDED.has(run.state))).toEqual([]);
    disk.free();
    expect(await ended(waits)).toMatchObject({ state: "succeeded", metric: 92, failure: null });
    expect(await ended(next)).toMatchObject({ state: "succeeded", metric: 41 });
    expect(inDatabase("PRAGMA integrity_check")).toEqual(["ok"]);
  });

  it("an engine that comes back finds everything, and says why when it cannot come back", async () => {
    const waits = await queue(92);
    await watched.until(({ runs }) => runs.some((run) => run.id === waits && run.state === "running"));
    const events = inDatabase("SELECT kind FROM events ORDER BY seq");
    await lab.kill();
    disk.fill();
    // With the room that was set aside it can.
    await connect();
    expect(watched.snapshot.runs).toMatchObject([{ id: waits, state: "running" }]);
    disk.free();
    const gone = new Promise<void>((resolve) => client.onClose(resolve));
    await client.request(methods.engineStop, {});
    await gone;
    // Its files are closed now, and opening them takes room.
    fillForGood();
    await expect(lab.connect()).rejects.toMatchObject({ code: "disk-full", hint: FREE_SPACE });
    expect((await terminal(lab.folder).fails(1, "runs", "list")).err).toMatch(/^error: .*is full.*\n {7}Free some space/);
    await sayGo();
    disk.free();
    await connect();
    expect(await ended(waits)).toMatchObject({ state: "succeeded", metric: 92 });
    expect(inDatabase("SELECT kind FROM events ORDER BY seq").slice(0, events.length)).toEqual(events);
  });
}
