import path from "node:path";
import { describe, expect, it } from "vitest";
import { Ideator } from "../../../extension/engine/ideator/ideator.ts";
import type { IdeationProgress } from "../../../extension/engine/ideator/sources.ts";
import type { Chunk, Completion, LanguageModel } from "../../../extension/engine/models/language-model.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { ideation, worked } from "./environment.ts";

const ideator = new Ideator(new Prompts([path.join(import.meta.dirname, "../../../extension/engine/ideator/prompts")]));
const idea = (title: string) => ({ title, description: "Because.", changes: "Do it." });
const answer = (...titles: string[]) => JSON.stringify({ ideas: titles.map(idea) });

/** Gives its answers in order, a few characters at a time. */
class Scripted implements LanguageModel {
  readonly id = "stub/one";
  readonly requests: Completion[] = [];
  readonly #answers: (string | Error)[];

  constructor(...answers: (string | Error)[]) {
    this.#answers = answers;
  }

  async *complete(request: Completion): AsyncGenerator<Chunk> {
    this.requests.push(request);
    const next = this.#answers.shift() ?? "";
    if (next instanceof Error) throw next;
    for (let at = 0; at < next.length; at += 7) yield await Promise.resolve({ type: "text", text: next.slice(at, at + 7) });
    yield { type: "usage", usage: { inputTokens: 10, outputTokens: 5 } };
  }
}
const ask = (model: LanguageModel, more = {}) => ideator.generate({ kind: "model", model }, ideation(more));

describe("ideas by a model", () => {
  it("come with what they cost, their kind left open", async () => {
    const model = new Scripted(answer("One", "Two"));
    expect(await ask(model)).toEqual({
      ideas: [idea("One"), idea("Two")].map((text) => ({ text, kind: null, knobs: null, parents: [] })),
      answers: [expect.stringContaining("One") as string],
      notes: [],
      usage: { inputTokens: 10, outputTokens: 5 },
      cost: null,
    });
    expect(model.requests).toHaveLength(1);
    expect(model.requests[0]).toMatchObject({ temperature: 1, format: { name: "ideas" } });
  });

  it("that are missing are asked for again, without those there are", async () => {
    const model = new Scripted(answer("One"), answer("Two", "Three"));
    const { ideas, notes } = await ask(model, { count: 3, earlier: [{ title: "Zero", values: null }] });
    expect(ideas.map(({ text }) => text.title)).toEqual(["One", "Two", "Three"]);
    expect(notes).toEqual(["asked for 3, got 1"]);
    expect(model.requests[1]?.messages[1]?.content).toContain("- Zero\n- One");
    expect(model.requests[1]?.messages[1]?.content).toContain("Propose 2 ideas");
  });

  it("are fewer than asked, and said to be, when the model stops giving any", async () => {
    const model = new Scripted(answer("One"), "no more", "really", "never asked");
    const { ideas, notes } = await ask(model, { count: 10 });
    expect(ideas).toHaveLength(1);
    expect(notes).toContain("asked for 10, got 1");
    expect(model.requests).toHaveLength(3);
  });

  it("are dropped with a note when their title was there before, and when there are too many", async () => {
    const model = new Scripted(answer("one!", "Two", "two", "Three", "Four"));
    const { ideas, notes } = await ask(model, { earlier: [{ title: "One", values: null }] });
    expect(ideas.map(({ text }) => text.title)).toEqual(["Two", "Three"]);
    expect(notes).toEqual(["“one!” was proposed before and is left out", "“two” was proposed before and is left out"]);
  });

  it("are an error with an excerpt when there are none", async () => {
    const error = await ask(new Scripted("I am only\na poem.", "…", "I cannot.")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProvingGroundError);
    expect(error).toMatchObject({ code: "model-answer" });
    expect((error as Error).message).toBe(
      "stub/one gave no usable idea: the answer has neither <idea> blocks nor JSON with ideas. It began: “I cannot.”",
    );
  });

  it("that came before an error are kept, and the error is told", async () => {
    const model = new Scripted(answer("One"), new ProvingGroundError("model", "the server fell over"));
    const { ideas, notes } = await ask(model);
    expect(ideas).toHaveLength(1);
    expect(notes).toContain("asking stub/one for the missing ideas failed: the server fell over");
  });

  it("name all chosen parents when they build on them", async () => {
    const parents = [
      { ...worked, values: {} },
      { ...worked, idea: 9, values: {} },
    ];
    const { ideas } = await ask(new Scripted(answer("One", "Two")), { strategy: "exploit", parents, base: 3 });
    expect(ideas.map((draft) => draft.parents)).toEqual([
      [3, 9],
      [3, 9],
    ]);
  });

  it("are counted while they are written", async () => {
    const seen: IdeationProgress[] = [];
    await ask(new Scripted(answer("One", "Two")), { onProgress: (progress: IdeationProgress) => seen.push(progress) });
    expect([...new Set(seen.map(({ message }) => message))]).toEqual([
      "stub/one is asked for 2 ideas",
      "stub/one is answering",
      "stub/one writes idea 1 of 2",
      "stub/one writes idea 2 of 2",
    ]);
    expect(seen.map(({ text }) => text ?? "").join("")).toBe(answer("One", "Two"));
    expect(seen.at(-1)).toMatchObject({ done: 1, total: 2 });
  });
});

describe("ideas by operators", () => {
  it("need no model and report each", async () => {
    const seen: string[] = [];
    const onProgress = ({ message }: IdeationProgress) => seen.push(message);
    const { ideas, usage } = await ideator.generate({ kind: "operators" }, ideation({ onProgress }));
    expect(ideas.map(({ text }) => text.title)).toEqual(seen);
    expect(ideas).toHaveLength(2);
    expect(usage).toBeNull();
  });

  it("are refused where there are no knobs", async () => {
    const { manifest, ...rest } = ideation();
    const asked = ideator.generate({ kind: "operators" }, { ...rest, manifest: { ...manifest, knobs: [] } });
    await expect(asked).rejects.toMatchObject({ code: "usage", message: "toy has no knobs for operators to move" });
  });
});
