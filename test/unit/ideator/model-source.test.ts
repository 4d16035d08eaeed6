import path from "node:path";
import { describe, expect, it } from "vitest";
import { Ideator } from "../../../extension/engine/ideator/ideator.ts";
import type { IdeationProgress } from "../../../extension/engine/ideator/sources.ts";
import type { Chunk, Completion, LanguageModel } from "../../../extension/engine/models/language-model.ts";
import { bodyDigest } from "../../../extension/engine/store/digest.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { ideation, worked } from "./environment.ts";

const ideator = new Ideator(new Prompts([path.join(import.meta.dirname, "../../../extension/engine/ideator/prompts")]));
const idea = (title: string) => ({ title, description: "Because.", changes: "Do it." });
/** An idea that was there before. */
const known = ({ title, ...text }: ReturnType<typeof idea>) => ({ title, body: bodyDigest(text), values: null });
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
      answers: [answer("One", "Two")],
      notes: [],
      usage: { inputTokens: 10, outputTokens: 5 },
      cost: null,
    });
    expect(model.requests).toHaveLength(1);
    expect(model.requests[0]).toMatchObject({ temperature: 1, format: { name: "ideas" } });
  });

  it("that are missing are asked for again, without those there are", async () => {
    const model = new Scripted(answer("One"), answer("Two", "Three"));
    const { ideas, notes } = await ask(model, { count: 3, earlier: [known(idea("Zero"))] });
    expect(ideas.map(({ text }) => text.title)).toEqual(["One", "Two", "Three"]);
    expect(notes).toEqual([]);
    expect(model.requests[1]?.messages[1]?.content).toContain("- Zero\n- One");
    expect(model.requests[1]?.messages[1]?.content).toContain("Propose 2 ideas");
  });

  it("are fewer than asked, and said to be, when the model stops giving any", async () => {
    const model = new Scripted(answer("One"), "no more", "really", "never asked");
    const { ideas, notes } = await ask(model, { count: 10 });
    expect(ideas).toHaveLength(1);
    expect(notes).toEqual(["asked for 10, got 1"]);
    expect(model.requests).toHaveLength(3);
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
    expect(notes).toEqual(["asked for 2, got 1; asking stub/one for the missing ideas failed: the server fell over"]);
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

describe("an ideator that repeats itself", () => {
  const titles = ({ ideas }: { ideas: { text: { title: string } }[] }) => ideas.map(({ text }) => text.title);
  const earlier = [known(idea("One"))];

  it("within an answer and against earlier ideas is asked again for what is left out, told what there is", async () => {
    const model = new Scripted(answer("one!", "Two", "two", "Three"), answer("Four"));
    const ideation = await ask(model, { count: 3, earlier });
    expect(titles(ideation)).toEqual(["Two", "Three", "Four"]);
    expect(ideation.notes).toEqual(["“one!”, “two” were proposed before, word for word, and left out"]);
    expect(model.requests[1]?.messages[1]?.content).toContain("- One\n- Two\n- Three");
    expect(model.requests[1]?.messages[1]?.content).toContain("Propose one idea");
  });

  it("across answers ends with what there is and one note, which says how often it was asked in vain by no more than that", async () => {
    const same = answer("One", "Two", "Three");
    const model = new Scripted(same, same, same, "never asked");
    const ideation = await ask(model, { count: 10, earlier });
    expect(titles(ideation)).toEqual(["Two", "Three"]);
    expect(ideation.notes).toEqual(["asked for 10, got 2; “One”, “Two”, “Three” were proposed before, word for word, and left out"]);
    expect(model.requests).toHaveLength(3);
  });

  it("in nothing but earlier ideas gives none: the error names it, with an excerpt", async () => {
    const model = new Scripted(answer("One"), answer("ONE"), answer("One."));
    const asked = ask(model, { count: 3, earlier });
    await expect(asked).rejects.toThrow(
      'stub/one gave no usable idea: “One” was proposed before, word for word, and left out. It began: “{"ideas"',
    );
  });

  it("gives 3 of 10 and is asked for the 7 that are missing, twice at most", async () => {
    const model = new Scripted(answer("A", "B", "C"), "That is all I have.", '{"ideas": []}', "never asked");
    const ideation = await ask(model, { count: 10 });
    expect(titles(ideation)).toEqual(["A", "B", "C"]);
    expect(ideation.notes).toEqual(["asked for 10, got 3"]);
    expect(model.requests.map(({ messages }) => /Propose (\w+) ideas/.exec(messages[1]?.content ?? "")?.[1])).toEqual(["10", "7", "7"]);
  });

  it("gives the same title with another body: both are kept, the second under a title that tells them apart", async () => {
    const other = { title: "One", description: "For quite another reason.", changes: "Do that." };
    const third = { title: "one", description: "For a third reason.", changes: "Do both." };
    const model = new Scripted(JSON.stringify({ ideas: [other, third, idea("Two")] }));
    const ideation = await ask(model, { count: 3, earlier });
    expect(titles(ideation)).toEqual(["One (2)", "one (3)", "Two"]);
    expect(ideation.ideas[0]?.text).toEqual({ ...other, title: "One (2)" });
    expect(ideation.notes).toEqual([
      "“One” is another idea under a title that was there: it is called “One (2)”",
      "“one” is another idea under a title that was there: it is called “one (3)”",
    ]);
  });

  it("says an idea again that was told apart: it is known by its text, whatever number its title has", async () => {
    const other = { description: "For quite another reason.", changes: "Do that." };
    const before = [...earlier, known({ title: "One (2)", ...other })];
    const model = new Scripted(JSON.stringify({ ideas: [{ title: "One", ...other }, idea("Two")] }));
    const ideation = await ask(model, { count: 1, earlier: before });
    expect(titles(ideation)).toEqual(["Two"]);
    expect(ideation.notes).toEqual(["“One” was proposed before, word for word, and left out"]);
  });

  it.each([
    ["numbered titles", '{"ideas": [{"title": "1. One", "description": "Because.", "changes": "Do it."}]}'],
    ["tagged text", "<idea><title>One</title><description>Because.</description><changes>Do it.</changes></idea>"],
    ["bold titles in a fence", '```json\n{"title": "**One**", "description": "Because.", "changes": "Do it."}\n```'],
  ])("is recognised in %s", async (_, text) => {
    const model = new Scripted(text, answer("Two"));
    const ideation = await ask(model, { count: 1, earlier });
    expect(titles(ideation)).toEqual(["Two"]);
    expect(ideation.notes).toEqual(["“One” was proposed before, word for word, and left out"]);
  });
});

it("the answers that were recorded come to the same ideas again, asked of nobody", async () => {
  const request = { count: 4, earlier: [known(idea("One"))] };
  const first = await ask(new Scripted(answer("One", "Two"), answer("Two", "Three"), "no more"), request);
  expect(first.answers).toHaveLength(3);
  const again = await ask(new Scripted(...(first.answers ?? [])), request);
  expect(again.ideas).toEqual(first.ideas);
  expect(again.notes).toEqual(first.notes);
});

describe("ideas by operators", () => {
  it("need no model and report each", async () => {
    const seen: string[] = [];
    const onProgress = ({ message }: IdeationProgress) => seen.push(message);
    const { ideas, answers, usage } = await ideator.generate({ kind: "operators" }, ideation({ onProgress }));
    expect(ideas.map(({ text }) => text.title)).toEqual(seen);
    expect(ideas).toHaveLength(2);
    expect({ answers, usage }).toEqual({ answers: null, usage: null });
  });

  it("are refused where there are no knobs", async () => {
    const { manifest, ...rest } = ideation();
    const asked = ideator.generate({ kind: "operators" }, { ...rest, manifest: { ...manifest, knobs: [] } });
    await expect(asked).rejects.toMatchObject({ code: "usage", message: "toy has no knobs for operators to move" });
  });
});
