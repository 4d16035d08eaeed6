/** The editor's own models: the engine asks a window back over the connection that the window made. */
import { afterEach, describe, expect, it } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { ParamsOut } from "../../../extension/protocol/messages.ts";
import { editorChunk, editorComplete, ideasGenerate, modelsConfigure, modelsList } from "../../../extension/protocol/methods.ts";
import type { Usage } from "../../../extension/protocol/idea.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { ideaAnswer } from "../../fixtures/model-server.ts";

const labs: TestLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((one) => one.dispose()));
});
function lab(): TestLab {
  const made = testLab();
  labs.push(made);
  return made;
}

const MODEL = { id: "editor/test/one", title: "Test One", maxInputTokens: 8000 };
type Asked = ParamsOut<typeof editorComplete>;
type Answer = (asked: Asked, say: (text: string) => void, signal: AbortSignal) => Promise<{ usage: Usage | null }>;

/** A window with the model, which answers so. */
async function openWindow(of: TestLab, answer: Answer, more: { maxTokens?: number } = {}): Promise<EngineConnection> {
  const connection = await of.connect();
  connection.onRequest(editorComplete, (asked, signal) =>
    answer(asked, (text) => connection.notify(editorChunk, { call: asked.call, text }), signal),
  );
  const caps = { maxDollars: 0.000_001, maxTokens: more.maxTokens ?? 0, maxOutputTokens: 1000 };
  await connection.request(modelsConfigure, { providers: [], keys: {}, caps, editor: [MODEL] });
  return connection;
}
const generate = (by: EngineConnection, options: Parameters<EngineConnection["request"]>[2] = {}) =>
  by.request(ideasGenerate, { environment: "tiny", source: MODEL.id, count: 1 }, { onProgress: () => undefined, ...options });
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => expect.unreachable("it was answered"),
    (error: unknown) => error as ProvingGroundError,
  );
/** Never ends by itself. */
const silent = (_: Asked, __: (text: string) => void, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("cancelled"))));

describe("a model of the editor's", () => {
  it("is listed, asked through its window, streamed, and counted; it needs no key and no price", async () => {
    const made = lab();
    const asked: Asked[] = [];
    let pending = 0;
    const window: EngineConnection = await openWindow(made, (request, say) => {
      asked.push(request);
      pending = window.pending;
      const text = ideaAnswer("From the editor");
      say(text.slice(0, 40));
      say(text.slice(40));
      return Promise.resolve({ usage: { inputTokens: 100, outputTokens: 20 } });
    });
    expect(await window.request(modelsList, {})).toContainEqual({ id: MODEL.id, title: "Test One (editor)", problem: null });
    let streamed = "";
    const { ideas, usage, cost } = await generate(window, { onProgress: ({ text }) => (streamed += text ?? "") });
    expect(ideas).toMatchObject([{ title: "From the editor", model: MODEL.id }]);
    expect({ usage, cost }).toEqual({ usage: { inputTokens: 100, outputTokens: 20 }, cost: null });
    expect(streamed).toBe(ideaAnswer("From the editor"));
    expect(asked).toMatchObject([{ model: MODEL.id, reason: "Proving Ground asks for ideas for tiny." }]);
    expect(asked[0]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    // So the window can tell that the user is waiting for it.
    expect(pending).toBe(1);
    expect(window.pending).toBe(0);
  });

  it("can be asked by a terminal while a window is open, and not without one", async () => {
    const made = lab();
    const terminal = await made.connect();
    await terminal.request(modelsConfigure, { providers: [], keys: {} });
    expect(await failure(generate(terminal))).toMatchObject({ code: "model", message: "no open window has editor/test/one" });
    await openWindow(made, (_, say) => {
      say(ideaAnswer("Through the window"));
      return Promise.resolve({ usage: null });
    });
    expect((await generate(terminal)).ideas).toMatchObject([{ title: "Through the window" }]);
  });

  it("is asked through another window when its window is closed in the middle", async () => {
    const made = lab();
    const terminal = await made.connect();
    await openWindow(made, (_, say) => {
      say(ideaAnswer("From the second"));
      return Promise.resolve({ usage: null });
    });
    const first: EngineConnection = await openWindow(made, (asked, say, signal) => {
      say("<idea><title>From the fir");
      setImmediate(() => first.dispose());
      return silent(asked, say, signal);
    });
    const { ideas, notes } = await generate(terminal);
    expect(ideas).toMatchObject([{ title: "From the second" }]);
    expect(notes).toContain("the window with editor/test/one was closed; asking another one");
  });

  it("fails clearly when its only window is closed in the middle", async () => {
    const made = lab();
    const terminal = await made.connect();
    const window: EngineConnection = await openWindow(made, (asked, say, signal) => {
      setImmediate(() => window.dispose());
      return silent(asked, say, signal);
    });
    const error = await failure(generate(terminal));
    expect(error).toMatchObject({ code: "model", message: "no open window has editor/test/one" });
    expect(error.hint).toContain("open this repository in a window that has it");
  });

  it("is cancelled in the window when the user cancels", async () => {
    const made = lab();
    const controller = new AbortController();
    const cancelled = Promise.withResolvers<string>();
    const window = await openWindow(made, (asked, say, signal) => {
      signal.addEventListener("abort", () => cancelled.resolve("cancelled"));
      say("<idea>");
      return silent(asked, say, signal);
    });
    const onProgress = ({ text }: { text?: string | undefined }) => text !== undefined && controller.abort();
    expect((await failure(generate(window, { signal: controller.signal, onProgress }))).code).toBe("cancelled");
    expect(await cancelled.promise).toBe("cancelled");
  });

  it("passes on what the window says is wrong, and what to do", async () => {
    const hint = "Allow it.";
    const window = await openWindow(lab(), () =>
      Promise.reject(new ProvingGroundError("model", "Proving Ground may not use Test One", { hint })),
    );
    expect(await failure(generate(window))).toMatchObject({ code: "model", message: "Proving Ground may not use Test One", hint });
  });

  it("is ended at the limit of its length where tokens are capped", async () => {
    const window = await openWindow(
      lab(),
      (asked, say, signal) => {
        for (let count = 0; count < 30; count++) say("x".repeat(100));
        return silent(asked, say, signal);
      },
      { maxTokens: 1_000_000 },
    );
    expect(await failure(generate(window))).toMatchObject({ code: "model-answer" });
  });
});
