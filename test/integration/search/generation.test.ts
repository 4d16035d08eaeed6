import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environments } from "../../../extension/engine/environments/catalogue.ts";
import { Git } from "../../../extension/engine/git/git.ts";
import { Ideator } from "../../../extension/engine/ideator/ideator.ts";
import { Models } from "../../../extension/engine/models/catalogue.ts";
import type { Chunk, Completion } from "../../../extension/engine/models/language-model.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { REAL_SURROUNDINGS } from "../../../extension/engine/models/surroundings.ts";
import { Generation } from "../../../extension/engine/search/generation.ts";
import { Novelty } from "../../../extension/engine/search/novelty.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { ProgressReport } from "../../../extension/protocol/methods.ts";
import { ideasGenerate, nextEpoch } from "../../../extension/protocol/methods.ts";
import { HERE } from "../../fixtures/lab.ts";

const MANIFEST = `
name: toy
title: Toy
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss } }
baseline: { value: 0.7 }
files: { context: [train.py], editable: [train.py], protected: [environment.yaml] }
run: { command: "true" }
resources: { timeout: 60 }
seed: { variable: SEED }
knobs:
  - { name: optimizer, title: optimizer, file: train.py, place: '^OPTIMIZER = "(\\w+)"', kind: algorithmic, choices: [sgd, adam, lion] }
  - { name: rate, title: rate, file: train.py, place: '^RATE = (.+)$', kind: hyper-parameter, range: { min: 0.1, max: 10, scale: log } }
`;
const CODE = 'OPTIMIZER = "sgd"\nRATE = 1\n';

let top: string;
let store: Store;
let git: Git;
const inside = (...args: string[]) =>
  execFileSync("git", ["-C", top, "-c", "user.name=t", "-c", "user.email=t@t", ...args])
    .toString()
    .trim();

beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), "pg-generation-"));
  mkdirSync(path.join(top, "toy"));
  writeFileSync(path.join(top, "toy/environment.yaml"), MANIFEST);
  writeFileSync(path.join(top, "toy/train.py"), CODE);
  inside("init", "-q");
  inside("add", "-A");
  inside("commit", "-qm", "base");
  git = new Git(top);
  store = new Store(":memory:", () => 1);
});
afterEach(() => {
  store.close();
  rmSync(top, { recursive: true });
});

/** A model that answers with these titles, ten characters at a time, or throws. */
function modelAnswering(...answers: (string[] | Error)[]) {
  const prompts: string[] = [];
  const model = {
    id: "stub/one",
    async *complete(request: Completion): AsyncGenerator<Chunk> {
      prompts.push(request.messages.map(({ content }) => content).join("\n"));
      const next = answers.shift() ?? [];
      if (next instanceof Error) throw next;
      const ideas = next.map((title) => ({ title, description: "Because.", changes: "Do it." }));
      yield await Promise.resolve({ type: "text", text: JSON.stringify({ ideas }) });
      yield { type: "usage", usage: { inputTokens: 100, outputTokens: 20 } };
    },
  };
  return { model, prompts };
}

function generation(model?: ReturnType<typeof modelAnswering>["model"]): Generation {
  const models = new Models(REAL_SURROUNDINGS, store.calls);
  if (model) models.get = () => model;
  const bundled = path.join(import.meta.dirname, "../../../extension/engine/ideator/prompts");
  const ideator = new Ideator(new Prompts([path.join(top, ".proving-ground/prompts"), bundled]));
  const novelty = new Novelty({ store, models });
  return new Generation({ store, git, environments: new Environments(git, top, store), models, ideator, novelty, drawSeed: () => 42 });
}
const caller = (signal = new AbortController().signal) => {
  const reports: Omit<ProgressReport, "progress">[] = [];
  return { signal, reports, report: (report: Omit<ProgressReport, "progress">) => reports.push(report) };
};
const generate = (by: Generation, more: object = {}, from = caller()) =>
  by.generate(ideasGenerate.params.parse({ environment: "toy", count: 4, ...more }), from);
const next = (by: Generation, more: object = {}) =>
  by.nextEpoch(nextEpoch.params.parse({ environment: "toy", count: 4, ...more }), caller());

/** Commits an idea's implementation as the implementer would, with one successful run. */
function implement(idea: number, code: string, metric: number | null): void {
  writeFileSync(path.join(top, "toy/train.py"), code);
  inside("commit", "-qam", `#${idea}`);
  const commit = inside("rev-parse", "HEAD");
  const base = inside("rev-parse", "HEAD~1");
  inside("reset", "-q", "--hard", base);
  store.implementations.approve("human", { idea, base, commit, change: { files: 1, added: 1, removed: 1 }, kind: null });
  const [run] = store.runs.enqueue("human", [{ environment: "toy", idea, commit, tree: "t", seed: 0, target: "local" }]);
  store.runs.starting(run!.id, HERE);
  store.runs.running(run!.id);
  const failed = metric === null;
  store.runs.ended(run!.id, {
    state: failed ? "failed" : "succeeded",
    failure: failed ? "crash" : null,
    reason: failed ? "it divided by zero" : null,
    metric,
  });
}

describe("generated ideas", () => {
  it("by operators are in the store with their knobs, kind and seed, and never the same twice", async () => {
    const first = await generate(generation());
    expect(first.notes).toEqual([]);
    expect(first.ideas).toHaveLength(4);
    expect(first.ideas[0]).toMatchObject({
      environment: "toy",
      epoch: 0,
      source: "operator",
      model: null,
      strategy: "fresh",
      base: null,
      status: "draft",
    });
    expect(first.ideas.every(({ kind }) => kind !== null)).toBe(true);
    const second = await generate(generation());
    const knobs = [...first.ideas, ...second.ideas].map(({ id }) => JSON.stringify(store.ideas.record(id).knobs));
    expect(new Set(knobs).size).toBe(8);
    expect(store.ideas.list("toy").map(({ id }) => id)).toEqual([...first.ideas, ...second.ideas].map(({ id }) => id));
  });

  it("are the same for the same seed in the same lab", async () => {
    const titles = (await generate(generation(), { seed: 7 })).ideas.map(({ title }) => title);
    store.close();
    store = new Store(":memory:", () => 1);
    expect((await generate(generation(), { seed: 7 })).ideas.map(({ title }) => title)).toEqual(titles);
  });

  it("by a model carry its name, and the user is told the cost", async () => {
    const { model, prompts } = modelAnswering(["One", "Two", "Three", "Four"]);
    const { ideas, notes, usage } = await generate(generation(model), { source: "stub/one", instructions: "Be bold." });
    expect(ideas.map(({ source, model: by, kind }) => [source, by, kind])).toEqual(Array(4).fill(["model", "stub/one", null]));
    expect({ notes, usage }).toEqual({ notes: [], usage: { inputTokens: 100, outputTokens: 20 } });
    expect(prompts[0]).toContain('1 | OPTIMIZER = "sgd"');
    expect(prompts[0]).toContain("> Be bold.");
  });

  it("are asked for ten at a time, told what the batch holds, and reported as one whole", async () => {
    const titles = Array.from({ length: 12 }, (_, index) => `Idea ${index}`);
    const { model, prompts } = modelAnswering(titles.slice(0, 10), titles.slice(10));
    const from = caller();
    const { ideas } = await generate(generation(model), { source: "stub/one", count: 12 }, from);
    expect(ideas.map(({ title }) => title)).toEqual(titles);
    expect(prompts).toHaveLength(2);
    expect(prompts[1]).toContain("- Idea 9");
    expect(from.reports.every(({ total }) => total === 12)).toBe(true);
    expect(from.reports.at(-1)?.done).toBe(11);
  });

  it("that were written before a model failed are kept, and the failure is told", async () => {
    const titles = Array.from({ length: 10 }, (_, index) => `Idea ${index}`);
    const { model } = modelAnswering(titles, new ProvingGroundError("model", "nothing listens there"));
    const { ideas, notes } = await generate(generation(model), { source: "stub/one", count: 30 });
    expect(ideas).toHaveLength(10);
    expect(notes).toContain("nothing listens there");
  });

  it("are none when a model fails at once: the error is the answer", async () => {
    const { model } = modelAnswering(new ProvingGroundError("no-key", "the key was refused"));
    await expect(generate(generation(model), { source: "stub/one" })).rejects.toMatchObject({ code: "no-key" });
    expect(store.ideas.list()).toEqual([]);
  });

  it("are refused on a baseline with uncommitted changes", async () => {
    writeFileSync(path.join(top, "toy/train.py"), "RATE = 2\n");
    await expect(generate(generation())).rejects.toMatchObject({ code: "dirty-baseline" });
  });

  it("follow prompts that the workspace overrides", async () => {
    mkdirSync(path.join(top, ".proving-ground/prompts"), { recursive: true });
    writeFileSync(path.join(top, ".proving-ground/prompts/fresh.md"), "Only this: {{count}}.");
    const { model, prompts } = modelAnswering(["One", "Two", "Three", "Four"]);
    await generate(generation(model), { source: "stub/one" });
    expect(prompts[0]?.endsWith("Only this: 4 ideas.")).toBe(true);
  });
});

describe("the next epoch", () => {
  const ADAM = 'OPTIMIZER = "adam"\nRATE = 1\n';
  async function firstEpoch(): Promise<void> {
    const { model } = modelAnswering(["Use Adam", "Rate two", "Crash"]);
    await generate(generation(model), { source: "stub/one", count: 3 });
    implement(1, ADAM, 0.6);
    implement(2, 'OPTIMIZER = "sgd"\nRATE = 2\n', 0.65);
    implement(3, "RATE = 1/0\n", null);
    store.parents.set("human", "toy", [1, 2]);
  }

  it("builds half on the chosen parents and explores with the rest, shown results, diffs and failures", async () => {
    await firstEpoch();
    const { model, prompts } = modelAnswering(["Both", "Adam further"], ["Other", "Another"]);
    const { ideas } = await next(generation(model), { source: "stub/one", exploit: 0.5 });
    expect(ideas.map(({ epoch, strategy, base, parents }) => [epoch, strategy, base, parents])).toEqual([
      [1, "exploit", 1, [1, 2]],
      [1, "exploit", 1, [1, 2]],
      [1, "explore", null, []],
      [1, "explore", null, []],
    ]);
    const [exploit, explore] = prompts;
    expect(exploit).toContain('1 | OPTIMIZER = "adam"');
    expect(exploit).toContain("### #1 Use Adam\n\nResult: loss 0.6, better than the unchanged code by 0.1");
    expect(exploit).toContain('-OPTIMIZER = "sgd"\n+OPTIMIZER = "adam"');
    expect(exploit).not.toContain("divided by zero");
    expect(explore).toContain('1 | OPTIMIZER = "sgd"');
    expect(explore).toContain("Result: FAILED: it divided by zero");
    expect(explore).toContain("- Both\n- Adam further");
  });

  it("by operators crosses and mutates the parents as they are in the code", async () => {
    await firstEpoch();
    const { ideas } = await next(generation(), { exploit: 1, count: 8 });
    expect(ideas.every(({ base, strategy, source }) => base === 1 && strategy === "exploit" && source === "operator")).toBe(true);
    expect(ideas.some(({ parents }) => parents.length === 2)).toBe(true);
    expect(ideas.some(({ title }) => title.includes("Rate 1 → 2 (#1 × #2)"))).toBe(true);
  });

  it("on the baseline when that is asked for", async () => {
    await firstEpoch();
    const { ideas } = await next(generation(), { exploit: 1, base: "baseline" });
    expect(ideas.every(({ base }) => base === null)).toBe(true);
    expect(ideas.every(({ parents }) => parents.length > 0)).toBe(true);
  });

  it("says so when there is nothing to build on", async () => {
    const { ideas, notes } = await next(generation());
    expect(ideas.map(({ epoch, strategy }) => [epoch, strategy])).toEqual(Array(4).fill([1, "fresh"]));
    expect(notes).toEqual([
      "no parents are chosen, so that nothing builds on earlier ideas",
      "nothing has been executed yet, so that there is nothing to differ from",
    ]);
  });
});
