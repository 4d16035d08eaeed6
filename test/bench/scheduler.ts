/**
 * `npm run bench:scheduler`: what the engine costs per run and how busy it keeps its slots. Runs of nothing and runs of `--length` seconds on
 * eight slots, in a real engine process, per target; memory; whether the cost stays flat from 50 to 5,000 runs in the queue. Beside it,
 * in the same run, OpenEvolve from PyPI doing the same work.
 *
 *     npm run bench:scheduler -- [--nothing 1000] [--seconds 200] [--length 1] [--queues 50,500,5000] [--targets local,contained,slurm] [--only nothing,seconds,flat,peer]
 */
import { parseArgs } from "node:util";
import { packaged } from "../workbench/packaged.ts";
import { ensurePrerequisites } from "../workbench/prerequisites.ts";
import type { Figure } from "./figure.ts";
import { evolve, peerName } from "./openevolve/openevolve.ts";
import { engineBench, type EngineBench, type Executed } from "./scheduler-engine.ts";
import { TARGETS, type BenchTarget } from "./scheduler-targets.ts";
import { printFigures } from "./table.ts";

const SLOTS = 8;
/** Runs until the engine's code is compiled and young objects have taken the room they will have. */
const WARM_UP = 400;
/** Evaluations until all workers of the peer have begun. */
const PEER_WARM_UP = 2 * SLOTS;
/** Milliseconds per run that the engine may take for itself. */
const BUDGET = 100;
/** How much dearer a run may be in one window of the queue than in another. */
const FLAT = 1.5;

const { values: given } = parseArgs({
  options: {
    nothing: { type: "string", default: "1000" },
    seconds: { type: "string", default: "200" },
    length: { type: "string", default: "1" },
    queues: { type: "string", default: "50,500,5000" },
    targets: { type: "string", default: "local,contained,slurm" },
    only: { type: "string", default: "nothing,seconds,flat,peer" },
  },
});
const [nothing, seconds] = [Number(given.nothing), Number(given.seconds)];
const length = Number(given.length);
const queues = given.queues.split(",").map(Number);
const parts = given.only.split(",");
const targets = given.targets.split(",").map((name) => {
  const target = TARGETS.find((known) => known.name === name);
  if (target === undefined) throw new Error(`no target ${name}; there are ${TARGETS.map((known) => known.name).join(", ")}`);
  return target;
});

ensurePrerequisites(["environment", "clusters"]);
await packaged();
console.log(`
Each run of ours: code of its commit written to a folder of its own, protected files compared with the baseline's, a plan on disk, a
supervisor with time limit and signals, log and metrics in files, an end recorded by the supervisor and again in the database with its
event, the metric read and judged, every change sent to a subscriber. A killed engine finds each again.
Each evaluation of the peer's: a prompt, an answer of a model server that answers at once, the program written to a temporary file, the
evaluator's process in a worker of its pool, the result kept in memory with a checkpoint every hundred; the model's share is in its figure.
`);
const figures: Figure[] = [];
for (const target of targets) {
  if (parts.includes("nothing")) figures.push(...(await runsOfNothing(target)));
  if (parts.includes("seconds")) figures.push(...(await runsOfSeconds(target)));
  if (parts.includes("flat")) figures.push(...(await flatness(target)));
}
if (parts.includes("peer")) figures.push(...(await peer()));
printFigures(figures);

/** Own cost per run, and what of it stays in memory. */
async function runsOfNothing(target: BenchTarget): Promise<Figure[]> {
  return withEngine(target, "true", WARM_UP + nothing, async (engine) => {
    await executed(engine, WARM_UP, `${target.name}: warm-up`);
    const before = { alive: await engine.heap.alive(), resident: engine.heap.resident() };
    const { makespan } = await executed(engine, nothing, `${target.name}: runs of nothing`);
    const resident = engine.heap.resident();
    const grown = (megabytes: number) => (megabytes * 1000) / nothing;
    return [
      {
        what: `${target.name}: own cost per run, ${nothing} runs of nothing on ${SLOTS} slots`,
        measured: makespan / nothing,
        unit: "ms",
        budget: BUDGET,
      },
      { what: "  resident memory, growth per 1,000 runs", measured: grown(resident - before.resident), unit: "MB", budget: 40 },
      {
        what: "  alive after a collection, growth per 1,000 runs",
        measured: grown((await engine.heap.alive()) - before.alive),
        unit: "MB",
        budget: 40,
      },
    ];
  });
}

/** Share of the time in which the slots would have been busy had they never waited. */
async function runsOfSeconds(target: BenchTarget): Promise<Figure[]> {
  return withEngine(target, `sleep ${length}`, SLOTS + seconds, async (engine) => {
    await executed(engine, SLOTS, `${target.name}: warm-up`);
    const { makespan } = await executed(engine, seconds, `${target.name}: runs of ${length} s`);
    const ideal = Math.ceil(seconds / SLOTS) * length * 1000;
    const alone = await engine.alone?.(seconds, length);
    return [
      {
        what: `${target.name}: share of the ideal makespan, ${seconds} runs of ${length} s on ${SLOTS} slots`,
        measured: ideal / makespan,
        unit: "",
        budget: -target.share,
      },
      {
        what: "  time that a slot stands still between two runs, mean (no budget)",
        measured: (makespan * SLOTS) / seconds - length * 1000,
        unit: "ms",
        budget: Infinity,
      },
      ...(alone === undefined
        ? []
        : [
            {
              what: `  share that ${target.name} reaches by itself on the same jobs (no budget)`,
              measured: ideal / alone,
              unit: "",
              budget: Infinity,
            },
            { what: `  ours beside that`, measured: alone / makespan, unit: "", budget: -target.share },
          ]),
    ];
  });
}

/** Own cost per run at the beginning and at the end of ever longer queues, beside that of the shortest. */
async function flatness(target: BenchTarget): Promise<Figure[]> {
  const most = Math.max(...queues);
  return withEngine(target, "true", WARM_UP + queues.reduce((sum, queue) => sum + queue, 0), async (engine) => {
    await executed(engine, WARM_UP, `${target.name}: warm-up`);
    const costs: Figure[] = [];
    const windows: number[] = [];
    for (const queue of queues.toSorted((a, b) => a - b)) {
      const { ends } = await executed(engine, queue, `${target.name}: a queue of ${queue}`);
      const window = Math.min(Math.floor(queue / 2), Math.max(25, Math.floor(queue / 10)));
      // The first end is that of a full set of slots: what comes after it is the steady state.
      const first = ((ends[window] ?? NaN) - (ends[0] ?? NaN)) / window;
      const last = ((ends.at(-1) ?? NaN) - (ends.at(-1 - window) ?? NaN)) / window;
      windows.push(first, last);
      for (const [which, measured] of [
        ["first", first],
        ["last", last],
      ] as const)
        costs.push({ what: `  own cost per run, ${which} ${window} of ${queue} in the queue`, measured, unit: "ms", budget: BUDGET });
    }
    const ratio = Math.max(...windows) / Math.min(...windows);
    return [
      { what: `${target.name}: dearest window beside the cheapest, queues up to ${most}`, measured: ratio, unit: "times", budget: FLAT },
      ...costs,
    ];
  });
}

/** OpenEvolve's figures once its workers have begun: their start is left out. */
async function peer(): Promise<Figure[]> {
  const name = peerName();
  const steady = async (command: string, count: number) => {
    console.error(`${name}: ${count} × ${command}`);
    const ends = await evolve(command, count + PEER_WARM_UP, SLOTS);
    return (ends.at(-1) ?? NaN) - (ends[PEER_WARM_UP - 1] ?? NaN);
  };
  const figures: Figure[] = [];
  for (const count of new Set([50, nothing])) {
    figures.push({
      what: `${name}: own cost per idea, ${count} evaluations of nothing, ${SLOTS} at once (no budget)`,
      measured: (await steady("true", count)) / count,
      unit: "ms",
      budget: Infinity,
    });
  }
  const share = (seconds * length * 1000) / SLOTS / (await steady(`sleep ${length}`, seconds));
  figures.push({
    what: `${name}: share of the ideal makespan, ${seconds} evaluations of ${length} s (no budget)`,
    measured: share,
    unit: "",
    budget: Infinity,
  });
  return figures;
}

async function withEngine<T>(target: BenchTarget, command: string, ideas: number, body: (engine: EngineBench) => Promise<T>): Promise<T> {
  const engine = await engineBench(target, command, ideas, SLOTS);
  try {
    return await body(engine);
  } finally {
    await engine.dispose();
  }
}

/** As `execute`, with a line for every tenth that is done. */
function executed(engine: EngineBench, count: number, what: string): Promise<Executed> {
  const step = Math.ceil(count / 10);
  return engine.execute(count, (done) => {
    if (done % step === 0 || done === count) console.error(`${what}: ${done} of ${count}`);
  });
}
