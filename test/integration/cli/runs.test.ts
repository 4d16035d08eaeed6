/** `proving-ground run`, `runs` and `results`: executing, following, stopping, and reading what came out. */
import { execFileSync, spawnSync } from "node:child_process";
import { open, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Baseline } from "../../../extension/protocol/environment.ts";
import { Idea } from "../../../extension/protocol/idea.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { Curve, Run } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { allGone, cells, CLI, terminal, type Terminal } from "../../fixtures/terminal.ts";

const Runs = z.array(Run);
const WHY = "the optimizer was given a learning rate that it could not possibly have used, whatever the schedule said at the time";

/**
 * What a run does depends on its value: 91 fails, 92 waits for a word through a pipe, 93 has much to say, 94 says what there is a
 * file for, others are measured.
 */
const EVALUATE = `case $VALUE in
  91) echo "${WHY}"; exit 3 ;;
  92) echo waiting; read -r word < ../../../../go; echo "heard $word" ;;
  93) yes "a line of a log" | head -c 600000 ;;
  94) for word in one two three; do until [ -e ../../../../$word ]; do sleep 0.05; done; echo "word $word"; done ;;
esac
echo "loss $VALUE seed $SEED"
printf '{"step": 1, "loss": %s}\\n{"step": 2, "loss": %s.25}\\n' "$VALUE" "$VALUE" >> "$PROVING_GROUND_METRICS"
`;

let lab: TestLab;
let pg: Terminal;
beforeAll(async () => {
  lab = testLab({ "evaluate.sh": EVALUATE });
  // Its runs and the tests speak through a pipe outside of the runs' own folders.
  pg = terminal(lab.folder, { PROVING_GROUND_SANDBOX: "off" });
  await pg.json(Runs, "env", "baseline", "--wait");
  execFileSync("mkfifo", [path.join(lab.folder, ".proving-ground/go")]);
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

/** An idea that has been approved. */
async function approved(value: number): Promise<string> {
  const client = await lab.connect();
  const text = { title: `Value ${value}`, description: "", changes: `- \`value\`: ${value}` };
  const { id } = await client.request(methods.ideasAdd, { environment: "tiny", text });
  await client.request(methods.implement, { ideas: [id] });
  await client.request(methods.proposalApprove, { idea: id, undecided: "accept" });
  client.dispose();
  return String(id);
}

/** Says a word to the run that waits for it; resolves once it was taken. */
async function sayGo(): Promise<void> {
  const pipe = await open(path.join(lab.folder, ".proving-ground/go"), "w");
  await pipe.write("go\n");
  await pipe.close();
}

describe("run", () => {
  it("queues a run for each idea and seed, or waits for them", async () => {
    const [a, b] = [await approved(40), await approved(41)];
    expect(await pg.text("run", a, b, "--seeds", "1,2", "--dry-run")).toMatch(/^4 runs × \S+ s = \S+ s of runs, done about .*\d/);
    const queued = await pg.json(Runs, "run", a, b, "--seeds", "1,2");
    expect(queued.map((run) => [String(run.idea), run.seed])).toEqual([a, b].flatMap((idea) => [1, 2].map((seed) => [idea, seed])));
    const { code, out, err } = await pg.run(["run", a, "--wait"]);
    expect(code).toBe(0);
    expect(cells(out)).toMatchObject([{ idea: `#${a}`, seed: "0", state: "succeeded", metric: "40.25" }]);
    expect(err).toMatch(/run \d+ running\nrun \d+ succeeded\n$/);
  });

  it("that is waited for and fails ends with 1 and the whole reason", async () => {
    const idea = await approved(91);
    const { code, out, err } = await pg.run(["run", idea, "--wait", "--json"]);
    expect(code).toBe(1);
    const [run] = Runs.parse(JSON.parse(out));
    expect(run).toMatchObject({ state: "failed", failure: "crash", metric: null });
    expect(err).toContain(`failed: It ended with exit code 3: ${WHY}.`);
    expect(cells(await pg.text("runs", "list")).at(-1)).toMatchObject({ state: "failed", metric: "–", note: expect.stringMatching(/…$/) });
    const shown = await pg.text("runs", "show", String(run?.id));
    expect(shown).toContain("state        failed (crash)\n");
    expect(shown).toContain(`note         It ended with exit code 3: ${WHY}.\n\nno readings yet\n`);
  });

  it("that is waited for goes on when the wait is interrupted, and can be stopped and tried again", async () => {
    const idea = await approved(92);
    const waiting = pg.start(["run", idea, "--wait"]);
    await waiting.says("running");
    waiting.process.kill("SIGINT");
    const { code, err } = await waiting.ended;
    const [, id] = /`proving-ground runs stop (\d+)` ends them/.exec(err) ?? [];
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining("error: interrupted\n       The runs go on;") });
    const stopped = await pg.json(Runs, "runs", "stop", String(id));
    expect(stopped).toMatchObject([{ id: Number(id), state: "stopped" }]);
    expect(cells(await pg.text("runs", "stop", String(id)))).toMatchObject([{ run: id, state: "stopped" }]);
    const retried = pg.start(["runs", "retry", String(id), "--wait"]);
    await retried.says("running");
    await sayGo();
    const { code: end, out } = await retried.ended;
    expect(end).toBe(0);
    expect(cells(out)).toMatchObject([{ idea: `#${idea}`, state: "succeeded", metric: "92.25" }]);
  });

  it("is refused for what is not approved or not there", async () => {
    const client = await lab.connect();
    const text = { title: "Draft", description: "", changes: "- `value`: 42" };
    const { id } = await client.request(methods.ideasAdd, { environment: "tiny", text });
    expect((await pg.fails(1, "run", String(id))).error).toMatchObject({
      code: "not-implemented-yet",
      hint: "Implement it, then approve its proposal.",
    });
    expect((await pg.fails(1, "run", "77")).error.code).toBe("unknown-idea");
    expect((await pg.fails(2, "run")).error.message).toContain("missing required argument");
  });
});

describe("runs", () => {
  it("are listed, and shown one by one with their readings", async () => {
    const all = await pg.json(Runs, "runs", "list", "--env", "tiny");
    expect(cells(await pg.text("runs", "list"))).toHaveLength(all.length);
    expect(all[0]).toMatchObject({ id: 1, idea: null, state: "succeeded", metric: 50.25 });
    const shown = await pg.json(z.object({ run: Run, curve: Curve }), "runs", "show", "1");
    expect(shown).toEqual({ run: all[0], curve: { run: 1, axis: "step", x: [1, 2], values: [50, 50.25] } });
    expect(await pg.text("runs", "show", "1")).toMatch(
      /^run {10}1\nidea {9}baseline\n[^]*\n\nstep {2}value\n {3}1 {5}50\n {3}2 {2}50.25\n$/,
    );
  });

  it.each(["show", "log", "stop", "retry"])("%s of one that is not there says where they are listed", async (command) => {
    expect((await pg.fails(1, "runs", command, "77")).error).toMatchObject({
      code: "unknown-run",
      message: "there is no run 77",
      hint: "`proving-ground runs list` shows those there are.",
    });
  });

  it("log prints what a run printed, however much, or one JSON document of it", async () => {
    const [run] = await pg.json(Runs, "run", await approved(93), "--wait");
    const log = await pg.text("runs", "log", String(run?.id));
    expect(log).toBe(`${"a line of a log\n".repeat(37_500)}loss 93 seed 0\n`);
    const Log = z.object({ run: z.int(), text: z.string(), size: z.int() });
    expect(await pg.json(Log, "runs", "log", String(run?.id))).toEqual({ run: run?.id, text: log, size: log.length });
    const head = spawnSync("sh", ["-c", '"$0" "$1" runs log "$2" | head -n 1', process.execPath, CLI, String(run?.id)], {
      cwd: lab.folder,
      encoding: "utf8",
    });
    expect(head).toMatchObject({ status: 0, stdout: "a line of a log\n", stderr: "" });
  });

  it("log --follow prints on until the run has ended", async () => {
    const [run] = await pg.json(Runs, "run", await approved(92));
    const following = pg.start(["runs", "log", "--follow", String(run?.id)]);
    await following.says("waiting\n");
    await sayGo();
    expect(await following.ended).toEqual({ code: 0, out: "waiting\nheard go\nloss 92 seed 0\n", err: "" });
    const { code, out } = await pg.run(["runs", "log", "-f", "--json", String(run?.id)]);
    const pieces = out.trimEnd().split("\n");
    expect({ code, text: pieces.map((line) => z.string().parse(JSON.parse(line))).join("") }).toEqual({
      code: 0,
      text: "waiting\nheard go\nloss 92 seed 0\n",
    });
  });

  it("log --follow prints what a run says while nothing else is heard of it, with --last from near the end on", async () => {
    const [run] = await pg.json(Runs, "run", await approved(94));
    const says = (word: string) => writeFile(path.join(lab.folder, ".proving-ground", word), "");
    await says("one");
    const following = pg.start(["runs", "log", "--follow", "--last", "1", String(run?.id)]);
    await following.says("word one\n");
    await says("two");
    await following.says("word two\n");
    await says("three");
    expect(await following.ended).toEqual({ code: 0, out: "word one\nword two\nword three\nloss 94 seed 0\n", err: "" });
  });

  it("log --last prints the end of a long log", async () => {
    const [run] = await pg.json(Runs, "run", await approved(93), "--wait");
    const end = await pg.text("runs", "log", "--last", "1", String(run?.id));
    expect(end.length).toBe(1024);
    expect(end.endsWith("a line of a log\nloss 93 seed 0\n")).toBe(true);
    const Log = z.object({ run: z.int(), text: z.string(), size: z.int() });
    expect(await pg.json(Log, "runs", "log", "--last", "1", String(run?.id))).toMatchObject({ text: end });
  });

  it("whose engine dies under whoever waits for them go on, and that is said", async () => {
    const [run] = await pg.json(Runs, "run", await approved(92));
    const following = pg.start(["runs", "log", "--follow", String(run?.id)]);
    await following.says("waiting\n");
    await lab.kill();
    const { code, err } = await following.ended;
    expect(code).toBe(1);
    // A request may have been under way or not.
    expect(err).toMatch(/^error: the (engine ended while runs were waited for|connection to the engine was lost)\n {7}.* on without it/);
    await sayGo();
    const again = await pg.run(["runs", "log", "-f", String(run?.id)]);
    expect(again).toMatchObject({ code: 0, out: "waiting\nheard go\nloss 92 seed 0\n" });
  });
});

describe("results", () => {
  const Results = z.object({
    environment: z.string(),
    metric: z.object({ name: z.string(), direction: z.enum(["minimize", "maximize"]) }),
    baseline: Baseline,
    ideas: z.array(Idea),
  });

  it("puts the best first, beside the baseline", async () => {
    const [best, worst] = [await approved(7), await approved(88)];
    await pg.json(Runs, "run", best, worst, "--wait");
    const text = await pg.text("results");
    expect(text).toMatch(/^loss, lower is better; baseline 50.25\n\n/);
    const rows = cells(text.split("\n").slice(2).join("\n"));
    expect(rows[0]).toMatchObject({ idea: `#${best}`, metric: "7.25", difference: "−43", seeds: "1", status: "done" });
    expect(rows.find((row) => row.idea === `#${worst}`)).toMatchObject({ difference: "+38" });
    expect(rows.at(-1)).toMatchObject({ metric: "–", difference: "–" });
    const results = await pg.json(Results, "results", "--env", "tiny");
    expect(results).toMatchObject({ metric: { name: "loss", direction: "minimize" }, baseline: { mean: 50.25, seeds: 1 } });
    expect(results.ideas.map((idea) => `#${idea.id}`)).toEqual(rows.map((row) => row.idea));
    const reached = results.ideas.flatMap((idea) => idea.metric ?? []);
    expect(reached).toEqual(reached.toSorted((a, b) => a - b));
  });

  it("comes as CSV, one row for each run", async () => {
    const [headings, baseline, ...rows] = (await pg.text("results", "--csv")).trimEnd().split("\n");
    expect(headings).toMatch(/^idea,title,source,model,.*,metric,value,difference,/);
    expect(baseline).toMatch(/^,Baseline,.*,loss,50.25,0,/);
    expect(rows.length).toBeGreaterThan(0);
    expect((await pg.fails(2, "results", "--csv")).error.message).toContain("cannot be used with option '--json'");
  });

  it("that cannot be written end with 1 and the reason", () => {
    const full = spawnSync("sh", ["-c", '"$0" "$1" results > /dev/full', process.execPath, CLI], { cwd: lab.folder, encoding: "utf8" });
    expect(full).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: the disk is full: .*\n {7}Free some space/) });
  });
});
