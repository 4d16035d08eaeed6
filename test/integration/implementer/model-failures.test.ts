/** However a model's server fails, the idea has an attempt that says so and what it cost; cancelling leaves nothing under way. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OpenAIModel } from "../../../extension/engine/models/openai.ts";
import { metered, testTime, type MeteredOptions } from "../../fixtures/model-surroundings.ts";
import {
  busy,
  cut,
  floods,
  garbled,
  hanging,
  piece,
  refuses,
  scripted,
  status,
  stream,
  took,
  type ModelServer,
  type Reply,
} from "../../fixtures/model-server.ts";
import { go, lab, RAISE } from "./lab.ts";

/** A dollar for a thousand tokens out. */
const PRICE = { input: 0, output: 1000 };

function made(server: ModelServer, options: MeteredOptions = {}) {
  const all = lab();
  const source = new OpenAIModel({ provider: "lab", baseURL: server.baseURL, key: "" }, "m", testTime());
  const model = metered(source, { book: all.store.calls, price: PRICE, ...options });
  const id = all.idea();
  return { ...all, model, id, attempts: () => all.store.implementations.attempts(id), calls: () => all.store.calls.list({ idea: id }) };
}
const times = (count: number, reply: () => Reply) => Array.from({ length: count }, reply);

test.each([
  ["429 for ever", times(5, () => busy(1)), "rate limit or quota", { dollars: 0, bounded: false }],
  ["500", times(5, () => status(500, "broken")), "500 broken", { dollars: 0, bounded: false }],
  ["a cut stream", times(3, () => cut(piece({ content: "half" }))), "the answer was cut", { dollars: 0.012, bounded: true }],
  ["wrong JSON", times(3, garbled), "sent what is not JSON", { dollars: 0.012, bounded: true }],
  ["2 MB of text", [floods(3_000_000)], "more than 2 MB", { dollars: expect.closeTo(1_966, 0) as number, bounded: true }],
  ["a refusal", [refuses("I cannot help with that.")], "refuses: “I cannot help with that.”", { dollars: 0.004, bounded: false }],
])("%s ends in an attempt with the reason and the cost", async (_, replies, reason, cost) => {
  await using server = await scripted(...replies);
  const { implementer, model, id, attempts } = made(server);
  expect(await implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "not implemented" }]);
  expect(attempts()).toMatchObject([{ outcome: "model error", reason: expect.stringContaining(reason), cost }]);
});

test("a cap that could be passed is an attempt that says how to raise it, and no request", async () => {
  await using server = await scripted();
  const { implementer, model, id, attempts } = made(server, { limits: { tokens: null, cost: 1 } });
  await implementer.implement([id], { ...go(), model });
  expect(attempts()).toMatchObject([{ outcome: "model error", reason: expect.stringContaining("could pass the cap"), cost: null }]);
  expect(server.requests).toEqual([]);
});

describe("several samples", () => {
  test("are paid for until another one has passed: what they had written is counted", async () => {
    const whole = stream(piece({ content: RAISE }, "stop"), took(100, 20));
    await using server = await scripted(hanging(piece({ content: "Let me see." })), whole, hanging(piece({ content: "Hm." })));
    const { implementer, model, id, attempts, calls } = made(server);
    expect(await implementer.implement([id], { ...go(), model, samples: 3 })).toMatchObject([{ status: "in review" }]);
    await Promise.all(server.completions.map(({ closed }) => closed));
    expect(attempts().map(({ outcome }) => outcome)).toEqual(expect.arrayContaining(["applied", "overtaken", "overtaken"]));
    const applied = attempts().find(({ outcome }) => outcome === "applied");
    expect(applied?.cost).toEqual({ dollars: 0.02, bounded: false });
    expect(calls().map(({ outcome, purpose: { attempt } }) => [outcome, attempt])).toHaveLength(3);
    expect(calls().filter(({ outcome }) => outcome === "cancelled")).toHaveLength(2);
  });

  test("cancelled end their connections, and the next is asked at once", async () => {
    await using server = await scripted(...times(2, () => hanging(piece({ content: "Let me see." }))));
    const { implementer, model, id, attempts } = made(server);
    const whole = new AbortController();
    const implemented = implementer.implement([id], { signal: whole.signal, model, samples: 2 });
    while (server.completions.length < 2) await turn();
    whole.abort();
    expect(await implemented).toMatchObject([{ status: "not implemented" }]);
    await Promise.all(server.completions.map(({ closed }) => closed));
    expect(attempts().map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled"]);
    server.script(stream(piece({ content: RAISE }, "stop")));
    expect(await implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
  });
});
