/** The scripted server plays ideators that repeat themselves or hold back: each ends in the right count and a clear note. */
import { expect, it } from "vitest";
import { ideaAnswer, modelServer, says, type ModelServer } from "../../fixtures/model-server.ts";
import { IDEAS_IN_WORDS } from "../../fixtures/ideas-in-words/all.ts";
import type { IdeaText } from "../../../extension/protocol/idea.ts";
import { Toy } from "./toy.ts";

const answer = (...texts: readonly IdeaText[]) =>
  says(texts.map(({ title, description, changes }) => ideaAnswer(title, description, changes)).join("\n"));
const originals = IDEAS_IN_WORDS.map(({ original }) => original);
const asked = (server: ModelServer) =>
  server.completions.map(({ body }) => /Propose (one|\d+) ideas?/.exec(JSON.stringify(body))?.[1] ?? "");

it("that repeats itself word for word is asked for others, and none is there twice", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  toy.written({ text: originals[0]! });
  server.script(answer(originals[0]!, originals[1]!, originals[1]!, originals[2]!), answer(originals[1]!, originals[3]!));
  const { ideas, notes } = await toy.generate({ count: 3 });
  expect(ideas.map(({ title }) => title)).toEqual([1, 2, 3].map((at) => originals[at]?.title));
  expect(asked(server)).toEqual(["3", "one"]);
  const titles = [0, 1].map((at) => `“${originals[at]?.title}”`).join(", ");
  expect(notes).toEqual([`${titles} were proposed before, word for word, and left out`]);
  expect(ideas.map(({ repeats }) => repeats)).toEqual([null, null, null]);
});

it("is held to what earlier ideas say now: one that was edited is another text, even of the same length", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const [first] = toy.written({ text: originals[0]! });
  const edited = { ...originals[0]!, description: originals[0]!.description.replace("cosine", "co-sin") };
  toy.store.ideas.edit("human", first!.id, edited, null);
  server.script(answer(edited, originals[0]!));
  const { ideas, notes } = await toy.generate({ count: 1 });
  expect(ideas.map(({ title }) => title)).toEqual([`${originals[0]!.title} (2)`]);
  expect(notes).toContainEqual(`“${edited.title}” was proposed before, word for word, and left out`);
});

it("that repeats itself in other words has its ideas kept, each shown with what it repeats and how that went", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const [first, second] = toy.written({ text: originals[0]! }, { text: originals[1]! });
  toy.executed(first!.id, 0.61234);
  toy.executed(second!.id, null);
  server.script(answer(IDEAS_IN_WORDS[0]!.close, IDEAS_IN_WORDS[1]!.close, originals[2]!, IDEAS_IN_WORDS[2]!.close));
  const { ideas, notes } = await toy.generate({ count: 4 });
  expect(ideas.map(({ status, repeats }) => [status, repeats?.idea ?? null])).toEqual([
    ["draft", first!.id],
    ["draft", second!.id],
    ["draft", null],
    ["draft", ideas[2]!.id],
  ]);
  const alike = ideas.map(({ repeats }) => `${Math.round((repeats?.likeness ?? 0) * 100)}% alike by words`);
  expect(notes).toEqual([
    `“${ideas[0]!.title}” nearly repeats #1 “${first!.title}” (${alike[0]}), which reached loss 0.6123`,
    `“${ideas[1]!.title}” nearly repeats #2 “${second!.title}” (${alike[1]}), which failed: it divided by zero`,
    `“${ideas[3]!.title}” nearly repeats “${ideas[2]!.title}”, written at the same time (${alike[3]})`,
  ]);
});

it("that repeats itself has its repetitions put aside where that is chosen, with the reason, and they can be restored", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  toy.written({ text: originals[0]! });
  server.script(answer(IDEAS_IN_WORDS[0]!.close, originals[5]!));
  const { ideas, notes } = await toy.generate({ count: 2, repeats: "skip" });
  expect(ideas.map(({ status }) => status)).toEqual(["rejected", "draft"]);
  expect(notes).toEqual([
    expect.stringMatching(/^“.*” nearly repeats #1 “.*” \(\d\d% alike by words\), which is a draft; it was put aside$/),
  ]);
  const events = toy.store.events.between(0, toy.store.events.newest).filter(({ kind }) => kind === "idea rejected");
  expect(events.map(({ detail }) => detail.why)).toEqual([expect.stringMatching(/^it nearly repeats #1 “/)]);
  expect(toy.store.ideas.reject("human", [ideas[0]!.id], true)[0]).toMatchObject({ status: "draft", repeats: { idea: 1 } });
});

it("that answers with 3 of 10 ideas is asked for the other 7, twice, and there are 3", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  server.script(answer(...originals.slice(0, 3)), says("I have no more."), says("Really, that is all."));
  const { ideas, notes } = await toy.generate({ count: 10 });
  expect(ideas).toHaveLength(3);
  expect(notes).toEqual(["asked for 10, got 3"]);
  expect(asked(server)).toEqual(["10", "7", "7"]);
});

it("that answers with none is an error that shows what it said instead, and nothing is written", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  server.script(says("What a fine baseline."), says("I would not touch it."), says("No."));
  await expect(toy.generate()).rejects.toMatchObject({
    code: "model-answer",
    message: "lab/m gave no usable idea: the answer has neither <idea> blocks nor JSON with ideas. It began: “No.”",
  });
  expect(toy.store.ideas.list()).toEqual([]);
});

it("that gives the same title another body has both kept, told apart, and no repetition is seen in it", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const title = "Better learning rate";
  toy.written({ text: { ...originals[0]!, title } });
  server.script(answer({ ...originals[4]!, title }, originals[6]!));
  const { ideas, notes } = await toy.generate({ count: 2 });
  expect(ideas.map((idea) => [idea.title, idea.repeats])).toEqual([
    ["Better learning rate (2)", null],
    [originals[6]!.title, null],
  ]);
  expect(notes).toEqual(["“Better learning rate” is another idea under a title that was there: it is called “Better learning rate (2)”"]);
});
