/** Ideas of one search for the models of another. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeOver } from "../../../extension/engine/search/take-over.ts";
import type { NewIdea } from "../../../extension/engine/store/ideas.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import { planFixture } from "../../fixtures/search.ts";

let store: Store;
beforeEach(() => (store = new Store(":memory:", () => 1)));
afterEach(() => store.close());

const begin = () =>
  store.searches.start("human", {
    ...{ environment: "tinylm", plan: planFixture({ size: 3, epochs: 1 }), baseline: "b", firstEpoch: 0, gpus: 0 },
  }).id;
const idea = (title: string, more: Partial<NewIdea> = {}): NewIdea => ({
  ...{ environment: "tinylm", epoch: 0, source: "model", model: "lab/m", strategy: "fresh", kind: null, knobs: null, base: null },
  ...{ parents: [], seed: 1, text: { title, description: "Because.", changes: "Change it." } },
  ...more,
});
function write(search: number, ...titles: string[]): void {
  const draw = { strategy: "fresh" as const, count: titles.length, seed: 1, parents: [], base: null, sample: [] };
  const { id } = store.requests.open(search, { epoch: 0, draw, known: 0, reference: null, under: 0, slots: 1 });
  store.requests.close(
    id,
    { answers: [], notes: [], error: null },
    titles.map((title) => idea(title)),
    "model",
  );
}

test("each is taken over once and in order, whatever a human adds meanwhile, until all are there", () => {
  const [from, into] = [begin(), begin()];
  const titles = () => store.ideas.ofSearch(into).map(({ title }) => title);
  write(from, "one", "two");
  expect(takeOver(store, from, store.searches.get(into))).toBe(false);
  store.ideas.add("human", [idea("my own", { source: "human", model: null, seed: null, search: into })]);
  expect(takeOver(store, from, store.searches.get(into))).toBe(false);
  expect(titles()).toEqual(["one", "two", "my own"]);
  write(from, "three");
  expect(takeOver(store, from, store.searches.get(into))).toBe(true);
  expect(titles()).toEqual(["one", "two", "my own", "three"]);
});
