/** Every call has an entry, and caps hold to the cent however many calls are under way. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Answer, Completion, LanguageModel } from "../../../extension/engine/models/language-model.ts";
import { completeToText } from "../../../extension/engine/models/language-model.ts";
import { Lane } from "../../../extension/engine/models/lane.ts";
import { OpenAIModel } from "../../../extension/engine/models/openai.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { metered, testTime, type MeteredOptions } from "../../fixtures/model-surroundings.ts";
import {
  cut,
  hanging,
  modelServer,
  piece,
  says,
  scripted,
  status,
  stepped,
  stream,
  took,
  type ModelServer,
} from "../../fixtures/model-server.ts";

const REQUEST: Completion = {
  messages: [{ role: "user", content: "Hello" }],
  purpose: { kind: "implementation", environment: "toy" },
};
/** A tenth of a dollar for an answer of 100 tokens; the prompt is free. */
const PRICE = { input: 0, output: 1000 };
const DOLLAR = 1_000_000_000;
const toy = { environment: "toy" };

function modelAt(server: ModelServer, options: MeteredOptions = {}, width = 10) {
  const book = new Store(":memory:", () => 77).calls;
  const time = testTime();
  const source = new OpenAIModel({ provider: "lab", baseURL: server.baseURL, key: "" }, "m", time, new Lane(width, time));
  return { book, model: metered(source, { book, price: PRICE, ...options }) };
}
const ask = (model: LanguageModel, signal = new AbortController().signal, request = REQUEST): Promise<Answer> =>
  completeToText(model, request, signal);
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error as ProvingGroundError,
  );

describe("the ledger", () => {
  it("has what an answer took and cost, and the answer says it", async () => {
    const usage = took(1000, 20, { prompt_tokens_details: { cached_tokens: 600 }, completion_tokens_details: { reasoning_tokens: 5 } });
    await using server = await scripted(stream(piece({ content: "Hi" }, "stop"), usage));
    const { book, model } = modelAt(server, { price: { input: 2, output: 10, cached: 0.5 } });
    const answer = await ask(model, undefined, { ...REQUEST, purpose: { ...REQUEST.purpose, kind: "ideas" } });
    expect(answer.cost).toEqual({ dollars: 0.0013, bounded: false });
    expect(book.list(toy)).toEqual([
      {
        ...{ id: 1, at: 77, purpose: { kind: "ideas", environment: "toy" }, model: "lab/m", outcome: "answered" },
        usage: { inputTokens: 1000, outputTokens: 20, cachedTokens: 600, reasoningTokens: 5 },
        ...{ bounded: false, cost: 1_300_000 },
      },
    ]);
  });

  it("counts tokens alone where no price is known", async () => {
    await using server = await scripted(says("ok"));
    const { book, model } = modelAt(server, { price: null });
    expect((await ask(model)).cost).toBeNull();
    expect(book.list(toy)).toMatchObject([{ cost: null, usage: { inputTokens: 11, outputTokens: 4 } }]);
    expect(book.spent(toy)).toEqual({ tokens: 15, cost: 0 });
  });

  it("has an entry for each try that was cut, bounded by what was streamed", async () => {
    await using server = await scripted(cut(piece({ content: "half an" })), says("whole"));
    const { book, model } = modelAt(server);
    const answer = await ask(model);
    expect(answer).toMatchObject({ text: "whole", usage: { inputTokens: 11, outputTokens: 4 }, cost: { dollars: 0.011, bounded: true } });
    expect(book.list(toy)).toMatchObject([
      { outcome: "cut", bounded: true, usage: { outputTokens: 7 }, cost: 7_000_000 },
      { outcome: "answered", bounded: false, usage: { outputTokens: 4 }, cost: 4_000_000 },
    ]);
  });

  it("has an entry for what was cancelled, and for what nobody reads any more", async () => {
    await using server = await scripted(hanging(piece({ content: "Once" })), hanging(piece({ content: "Once" })));
    const { book, model } = modelAt(server);
    const controller = new AbortController();
    await failure(completeToText(model, REQUEST, controller.signal, () => controller.abort()));
    for await (const chunk of model.complete(REQUEST, new AbortController().signal)) if (chunk.type === "text") break;
    expect(book.list(toy)).toMatchObject([
      { outcome: "cancelled", bounded: true, usage: { outputTokens: 4 } },
      { outcome: "cancelled", bounded: true, usage: { outputTokens: 4 } },
    ]);
    await Promise.all(server.requests.map(({ closed }) => closed));
  });

  it("has an entry without cost for what the server would not do", async () => {
    await using server = await scripted(status(401, "who?"), status(400, "no"));
    const { book, model } = modelAt(server);
    await failure(ask(model));
    await failure(ask(model));
    const free = { outcome: "failed", bounded: false, usage: { inputTokens: 0, outputTokens: 0 }, cost: 0 };
    expect(book.list(toy)).toMatchObject([free, free]);
  });
});

describe("a cap in money", () => {
  const limits = { tokens: null, cost: DOLLAR };

  it("holds to the cent with ten calls under way: what could pass it waits, and is refused when nothing is left", async () => {
    await using server = await modelServer();
    const answers = Array.from({ length: 10 }, () => stepped());
    server.script(...answers.map(({ reply }) => reply));
    const { book, model } = modelAt(server, { limits });
    const asked = Array.from({ length: 15 }, () => ask(model));
    const ends = Promise.allSettled(asked);
    await Promise.all(answers.map((answer) => answer.asked));
    expect(server.completions.every(({ body }) => body.max_tokens === 100)).toBe(true);
    for (const answer of answers) await answer.end(took(11, 100));
    const refused = (await ends).filter((end) => end.status === "rejected").map(({ reason }) => reason as ProvingGroundError);
    expect(book.spent(toy).cost).toBe(DOLLAR);
    expect(server.completions).toHaveLength(10);
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({
      code: "budget",
      message: "asking lab/m could pass the cap of $1.00 for toy: $1.00 is spent, and this call could cost up to $0.10",
      hint: expect.stringContaining("provingGround.spending.maxDollars"),
    });
  });

  it("is used up as far as it goes: room that a call did not need goes to the next", async () => {
    await using server = await modelServer();
    server.script(...Array.from({ length: 100 }, (_, index) => stream(piece({ content: "x" }, "stop"), took(11, 10 + (index % 7)))));
    const { book, model } = modelAt(server, { limits });
    const ends = await Promise.allSettled(Array.from({ length: 100 }, () => ask(model)));
    const { cost } = book.spent(toy);
    expect(cost).toBeLessThanOrEqual(DOLLAR);
    expect(cost).toBeGreaterThan(DOLLAR - 100_000_000);
    expect(ends.filter(({ status: how }) => how === "fulfilled")).toHaveLength(server.completions.length);
    expect(ends.filter(({ status: how }) => how === "rejected").length).toBeGreaterThan(0);
  });

  it("counts the most that it can have been where the server does not say", async () => {
    await using server = await modelServer();
    server.script(...Array.from({ length: 20 }, () => stream(piece({ content: "x".repeat(500) }, "stop"))));
    const { book, model } = modelAt(server, { limits });
    await Promise.allSettled(Array.from({ length: 20 }, () => ask(model)));
    expect(book.spent(toy).cost).toBe(DOLLAR);
    expect(server.completions).toHaveLength(10);
  });

  it("counts tries that were cut, and does not make another one that could pass it", async () => {
    await using server = await scripted(...Array.from({ length: 3 }, () => cut(piece({ content: "x".repeat(60) }))));
    const { book, model } = modelAt(server, { limits: { tokens: null, cost: 150_000_000 } });
    expect(await failure(ask(model))).toMatchObject({ code: "budget", message: expect.stringContaining("$0.06 is spent") });
    expect(server.completions).toHaveLength(1);
    expect(book.list(toy)).toHaveLength(1);
  });

  it("makes no call whose price is not known", async () => {
    await using server = await scripted();
    const { model } = modelAt(server, { limits, price: null });
    const error = await failure(ask(model));
    expect(error).toMatchObject({ code: "budget", message: "no price is known for lab/m, so the cap of $1.00 for toy cannot hold" });
    expect(error.hint).toContain("provingGround.prices");
    expect(server.requests).toEqual([]);
  });

  it("tells who waits, and lets them go", async () => {
    await using server = await modelServer();
    const answer = stepped();
    server.script(answer.reply);
    const { model } = modelAt(server, { limits: { tokens: null, cost: 100_000_000 } });
    const first = ask(model);
    await answer.asked;
    const controller = new AbortController();
    const notices: string[] = [];
    const second = failure(
      completeToText(model, REQUEST, controller.signal, (chunk) => chunk.type === "notice" && notices.push(chunk.message)),
    );
    while (notices.length === 0) await turn();
    expect(notices).toEqual(["lab/m waits: with the calls under way it could pass the cap on spending"]);
    controller.abort();
    expect(await second).toMatchObject({ code: "cancelled" });
    await answer.end();
    await first;
  });
});

it("a cap in tokens counts prompt and answer, before and after", async () => {
  await using server = await scripted(says("ok"), says("ok"));
  const { book, model } = modelAt(server, { limits: { tokens: 500, cost: null }, price: null });
  await ask(model);
  expect(book.spent(toy)).toEqual({ tokens: 15, cost: 0 });
  const long = { ...REQUEST, messages: [{ role: "user" as const, content: "x".repeat(200) }] };
  expect(await failure(ask(model, undefined, long))).toMatchObject({
    code: "budget",
    message: "asking lab/m could pass the cap of 500 tokens for toy: 15 are spent, and this call could take up to 572",
    hint: expect.stringContaining("provingGround.spending.maxTokens"),
  });
});

it("without a cap no limit is asked for that the request has not", async () => {
  await using server = await scripted(says("ok"));
  await ask(modelAt(server).model);
  expect(server.completions[0]?.body).not.toHaveProperty("max_tokens");
});

it("entries add up by environment and by search, and stay as they were written", () => {
  const store = new Store(":memory:", () => 1);
  const entry = { model: "lab/m", outcome: "answered" as const, usage: { inputTokens: 10, outputTokens: 1 }, bounded: false, cost: 5 };
  store.calls.append({ ...entry, purpose: { kind: "ideas", environment: "toy" } });
  store.calls.append({ ...entry, purpose: { kind: "ideas", environment: "toy", search: 2 } });
  store.calls.append({ ...entry, purpose: { kind: "ideas", environment: "other", search: 2 }, cost: null });
  expect(store.calls.spent(toy)).toEqual({ tokens: 22, cost: 10 });
  expect(store.calls.spent({ search: 2 })).toEqual({ tokens: 22, cost: 5 });
  expect(store.calls.spent({ search: 3 })).toEqual({ tokens: 0, cost: 0 });
});
