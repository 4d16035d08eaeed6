/** What servers do wrong: each ends in one clear error, an entry in the ledger, a closed connection and a free place. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Completion } from "../../../extension/engine/models/language-model.ts";
import { completeToText } from "../../../extension/engine/models/language-model.ts";
import { Lane } from "../../../extension/engine/models/lane.ts";
import { OpenAIModel } from "../../../extension/engine/models/openai.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { metered, testTime } from "../../fixtures/model-surroundings.ts";
import {
  busy,
  cut,
  floods,
  garbled,
  hanging,
  modelServer,
  piece,
  refuses,
  says,
  scripted,
  status,
  stream,
  took,
  type ModelServer,
  type Reply,
} from "../../fixtures/model-server.ts";

const REQUEST: Completion = { messages: [{ role: "user", content: "Hello" }], purpose: { kind: "ideas", environment: "toy" } };

function asking(server: ModelServer, width = 8, name = "m") {
  const time = testTime();
  const lane = new Lane(width, time);
  const book = new Store(":memory:", Date.now).calls;
  const model = metered(new OpenAIModel({ provider: "lab", baseURL: server.baseURL, key: "" }, name, time, lane), { book });
  const ask = (signal = new AbortController().signal, request = REQUEST) => completeToText(model, request, signal);
  return { time, lane, model, ask, outcomes: () => book.list({ environment: "toy" }).map(({ outcome }) => outcome) };
}
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error as ProvingGroundError,
  );
const times = (count: number, reply: () => Reply) => Array.from({ length: count }, reply);

describe("a stall", () => {
  it("is cut after the time without a byte, the connection closed, and asked again", async () => {
    await using server = await scripted(hanging(piece({ content: "Once" })), says("whole"));
    const { time, ask, outcomes } = asking(server);
    const answer = ask();
    // The first byte begins a new wait, which is the one that ends here.
    await time.watched();
    await time.watched();
    time.stall();
    expect(await answer).toMatchObject({ text: "whole", notices: ["lab sent nothing for 240 s; asking again (1 of 2)"] });
    await server.completions[0]?.closed;
    expect(outcomes()).toEqual(["cut", "answered"]);
  });

  it("before any answer counts too, and the third in a row ends it", async () => {
    await using server = await scripted(...times(3, () => () => undefined));
    const { time, ask, outcomes } = asking(server);
    const error = failure(ask());
    for (let count = 1; count <= 3; count++) {
      while (server.completions.length < count) await turn();
      time.stall();
    }
    expect(await error).toMatchObject({ code: "model", message: "lab sent nothing for 240 s, 3 times in a row (lab/m)" });
    expect(outcomes()).toEqual(["cut", "cut", "failed"]);
  });

  it("is none while bytes come, be it comments that keep a connection alive", async () => {
    await using server = await scripted(stream(": wait\n\n", ": wait\n\n", piece({ content: "ok" }, "stop")));
    expect((await asking(server).ask()).text).toBe("ok");
  });
});

describe("an endpoint that asks to slow down", () => {
  it("is left alone by every request, not just the one it told", async () => {
    await using server = await modelServer();
    server.script(busy(30), says("1"), says("2"), says("3"));
    const { time, ask } = asking(server, 1);
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.flatMap(({ notices }) => notices)).toEqual(["lab asks to slow down (429); trying again in 30 s (1 of 4)"]);
    // Whoever came next waited; the first came back when its pause was over, and made none of its own.
    expect(time.pauses).toEqual([31_000]);
    expect(server.completions).toHaveLength(4);
  });

  it("for ever is given up on, with what to do", async () => {
    await using server = await modelServer();
    server.script(...times(50, () => busy(2)));
    const { ask, outcomes } = asking(server);
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(ask())));
    for (const error of errors) {
      expect(error).toMatchObject({ code: "model", message: expect.stringContaining("rate limit or quota") });
      expect(error.hint).toContain("lower the number of requests at once");
    }
    expect(server.completions).toHaveLength(50);
    expect(outcomes()).toEqual(Array.from({ length: 10 }, () => "failed"));
  });

  it("for longer than anybody waits is given up on at once", async () => {
    await using server = await scripted(busy(3600));
    const { time, ask } = asking(server);
    expect(await failure(ask())).toMatchObject({ code: "model" });
    expect(time.pauses).toEqual([]);
  });
});

it.each([
  ["a status 500", times(5, () => status(500, "broken")), "model", "500 broken"],
  ["a stream that is cut", times(3, () => cut(piece({ content: "half" }))), "model", /^the answer was cut .*, 3 times in a row/],
  ["what is no JSON", times(3, garbled), "model", "the answer was cut (lab sent what is not JSON), 3 times in a row (lab/m)"],
  ["a refusal", [refuses("I cannot help with that.")], "model-answer", "lab/m refuses: “I cannot help with that.”"],
  [
    "an answer withheld",
    [stream(piece({}, "content_filter"))],
    "model-answer",
    "the provider of lab/m withheld the answer (content filter)",
  ],
  ["more than 2 MB of text", [floods(20_000_000)], "model", "lab/m wrote more than 2 MB and was stopped"],
])("%s ends in one clear error and an entry", async (_, replies, code, message) => {
  await using server = await scripted(...replies);
  const { ask, outcomes } = asking(server);
  const error = await failure(ask());
  expect(error.code).toBe(code);
  if (typeof message === "string") expect(error.message).toContain(message);
  else expect(error.message).toMatch(message);
  expect(error.hint).toBeTruthy();
  expect(server.completions).toHaveLength(replies.length);
  expect(outcomes().at(-1)).toBe(code === "model-answer" ? "refused" : "failed");
  await Promise.all(server.completions.map(({ closed }) => closed));
});

it("a line that never ends is not kept in memory", async () => {
  const endless: Reply = async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const bytes = Buffer.alloc(1_000_000, "x");
    for (let sent = 0; sent < 6 && !response.destroyed; sent++) await new Promise((resolve) => response.write(bytes, resolve));
    response.end();
  };
  await using server = await scripted(endless, endless, endless);
  expect((await failure(asking(server).ask())).message).toBe("lab sent a line that does not end, 3 times in a row (lab/m)");
});

it("ten requests go at the same time where that is what the provider takes, and no more", async () => {
  await using server = await modelServer();
  server.script(...times(12, () => hanging(piece({ content: "x" }))));
  const { ask } = asking(server, 10);
  const controller = new AbortController();
  const ends = Array.from({ length: 12 }, () => failure(ask(controller.signal)));
  while (server.completions.length < 10) await turn();
  for (let turns = 0; turns < 50; turns++) await turn();
  expect(server.completions).toHaveLength(10);
  controller.abort();
  for (const error of await Promise.all(ends)) expect(error.code).toBe("cancelled");
});

it("cancelling closes the connection and gives its place to the next", async () => {
  await using server = await scripted(hanging(piece({ content: "x" })), says("next"));
  const { ask, outcomes } = asking(server, 1);
  const controller = new AbortController();
  const first = failure(ask(controller.signal));
  while (server.completions.length < 1) await turn();
  const second = ask();
  controller.abort();
  expect(await first).toMatchObject({ code: "cancelled", message: "the request to lab/m was cancelled" });
  expect((await second).text).toBe("next");
  await server.completions[0]?.closed;
  expect(outcomes()).toEqual(["cancelled", "answered"]);
});

it("an answer limit that is too long for a model is halved until it fits", async () => {
  await using server = await scripted(
    status(400, "max_tokens is too large: 4000. This model supports at most 1500"),
    status(400, "max_tokens is too large"),
    says("ok"),
  );
  const { ask } = asking(server);
  const answer = await ask(undefined, { ...REQUEST, maxTokens: 4000 });
  expect(server.completions.map(({ body }) => body.max_tokens)).toEqual([4000, 2000, 1000]);
  expect(answer.notices[0]).toBe("lab/m takes no answers of 4000 tokens here; asking for 2000 at most");
});

it("usage that is told with every piece is counted once", async () => {
  await using server = await scripted(
    stream(took(10, 1), piece({ content: "a" }), took(10, 2), piece({ content: "b" }, "stop"), took(10, 3)),
  );
  expect((await asking(server).ask()).usage).toEqual({ inputTokens: 10, outputTokens: 3 });
});

it("a provider that is no OpenRouter is told nothing of keeping prompts, and what it says of cost is not taken for dollars", async () => {
  await using server = await modelServer();
  server.script(...times(2, () => stream(piece({ content: "ok" }, "stop"), took(10, 1, { cost: 5 }))));
  const { ask } = asking(server, 8, "anthropic/claude");
  const long = { ...REQUEST, messages: [{ role: "user" as const, content: "line\n".repeat(2000) }] };
  for (let count = 0; count < 2; count++) expect((await ask(undefined, long)).cost).toBeNull();
  expect(JSON.stringify(server.completions.map(({ body }) => body))).not.toContain("cache_control");
});

it("OpenRouter is told to keep what prompts for Anthropic's models have in common, and its dollars are believed", async () => {
  await using server = await modelServer();
  server.script(...times(3, () => stream(piece({ content: "ok" }, "stop"), took(10, 1, { cost: 0.0125 }))));
  const time = testTime();
  const toServer: typeof fetch = (input, init) => fetch((input as string).replace("https://openrouter.ai/api/v1", server.baseURL), init);
  const endpoint = { provider: "router", baseURL: "https://openrouter.ai/api/v1", key: "" };
  const model = metered(new OpenAIModel(endpoint, "anthropic/claude", { ...time, fetch: toServer }), { price: { input: 1, output: 1 } });
  const code = "a line of code\n".repeat(400);
  const signal = new AbortController().signal;
  const prompt = (idea: string): Completion => ({ ...REQUEST, messages: [{ role: "user", content: code + idea }] });
  expect((await completeToText(model, prompt("Adam"), signal)).cost).toEqual({ dollars: 0.0125, bounded: false });
  await completeToText(model, prompt("Cosine"), signal);
  expect(server.completions.map(({ body }) => body.messages)).toEqual([
    [{ role: "user", content: `${code}Adam` }],
    [
      {
        role: "user",
        content: [
          { type: "text", text: code, cache_control: { type: "ephemeral" } },
          { type: "text", text: "Cosine" },
        ],
      },
    ],
  ]);
  const plain = metered(new OpenAIModel(endpoint, "google/gemini", { ...time, fetch: toServer }));
  await completeToText(plain, prompt("Cosine"), signal);
  expect(server.completions.at(-1)?.body.messages).toEqual([{ role: "user", content: `${code}Cosine` }]);
});
