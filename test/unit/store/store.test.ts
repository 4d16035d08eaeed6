import { DatabaseSync } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewIdea } from "../../../extension/engine/store/ideas.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import { planFixture } from "../../fixtures/search.ts";
import { HERE } from "../../fixtures/lab.ts";

const idea = (title: string, more: Partial<NewIdea> = {}): NewIdea => ({
  ...{
    environment: "tinylm",
    epoch: 0,
    source: "human",
    model: null,
    strategy: "fresh",
    kind: null,
    knobs: null,
    base: null,
    parents: [],
    seed: null,
  },
  text: { title, description: "Because.", changes: "Change it." },
  ...more,
});
const run = (of: number | null, seed = 0) => ({ environment: "tinylm", idea: of, commit: "c0ffee", tree: "beef", seed, target: "local" });
const change = { files: 1, added: 2, removed: 1 };

let folder: string;
let store: Store;
let now = 1000;
const open = () => new Store(path.join(folder, "lab.db"), () => now);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pg-store-"));
  store = open();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const added = (one: NewIdea) => store.ideas.add("human", [one])[0]!.id;
const status = (id: number) => store.ideas.get(id).status;
function implemented(title: string): number {
  const id = added(idea(title));
  store.implementations.approve("human", { idea: id, base: "b", commit: `commit-${title}`, change, kind: "algorithmic" });
  return id;
}

describe("an idea's status", () => {
  it("follows from its attempts, proposal, implementation and runs", () => {
    const id = added(idea("Cosine"));
    expect(status(id)).toBe("draft");
    const attempt = store.implementations.startAttempt({ idea: id, sample: 1, number: 1, by: "model", note: null });
    expect(status(id)).toBe("implementing");
    store.implementations.endAttempt(attempt, { outcome: "would not apply", reason: "line 3 differs", answer: "", usage: null });
    expect(store.ideas.get(id)).toMatchObject({ status: "not implemented", problem: "line 3 differs" });
    store.implementations.openProposal("model", { idea: id, base: "b", change, written: "w" });
    expect(status(id)).toBe("in review");
    store.implementations.approve("human", { idea: id, base: "b", commit: "c", change, kind: "algorithmic" });
    expect(store.ideas.get(id)).toMatchObject({ status: "approved", commit: "c", kind: "algorithmic", change });
    const [first] = store.runs.enqueue("human", [run(id)]);
    expect(status(id)).toBe("queued");
    store.runs.starting(first!.id, HERE);
    expect(status(id)).toBe("running");
    store.runs.running(first!.id);
    now += 8000;
    store.runs.ended(first!.id, { state: "succeeded", failure: null, reason: null, metric: 1.8 });
    expect(store.ideas.get(id)).toMatchObject({ status: "done", metric: 1.8, seeds: 1, seconds: 8 });
    store.ideas.reject("human", [id], false);
    expect(status(id)).toBe("rejected");
    store.ideas.reject("human", [id], true);
    expect(status(id)).toBe("done");
  });

  it("is failed with the last run's reason when no run succeeded, and done as soon as one did", () => {
    const id = implemented("Lion");
    const [a, b] = store.runs.enqueue("human", [run(id, 0), run(id, 1)]);
    store.runs.starting(a!.id, HERE);
    store.runs.ended(a!.id, { state: "failed", failure: "crash", reason: "exit code 1", metric: null });
    expect(status(id)).toBe("queued");
    store.runs.starting(b!.id, HERE);
    store.runs.ended(b!.id, { state: "failed", failure: "crash", reason: "exit code 2", metric: null });
    expect(store.ideas.get(id)).toMatchObject({ status: "failed", problem: "exit code 2" });
  });
});

describe("a repetition", () => {
  it("is of an earlier idea, or of one that is written at the same time, and follows the text", () => {
    const first = added(idea("Cosine"));
    const ideas = store.ideas.add("model", [
      idea("Cosine again", { repeats: { idea: first, likeness: 0.8 } }),
      idea("Lion"),
      idea("Lion again", { repeats: { draft: 1, likeness: 0.7 } }),
    ]);
    const [again, lion, other] = ideas.map(({ id }) => id);
    expect(ideas.map(({ repeats }) => repeats)).toEqual([{ idea: first, likeness: 0.8 }, null, { idea: lion, likeness: 0.7 }]);
    expect([again, lion].map((id) => store.ideas.record(id!).repeats)).toEqual([true, false]);
    const text = { title: "Muon", description: "", changes: "" };
    expect(store.ideas.edit("human", again!, text, null).repeats).toEqual({ idea: first, likeness: 0.8 });
    expect(store.ideas.edit("human", again!, text, null, null).repeats).toBeNull();
    expect(store.ideas.edit("human", other!, text, null, { idea: again!, likeness: 1 }).repeats).toEqual({ idea: again, likeness: 1 });
  });
});

describe("what a model says of a kind", () => {
  it("is kept beside the kind by the diff, with the model's name", () => {
    const id = implemented("Cosine");
    expect(store.ideas.get(id)).toMatchObject({ kind: "algorithmic", judged: null, judgedBy: null });
    store.ideas.judge(id, "hyper-parameter", "lab/m");
    expect(store.ideas.get(id)).toMatchObject({ kind: "algorithmic", judged: "hyper-parameter", judgedBy: "lab/m" });
  });
});

describe("vectors", () => {
  it("are kept by text and model, bit by bit", () => {
    const vectors = new Map([
      ["one", Float32Array.of(0.1, -2, 3e-9)],
      ["two", Float32Array.of(1, 0, 0)],
    ]);
    store.vectors.put("lab/e", vectors);
    store.vectors.put("lab/other", new Map([["one", Float32Array.of(5)]]));
    store.close();
    store = open();
    expect(store.vectors.of("lab/e")).toEqual(vectors);
    expect(store.vectors.of("lab/none")).toEqual(new Map());
  });
});

describe("the event log", () => {
  it("tells which ideas are written otherwise than before, each once", () => {
    const [a, b, c] = ["A", "B", "C"].map((title) => added(idea(title)));
    const { newest } = store.events;
    store.ideas.reject("human", [b!], false);
    store.ideas.edit("human", c!, { title: "C2", description: "", changes: "" }, null);
    store.ideas.edit("human", c!, { title: "C3", description: "", changes: "" }, null);
    store.ideas.rebase("human", a!, b!);
    const d = added(idea("D"));
    expect(store.events.written(newest)).toEqual([a, c, d]);
    expect(store.events.written(store.events.newest)).toEqual([]);
  });
});

describe("the queue", () => {
  it("is first come first served, except for what was put first", () => {
    const id = implemented("A");
    const [a, b, c] = store.runs.enqueue("human", [run(id, 0), run(id, 1), run(id, 2)]).map((one) => one.id);
    store.runs.reorder([c!], a!);
    expect(store.runs.queued().map((one) => one.id)).toEqual([c, a, b]);
  });

  it("refuses to move a run that is not where the move begins", () => {
    const id = implemented("A");
    const [a] = store.runs.enqueue("human", [run(id)]);
    store.runs.starting(a!.id, HERE);
    expect(() => store.runs.starting(a!.id, HERE)).toThrow(/run 1 is starting/);
    store.runs.ended(a!.id, { state: "stopped", failure: null, reason: null, metric: null });
    expect(() => store.runs.ended(a!.id, { state: "succeeded", failure: null, reason: null, metric: 1 })).toThrow(/is stopped/);
  });

  it("counts baseline results only for exactly the code they measured", () => {
    const [a] = store.runs.enqueue("human", [run(null)]);
    store.runs.starting(a!.id, HERE);
    store.runs.ended(a!.id, { state: "succeeded", failure: null, reason: null, metric: 2 });
    expect(store.runs.ofBaseline("tinylm", "beef")).toHaveLength(1);
    expect(store.runs.ofBaseline("tinylm", "dead")).toHaveLength(0);
  });
});

describe("parents", () => {
  it("keep their order and must be implemented", () => {
    const a = implemented("A");
    const b = implemented("B");
    const draft = added(idea("C"));
    expect(store.parents.set("human", "tinylm", [b, a, b])).toEqual([b, a]);
    expect(() => store.parents.set("human", "tinylm", [draft])).toThrow(/no approved implementation/);
    expect(store.parents.of("tinylm")).toEqual([b, a]);
  });
});

describe("the file", () => {
  it("holds everything after it was opened again", () => {
    const id = implemented("A");
    store.ideas.edit("human", id, { title: "A2", description: "d", changes: "" }, { width: 3 });
    const before = store.ideas.list();
    store.close();
    store = open();
    expect(store.ideas.list()).toEqual(before);
  });

  it("records who did what, and the record cannot be changed", () => {
    implemented("A");
    const raw = new DatabaseSync(path.join(folder, "lab.db"));
    const events = raw.prepare("SELECT actor, kind FROM events ORDER BY seq").all();
    expect(events.map((event) => event.kind)).toEqual(["idea added", "implementation approved"]);
    expect(() => raw.exec("DELETE FROM events")).toThrow(/append-only/);
    expect(() => raw.exec("UPDATE events SET actor = 'model'")).toThrow(/append-only/);
    raw.close();
  });

  it("of before early stopping is brought up to date: every search lets its runs go on to their end", () => {
    const { earlyStop, ...plan } = planFixture();
    const { id } = store.searches.start("human", { environment: "tinylm", plan: planFixture(), baseline: "b", firstEpoch: 0, gpus: 0 });
    store.close();
    const raw = new DatabaseSync(path.join(folder, "lab.db"));
    raw.prepare("UPDATE searches SET plan = ?").run(JSON.stringify(plan));
    raw.exec("ALTER TABLE runs DROP COLUMN early; ALTER TABLE runs DROP COLUMN watched; PRAGMA user_version = 8");
    raw.close();
    store = open();
    expect(store.searches.get(id).plan).toEqual({ ...plan, earlyStop });
  });

  it("of a newer version is refused and left as it is", () => {
    store.close();
    const raw = new DatabaseSync(path.join(folder, "lab.db"));
    raw.exec("PRAGMA user_version = 99");
    raw.close();
    expect(open).toThrow(/newer Proving Ground/);
    rmSync(path.join(folder, "lab.db"));
    store = open();
  });

  it("keeps nothing of a transaction that failed", () => {
    expect(() => store.ideas.add("human", [idea("fine"), idea("child", { parents: [999] })])).toThrow(/FOREIGN KEY/);
    expect(store.ideas.list()).toEqual([]);
  });
});
