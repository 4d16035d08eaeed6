/** Searches that stop bad runs early, in a real engine: what is stopped, what is learnt from it, and that all of it survives the engine. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { searchText } from "../../../extension/cli/searches.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";

/** Six readings that fall to VALUE. From 71 on a run is so far behind the baseline's 50 that it is stopped: it never ends by itself. */
const EVALUATE = `report() { printf '{"seconds": %s, "loss": %s}\\n' "$1" "$(( VALUE + 10 * (6 - $1) ))" >> "$PROVING_GROUND_METRICS"; }
for second in 1 2 3 4; do report $second; done
while [ "$VALUE" -gt 70 ]; do report 4; sleep 0.1; done
for second in 5 6; do report $second; done
`;

let lab: TestLab;
let connection: EngineConnection;
let watched: Watched;

async function connect(): Promise<void> {
  connection = await lab.connect();
  await connection.request(methods.engineConfigure, { slots: 2 });
  watched = await Watched.of(connection);
}
beforeEach(async () => {
  lab = testLab({ "evaluate.sh": EVALUATE });
  await connect();
});
afterEach(() => lab.dispose());

const ended = (id: number) =>
  watched.until((snapshot) => (snapshot.searches.find((search) => search.id === id)?.state === "ended" ? snapshot : null));
const ideasOf = ({ ideas }: Snapshot, id: number) => ideas.filter(({ search }) => search === id);

test.each(["evolutionary", "steady state"] as const)(
  "bad runs of %s are stopped with words, good ones end, and the search goes on to its end although the engine dies on the way",
  async (algorithm) => {
    const plan = { algorithm, source: "operators", size: 8, epochs: 3, seed: 7, base: "parent", earlyStop: { rule: "parents" } } as const;
    const { id } = await connection.request(methods.searchStart, { environment: "tiny", plan });
    await watched.until(({ runs }) => runs.some(({ early }) => early !== null));
    await lab.kill();
    await connect();
    const snapshot = await ended(id);
    const ideas = ideasOf(snapshot, id);
    expect(ideas).toHaveLength(24);
    expect(new Set(ideas.map(({ status }) => status))).toEqual(new Set(["done", "stopped"]));
    for (const run of snapshot.runs) {
      if (run.state === "succeeded") expect(run).toMatchObject({ early: null, reason: null });
      else expect(run).toMatchObject({ state: "stopped", failure: null, metric: null, early: { axis: "seconds" } });
    }
    const stopped = ideas.filter(({ status }) => status === "stopped");
    for (const { metric, problem } of stopped) {
      expect(metric).toBeNull();
      expect(problem).toMatch(/^Stopped early: its best loss by \d s of its training clock was \d+\.\d+, worse than /);
    }
    // Nothing is built on what was stopped.
    const badly = new Set(stopped.map((idea) => idea.id));
    expect(ideas.flatMap(({ parents, base }) => [...parents, base ?? -1]).filter((parent) => badly.has(parent))).toEqual([]);
    expect(snapshot.runs.filter(({ idea }) => idea !== null)).toHaveLength(24);

    expect(await connection.request(methods.searchReplay, { search: id })).toMatchObject({ ideas: 24, differences: [], skipped: [] });
    const analysis = await connection.request(methods.resultsAnalysis, { environment: "tiny" });
    expect(analysis.completion).toMatchObject({ tried: 24, valid: 24 - badly.size, stopped: badly.size, failed: 0, failures: [] });
    expect(analysis.expenses.stopped).toBe(badly.size);
    const search = snapshot.searches.find((one) => one.id === id)!;
    const saved = snapshot.runs.reduce((sum, { early }) => sum + (early?.saved ?? 0), 0) / 3600;
    expect(search.saved).toBeCloseTo(saved, 9);
    expect(analysis.expenses.saved).toBeCloseTo(saved, 9);
    expect(searchText(search, snapshot, Date.now())).toMatch(/early stopping +far behind baseline or parents, from 50 % on/);
  },
);

test("a search may be told to stop bad runs while they are under way", async () => {
  const plan = { algorithm: "best of n", source: "operators", size: 8, epochs: 1, seed: 7 } as const;
  const { id } = await connection.request(methods.searchStart, { environment: "tiny", plan });
  await watched.until(({ runs }) => runs.some(({ idea, live }) => idea !== null && (live?.value ?? 0) > 90));
  expect(watched.snapshot.runs.every(({ early }) => early === null)).toBe(true);
  const changed = await connection.request(methods.searchChange, { search: id, change: { earlyStop: { rule: "parents" } } });
  expect(changed.plan.earlyStop).toEqual({ rule: "parents", grace: 0.5 });
  const ideas = ideasOf(await ended(id), id);
  expect(new Set(ideas.map(({ status }) => status))).toEqual(new Set(["done", "stopped"]));
});
