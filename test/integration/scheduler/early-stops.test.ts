/** Runs of a search that are clearly worse than others are stopped, recorded as stopped, and found so by whoever comes after the engine. */
import { expect, test } from "vitest";
import type { EarlyStop } from "../../../extension/protocol/search.ts";
import { planFixture } from "../../fixtures/search.ts";
import { baselineRun, engineOf, type Lab, toyRepository } from "./lab.ts";

/** One reading a second of the training clock, four in all; the loss falls to `loss`. What waits goes on reporting after the third. */
const training = (loss: string, waits = "false") => `
report() { echo "{\\"seconds\\": $1, \\"loss\\": $2}" >> "$PROVING_GROUND_METRICS"; }
for second in 1 2 3; do report $second $((${loss} + 4 - second)); done
while ${waits}; do report 3 $((${loss} + 1)); sleep 0.1; done
report 4 ${loss}
`;
const GOOD = training("1");
/** Never ends by itself. */
const BAD = training("4", "true");

const toy = { train: GOOD, slots: 3 };

/** A search of the toy environment whose baseline is measured. */
async function searching(at: Lab, earlyStop: Partial<EarlyStop> = {}) {
  await at.over((await baselineRun(at)).id);
  const plan = planFixture({ earlyStop: { rule: "median", grace: 0.25, ...earlyStop } });
  return at.store.searches.start("human", { environment: "toy", plan, baseline: at.repo.git("rev-parse", "HEAD"), firstEpoch: 0, gpus: 0 });
}
type Search = Awaited<ReturnType<typeof searching>>;

async function enqueue(at: Lab, search: Search, train: string, seeds = [0]) {
  const { id } = at.idea({ "toy/train.sh": `${train}\n# ${Math.random()}\n` }, null, { search: search.id });
  return at.scheduler.enqueue("search", [id], { seeds, search });
}

async function complete(at: Lab, search: Search, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    const runs = await enqueue(at, search, GOOD);
    for (const { id } of runs) expect(await at.over(id)).toMatchObject({ state: "succeeded", early: null });
  }
}

async function started(at: Lab): Promise<Lab> {
  await at.scheduler.start();
  return at;
}

test("a run worse than the median of four completed ones is stopped, with its idea; one that is not ends by itself", async () => {
  const at = await started(engineOf(toyRepository(toy), toy));
  const search = await searching(at);
  await complete(at, search, 3);
  const [bad] = await enqueue(at, search, BAD);
  const ended = await at.over(bad!.id);
  expect(ended).toMatchObject({ state: "stopped", failure: null, metric: null, early: { axis: "seconds", limit: expect.any(Number) } });
  expect(ended.reason).toMatch(
    /^Stopped early: its best loss by [123] s of its training clock was \d\.000, worse than the median \d\.000 of 4 runs/,
  );
  expect(at.store.ideas.get(bad!.idea!)).toMatchObject({ status: "stopped", metric: null, problem: ended.reason });
  const kinds = at.store.events
    .between(0, at.store.events.newest)
    .filter(({ run }) => run === bad!.id)
    .map(({ kind }) => kind);
  expect(kinds).toEqual(["run queued", "run starting", "run started", "run stopping early", "run stopped early"]);
  await complete(at, search, 1);
  expect(at.errors).toEqual([]);
});

test("with too few runs to compare with, or with the rule off, everything goes on; the plan may be changed meanwhile", async () => {
  const at = await started(engineOf(toyRepository(toy), toy));
  const search = await searching(at, { rule: "off" });
  await complete(at, search, 3);
  const [bad] = await enqueue(at, search, BAD);
  const four = ({ live }: { live: { seconds: number | null } | null }) => live?.seconds === 3;
  expect(await at.until(bad!.id, four)).toMatchObject({ state: "running", early: null });
  at.store.searches.change("human", search.id, { ...search.plan, earlyStop: { rule: "median", grace: 0.25 } });
  expect(await at.over(bad!.id)).toMatchObject({ state: "stopped", early: { value: 5 } });
});

test("of an idea all seeds are stopped or none: the others are waited for, and those that have not begun leave the queue", async () => {
  const at = await started(engineOf(toyRepository(toy), { ...toy, slots: 2 }));
  const search = await searching(at);
  await complete(at, search, 3);
  // The first seed is bad for as long as the second is on its way, which is good.
  const mixed = training("$(( SEED == 0 ? 4 : 1 ))", '[ "$SEED" = 0 ] && [ ! -e ../../../2nd ]');
  const runs = await enqueue(at, search, mixed.replace("report 4", '[ "$SEED" = 0 ] || touch ../../../2nd; report 4'), [0, 1]);
  for (const { id } of runs) expect(await at.over(id)).toMatchObject({ state: "succeeded", early: null });

  const [one, two, three] = await enqueue(at, search, BAD, [0, 1, 2]);
  for (const run of [one, two]) expect(await at.over(run!.id)).toMatchObject({ state: "stopped", early: { value: expect.any(Number) } });
  const never = await at.over(three!.id);
  expect(never).toMatchObject({ state: "stopped", startedAt: null, early: { at: 0, value: null } });
  expect(never.reason).toMatch(/^It never began, because its idea did badly with seed [01]\. Stopped early: /);
  expect(never.early!.saved).toBeCloseTo(at.store.runs.meanSeconds("toy")!, 1);
  const saved = at.store.runs.list().reduce((sum, { early }) => sum + (early?.saved ?? 0), 0);
  expect(at.store.searches.get(search.id).saved).toBeCloseTo(saved / 3600, 9);
});

test("what a human asks for goes on to its end: a retry, and a run of one's own", async () => {
  const at = await started(engineOf(toyRepository(toy), toy));
  const search = await searching(at);
  await complete(at, search, 3);
  const slow = training("4", "[ ! -e ../../../go ]");
  const [first] = await enqueue(at, search, slow);
  expect(await at.over(first!.id)).toMatchObject({ state: "stopped", early: {} });
  const [again] = at.scheduler.retry([first!.id]);
  const [own] = await at.scheduler.enqueue("human", [first!.idea!], { seeds: [7] });
  for (const run of [again, own]) await at.until(run!.id, ({ live }) => live?.seconds === 3);
  at.repo.write(".proving-ground/runs/go", "");
  for (const run of [again, own]) expect(await at.over(run!.id)).toMatchObject({ state: "succeeded", metric: 4, early: null });
  expect(at.store.ideas.get(first!.idea!)).toMatchObject({ status: "done", metric: 4, problem: null });
});

test("an engine that dies after it has decided is followed by one that stops the run, and reads earlier curves again", async () => {
  const repo = toyRepository(toy);
  const before = await started(engineOf(repo, toy));
  const search = await searching(before, { rule: "off" });
  await complete(before, search, 3);
  const [decided, undecided] = [...(await enqueue(before, search, BAD)), ...(await enqueue(before, search, BAD))];
  for (const run of [decided, undecided]) await before.until(run!.id, ({ live }) => live?.seconds === 3);
  const why = { axis: "seconds", at: 3, value: 5, limit: 2, reason: "Stopped early: it was bad." } as const;
  before.store.early.record(new Map([[decided!.id, why]]));
  before.store.searches.change("human", search.id, { ...search.plan, earlyStop: { rule: "median", grace: 0.25 } });
  before.close();

  const after = await started(engineOf(repo, toy));
  expect(await after.over(decided!.id)).toMatchObject({ state: "stopped", reason: why.reason, early: why });
  expect(await after.over(undecided!.id)).toMatchObject({ state: "stopped", early: { value: 5, limit: 2 } });
  expect(after.errors).toEqual([]);
});

test("a run that ends by itself before it could be stopped counts", async () => {
  const at = await started(engineOf(toyRepository(toy), toy));
  const search = await searching(at);
  const [run] = await enqueue(at, search, training("2", "[ ! -e ../../../go ]"));
  await at.until(run!.id, ({ live }) => live?.seconds === 3);
  at.store.early.record(new Map([[run!.id, { axis: "seconds", at: 3, value: 3, limit: 2, reason: "Stopped early." }]]));
  at.repo.write(".proving-ground/runs/go", "");
  expect(await at.over(run!.id)).toMatchObject({ state: "succeeded", metric: 2, early: null, reason: null });
});
