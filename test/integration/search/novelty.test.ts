/** New ideas compared with all earlier ones: settings exactly, words always, vectors where a model gives them. */
import { describe, expect, it } from "vitest";
import { Novelty, type Candidate, type LookOptions } from "../../../extension/engine/search/novelty.ts";
import { UNLIKE_IDEAS } from "../../../extension/engine/search/unlike-ideas.ts";
import type { IdeaText } from "../../../extension/protocol/idea.ts";
import { SearchPlan } from "../../../extension/protocol/search.ts";
import { IDEAS_IN_WORDS } from "../../fixtures/ideas-in-words/all.ts";
import { busy, modelServer, status, type ModelServer } from "../../fixtures/model-server.ts";
import { Toy } from "./toy.ts";

const originals = IDEAS_IN_WORDS.map(({ original }) => original);
const GROUPS = IDEAS_IN_WORDS.map(({ original, close, free }) => [original, close, free].map(({ title }) => title));

/** Texts of one idea have nearly one direction, all ideas a part of it in common: as a model finds them that understands them. */
function meaning(text: string): number[] {
  const known = GROUPS.findIndex((titles) => titles.some((title) => text.startsWith(`${title}\n`)));
  const vector = Array.from({ length: 256 }, () => 0);
  vector[0] = 1;
  vector[known === -1 ? 100 + (text.length % 150) : 1 + known] = 1.5;
  vector[255] = (text.length % 7) / 20;
  return vector;
}
const inWords = (text: IdeaText): Candidate => ({ text, knobs: null, base: null });
const settings = (rate: number, base: number | null = null): Candidate => ({
  text: {
    title: `Rate 1 → ${rate}`,
    description: "Moves one setting of the baseline.\n\nKind: hyper-parameter.",
    changes: `- \`rate\`: 1 → ${rate}`,
  },
  knobs: { rate },
  base,
});

async function look(toy: Toy, drafts: readonly Candidate[], more: Partial<LookOptions> = {}, novelty = toy.novelty) {
  const environment = await toy.environments.get("toy");
  return novelty.look(environment, drafts, { signal: new AbortController().signal, ...more });
}
const embedded = (server: ModelServer) => server.embeddings.flatMap(({ body }) => body.input as string[]);

describe("by words", () => {
  it("a draft is compared with every earlier idea, those put aside too, and with the drafts before it", async () => {
    using toy = new Toy();
    const [, aside] = toy.written({ text: originals[0]! }, { text: originals[1]! }, { text: originals[2]! });
    toy.store.ideas.reject("human", [aside!.id], false);
    const drafts = [originals[3]!, IDEAS_IN_WORDS[1]!.close, IDEAS_IN_WORDS[3]!.close, originals[6]!].map(inWords);
    const { repeats, notes } = await look(toy, drafts);
    expect(repeats.map((repeat) => repeat && { ...repeat, likeness: 0 })).toEqual([
      null,
      { idea: 2, likeness: 0, by: "words", what: expect.stringMatching(/^#2 “SwiGLU .*” \(\d\d% alike by words\), which was rejected$/) },
      {
        draft: 0,
        likeness: 0,
        by: "words",
        what: expect.stringMatching(/^“Exponential moving .*”, written at the same time \(\d\d% alike by words\)$/),
      },
      null,
    ]);
    expect(notes).toEqual([]);
  });

  it("what is written, edited or measured later counts as it is then", async () => {
    using toy = new Toy();
    const again = async (of: number) => (await look(toy, [inWords(IDEAS_IN_WORDS[of]!.close)])).repeats[0]?.what ?? null;
    expect(await again(0)).toBeNull();
    const [first] = toy.written({ text: originals[0]! });
    expect(await again(0)).toContain("which is a draft");
    toy.executed(first!.id, 0.5);
    expect(await again(0)).toContain("which reached loss 0.5");
    const [second] = toy.written({ text: originals[1]! });
    toy.store.ideas.edit("human", second!.id, originals[2]!, null);
    expect([await again(1), await again(2)]).toEqual([null, expect.stringContaining("#2")]);
  });

  it("ideas of other environments are no matter, and within a search those of others are not", async () => {
    using toy = new Toy();
    toy.written({ text: originals[0]!, environment: "other" });
    const plan = SearchPlan.parse({ algorithm: "best of n", source: "lab/m", size: 1, epochs: 1, seed: 1, memory: "search" });
    const search = toy.store.searches.start("human", { environment: "toy", plan, baseline: "c", firstEpoch: 0, gpus: 0 }).id;
    toy.written({ text: originals[1]! }, { text: originals[2]!, search });
    const drafts = [0, 1, 2].map((at) => inWords(IDEAS_IN_WORDS[at]!.close));
    const ideas = (looked: Awaited<ReturnType<typeof look>>) => looked.repeats.map((repeat) => repeat && "idea" in repeat && repeat.idea);
    expect(ideas(await look(toy, drafts))).toEqual([null, 2, 3]);
    expect(ideas(await look(toy, drafts, { search, within: true }))).toEqual([null, null, 3]);
  });

  it("what a human writes is compared without asking anybody, and not with itself", () => {
    using toy = new Toy();
    const [first, second] = toy.written({ text: originals[0]! }, { text: originals[1]! });
    expect(toy.novelty.lookAt("toy", inWords(originals[0]!))).toEqual({ idea: first!.id, likeness: 1 });
    expect(toy.novelty.lookAt("toy", inWords(originals[0]!), first!.id)).toBeNull();
    expect(toy.novelty.lookAt("toy", inWords(originals[2]!), second!.id)).toBeNull();
  });
});

describe("ideas made of settings", () => {
  it("are others with another value, however much their words are the same, and on another base", async () => {
    using toy = new Toy();
    const [base] = toy.written({ ...settings(2), source: "operator" });
    const { repeats } = await look(toy, [settings(3), settings(2, base!.id), settings(3, base!.id)]);
    expect(repeats).toEqual([null, null, null]);
    expect(toy.novelty.lookAt("toy", settings(4))).toBeNull();
  });

  it("are the same with the same values, whatever their words", async () => {
    using toy = new Toy();
    toy.written({ ...settings(2), source: "operator" });
    const same = { ...settings(2), text: originals[0]! };
    expect((await look(toy, [same])).repeats).toEqual([
      { idea: 1, likeness: 1, by: "settings", what: "#1 “Rate 1 → 2” (100% alike by settings), which is a draft" },
    ]);
  });

  it("are never embedded", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    toy.written({ ...settings(2), source: "operator" });
    await look(toy, [settings(3)]);
    expect(server.requests).toEqual([]);
  });
});

describe("by vectors", () => {
  it("an idea in quite other words is found, and the note says by what", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.written({ text: originals[0]! }, { text: originals[1]! });
    toy.executed(1, 0.25);
    const drafts = [IDEAS_IN_WORDS[0]!.free, originals[4]!, IDEAS_IN_WORDS[4]!.free].map(inWords);
    expect((await look(toy, drafts)).repeats).toEqual([null, null, null]);
    toy.serve(server, { embeddings: "lab/e" });
    const { repeats, notes } = await look(toy, drafts);
    expect(repeats).toEqual([
      expect.objectContaining({
        idea: 1,
        by: "embeddings",
        what: expect.stringMatching(/\(\d\d% alike by embeddings\), which reached loss 0.25$/),
      }),
      null,
      expect.objectContaining({ draft: 1, by: "embeddings" }),
    ]);
    expect(notes).toEqual([]);
  });

  it("and words the stronger evidence is told: the same text is all alike", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    toy.written({ text: originals[0]! });
    const [same, close] = (await look(toy, [inWords(originals[0]!), inWords(IDEAS_IN_WORDS[0]!.close)])).repeats;
    expect(same).toMatchObject({ likeness: 1 });
    expect(close).toMatchObject({ by: "embeddings", likeness: expect.closeTo(1, 1) });
  });

  it("nothing is embedded twice: not in the next look, not by the next engine, not once it is an idea", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    toy.written({ text: originals[0]! });
    await look(toy, [inWords(originals[1]!), inWords(originals[1]!)]);
    expect(embedded(server)).toHaveLength(UNLIKE_IDEAS.length + 2);
    toy.written({ text: originals[1]! });
    await look(toy, [inWords(originals[2]!)], {}, new Novelty(toy));
    expect(embedded(server)).toHaveLength(UNLIKE_IDEAS.length + 3);
    expect(new Set(embedded(server)).size).toBe(embedded(server).length);
    // What was edited is another text.
    toy.store.ideas.edit("human", 1, originals[7]!, null);
    await look(toy, [inWords(originals[2]!)]);
    expect(embedded(server).at(-1)).toContain(originals[7]!.title);
  });

  it("what it takes is in the ledger, for its search", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e", prices: { "lab/e": { input: 0.02, output: 0 } } });
    await look(toy, [inWords(originals[0]!)], { search: 3 });
    const [call] = toy.store.calls.list({ environment: "toy" });
    expect(call).toMatchObject({ purpose: { kind: "embedding", environment: "toy", search: 3 }, model: "lab/e", outcome: "answered" });
    expect(call?.cost).toBe((call?.usage.inputTokens ?? 0) * 20);
  });

  it.each([
    ["an endpoint without such a route", [status(404, "no such route")], "does not know the model e (404)"],
    ["an endpoint that fails", [status(500, "x"), status(500, "x"), status(500, "x")], "lab failed on e"],
    ["an endpoint that asks for too long a pause", [busy(250)], "rate limit or quota"],
    ["what is no embedding model", [status(400, "this model does not support that")], "this model does not support that"],
  ])("%s leaves it to the words, with one note", async (_, replies, why) => {
    await using server = await modelServer({ vector: meaning });
    server.embed(...replies);
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    toy.written({ text: originals[0]! });
    const { repeats, notes } = await look(toy, [IDEAS_IN_WORDS[0]!.close, IDEAS_IN_WORDS[0]!.free].map(inWords));
    expect(repeats).toEqual([expect.objectContaining({ idea: 1, by: "words" }), null]);
    expect(notes).toEqual([
      expect.stringMatching(/^lab\/e could not be asked for embeddings, so that ideas are compared by their words alone: /),
    ]);
    expect(notes[0]).toContain(why);
  });

  it("a cap that could be passed, and a model that nobody configured, leave it to the words as well", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e", caps: { maxDollars: 0, maxTokens: 50, maxOutputTokens: 10 } });
    expect((await look(toy, [inWords(originals[0]!)])).notes).toEqual([expect.stringContaining("the cap of 50 tokens for toy")]);
    toy.serve(server, { embeddings: "nowhere/e" });
    expect((await look(toy, [inWords(originals[0]!)])).notes).toEqual([
      "the model could not be asked for embeddings, so that ideas are compared by their words alone: no model nowhere/e is configured",
    ]);
    expect(server.requests).toEqual([]);
  });

  it("a signal ends the request, and the words have been compared all the same", async () => {
    await using server = await modelServer({ vector: meaning });
    const controller = new AbortController();
    server.embed(() => controller.abort());
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    toy.written({ text: originals[0]! });
    const { repeats, notes } = await look(toy, [inWords(IDEAS_IN_WORDS[0]!.close)], { signal: controller.signal });
    expect(repeats).toEqual([expect.objectContaining({ idea: 1, by: "words" })]);
    expect(notes).toEqual([]);
    await server.embeddings[0]?.closed;
  });

  it("whoever waits is told for what", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.serve(server, { embeddings: "lab/e" });
    const told: string[] = [];
    await look(toy, [inWords(originals[0]!)], { report: (message) => told.push(message) });
    await look(toy, [inWords(originals[0]!)], { report: (message) => told.push(message) });
    expect(told).toEqual([`lab/e embeds ${UNLIKE_IDEAS.length + 1} texts`]);
  });
});

describe("numbers", () => {
  const rate = (to: string) =>
    inWords({
      title: `Raise the peak learning rate to ${to}`,
      description: "The loss still falls at the end of the budget.",
      changes: `Set LEARNING_RATE to ${to}.`,
    });

  it("make two ideas of one sentence, by words and by vectors; another spelling of one does not", async () => {
    await using server = await modelServer({ vector: meaning });
    using toy = new Toy();
    toy.written({ text: rate("5e-4").text });
    for (const embeddings of ["", "lab/e"]) {
      toy.serve(server, { embeddings });
      const { repeats } = await look(toy, [rate("0.002"), rate("0.0005")]);
      expect(repeats).toEqual([null, expect.objectContaining({ idea: 1 })]);
    }
  });
});
