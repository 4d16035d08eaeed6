/** `proving-ground results --analysis` and `--benchmark`: what the ideas of an environment say together. */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Store } from "../../../extension/engine/store/store.ts";
import type { NewIdea } from "../../../extension/engine/store/ideas.ts";
import { Analysis, Benchmark } from "../../../extension/protocol/analysis.ts";
import type { RunFailure } from "../../../extension/protocol/run.ts";
import { SearchPlan } from "../../../extension/protocol/search.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { allGone, cells, terminal, type Terminal } from "../../fixtures/terminal.ts";
import { HERE } from "../../fixtures/lab.ts";

const HOUR = 3_600_000;
const DOLLAR = 1_000_000_000;

let lab: TestLab;
let pg: Terminal;
beforeAll(() => {
  lab = testLab();
  pg = terminal(lab.folder);
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

/** The section of a printed analysis that begins so. */
function section(text: string, title: string): string {
  const start = text.indexOf(`\n\n${title}`);
  return text.slice(start + 2).split(/\n\n(?=[A-Z])/)[0] ?? "";
}

describe("before anything was tried", () => {
  it("says so instead of printing tables of nothing", async () => {
    const text = await pg.text("results", "--analysis");
    expect(text).toContain("tiny: loss, lower is better; the baseline is not known");
    expect(section(text, "Reward by epoch")).toBe("Reward by epoch\nno ideas");
    expect(text).toContain("Completion: 0 of 0 tried ideas, unknown");
    expect(await pg.text("results", "--benchmark")).toContain("no benchmark of models yet");
    expect(await pg.json(z.array(Benchmark), "results", "--benchmark")).toEqual([]);
  });

  it("refuses what contradicts itself", async () => {
    expect((await pg.fails(2, "results", "--analysis", "--benchmark")).error.message).toContain("cannot be used with option");
    expect((await pg.fails(1, "results", "--analysis", "--env", "none")).error.code).toBe("unknown-environment");
  });
});

describe("with a search, fresh ideas to compare it with, and a benchmark", () => {
  beforeAll(async () => {
    await pg.text("env", "baseline", "--wait"); // loss 50
    await lab.kill();
    let now = Date.now();
    const store = new Store(path.join(lab.folder, ".proving-ground/lab.db"), () => now);
    fill(store, (hours) => (now += hours * HOUR));
    store.close();
  });

  it("prints progress by epoch, in rewards and in the metric", async () => {
    const text = await pg.text("results", "--analysis");
    expect(text).toMatch(/^tiny: loss, lower is better; a reward is the gain over the baseline, 50\n/);
    expect(cells(section(text, "Reward by epoch").split("\n").slice(1).join("\n"))).toEqual([
      // The benchmark's pairs are in epoch 0 too: rewards 10, 6, 5, 15 and 20.
      { epoch: "0", ideas: "7", tried: "7", completed: "5", mean: "+11.20", best: "+20.00", idea: "#6", "so-far": "+20.00", loss: "30" },
      { epoch: "1", ideas: "3", tried: "2", completed: "1", mean: "+30.00", best: "+30.00", idea: "#8", "so-far": "+30.00", loss: "20" },
    ]);
  });

  it("prints how far ideas came and why no further", async () => {
    const text = await pg.text("results", "--analysis");
    expect(text).toContain("Completion: 6 of 9 tried ideas, 67 % (35 % to 88 %); 1 under way\n");
    const [stages = "", failures = ""] = section(text, "Completion").split("\n\n");
    expect(cells(stages.split("\n").slice(1).join("\n")).map((row) => [row.stage, row.ideas])).toEqual([
      ["implemented", "8"],
      ["smoke", "8"],
      ["ran", "7"],
      ["valid", "6"],
    ]);
    expect(cells(failures)).toEqual([
      { failure: "would not apply", before: "implemented", ideas: "1", tries: "2" },
      { failure: "crash", before: "ran", ideas: "1", tries: "1" },
      { failure: "implausible", before: "valid", ideas: "1", tries: "1" },
    ]);
  });

  it("prints kinds, the judge's agreement, likeness and the comparison with best of N", async () => {
    const text = await pg.text("results", "--analysis");
    expect(text).toContain("judged by a model: 2 ideas, 100 % algorithmic; 1 as the code says, 50 %, kappa 0.00");
    expect(section(text, "Likeness")).toMatch(/commonest/);
    const [title, ...rows] = section(text, "Search against best of N").split("\n");
    expect(title).toBe("Search against best of N: search 1, lab/a, 4 ideas; 4 fresh ones to draw from");
    // Fresh ideas gain 10, 0, 6, 5; the search 10, 0, 30 and nothing.
    expect(cells(rows.join("\n"))).toMatchObject([
      { ideas: "1", search: "+10.00", "best-of-N": "+5.25" },
      { ideas: "2", search: "+10.00" },
      { ideas: "3", search: "+30.00", "reach-it": "0 %" },
      { ideas: "4", search: "+30.00", "best-of-N": "+10.00", "reach-it": "0 %" },
    ]);
  });

  it("prints what it took", async () => {
    const spent = section(await pg.text("results", "--analysis"), "Spent");
    expect(spent).toMatch(/^Spent: \$2.00 for 3 calls of models, 1 without a known price; 8 hours of runs\n/);
    expect(spent).toMatch(/\nepoch +dollars +tokens +hours\n +0 +\$2.00 +30 +6\n +1 +\$0.00 +15 +2\n$/);
  });

  it("prints every pair of a benchmark with its intervals", async () => {
    const text = await pg.text("results", "--benchmark");
    const rows = cells(section(text, "Benchmark 1").trimEnd().split("\n").slice(1).join("\n"));
    expect(section(text, "Benchmark 1")).toMatch(/^Benchmark 1, under way\n/);
    expect(rows).toMatchObject([
      {
        ideator: "lab/x",
        implementer: "lab/x",
        ideas: "1 of 4",
        tried: "1",
        completed: "1",
        mean: "+15.00",
        best: "+15.00 (+15.00 to +15.00)",
      },
      { ideator: "lab/x", implementer: "lab/b", tried: "2", completed: "1", rate: "50 % (9 % to 91 %)", mean: "+20.00", idea: "#6" },
    ]);
  });

  it("is the same as JSON, as documented", async () => {
    const analysis = await pg.json(Analysis, "results", "--analysis");
    expect(analysis).toMatchObject({
      environment: "tiny",
      scale: { metric: "loss", minimize: true, baseline: 50, measured: true },
      completion: { ideas: 10, tried: 9, valid: 6, failed: 3, open: 1, aside: 0 },
      expenses: { gpus: 0, total: { dollars: 2, tokens: 45 }, calls: 3 },
    });
    expect(await pg.json(z.array(Benchmark), "results", "--benchmark")).toEqual(analysis.benchmarks);
  });
});

/** Ten ideas: of a search in two epochs, of sampling beside it, and of two pairs of a benchmark. Every run takes an hour. */
function fill(store: Store, wait: (hours: number) => void): void {
  const begin = (plan: Partial<SearchPlan>, benchmark: number | null = null) =>
    store.searches.start("human", {
      environment: "tiny",
      plan: SearchPlan.parse({ algorithm: "best of n", source: "lab/a", size: 4, epochs: 1, seed: 1, ...plan }),
      ...{ baseline: "b", firstEpoch: 0, gpus: 0, benchmark },
    }).id;
  const add = (search: number, more: Partial<NewIdea> = {}) => {
    const idea: NewIdea = {
      ...{ environment: "tiny", epoch: 0, source: "model", model: "lab/a", strategy: "fresh", kind: null, knobs: null, base: null },
      ...{ parents: [], seed: 1, search, text: { title: "Cosine decay", description: "It may help.", changes: "" } },
      ...more,
    };
    return store.ideas.add("model", [idea])[0]!.id;
  };
  const attempt = (idea: number, outcome: "applied" | "would not apply") => {
    const id = store.implementations.startAttempt({ idea, sample: 1, number: 1, by: "lab/a", note: null });
    store.implementations.endAttempt(id, { outcome, reason: "line 3 differs", answer: "", usage: null });
  };
  const run = (idea: number, metric: number | null, failure: RunFailure | null = null) => {
    const kind = idea % 2 === 0 ? "algorithmic" : "hyper-parameter";
    store.implementations.approve("human", { idea, base: "b", commit: `c${idea}`, change: { files: 1, added: 1, removed: 0 }, kind });
    const made = { environment: "tiny", idea, commit: `c${idea}`, tree: "t", seed: 0, target: "local" };
    const [queued] = store.runs.enqueue("human", [made]);
    store.runs.starting(queued!.id, HERE);
    store.runs.running(queued!.id);
    wait(1);
    store.runs.ended(queued!.id, { state: metric === null ? "failed" : "succeeded", failure, reason: failure, metric });
  };
  const call = (search: number, cost: number | null) =>
    store.calls.append({
      purpose: { kind: "ideas", environment: "tiny", search },
      ...{ model: "lab/a", outcome: "answered", usage: { inputTokens: 10, outputTokens: 5 }, bounded: false, cost },
    });

  const [search, sampling] = [begin({ algorithm: "evolutionary", size: 2, epochs: 2 }), begin({})];
  const [own, other] = [begin({ source: "lab/x" }, 1), begin({ source: "lab/x", implementer: "lab/b" }, 1)];
  call(search, 2 * DOLLAR);
  call(sampling, null);
  const first = add(search);
  attempt(first, "would not apply");
  attempt(first, "applied");
  run(first, 40);
  store.ideas.judge(first, "algorithmic", "lab/a");
  attempt(add(search), "would not apply");
  run(add(sampling), 44);
  run(add(sampling), 45);
  store.ideas.judge(4, "algorithmic", "lab/a");
  // Another model's, so that the search is not compared with them.
  run(add(own, { model: "lab/x" }), 35);
  run(add(other, { model: "lab/x" }), 30);
  run(add(other, { model: "lab/x" }), null, "crash");
  const built = { epoch: 1, strategy: "exploit" } as const;
  run(add(search, built), 20);
  run(add(search, built), null, "implausible");
  add(search, built);
  call(search, 0);
}
