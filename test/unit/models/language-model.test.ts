import { describe, expect, it } from "vitest";
import type { Chunk, LanguageModel } from "../../../extension/engine/models/language-model.ts";
import { addUsage, completeToText } from "../../../extension/engine/models/language-model.ts";

const saying = (...chunks: Chunk[]): LanguageModel => ({
  id: "stub/one",
  async *complete() {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  },
});
const collect = (model: LanguageModel, onChunk?: (chunk: Chunk) => void) =>
  completeToText(model, { messages: [], purpose: { kind: "ideas", environment: "toy" } }, new AbortController().signal, onChunk);

describe("a collected answer", () => {
  it("keeps thoughts apart from text and hands every piece on", async () => {
    const chunks: Chunk[] = [
      { type: "reasoning", text: "hm" },
      { type: "text", text: "a" },
      { type: "text", text: "b" },
      { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
    ];
    const seen: Chunk[] = [];
    const answer = await collect(saying(...chunks), (chunk) => seen.push(chunk));
    expect(answer).toEqual({ text: "ab", reasoning: "hm", usage: { inputTokens: 3, outputTokens: 2 }, cost: null, notices: [] });
    expect(seen).toEqual(chunks);
  });

  it("forgets what came before a restart, but not what it cost", async () => {
    const answer = await collect(
      saying(
        { type: "text", text: "half" },
        { type: "usage", usage: { inputTokens: 3, outputTokens: 1 } },
        { type: "restart", message: "cut" },
        { type: "text", text: "whole" },
        { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
      ),
    );
    expect(answer).toMatchObject({ text: "whole", usage: { inputTokens: 6, outputTokens: 3 }, notices: ["cut"] });
  });

  it("costs an unknown amount where no server said", () => {
    expect(addUsage(null, null)).toBeNull();
    expect(addUsage(null, { inputTokens: 1, outputTokens: 2 })).toEqual({ inputTokens: 1, outputTokens: 2 });
  });
});
