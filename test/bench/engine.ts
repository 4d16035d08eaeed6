/** What the engine itself costs: an idea from its text to its recorded result with a run of nothing, and a restart with many. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Store } from "../../extension/engine/store/store.ts";
import * as methods from "../../extension/protocol/methods.ts";
import { ENDED } from "../../extension/protocol/run.ts";
import { testLab, Watched } from "../fixtures/engine-lab.ts";
import type { Figure } from "./figure.ts";

const AT_ONCE = 8;
const IDEAS = 200;
const TRAJECTORIES = 10_000;

/** Resident memory of a process in MB; 0 where /proc does not tell. */
function memory(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Apply, commit, snapshot, launch and collect, eight at once, per idea; and the memory that grows with it. */
export async function ideaCost(): Promise<Figure[]> {
  const lab = testLab();
  try {
    const client = await lab.connect();
    const { pid } = await client.request(methods.engineStatus, {});
    await client.request(methods.engineConfigure, { slots: AT_ONCE });
    const watched = await Watched.of(client);
    const texts = Array.from({ length: IDEAS }, (_, i) => ({
      title: `Idea ${i}`,
      description: "",
      changes: `- \`value\`: ${1 + (i % 49)}`,
    }));
    const round = async (batch: typeof texts) => {
      const ideas = await Promise.all(batch.map((text) => client.request(methods.ideasAdd, { environment: "tiny", text })));
      const ids = ideas.map((idea) => idea.id);
      await client.request(methods.implement, { ideas: ids });
      await Promise.all(ids.map((idea) => client.request(methods.proposalApprove, { idea, undecided: "accept" })));
      const runs = await client.request(methods.runsEnqueue, { ideas: ids });
      await Promise.all(runs.map(({ id }) => watched.until((now) => now.runs.find((run) => run.id === id && ENDED.has(run.state)))));
    };
    await round(texts.slice(0, AT_ONCE));
    const before = memory(pid);
    const start = performance.now();
    for (let at = AT_ONCE; at < IDEAS; at += AT_ONCE) await round(texts.slice(at, at + AT_ONCE));
    const each = (performance.now() - start) / (IDEAS - AT_ONCE);
    const grown = ((memory(pid) - before) * 1000) / (IDEAS - AT_ONCE);
    return [
      { what: "engine's own cost per idea, 8 at once", measured: each, unit: "ms", budget: 100 },
      { what: "engine's memory per 1,000 ideas", measured: grown, unit: "MB", budget: 40 },
    ];
  } finally {
    await lab.dispose();
  }
}

/** From starting the process to the greeting, with a lab of ten thousand trajectories; and the snapshot that a client then asks for. */
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
      store.runs.starting(id);
      store.runs.ended(id, { state: "succeeded", failure: null, reason: null, metric: id % 97 });
    }
    store.close();
    const start = performance.now();
    const client = await lab.connect();
    const ready = performance.now() - start;
    const asked = performance.now();
    await client.request(methods.labSubscribe, {});
    return [
      { what: "restart with 10,000 trajectories: engine ready", measured: ready, unit: "ms", budget: 500 },
      { what: "snapshot of 10,000 trajectories (no budget)", measured: performance.now() - asked, unit: "ms", budget: Infinity },
    ];
  } finally {
    await lab.dispose();
  }
}
