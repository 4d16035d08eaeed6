/** Vectors from an OpenAI-compatible endpoint: in batches, retried, in the ledger and within the caps. */
import { describe, expect, it } from "vitest";
import { Embeddings } from "../../../extension/engine/models/embeddings.ts";
import { Models } from "../../../extension/engine/models/catalogue.ts";
import { Lane } from "../../../extension/engine/models/lane.ts";
import { Ledger, type Limits } from "../../../extension/engine/models/ledger.ts";
import { REAL_SURROUNDINGS } from "../../../extension/engine/models/surroundings.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { Price } from "../../../extension/protocol/spending.ts";
import { busy, embeds, json, modelServer, status, type ModelServer, type Reply } from "../../fixtures/model-server.ts";
import { testTime } from "../../fixtures/model-surroundings.ts";

const PURPOSE = { kind: "embedding" as const, environment: "toy" };
const UNCAPPED: Limits = { tokens: null, cost: null };
/** Length of the text and number of its words, as a direction. */
const vector = (text: string) => [text.length, text.split(" ").length, 1];
const hangs: Reply = () => undefined;
const drops: Reply = (response) => void response.destroy();

function modelAt(server: ModelServer, options: { price?: Price | null; limits?: Limits; key?: string } = {}) {
  const { price = { input: 2, output: 0 }, limits = UNCAPPED, key = "sk-1" } = options;
  const book = new Store(":memory:", () => 1).calls;
  const time = testTime();
  const lane = new Lane(2, time);
  const endpoint = { provider: "lab", baseURL: server.baseURL, key };
  const parts = { endpoint, name: "org/e", surroundings: time, lane, ledger: new Ledger(book, () => limits), price: () => price };
  return { model: new Embeddings(parts), book, time, lane };
}

async function embed(model: Embeddings, texts: readonly string[], signal = new AbortController().signal): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  await model.embed(texts, PURPOSE, signal, (from, vectors) => vectors.forEach((one, at) => (all[from + at] = one)));
  return all;
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error as ProvingGroundError,
  );
const sizes = (server: ModelServer) => server.embeddings.map(({ body }) => (body.input as string[]).length);
const texts = (count: number) => Array.from({ length: count }, (_, index) => `text number ${index}`);

describe("vectors of texts", () => {
  it("come in the order of the texts, of length 1, asked for by the model's own name with the key", async () => {
    await using server = await modelServer({ vector, key: "sk-1" });
    const { model } = modelAt(server);
    const [first, second] = await embed(model, ["one two", "three"]);
    expect(model.id).toBe("lab/org/e");
    const norm = Math.hypot(7, 2, 1);
    expect([...first!]).toEqual([Math.fround(7 / norm), Math.fround(2 / norm), Math.fround(1 / norm)]);
    expect(Math.hypot(...second!)).toBeCloseTo(1, 6);
    expect(server.embeddings[0]?.body).toEqual({ model: "org/e", input: ["one two", "three"] });
  });

  it("are asked for in batches, and kept as they come", async () => {
    await using server = await modelServer({ vector });
    const { model } = modelAt(server);
    expect(await embed(model, texts(150))).toHaveLength(150);
    expect(sizes(server)).toEqual([64, 64, 22]);
    server.embed(embeds(vector), status(401, "the key was taken away"));
    const kept: number[] = [];
    await failure(model.embed(texts(100), PURPOSE, new AbortController().signal, (from, { length }) => kept.push(from, length)));
    expect(kept).toEqual([0, 64]);
  });

  it("are asked for fewer at once, and of shorter texts, where a server wants it; that is remembered", async () => {
    await using server = await modelServer({ vector });
    const tooMany: Reply = (response, request) =>
      (request.body.input as string[]).length > 20
        ? status(422, "batch size 64 > maximum allowed batch size 20")(response, request)
        : embeds(vector)(response, request);
    server.embed(tooMany, tooMany, tooMany);
    const { model } = modelAt(server);
    expect(await embed(model, texts(40))).toHaveLength(40);
    expect(sizes(server)).toEqual([40, 20, 20]);
    server.embed(status(400, "maximum context length is 512 tokens"));
    expect(await embed(model, ["x".repeat(4000)])).toHaveLength(1);
    const lengths = server.embeddings.map(({ body }) => (body.input as string[])[0]?.length);
    expect(lengths.slice(-2)).toEqual([4000, 2000]);
  });

  it("are asked for again when the server fails in passing, and after the pause it asks for; all its requests keep that", async () => {
    await using server = await modelServer({ vector });
    server.embed(status(503, "loading"), busy(7));
    const { model, time, lane } = modelAt(server);
    expect(await embed(model, ["one"])).toHaveLength(1);
    expect(time.pauses).toEqual([1000, 8000]);
    server.embed(busy(200));
    expect(await failure(embed(model, ["one"]))).toMatchObject({ code: "model", message: expect.stringContaining("rate limit or quota") });
    (await lane.enter(new AbortController().signal))();
    expect(time.pauses.at(-1)).toBe(201_000);
  });

  it("are given up after two repetitions", async () => {
    await using server = await modelServer({ vector });
    server.embed(...Array.from({ length: 5 }, () => status(500, "broken")));
    expect(await failure(embed(modelAt(server).model, ["one"]))).toMatchObject({ code: "model" });
    expect(server.embeddings).toHaveLength(3);
  });

  it("are no longer asked for once cancelled: the connection ends", async () => {
    await using server = await modelServer({ vector });
    const controller = new AbortController();
    server.embed((response, request) => {
      controller.abort();
      return hangs(response, request);
    });
    const { model, book } = modelAt(server);
    expect(await failure(embed(model, ["one"], controller.signal))).toMatchObject({ code: "cancelled" });
    await server.embeddings[0]?.closed;
    expect(book.list(PURPOSE)).toMatchObject([{ outcome: "cancelled", bounded: true }]);
  });

  it.each([
    ["too few", { data: [{ index: 0, embedding: [1, 2] }] }],
    ["none", { data: [] }],
    ["of no length", { data: [0, 1].map((index) => ({ index, embedding: [0, 0] })) }],
    ["of two lengths", { data: [0, 1].map((index) => ({ index, embedding: [1, 2].slice(index) })) }],
    ["one place twice", { data: [0, 0].map((index) => ({ index, embedding: [1, 2] })) }],
    ["that are no numbers", { data: [0, 1].map((index) => ({ index, embedding: ["a", "b"] })) }],
    ["a chat", { choices: [{ message: { content: "Hello" } }] }],
  ])("that cannot be used are refused: %s", async (_, answer) => {
    await using server = await modelServer({ vector });
    server.embed(json(answer));
    expect(await failure(embed(modelAt(server).model, ["one", "two"]))).toMatchObject({
      code: "model-answer",
      message: "lab/org/e did not answer with 2 vectors of one length",
    });
  });
});

describe("the ledger", () => {
  it("has every request with what it took, by the price of input", async () => {
    await using server = await modelServer({ vector });
    const { model, book } = modelAt(server);
    await embed(model, ["one two three", "four"]);
    expect(book.list(PURPOSE)).toMatchObject([
      { purpose: PURPOSE, model: "lab/org/e", outcome: "answered", usage: { inputTokens: 4, outputTokens: 0 }, bounded: false, cost: 8000 },
    ]);
  });

  it("counts the most that it can have been where the server does not say, and nothing for what was declined", async () => {
    await using server = await modelServer({ vector });
    server.embed(status(429, "slow down", { "retry-after": "1" }), drops, embeds(vector, null));
    const { model, book } = modelAt(server);
    await embed(model, ["four"]);
    expect(book.list(PURPOSE).map(({ outcome, bounded, usage }) => [outcome, bounded, usage.inputTokens])).toEqual([
      ["failed", false, 0],
      ["cut", true, 20],
      ["answered", true, 20],
    ]);
  });

  it("makes no request that could pass a cap, nor one whose price is not known where money is capped", async () => {
    await using server = await modelServer({ vector });
    const tokens = modelAt(server, { limits: { tokens: 10, cost: null } });
    expect(await failure(embed(tokens.model, ["one"]))).toMatchObject({ code: "budget", message: expect.stringContaining("10 tokens") });
    const money = modelAt(server, { limits: { tokens: null, cost: 1 }, price: null });
    expect(await failure(embed(money.model, ["one"]))).toMatchObject({
      code: "budget",
      message: expect.stringContaining("no price is known"),
    });
    expect(server.requests).toEqual([]);
  });

  it("does not wait for room that calls under way may give back", async () => {
    await using server = await modelServer({ vector });
    server.embed(hangs);
    const { model } = modelAt(server, { limits: { tokens: 30, cost: null } });
    const controller = new AbortController();
    const first = failure(embed(model, ["one"], controller.signal));
    const second = await failure(embed(model, ["two"]));
    expect(second).toMatchObject({ code: "budget", message: "with the calls under way, asking lab/org/e could pass the cap on spending" });
    controller.abort();
    await first;
  });
});

describe("the embedding model that is used", () => {
  const provider = (server: ModelServer) => ({ name: "lab", baseURL: server.baseURL, models: [] });
  const models = () => new Models(REAL_SURROUNDINGS, new Store(":memory:", Date.now).calls);

  it("is the one that the newest connection with a word on it chose", async () => {
    await using server = await modelServer({ vector });
    const catalogue = models();
    expect(catalogue.embeddings()).toBeNull();
    catalogue.configure("window", { providers: [provider(server)], keys: {}, embeddings: "lab/e" });
    catalogue.configure("terminal", { providers: [], keys: {} });
    expect(catalogue.embeddings()?.id).toBe("lab/e");
    expect(catalogue.embeddings()).toBe(catalogue.embeddings());
    catalogue.configure("window", { providers: [provider(server)], keys: {}, embeddings: "" });
    expect(catalogue.embeddings()).toBeNull();
  });

  it("stays while a search goes on without a window", async () => {
    await using server = await modelServer({ vector });
    const catalogue = models();
    catalogue.configure("window", { providers: [provider(server)], keys: {}, embeddings: "lab/e" });
    catalogue.forget("window");
    expect(catalogue.embeddings()?.id).toBe("lab/e");
  });

  it("that nobody configured is said to be none", () => {
    const catalogue = models();
    catalogue.configure("window", { providers: [], keys: {}, embeddings: "lab/e" });
    expect(() => catalogue.embeddings()).toThrow("no model lab/e is configured");
  });
});
