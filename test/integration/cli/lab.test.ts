/** `proving-ground parents`, `next`, `models`, `engine`, and what holds for every command. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Idea } from "../../../extension/protocol/idea.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { ModelInfo } from "../../../extension/protocol/model.ts";
import { Run } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { listing, modelServer } from "../../fixtures/model-server.ts";
import { allGone, cells, runningIn, terminal, type Terminal } from "../../fixtures/terminal.ts";
import { temporaryFolder } from "../git/repository.ts";

const Numbers = z.array(z.int());
const Generated = z.object({ ideas: z.array(Idea), notes: z.array(z.string()) });
const Status = z.object({ version: z.string(), pid: z.int(), running: z.int(), queued: z.int(), clients: z.int() });

let lab: TestLab;
let pg: Terminal;
beforeEach(() => {
  lab = testLab();
  pg = terminal(lab.folder);
});
afterEach(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

/** Ideas that have been approved. */
async function approved(...values: number[]): Promise<number[]> {
  const client = await lab.connect();
  const ids: number[] = [];
  for (const value of values) {
    const text = { title: `Value ${value}`, description: "", changes: `- \`value\`: ${value}` };
    ids.push((await client.request(methods.ideasAdd, { environment: "tiny", text })).id);
  }
  await client.request(methods.implement, { ideas: ids });
  for (const idea of ids) await client.request(methods.proposalApprove, { idea, undecided: "accept" });
  client.dispose();
  return ids;
}

describe("parents and next", () => {
  it("steer what the next epoch builds on", async () => {
    const [first, second] = (await approved(30, 31)).map(String);
    await pg.json(z.array(Run), "run", first!, second!, "--wait");
    expect(await pg.json(Numbers, "parents", "list")).toEqual([]);
    expect(await pg.text("parents", "list")).toBe("no parents are chosen\n");
    expect(await pg.json(Numbers, "parents", "set", second!, first!)).toEqual([Number(second), Number(first)]);
    expect(await pg.text("parents", "set", second!, first!, "--env", "tiny")).toBe(`#${second} #${first}\n`);
    // In the order chosen: the first is the one that the next epoch is written on.
    expect(cells(await pg.text("parents", "list"))).toMatchObject([{ idea: `#${second}`, metric: "31" }, { idea: `#${first}` }]);

    const next = await pg.json(Generated, "next", "-n", "2", "--exploit", "1", "--seed", "6");
    expect(next.ideas).toMatchObject([{ epoch: 1, strategy: "exploit", base: Number(second) }, { epoch: 1 }]);
    const { code, out, err } = await pg.run(["next", "-n", "2", "--exploit", "0.5", "--seed", "7", "--on-baseline"]);
    expect({ code, rows: cells(out) }).toMatchObject({ code: 0, rows: [{ epoch: "2", source: "operator" }, { epoch: "2" }] });
    expect(err).toContain("(1 of 2)");

    expect(await pg.text("parents", "clear")).toBe("no parents\n");
    expect(await pg.json(Numbers, "parents", "list")).toEqual([]);
    const { err: note } = await pg.run(["next", "-n", "1", "--seed", "8"]);
    expect(note).toContain("no parents are chosen");
  });

  it("refuse what cannot be a parent, and shares that are none", async () => {
    expect((await pg.fails(1, "parents", "set", "7")).error).toMatchObject({
      code: "unknown-idea",
      message: "there is no idea #7 in tiny",
    });
    expect((await pg.fails(2, "parents", "set")).error.message).toBe("missing required argument 'idea'");
    expect((await pg.fails(2, "next", "--exploit", "2")).error.message).toContain("It must be between 0 and 1.");
    expect((await pg.fails(2, "next", "-n", "0")).error.message).toContain("It must be between 1 and 100.");
  });
});

it("models list shows what can write ideas, endpoints that refuse included, and the key nowhere", async () => {
  expect(cells(await pg.text("models", "list"))).toEqual([{ id: "operators", title: "Operators (no model)", state: "ready" }]);
  await using server = await modelServer({ key: "sk-right" });
  server.list(listing("large", "small"));
  const env = { PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_API_KEY: "sk-right" };
  const known = await pg.run(["models", "list", "--json"], { env });
  expect(
    z
      .array(ModelInfo)
      .parse(JSON.parse(known.out))
      .map((model) => model.id),
  ).toEqual(["operators", "env/large", "env/small"]);
  const wrong = await pg.run(["models", "list"], { env: { ...env, PROVING_GROUND_API_KEY: "sk-wrong-key" } });
  expect(wrong).toMatchObject({ code: 0, out: expect.stringMatching(/key/i) });
  expect(wrong.out + wrong.err + readFileSync(path.join(lab.folder, ".proving-ground/engine.log"), "utf8")).not.toContain("sk-wrong-key");
});

describe("engine", () => {
  it("is started by the first command that needs it, used by the next, shown and stopped", async () => {
    expect(await pg.text("engine", "status")).toBe("no engine runs; it starts when it is needed\n");
    expect(await pg.json(z.null(), "engine", "status")).toBeNull();
    expect(await pg.json(z.object({ stopped: z.boolean() }), "engine", "stop")).toEqual({ stopped: false });
    expect(await runningIn(lab.folder)).toEqual([]);

    await pg.text("env", "list");
    const status = await pg.json(Status, "engine", "status");
    expect(status).toMatchObject({ running: 0, queued: 0, clients: 1 });
    expect(await pg.text("engine", "status")).toBe(
      `engine ${status.version}, process ${status.pid}: 0 running, 0 queued, 0 other clients\n`,
    );

    const other = await lab.connect();
    expect(await pg.text("engine", "status")).toContain("1 other client\n");
    const refused = await pg.run(["engine", "stop", "--if-idle"]);
    expect(refused).toEqual({ code: 1, out: "not stopped: it is in use\n", err: "" });
    other.dispose();
    expect(await pg.text("engine", "stop")).toBe("stopped\n");
    // Whoever comes next finds the repository free at once.
    expect(await pg.json(z.null(), "engine", "status")).toBeNull();
    await pg.text("env", "list");
    expect((await pg.json(Status, "engine", "status")).pid).not.toBe(status.pid);
    expect(await pg.text("engine", "stop")).toBe("stopped\n");
    await allGone(lab.folder);
  });

  it("is one, however many commands come at the same moment", async () => {
    const lists = await Promise.all([1, 2, 3].map(() => pg.text("env", "list")));
    expect(new Set(lists).size).toBe(1);
    expect(await runningIn(lab.folder)).toHaveLength(1);
  });
});

describe("every command", () => {
  it.each([
    [["idea"], "unknown command 'idea' (Did you mean ideas?)"],
    [["ideas", "lst"], "unknown command 'lst' (Did you mean list?)"],
    [["env", "list", "--jsn"], "unknown option '--jsn' (Did you mean --json?)"],
    [["run", "1", "--seeds", "one"], "It must be a whole number."],
    [["diff", "1", "2"], "too many arguments"],
  ])("given wrongly (%j) ends with 2 and says how it is used", async (arguments_, message) => {
    const plain = await pg.run(arguments_);
    expect(plain).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/--help|Usage:/) });
    const { code, out } = await pg.run([...arguments_, "--json"]);
    const error = z.object({ error: z.object({ code: z.literal("usage"), message: z.string() }) }).parse(JSON.parse(out)).error;
    expect({ code, message: error.message }).toEqual({ code: 2, message: expect.stringContaining(message) });
    expect(await runningIn(lab.folder)).toEqual([]);
  });

  it.each([[[]], [["ideas"]]])("is needed: %j alone ends with 2 and lists those there are", async (arguments_) => {
    expect(await pg.run(arguments_)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^Usage: [^]*Commands:\n {2}/) });
  });

  it("has help that ends with 0", async () => {
    const { out } = await pg.run(["--help"]);
    for (const name of [
      "env",
      "ideas",
      "implement",
      "diff",
      "approve",
      "run",
      "runs",
      "results",
      "parents",
      "next",
      "models",
      "engine",
      "patch",
    ])
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(await pg.text("runs", "log", "--help")).toContain("--follow");
    expect(await pg.text("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("says how a folder becomes a repository", async () => {
    const { err, error } = await terminal(temporaryFolder()).fails(1, "env", "list");
    expect(error.code).toBe("not-a-repository");
    expect(err).toContain("Run `git init` there and commit your code");
  });

  it("prints errors for people on standard error alone", async () => {
    const { code, out, err } = await pg.run(["ideas", "show", "7"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe("error: there is no idea #7\n       `proving-ground ideas list` shows those there are.\n");
  });
});
