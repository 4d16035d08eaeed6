/** Searches in a real engine: unattended, at gates, within caps, through the engine's death, and with the human in them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import type { ParamsIn } from "../../../extension/protocol/messages.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { modelServer, status } from "../../fixtures/model-server.ts";
import { researcher } from "../../fixtures/researcher.ts";

let lab: TestLab;
let connection: EngineConnection;
let watched: Watched;

beforeEach(async () => {
  lab = testLab();
  connection = await lab.connect();
  await connection.request(methods.engineConfigure, { slots: 2 });
  watched = await Watched.of(connection);
});
afterEach(() => lab.dispose());

type Plan = ParamsIn<typeof methods.searchStart>["plan"];
const start = (plan: Partial<Plan> = {}) =>
  connection.request(methods.searchStart, {
    environment: "tiny",
    plan: { algorithm: "evolutionary", source: "operators", size: 4, epochs: 2, seed: 7, ...plan },
  });
const searchIn = ({ searches }: Snapshot, id: number) => searches.find((search) => search.id === id);
const ended = (id: number) => watched.until((snapshot) => (searchIn(snapshot, id)?.state === "ended" ? snapshot : null));
const replayed = (id: number) => connection.request(methods.searchReplay, { search: id });
const ideasOf = (snapshot: Snapshot, id: number) => snapshot.ideas.filter(({ search }) => search === id);

describe("unattended", () => {
  test("it goes through its epochs by itself: ideas, commits, runs, and children of what was better than the baseline", async () => {
    const { id } = await start({ size: 6, epochs: 3, base: "parent" });
    const snapshot = await ended(id);
    const ideas = ideasOf(snapshot, id);
    expect(ideas.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(ideas.every(({ status }) => status === "done")).toBe(true);
    expect(ideas.filter(({ epoch, strategy }) => epoch === 2 && strategy === "exploit")).toHaveLength(3);
    const baseline = snapshot.runs.find(({ idea }) => idea === null)?.metric ?? NaN;
    for (const { parents, base, commit } of ideas.filter(({ strategy }) => strategy === "exploit")) {
      for (const parent of parents) expect(snapshot.ideas.find((idea) => idea.id === parent)?.metric).toBeLessThan(baseline);
      const under = snapshot.ideas.find((idea) => idea.id === base);
      expect(lab.git("rev-parse", `${commit ?? ""}^`)).toBe(under?.commit);
    }
    expect(searchIn(snapshot, id)).toMatchObject({ reason: "All 18 ideas are done.", ideas: 18, epoch: 2 });
    // Nothing ran twice.
    expect(snapshot.runs.filter(({ idea }) => idea !== null)).toHaveLength(18);
  });

  test.each(["steady state", "best of n", "random"] as const)("%s makes as many ideas as planned", async (algorithm) => {
    const { id } = await start({ algorithm, size: 5, epochs: 2 });
    const ideas = ideasOf(await ended(id), id);
    expect(ideas.filter(({ status }) => status === "done")).toHaveLength(10);
    const strategies = new Set(ideas.map(({ strategy }) => strategy));
    if (algorithm === "best of n") expect([...strategies]).toEqual(["fresh"]);
    if (algorithm === "random") expect([...strategies]).toEqual(["random"]);
  });

  test("an engine that dies in the middle is followed by one that goes on: nothing lost, nothing twice", async () => {
    const { id } = await start({ size: 5, epochs: 3 });
    for (const count of [3, 8, 12]) {
      await watched.until((snapshot) => ideasOf(snapshot, id).filter(({ status }) => status === "done").length >= count);
      await lab.kill();
      connection = await lab.connect();
      await connection.request(methods.engineConfigure, { slots: 2 });
      watched = await Watched.of(connection);
    }
    const snapshot = await ended(id);
    const ideas = ideasOf(snapshot, id);
    expect(ideas).toHaveLength(15);
    expect(ideas.every(({ status }) => status === "done")).toBe(true);
    const runs = snapshot.runs.filter(({ idea }) => idea !== null);
    expect(runs).toHaveLength(15);
    expect(new Set(runs.map(({ idea }) => idea)).size).toBe(15);
  });
});

describe("a replay", () => {
  test.each(["evolutionary", "steady state", "random"] as const)(
    "of %s by operators gives the same draws, ideas and commits",
    async (algorithm) => {
      const { id } = await start({ algorithm, size: 5, epochs: 3, base: "parent" });
      await ended(id);
      const found = await replayed(id);
      expect(found).toMatchObject({ ideas: 15, commits: 15, differences: [], skipped: [] });
      expect(found.requests).toBeGreaterThanOrEqual(3);
    },
  );

  test("of a model's search reads the recorded answers and asks nobody; what was changed since is told", async () => {
    const model = researcher();
    await using server = await modelServer({ models: ["m"], answer: model.answer });
    await connection.request(methods.modelsConfigure, { providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: {} });
    const { id } = await start({ source: "lab/m", size: 4, epochs: 2, base: "parent" });
    const snapshot = await ended(id);
    expect(ideasOf(snapshot, id).filter(({ status: state }) => state === "done")).toHaveLength(8);
    const requests = server.completions.length;
    expect(await replayed(id)).toMatchObject({ ideas: 8, commits: 8, differences: [], skipped: [] });
    expect(server.completions).toHaveLength(requests);
  });
});

describe("the human in it", () => {
  test("every gate holds what comes to it until it is let pass, in bulk", async () => {
    const gates = { ideas: "ask", diffs: "ask", runs: "ask", parents: "ask" } as const;
    const { id } = await start({ size: 3, epochs: 2, gates });
    for (const epoch of [0, 1]) {
      const drafts = await watched.until((snapshot) => {
        const mine = ideasOf(snapshot, id).filter((idea) => idea.epoch === epoch && idea.status === "draft");
        return mine.length === 3 ? mine : null;
      });
      await connection.request(methods.ideasAdmit, { ideas: drafts.map((idea) => idea.id) });
      await watched.until((snapshot) => ideasOf(snapshot, id).filter(({ status: state }) => state === "in review").length === 3);
      for (const idea of drafts) await connection.request(methods.proposalApprove, { idea: idea.id, undecided: "accept" });
      await watched.until((snapshot) => ideasOf(snapshot, id).filter(({ status: state }) => state === "approved").length === 3);
      expect(watched.snapshot.runs.filter(({ idea }) => drafts.some((draft) => draft.id === idea))).toEqual([]);
      await connection.request(methods.ideasAdmit, { ideas: drafts.map((idea) => idea.id) });
      if (epoch === 0) {
        await watched.until((snapshot) => searchIn(snapshot, id)?.asksForParents === true);
        expect(ideasOf(watched.snapshot, id)).toHaveLength(3);
        await connection.request(methods.searchGoOn, { search: id });
      }
    }
    expect(ideasOf(await ended(id), id).every(({ status: state }) => state === "done")).toBe(true);
  });

  test("chosen parents are built on alone, pinned ones always, banned ones never", async () => {
    const { id } = await start({ size: 4, epochs: 3, gates: { ideas: "auto", diffs: "auto", runs: "auto", parents: "ask" }, exploit: 1 });
    const asks = () => watched.until((snapshot) => (searchIn(snapshot, id)?.asksForParents === true ? snapshot : null));
    const [one, two, three] = ideasOf(await asks(), id).map((idea) => idea.id) as [number, number, number];
    await connection.request(methods.parentsSet, { environment: "tiny", ideas: [two, three] });
    await connection.request(methods.ideasMark, { ideas: [three], mark: "banned" });
    await connection.request(methods.ideasMark, { ideas: [one], mark: "pinned" });
    await connection.request(methods.searchGoOn, { search: id });
    await watched.until((snapshot) => searchIn(snapshot, id)?.epoch === 1);
    const named = ideasOf(await asks(), id).filter(({ epoch }) => epoch === 1);
    expect(new Set(named.flatMap(({ parents }) => parents))).toEqual(new Set([one, two]));

    await connection.request(methods.parentsSet, { environment: "tiny", ideas: [] });
    await connection.request(methods.searchGoOn, { search: id });
    const last = ideasOf(await ended(id), id).filter(({ epoch }) => epoch === 2);
    const parents = last.flatMap((idea) => idea.parents);
    expect(parents).not.toContain(three);
    expect(await replayed(id)).toMatchObject({ differences: [] });
  });

  test("an idea of theirs joins, a running epoch is trimmed, and pausing begins nothing more", async () => {
    const { id } = await start({ size: 3, epochs: 2, gates: { ideas: "ask", diffs: "auto", runs: "auto", parents: "auto" } });
    const drafts = await watched.until((snapshot) => (ideasOf(snapshot, id).length === 3 ? ideasOf(snapshot, id) : null));
    const text = { title: "Mine", description: "", changes: "- `value`: 50 → 3" };
    const mine = await connection.request(methods.ideasAdd, { environment: "tiny", text, search: id });
    await connection.request(methods.ideasReject, { ideas: drafts.slice(1).map((idea) => idea.id) });
    await connection.request(methods.searchPause, { search: id });
    await connection.request(methods.ideasAdmit, { ideas: [drafts[0]?.id ?? 0] });
    expect(mine.admitted).toEqual([]);
    expect(searchIn(watched.snapshot, id)).toMatchObject({ state: "paused", reason: "You paused it." });
    await connection.request(methods.searchChange, { search: id, change: { epochs: 1 } });
    await connection.request(methods.searchResume, { search: id });
    const ideas = ideasOf(await ended(id), id);
    expect(ideas.map(({ status: state }) => state)).toEqual(["done", "rejected", "rejected", "done"]);
    expect(ideas.at(-1)).toMatchObject({ title: "Mine", source: "human", metric: 3, epoch: 0 });
  });

  test("stopping ends it at once: queued runs leave the queue, running ones are stopped", async () => {
    lab.write("train.sh", "VALUE=50\nSHAPE=round\n. ./evaluate.sh\nsleep 60\n");
    lab.git("-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "-qam", "slow");
    const { id } = await start({ size: 6, epochs: 1 });
    await watched.until(({ runs }) => runs.filter(({ state }) => state === "running").length === 2);
    const stopped = await connection.request(methods.searchStop, { search: id });
    expect(stopped).toMatchObject({ state: "ended", reason: "You stopped it." });
    await watched.until(({ runs }) => runs.every(({ idea, state }) => idea === null || state === "stopped"));
    await expect(connection.request(methods.searchResume, { search: id })).rejects.toThrow("has ended");
  });
});

describe("caps", () => {
  test("on money hold: what could pass it is not asked, what is there is finished", async () => {
    const model = researcher({ usage: [1000, 1000] });
    await using server = await modelServer({ models: ["m"], answer: model.answer });
    await connection.request(methods.modelsConfigure, {
      ...{ providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: {} },
      prices: { "lab/*": { input: 0, output: 10 } },
      caps: { maxDollars: 0, maxTokens: 0, maxOutputTokens: 1000 },
    });
    // Each answer costs a cent.
    const { id } = await start({ source: "lab/m", size: 4, epochs: 3, caps: { dollars: 0.055, tokens: 0, hours: 0, minutes: 0 } });
    const snapshot = await ended(id);
    const search = searchIn(snapshot, id);
    expect(search?.spent.dollars).toBeCloseTo(0.05, 10);
    expect(search?.reason).toMatch(/could pass the cap of \$0\.055 for search 1/);
    expect(ideasOf(snapshot, id).filter(({ status: state }) => state === "done")).toHaveLength(4);
    expect(server.completions).toHaveLength(5);
  });

  test("on hours hold room for all the time that a run may take", async () => {
    // A run may take 20 s: three of them are a minute.
    const { id } = await start({ size: 8, epochs: 1, caps: { dollars: 0, tokens: 0, hours: 60 / 3600, minutes: 0 } });
    const snapshot = await ended(id);
    const search = searchIn(snapshot, id);
    expect(search?.spent.hours).toBeLessThanOrEqual(60 / 3600);
    expect(search?.reason === "All 8 ideas are done." || search?.reason?.includes("could be passed by one more run")).toBe(true);
  });

  test("that cannot hold because no price is known are refused before anything begins", async () => {
    await connection.request(methods.modelsConfigure, {
      providers: [{ name: "lab", baseURL: "http://127.0.0.1:9/v1", models: ["m"] }],
      keys: {},
    });
    const plan = { source: "lab/m", caps: { dollars: 1, tokens: 0, hours: 0, minutes: 0 } };
    await expect(start(plan)).rejects.toThrow("no price is known for lab/m");
    await expect(start({ algorithm: "random", source: "lab/m" })).rejects.toThrow("no model has a part in it");
  });
});

test("a search by a model goes on when whoever brought the model and its key has gone", async () => {
  const model = researcher();
  const key = "sk-kept-in-memory";
  await using server = await modelServer({ models: ["m"], answer: model.answer, key });
  const window = await lab.connect();
  await window.request(methods.modelsConfigure, {
    ...{ providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: { lab: key } },
  });
  const { id } = await start({ source: "lab/m", size: 2, epochs: 3 });
  await watched.until((snapshot) => ideasOf(snapshot, id).length > 0);
  window.dispose();
  const snapshot = await ended(id);
  expect(ideasOf(snapshot, id).filter(({ status: state }) => state === "done")).toHaveLength(6);
  // Nobody needs it any more.
  await expect(start({ source: "lab/m" })).rejects.toThrow("no model lab/m is configured");
});

test("a model that is away is waited for, and asked again as soon as a window speaks of models", async () => {
  const model = researcher();
  await using server = await modelServer({ models: ["m"], answer: model.answer });
  await connection.request(methods.modelsConfigure, { providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: {} });
  server.script(status(401, "who are you?"));
  const { id } = await start({ source: "lab/m", size: 2, epochs: 1 });
  await watched.until((snapshot) => typeof searchIn(snapshot, id)?.waitsFor === "string");
  expect(searchIn(watched.snapshot, id)).toMatchObject({ state: "running", waitsFor: expect.stringContaining("lab") as string });
  await connection.request(methods.modelsConfigure, { providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: {} });
  const snapshot = await ended(id);
  expect(ideasOf(snapshot, id).filter(({ status: state }) => state === "done")).toHaveLength(2);
  expect(searchIn(snapshot, id)?.waitsFor).toBeNull();
});
