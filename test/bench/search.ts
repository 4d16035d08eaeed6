/**
 * `npm run bench:search`: what guided search is worth, and what it costs. On `envs/tinylm` with operators in a real engine: equal budgets,
 * several seeds, intervals. On three synthetic landscapes with noise: 2,000 ideas, the search's own cost per idea, and whether it stays
 * flat. With run times that vary tenfold: how idle eight slots are with epochs and without.
 *
 *     npm run bench:search -- [--seeds 5] [--runs 60] [--seconds 2] [--only tinylm,landscapes,slots]
 *
 * `--seconds` is the work that each run of tinylm may do; its own budget is 8.
 */
import { parseArgs } from "node:util";
import { type Algorithm, SearchPlan } from "../../extension/protocol/search.ts";
import { LANDSCAPES } from "../fixtures/landscapes.ts";
import { simulate } from "../fixtures/simulated-search.ts";
import { packaged } from "../workbench/packaged.ts";
import { ensurePrerequisites } from "../workbench/prerequisites.ts";
import { interval, median, numberText } from "./interval.ts";
import { tinylmSearches } from "./tinylm-search.ts";

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string", default: "5" },
    runs: { type: "string", default: "60" },
    seconds: { type: "string", default: "2" },
    only: { type: "string", default: "landscapes,slots,tinylm" },
  },
});
const seeds = Array.from({ length: Number(given.seeds) }, (_, seed) => seed + 1);
const parts = given.only.split(",");

const IDEAS = 2000;
const EPOCH = 50;
const SLOTS = 8;
const ALGORITHMS: readonly Algorithm[] = ["evolutionary", "steady state", "best of n", "random"];
const plan = (algorithm: Algorithm, seed: number, size: number, epochs: number) =>
  SearchPlan.parse({ algorithm, source: "operators", size, epochs, seed, base: "parent" });

if (parts.includes("landscapes")) {
  console.log(`\nSynthetic landscapes, ${IDEAS} ideas, noise 0.01, ${seeds.length} seeds: true value of what was found (lower is better)`);
  console.log("mean and 95% interval over seeds; the search's own cost per idea, first and last quarter (budget: 10 ms, flat)\n");
  for (const [name, world] of Object.entries(LANDSCAPES)) {
    console.log(`${name}, baseline ${numberText(world.value(world.baseline) ?? NaN)}`);
    for (const algorithm of ALGORITHMS) {
      const made = seeds.map((seed) => simulate(world, plan(algorithm, seed, EPOCH, IDEAS / EPOCH), SLOTS));
      const at = (ideas: number) => interval(made.map(({ best }) => best[Math.min(ideas, best.length) - 1] ?? NaN));
      const costs = made.flatMap(({ cost }) => [cost.slice(0, IDEAS / 4), cost.slice(-IDEAS / 4)]);
      const quarter = (which: number) => median(costs.filter((_, index) => index % 2 === which).map(mean));
      const worst = Math.max(...costs.map(mean));
      console.log(
        `  ${algorithm.padEnd(13)} after 100: ${at(100)}   after ${IDEAS}: ${at(IDEAS)}   ` +
          `${quarter(0).toFixed(2)} ms → ${quarter(1).toFixed(2)} ms per idea${worst <= 10 ? "" : "  OVER BUDGET"}`,
      );
    }
  }
}

if (parts.includes("slots")) {
  console.log(`\n${SLOTS} slots, 400 ideas, run times from 1 to 10 (log-uniform), ${seeds.length} seeds`);
  for (const algorithm of ["steady state", "evolutionary"] as const) {
    const world = { ...LANDSCAPES.separable!, duration: (random: { uniform(): number }) => 10 ** random.uniform() };
    const made = seeds.map((seed) => simulate(world, plan(algorithm, seed, 40, 10), SLOTS));
    const idle = interval(made.map((one) => 100 * one.idle));
    const starved = interval(made.map((one) => one.starved));
    console.log(`  ${algorithm.padEnd(13)} idle ${idle} % of slot time; ${starved} s with a free slot while ideas were still planned`);
  }
}

if (parts.includes("tinylm")) {
  ensurePrerequisites(["environment"]);
  await packaged();
  const [runs, seconds] = [Number(given.runs), Number(given.seconds)];
  console.log(
    `\nenvs/tinylm with operators, ${runs} runs a search, ${seconds} work seconds a run, ${seeds.length} seeds: best validation loss`,
  );
  const algorithms = ["evolutionary", "best of n", "random"] as const;
  const say = (line: string) => console.error(`  ${line}`);
  for (const { algorithm, best, baseline, curve } of await tinylmSearches(algorithms, seeds, runs, seconds, say)) {
    const marks = [runs / 4, runs / 2, runs].map(
      (at) => `after ${Math.round(at)}: ${interval(curve.map((one) => one[Math.round(at) - 1] ?? NaN))}`,
    );
    console.log(
      `  ${algorithm.padEnd(13)} ${marks.join("   ")}   best of all ${numberText(Math.min(...best))}; baseline ${numberText(baseline)}`,
    );
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
