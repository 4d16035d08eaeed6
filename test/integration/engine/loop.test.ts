/** Around the loop over the protocol: a real engine process, real git, real runs; with operators, and with a scripted model. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import { hunksOf } from "../../../extension/protocol/review.ts";
import { ENDED } from "../../../extension/protocol/run.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { busy, cut, ideaAnswer as idea, piece, refusesSchema, says, scripted } from "../../fixtures/model-server.ts";

const labs: TestLab[] = [];
const lab = (files?: Record<string, string>) => {
  labs.push(testLab(files));
  return labs.at(-1)!;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((one) => one.dispose()));
});
const ended = (watched: Watched, ids: number[]) =>
  watched.until(({ runs }) => {
    const mine = runs.filter((run) => ids.includes(run.id));
    return mine.length === ids.length && mine.every((run) => ENDED.has(run.state)) && mine;
  });

describe("the loop with operators", () => {
  it("goes from ideas to children that stand on their parent's commit", { timeout: 30_000 }, async () => {
    const here = lab();
    const client = await here.connect();
    const watched = await Watched.of(client);
    const [baseline] = await client.request(methods.environmentsBaseline, { environment: "tiny" });
    expect(await ended(watched, [baseline!.id])).toMatchObject([{ state: "succeeded", metric: 50 }]);
    await watched.until(({ environments: [tiny] }) => tiny?.state === "valid" && tiny.baseline.mean === 50);

    const { ideas } = await client.request(methods.ideasGenerate, { environment: "tiny", count: 4, seed: 5 });
    const ids = ideas.map((idea) => idea.id);
    expect(await client.request(methods.implement, { ideas: ids })).toMatchObject(ids.map((idea) => ({ idea, status: "in review" })));
    await expect(client.request(methods.proposalApprove, { idea: ids[0]! })).rejects.toMatchObject({ code: "undecided-hunks" });
    const [hunk] = (await client.request(methods.proposalGet, { idea: ids[0]! })).files.flatMap((file) => hunksOf(file));
    await expect(client.request(methods.proposalApprove, { idea: ids[0]!, reject: [hunk!.id] })).rejects.toMatchObject({
      code: "empty-change",
    });
    for (const idea of ids) await client.request(methods.proposalApprove, { idea, undecided: "accept" });
    const queued = await client.request(methods.runsEnqueue, { ideas: ids });
    const runs = await ended(
      watched,
      queued.map((run) => run.id),
    );
    expect(runs.every((run) => run.state === "succeeded")).toBe(true);

    const [parent] = ids;
    await client.request(methods.parentsSet, { environment: "tiny", ideas: [parent!] });
    const next = await client.request(methods.nextEpoch, { environment: "tiny", count: 2, exploit: 1, seed: 6 });
    expect(next.ideas).toMatchObject([
      { epoch: 1, strategy: "exploit", base: parent, parents: [parent] },
      { epoch: 1, strategy: "exploit", base: parent, parents: [parent] },
    ]);
    const child = next.ideas[0]!.id;
    await client.request(methods.implement, { ideas: [child] });
    await client.request(methods.proposalApprove, { idea: child, undecided: "accept" });
    expect(here.git("rev-parse", `refs/proving-ground/${child}^`)).toBe(here.git("rev-parse", `refs/proving-ground/${parent}`));
    const { text } = await client.request(methods.resultsExport, { environment: "tiny", format: "csv" });
    expect(text.trim().split("\n")).toHaveLength(1 + 1 + 4 + 2);
  });

  it("is not lost with the engine: a run goes on, is found again, and is executed once", { timeout: 30_000 }, async () => {
    const here = lab({
      "evaluate.sh": `echo started >> ../../../../starts\nread go < ../../../../go\nprintf '{"loss": %s}\\n' "$VALUE" >> "$PROVING_GROUND_METRICS"\n`,
    });
    const state = path.join(here.folder, ".proving-ground");
    const first = await here.connect();
    await first.request(methods.engineConfigure, { sandbox: "off" });
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [path.join(state, "go")]);
    const watched = await Watched.of(first);
    const [run] = await first.request(methods.environmentsBaseline, { environment: "tiny" });
    await watched.until(({ runs }) => runs.some((one) => one.id === run!.id && one.state === "running"));
    const { open } = await import("node:fs/promises");
    const writing = open(path.join(state, "go"), "w"); // opens once the run reads
    const pipe = await writing;
    await here.kill();
    await pipe.write("go\n");
    await pipe.close();
    const again = await Watched.of(await here.connect());
    expect(await ended(again, [run!.id])).toMatchObject([{ state: "succeeded", metric: 50 }]);
    expect(readFileSync(path.join(state, "starts"), "utf8")).toBe("started\n");
  });
});

describe("the loop with a model", () => {
  const block = (value: number) => `Sure.\n\ntrain.sh\n<<<<<<< SEARCH\nVALUE=50\n=======\nVALUE=${value}\n>>>>>>> REPLACE\n`;

  it("survives a limit, a cut connection and a malformed answer, and never shows the key", { timeout: 60_000 }, async () => {
    const here = lab({ "evaluate.sh": `env; printf '{"loss": %s}\\n' "$VALUE" >> "$PROVING_GROUND_METRICS"\n` });
    await using server = await scripted(
      refusesSchema(),
      busy(0),
      cut(piece({ role: "assistant" }), piece({ content: "<idea><title>Half" })),
      says(`${idea("Lower it")}\n${idea("Lower it more")}`),
      says("I would rather not."),
      says(block(40)),
      says(block(30)),
    );
    const client = await here.connect();
    const watched = await Watched.of(client);
    const key = "sk-never-to-be-seen";
    await client.request(methods.modelsConfigure, {
      providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }],
      keys: { lab: key },
    });
    const heard: string[] = [];
    const generated = await client.request(
      methods.ideasGenerate,
      { environment: "tiny", source: "lab/m", count: 2 },
      { onProgress: ({ text }) => text !== undefined && heard.push(text) },
    );
    expect(generated.ideas).toMatchObject([
      { title: "Lower it", source: "model", model: "lab/m", status: "draft" },
      { title: "Lower it more" },
    ]);
    expect(heard.join("")).toContain("Lower it more");
    expect(await client.request(methods.implement, { ideas: [1] })).toMatchObject([{ status: "in review" }]);
    expect(await client.request(methods.implement, { ideas: [2] })).toMatchObject([{ status: "in review" }]);
    const { attempts } = await client.request(methods.ideasGet, { idea: 1 });
    expect(attempts.map((attempt) => attempt.outcome)).toEqual(["unreadable answer", "applied"]);
    for (const id of [1, 2]) await client.request(methods.proposalApprove, { idea: id, undecided: "accept" });
    const queued = await client.request(methods.runsEnqueue, { ideas: [1, 2] });
    const runs = await ended(
      watched,
      queued.map((run) => run.id),
    );
    expect(runs.map((run) => run.metric).sort()).toEqual([30, 40]);
    expect(server.requests.every((request) => request.authorization === `Bearer ${key}`)).toBe(true);
    expect(JSON.stringify(server.requests.map((request) => request.body))).not.toContain(key);
    for (const id of queued.map((run) => run.id)) {
      const { text } = await client.request(methods.runLog, { run: id, from: 0 });
      expect(text).toContain("PROVING_GROUND_RUN=");
      expect(text).not.toContain(key);
    }
    for (const file of ["engine.log", "lab.db", "lab.db-wal"]) {
      const at = path.join(here.folder, ".proving-ground", file);
      if (existsSync(at)) expect(readFileSync(at, "latin1")).not.toContain(key);
    }
  });
});
