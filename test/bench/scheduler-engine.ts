/** Runs in a real engine process: many of one short command, queued at once, and what each cost beside what the command itself took. */
import path from "node:path";
import { Store } from "../../extension/engine/store/store.ts";
import type { EngineConnection } from "../../extension/protocol/connect.ts";
import * as methods from "../../extension/protocol/methods.ts";
import { ENDED, type Run } from "../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../fixtures/engine-lab.ts";
import { openHeap, type Heap } from "./heap.ts";
import type { BenchTarget } from "./scheduler-targets.ts";

/** Runs of one queue that were executed. */
export interface Executed {
  /** Milliseconds from asking for the runs to the end of the last. */
  makespan: number;
  /** When each run's end was seen, in milliseconds since the runs were asked for, earliest first. */
  ends: number[];
}

export interface EngineBench {
  heap: Heap;
  /** Queues runs of ideas that were not run yet, and waits for the end of all. */
  execute(count: number, progress?: (done: number) => void): Promise<Executed>;
  /** As of its target. */
  alone?: (count: number, length: number) => Promise<number>;
  dispose(): Promise<void>;
}

/**
 * An engine whose lab holds approved ideas.
 * @param command what each run executes
 * @param ideas how many there are
 */
export async function engineBench(target: BenchTarget, command: string, ideas: number, slots: number): Promise<EngineBench> {
  const open = await target.open(slots);
  const lab = testLab({ "environment.yaml": manifest(command) });
  try {
    const waiting = await approvedIdeas(lab, ideas);
    const client = await lab.connect();
    await open.configure(client);
    const { pid } = await client.request(methods.engineStatus, {});
    const heap = await openHeap(pid, path.join(lab.folder, ".proving-ground/engine.log"));
    return {
      heap,
      execute: (count, progress) => execute(client, waiting.splice(0, count), progress),
      ...(open.alone === undefined ? {} : { alone: open.alone }),
      dispose: async () => {
        heap.close();
        await lab.dispose();
        await open.close();
      },
    };
  } catch (cause) {
    await lab.dispose();
    await open.close();
    throw cause;
  }
}

/** Writes ideas, each with an approved implementation that differs from the baseline, straight into the store of a lab without an engine. */
async function approvedIdeas(lab: TestLab, count: number): Promise<number[]> {
  (await lab.connect()).dispose();
  await lab.kill();
  const base = lab.git("rev-parse", "HEAD");
  lab.write("train.sh", "VALUE=51\n");
  lab.git("-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "-q", "-a", "-m", "an idea");
  const commit = lab.git("rev-parse", "HEAD");
  lab.git("reset", "-q", "--hard", base);
  lab.git("update-ref", "refs/proving-ground/kept", commit);
  const store = new Store(path.join(lab.folder, ".proving-ground/lab.db"), Date.now);
  try {
    const ideas = store.ideas.add(
      "search",
      Array.from({ length: count }, (_, index) => ({
        ...({ environment: "tiny", epoch: 0, source: "operator", model: null, strategy: "fresh", kind: "hyper-parameter" } as const),
        ...{ knobs: null, base: null, parents: [], seed: 1 },
        text: { title: `Idea ${index}`, description: "Because it may help.", changes: "- `value`: 51" },
      })),
    );
    const change = { files: 1, added: 1, removed: 1 };
    for (const { id } of ideas) store.implementations.approve("human", { idea: id, base, commit, change, kind: null });
    return ideas.map(({ id }) => id);
  } finally {
    store.close();
  }
}

async function execute(client: EngineConnection, ideas: number[], progress: (done: number) => void = () => undefined): Promise<Executed> {
  const ours = new Set(ideas);
  const ends = new Map<number, number>();
  const failed: Run[] = [];
  await client.request(methods.labSubscribe, {});
  const { promise: all, resolve } = Promise.withResolvers<undefined>();
  const start = performance.now();
  client.onNotification(methods.labDelta, ({ changes }) => {
    for (const change of changes) {
      if (change.kind !== "run" || !ENDED.has(change.run.state) || ends.has(change.run.id)) continue;
      if (change.run.idea === null || !ours.has(change.run.idea)) continue;
      ends.set(change.run.id, performance.now() - start);
      if (change.run.state !== "succeeded") failed.push(change.run);
      progress(ends.size);
      if (ends.size === ours.size) resolve(undefined);
    }
  });
  await client.request(methods.runsEnqueue, { ideas });
  await all;
  const [first] = failed;
  if (first !== undefined) throw new Error(`${failed.length} runs did not succeed; the first: ${String(first.reason)}`);
  const sorted = [...ends.values()].sort((a, b) => a - b);
  return { makespan: sorted.at(-1) ?? 0, ends: sorted };
}

/** The smallest environment: its command does what it is told and reports one number. */
function manifest(command: string): string {
  const report = `echo '{"step": 1, "loss": 50}' >> "$PROVING_GROUND_METRICS"`;
  return `name: tiny
title: Tiny
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss }, plausible: { min: 0, max: 100 } }
files: { context: [train.sh], editable: [train.sh], protected: [evaluate.sh] }
run: { command: '${`${command} && ${report}`.replaceAll("'", "''")}' }
resources: { timeout: 20 }
seed: { variable: SEED }
`;
}
