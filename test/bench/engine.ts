/** What the engine itself costs: an idea from its text to its recorded result with a run of nothing, and a restart with many. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Store } from "../../extension/engine/store/store.ts";
import type { EngineConnection } from "../../extension/protocol/connect.ts";
import * as methods from "../../extension/protocol/methods.ts";
import { ENDED } from "../../extension/protocol/run.ts";
import { testLab, Watched } from "../fixtures/engine-lab.ts";
import type { Figure } from "./figure.ts";
import { openHeap } from "./heap.ts";
import { HERE } from "../fixtures/lab.ts";

const AT_ONCE = 8;
/** Ideas until the code is compiled. */
const COMPILED = 80;
/** Ideas until young objects have taken the room they will have. */
const WARM_UP = 400;
const IDEAS = 1000;
const TRAJECTORIES = 10_000;
/** Runs in the queue of one place. */
const QUEUED = 20;

/** Apply, commit, snapshot, launch and collect, eight at once, per idea; and the memory that grows with ideas. */
export async function ideaCost(): Promise<Figure[]> {
  const lab = testLab();
  try {
    const client = await lab.connect();
    const { pid } = await client.request(methods.engineStatus, {});
    const heap = await openHeap(pid, path.join(lab.folder, ".proving-ground/engine.log"));
    await client.request(methods.engineConfigure, { slots: AT_ONCE });
    const watched = await Watched.of(client);
    const rounds = async (ideas: number) => {
      for (let done = 0; done < ideas; done += AT_ONCE) await round(client, watched);
    };
    await rounds(COMPILED);
    const aliveBefore = await heap.alive();
    // A collection gives memory back: what it took before, it takes again before growth is looked for.
    await rounds(WARM_UP - COMPILED);
    const residentBefore = heap.resident();
    const start = performance.now();
    await rounds(IDEAS);
    const each = (performance.now() - start) / IDEAS;
    const resident = heap.resident();
    const alive = await heap.alive();
    heap.close();
    return [
      { what: "engine's own cost per idea, 8 at once", measured: each, unit: "ms", budget: 100 },
      {
        what: `engine's resident memory, growth per 1,000 ideas after the first ${WARM_UP}`,
        measured: ((resident - residentBefore) * 1000) / IDEAS,
        unit: "MB",
        budget: 40,
      },
      {
        what: "  alive after a collection, growth per 1,000 ideas",
        measured: ((alive - aliveBefore) * 1000) / (WARM_UP - COMPILED + IDEAS),
        unit: "MB",
        budget: 40,
      },
      { what: `  resident in all after ${WARM_UP + IDEAS} ideas (no budget)`, measured: resident, unit: "MB", budget: Infinity },
    ];
  } finally {
    await lab.dispose();
  }
}

/** Takes eight ideas at once from their texts to their recorded results. */
async function round(client: EngineConnection, watched: Watched): Promise<void> {
  const texts = Array.from({ length: AT_ONCE }, (_, i) => ({ title: `Idea ${i}`, description: "", changes: `- \`value\`: ${1 + i}` }));
  const ideas = await Promise.all(texts.map((text) => client.request(methods.ideasAdd, { environment: "tiny", text })));
  const ids = ideas.map((idea) => idea.id);
  await client.request(methods.implement, { ideas: ids });
  await Promise.all(ids.map((idea) => client.request(methods.proposalApprove, { idea, undecided: "accept" })));
  const runs = await client.request(methods.runsEnqueue, { ideas: ids });
  await Promise.all(runs.map(({ id }) => watched.until((now) => now.runs.find((run) => run.id === id && ENDED.has(run.state)))));
}

/** How long a place stands empty between two runs while the queue is not. */
export async function idleTime(): Promise<Figure[]> {
  const lab = testLab();
  try {
    const client = await lab.connect();
    await client.request(methods.engineConfigure, { slots: 1 });
    const watched = await Watched.of(client);
    const runs = await client.request(methods.environmentsBaseline, {
      environment: "tiny",
      seeds: Array.from({ length: QUEUED }, (_, seed) => seed),
    });
    await Promise.all(runs.map(({ id }) => watched.until((now) => now.runs.find((run) => run.id === id && ENDED.has(run.state)))));
    const spans = runs.map(({ id }) => {
      const record = readFileSync(path.join(lab.folder, `.proving-ground/runs/${id}/exit.json`), "utf8");
      return JSON.parse(record) as { startedAt: number; endedAt: number };
    });
    const gaps = spans.slice(1).map(({ startedAt }, index) => startedAt - (spans[index]?.endedAt ?? NaN));
    return [
      {
        what: `idle time of a place between queued runs, longest of ${gaps.length}`,
        measured: Math.max(...gaps),
        unit: "ms",
        budget: 1000,
      },
    ];
  } finally {
    await lab.dispose();
  }
}

/** From starting the process to the greeting, with a lab of ten thousand trajectories; and the snapshot and analysis that clients ask for. */
export async function restart(): Promise<Figure[]> {
  const lab = testLab();
  try {
    const first = await lab.connect();
    first.dispose();
    await lab.kill();
    const store = new Store(path.join(lab.folder, ".proving-ground/lab.db"), Date.now);
    const ideas = store.ideas.add(
      "search",
      Array.from({ length: TRAJECTORIES }, (_, i) => ({
        ...({
          environment: "tiny",
          epoch: Math.floor(i / 100),
          source: "operator",
          model: null,
          strategy: "fresh",
          kind: "hyper-parameter",
        } as const),
        ...{ knobs: { value: i % 99 }, base: null, parents: [], seed: 1 },
        text: { title: `Idea ${i}`, description: "Because it may help. ".repeat(8), changes: "- `value`: 3" },
      })),
    );
    const head = lab.git("rev-parse", "HEAD");
    const refs = ideas.map(({ id }) => `create refs/proving-ground/${id} ${head}\n`).join("");
    execFileSync("git", ["update-ref", "--stdin"], { cwd: lab.folder, input: refs });
    execFileSync("git", ["pack-refs", "--all"], { cwd: lab.folder });
    for (const { id } of ideas) {
      store.implementations.approve("human", {
        idea: id,
        base: head,
        commit: head,
        change: { files: 1, added: 1, removed: 1 },
        kind: null,
      });
    }
    const runs = store.runs.enqueue(
      "human",
      ideas.map(({ id }) => ({ environment: "tiny", idea: id, commit: head, tree: "", seed: 0, target: "local" })),
    );
    for (const { id } of runs) {
      store.runs.starting(id, HERE);
      store.runs.ended(id, { state: "succeeded", failure: null, reason: null, metric: id % 97 });
    }
    store.close();
    const start = performance.now();
    const client = await lab.connect();
    const ready = performance.now() - start;
    const asked = performance.now();
    await client.request(methods.labSubscribe, {});
    const snapshot = performance.now() - asked;
    const before = performance.now();
    await client.request(methods.resultsAnalysis, { environment: "tiny" });
    return [
      { what: "restart with 10,000 trajectories: engine ready", measured: ready, unit: "ms", budget: 500 },
      { what: "snapshot of 10,000 trajectories (no budget)", measured: snapshot, unit: "ms", budget: Infinity },
      { what: "analysis of 10,000 trajectories (no budget)", measured: performance.now() - before, unit: "ms", budget: Infinity },
    ];
  } finally {
    await lab.dispose();
  }
}
