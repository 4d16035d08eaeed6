/** `proving-ground search`, `waiting`, `benchmark` and marks: searches from a terminal alone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Benchmark } from "../../../extension/protocol/analysis.ts";
import { Idea } from "../../../extension/protocol/idea.ts";
import { Search } from "../../../extension/protocol/search.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { modelServer, type ModelServer } from "../../fixtures/model-server.ts";
import { researcher } from "../../fixtures/researcher.ts";
import { allGone, terminal, type Terminal } from "../../fixtures/terminal.ts";

let lab: TestLab;
let server: ModelServer;
let pg: Terminal;
beforeAll(async () => {
  lab = testLab();
  server = await modelServer({ models: ["m", "n"], answer: researcher().answer });
  pg = terminal(lab.folder, { PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_MODELS: "m,n" });
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
  await server[Symbol.asyncDispose]();
});

describe("search", () => {
  it("says what one would take, and begins nothing", async () => {
    const text = await pg.text("search", "start", "--size", "4", "--epochs", "2", "--dry-run");
    expect(text).toContain("8 runs");
    expect(await pg.json(z.array(Search), "search", "list")).toEqual([]);
  });

  it("tells what happens until it has ended, and sums it up", async () => {
    const { out, err } = await pg.run(["search", "start", "--size", "3", "--epochs", "2", "--seed", "5", "--wait"]);
    expect(err).toMatch(/#1 .* · done: \d+/);
    expect(err).toContain("ended: All 6 ideas are done.");
    expect(out).toMatch(/^best +\d+, #\d /m);
    const [search] = await pg.json(z.array(Search), "search", "list");
    expect(search).toMatchObject({ id: 1, state: "ended", ideas: 6, epoch: 1 });
  });

  it("does one again from its records", async () => {
    expect(await pg.text("search", "replay", "1")).toMatch(/^\d+ requests, 6 ideas and 6 commits done again: all came out the same/);
  });

  it("asks at its gates, is answered in bulk, and heeds marks", async () => {
    const search = await pg.json(Search, "search", "start", "--size", "2", "--epochs", "1", "--ask", "ideas,runs");
    await expect.poll(async () => (await pg.text("waiting")).match(/Let in/g)?.length).toBe(2);
    await pg.text("ideas", "admit", "7", "8");
    await expect.poll(async () => (await pg.text("waiting")).match(/Run/g)?.length).toBe(2);
    await pg.text("ideas", "admit", "7", "8");
    await expect
      .poll(
        async () => (await pg.json(z.object({ search: Search, ideas: z.array(Idea) }), "search", "show", String(search.id))).search.state,
      )
      .toBe("ended");
    const [pinned] = await pg.json(z.array(Idea), "ideas", "pin", "1");
    expect(pinned?.mark).toBe("pinned");
    const [bare] = await pg.json(z.array(Idea), "ideas", "unmark", "1");
    expect(bare?.mark).toBeNull();
  });

  it("refuses what cannot be started, with what to do", async () => {
    expect((await pg.fails(2, "search", "start", "--algorithm", "random", "--source", "env/m")).error.code).toBe("usage");
    expect((await pg.fails(1, "search", "start", "--source", "env/none/x", "--max-dollars", "1")).error.message).toContain(
      "no price is known",
    );
    expect((await pg.fails(2, "search", "pause", "99")).error.message).toContain("there is no search 99");
    expect((await pg.fails(2, "search", "resume", "1")).error.message).toContain("has ended");
  });
});

describe("benchmark", () => {
  it("runs every pair over the same ideas and compares them", async () => {
    const typed = ["benchmark", "--ideators", "env/m", "--implementers", "env/m,env/n", "--n", "2", "--wait"];
    const [benchmark] = await pg.json(z.array(Benchmark), ...typed);
    expect(benchmark?.pairs.map(({ ideator, implementer }) => [ideator, implementer])).toEqual([
      ["env/m", "env/m"],
      ["env/m", "env/n"],
    ]);
    const text = await pg.text("results", "--benchmark");
    expect(text).toContain("env/n");
  });
});
