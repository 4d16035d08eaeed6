import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Chunk, Completion } from "../../../extension/engine/models/language-model.ts";
import { completeToText } from "../../../extension/engine/models/language-model.ts";
import { OpenAIModel } from "../../../extension/engine/models/openai.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { ModelServer } from "../../fixtures/model-server.ts";
import { metered, testTime } from "../../fixtures/model-surroundings.ts";
import { USAGE, busy, cut, hanging, piece, refusesSchema, says, scripted, status, stream } from "../../fixtures/model-server.ts";

const KEY = "sk-very-secret-0123456789";
const REQUEST: Completion = {
  messages: [{ role: "user", content: "Hello" }],
  purpose: { kind: "ideas", environment: "toy" },
  temperature: 1,
  maxTokens: 50,
  format: { name: "ideas", schema: { type: "object" } },
};

const modelAt = (server: { baseURL: string }, key = KEY, time = testTime()) =>
  metered(new OpenAIModel({ provider: "lab", baseURL: server.baseURL, key }, "org/tiny", time));
const ask = (server: ModelServer, request = REQUEST, time = testTime()) =>
  completeToText(modelAt(server, KEY, time), request, new AbortController().signal);
const failure = async (asked: Promise<unknown>): Promise<ProvingGroundError> => {
  const thrown = await asked.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ProvingGroundError);
  return thrown as ProvingGroundError;
};

describe("a model behind an endpoint", () => {
  it("streams text and reasoning in order and says what it cost", async () => {
    await using server = await scripted(
      stream(
        piece({ reasoning_content: "hm, " }),
        piece({ reasoning: "well" }),
        piece({ content: "Hi " }),
        piece({ content: "you" }, "stop"),
        USAGE,
      ),
    );
    const chunks: Chunk[] = [];
    const answer = await completeToText(modelAt(server), REQUEST, new AbortController().signal, (chunk) => chunks.push(chunk));
    expect(answer).toEqual({ text: "Hi you", reasoning: "hm, well", usage: { inputTokens: 11, outputTokens: 4 }, cost: null, notices: [] });
    expect(chunks.map(({ type }) => type)).toEqual(["reasoning", "reasoning", "text", "text", "usage"]);
  });

  it("is asked for its own name, the messages, the shape and the limits, with the key as a bearer token", async () => {
    await using server = await scripted(says("ok"));
    const model = modelAt(server);
    await completeToText(model, REQUEST, new AbortController().signal);
    expect(model.id).toBe("lab/org/tiny");
    expect(server.requests[0]).toMatchObject({
      path: "/v1/chat/completions",
      authorization: `Bearer ${KEY}`,
      body: {
        model: "org/tiny",
        messages: [{ role: "user", content: "Hello" }],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 1,
        max_tokens: 50,
        response_format: { type: "json_schema", json_schema: { name: "ideas", schema: { type: "object" }, strict: true } },
      },
    });
  });

  it("needs no key, and gets none, where none is set", async () => {
    await using server = await scripted(says("ok"));
    expect((await completeToText(modelAt(server, ""), REQUEST, new AbortController().signal)).text).toBe("ok");
    expect(server.requests[0]?.authorization).toBeUndefined();
  });

  it("is asked without what its server does not understand, and remembers that", async () => {
    await using server = await scripted(
      refusesSchema(),
      status(422, "extra fields not permitted: stream_options"),
      says("one"),
      says("two"),
    );
    const model = modelAt(server);
    const first = await completeToText(model, REQUEST, new AbortController().signal);
    expect(first.text).toBe("one");
    expect(first.notices).toEqual([
      "lab/org/tiny: the server has no structured output; asking for text",
      "lab/org/tiny: the server does not report usage",
    ]);
    expect(await completeToText(model, REQUEST, new AbortController().signal)).toMatchObject({ text: "two", notices: [] });
    expect(server.requests).toHaveLength(4);
    for (const { body } of server.requests.slice(2)) {
      expect(body).not.toHaveProperty("response_format");
      expect(body).not.toHaveProperty("stream_options");
    }
  });

  it("is waited for as long as it asks when it is busy, and the user is told", async () => {
    await using server = await scripted(busy(7), status(503, "loading"), says("ok"));
    const time = testTime();
    const answer = await ask(server, REQUEST, time);
    expect(answer.text).toBe("ok");
    // What is asked for, and up to a second more, so that not all come back at once.
    expect(time.pauses).toEqual([8000, 2000]);
    expect(answer.notices).toEqual([
      "lab asks to slow down (429); trying again in 7 s (1 of 4)",
      "lab failed with status 503; trying again in 2 s (2 of 4)",
    ]);
  });

  it("is given up on after four repetitions", async () => {
    await using server = await scripted(...Array.from({ length: 6 }, () => status(500, "broken")));
    const error = await failure(ask(server));
    expect(error).toMatchObject({ code: "model" });
    expect(error.message).toContain("500 broken");
    expect(server.requests).toHaveLength(5);
  });

  it("is asked once more from the start when its answer was cut in the middle", async () => {
    await using server = await scripted(cut(piece({ content: "half an ans" })), says("a whole answer"));
    const answer = await ask(server);
    expect(answer.text).toBe("a whole answer");
    expect(answer.notices).toHaveLength(1);
    expect(answer.notices[0]).toMatch(/^the answer was cut \(.*\); asking again \(1 of 2\)$/);
  });

  it("is asked twice more at most when its answers are cut, and then the user is told", async () => {
    await using server = await scripted(...Array.from({ length: 4 }, () => cut(piece({ content: "half" }))));
    expect((await failure(ask(server))).message).toMatch(/^the answer was cut .*, 3 times in a row \(lab\/org\/tiny\)$/);
    expect(server.requests).toHaveLength(3);
  });

  it("that reports an error inside its stream is asked again", async () => {
    await using server = await scripted(stream(piece({ content: "x" }), 'data: {"error": {"message": "overloaded"}}\n\n'), says("fine"));
    expect((await ask(server)).text).toBe("fine");
  });

  it("is believed when its server never says that an answer is finished, with a warning", async () => {
    const unfinished = stream(piece({ content: "all I say" }));
    await using server = await scripted(unfinished, unfinished, unfinished);
    const answer = await ask(server);
    expect(answer.text).toBe("all I say");
    expect(answer.notices.at(-1)).toBe("the answer ended without being finished; it may be incomplete");
  });

  it("that answers with a web page is no OpenAI-compatible server", async () => {
    const page = (response: import("node:http").ServerResponse) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Welcome</html>");
    };
    await using server = await scripted(page, page, page);
    expect((await failure(ask(server))).message).toContain("no stream of an OpenAI-compatible server");
  });

  it("says when an answer hit the limit of its length", async () => {
    await using server = await scripted(stream(piece({ content: "so lo" }, "length")));
    expect((await ask(server)).notices).toEqual(["the answer was cut at the limit of its length"]);
  });
});

describe("cancelling", () => {
  it("ends the connection in the middle of an answer", async () => {
    await using server = await scripted(hanging(piece({ content: "Once upon" })));
    const controller = new AbortController();
    const asked = completeToText(modelAt(server), REQUEST, controller.signal, () => controller.abort());
    expect(await failure(asked)).toMatchObject({ code: "cancelled", message: "the request to lab/org/tiny was cancelled" });
    await server.requests[0]?.closed;
  });

  it("ends the wait for an answer that has not begun", async () => {
    const controller = new AbortController();
    await using server = await scripted(() => controller.abort());
    expect((await failure(completeToText(modelAt(server), REQUEST, controller.signal))).code).toBe("cancelled");
    await server.requests[0]?.closed;
  });

  it("ends the pause before another try", async () => {
    await using server = await scripted(status(429, "slow down"));
    const controller = new AbortController();
    const time = testTime();
    const pause = (milliseconds: number, signal: AbortSignal) => {
      if (milliseconds > 10_000) return time.pause(milliseconds, signal);
      controller.abort();
      return Promise.reject(signal.reason as Error);
    };
    const model = modelAt(server, "", { ...time, pause });
    expect((await failure(completeToText(model, REQUEST, controller.signal))).code).toBe("cancelled");
    expect(server.requests).toHaveLength(1);
  });

  it("before it began sends nothing", async () => {
    await using server = await scripted();
    expect((await failure(completeToText(modelAt(server), REQUEST, AbortSignal.abort()))).code).toBe("cancelled");
    expect(server.requests).toEqual([]);
  });
});

describe("an endpoint that fails", () => {
  it.each([
    [401, "no-key", "refused the API key (401)", "Set a valid key for “lab”"],
    [404, "model", "does not know the model org/tiny (404)", "Check the model's id"],
    [400, "model", "lab failed on org/tiny: 400", "Check"],
  ])("with %i says what to do, and never shows the key it was given", async (code, kind, message, hint) => {
    await using server = await scripted(status(code, `You sent ${KEY}, which is wrong`));
    const error = await failure(ask(server));
    expect(error.code).toBe(kind);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
    expect(JSON.stringify(error.toData())).not.toContain(KEY);
    expect(server.requests).toHaveLength(1);
  });

  it("because nobody listens asks whether the server is running", async () => {
    const server = await scripted();
    await server[Symbol.asyncDispose]();
    const error = await failure(ask(server));
    expect(error.message).toBe(`nothing listens at ${server.baseURL} (lab)`);
    expect(error.hint).toContain("Is the server running?");
  });
});
