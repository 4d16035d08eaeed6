/** Whole searches in virtual time: full slots without a barrier, and what is found. */
import { expect, test } from "vitest";
import { SearchPlan } from "../../../extension/protocol/search.ts";
import { LANDSCAPES } from "../../fixtures/landscapes.ts";
import { simulate, type World } from "../../fixtures/simulated-search.ts";

const plan = (more: Partial<SearchPlan>): SearchPlan =>
  SearchPlan.parse({ algorithm: "evolutionary", source: "operators", size: 24, epochs: 5, seed: 3, base: "parent", ...more });
/** Runs that take between one and ten times as long. */
const uneven = (world: World | undefined): World => ({ ...world!, duration: (random) => 10 ** random.uniform() });

test("the steady state keeps eight slots full to the end, with run times that vary tenfold; epochs leave them idle", () => {
  const steady = simulate(uneven(LANDSCAPES.separable), plan({ algorithm: "steady state" }), 8);
  expect(steady.best).toHaveLength(120);
  expect(steady.starved).toBe(0);
  const barrier = simulate(uneven(LANDSCAPES.separable), plan({ algorithm: "evolutionary" }), 8);
  expect(barrier.best).toHaveLength(120);
  expect(barrier.idle).toBeGreaterThan(2 * steady.idle);
});

test("what is guided by results finds better settings than what is not, on every landscape", () => {
  for (const [name, world] of Object.entries(LANDSCAPES)) {
    const found = (algorithm: SearchPlan["algorithm"]) =>
      [1, 2, 3].reduce((sum, seed) => sum + (simulate(world, plan({ algorithm, size: 40, epochs: 8, seed }), 8).best.at(-1) ?? 0), 0);
    expect(found("evolutionary"), name).toBeLessThan(found("best of n"));
    expect(found("steady state"), name).toBeLessThan(found("random"));
  }
});

test("the same seed gives the same search", () => {
  const once = () => simulate(LANDSCAPES.valley!, plan({ algorithm: "steady state" }), 4).best;
  expect(once()).toEqual(once());
});
