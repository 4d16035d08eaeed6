/** The list of models in the composer, while settings change and answers take their time. */
import { expect, test } from "vitest";
import { ModelList } from "../../../extension/client/sidebar/model-list.ts";
import type { ModelInfo } from "../../../extension/protocol/model.ts";

const models = (...ids: string[]): ModelInfo[] => ids.map((id) => ({ id, title: id, problem: null }));

function listing() {
  const asked: { lab: string; answer: (list: ModelInfo[]) => void; fail: (error: Error) => void }[] = [];
  const seen: string[] = [];
  const list = new ModelList<string>(
    (lab) => new Promise((answer, fail) => asked.push({ lab, answer, fail })),
    () => seen.push("changed"),
    (error) => seen.push(String(error)),
  );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { list, asked, seen, settled, shown: (lab: string) => list.of(lab).map(({ id }) => id) };
}

test("a lab is asked once, however often its models are wanted", async () => {
  const { list, asked, seen, settled, shown } = listing();
  list.want("a");
  list.want("a");
  asked[0]?.answer(models("x"));
  await settled();
  list.want("a");
  expect(asked).toHaveLength(1);
  expect(seen).toEqual(["changed"]);
  expect(shown("a")).toEqual(["x"]);
  expect(shown("b")).toEqual([]);
});

test("an answer to earlier settings never stands for later ones, whichever comes last", async () => {
  const { list, asked, settled, shown } = listing();
  list.want("a");
  list.outdate();
  list.want("a");
  asked[1]?.answer(models("x", "parrot"));
  await settled();
  asked[0]?.answer(models("x"));
  await settled();
  expect(shown("a")).toEqual(["x", "parrot"]);
});

test("the list before stays in sight until the next one is there", async () => {
  const { list, asked, settled, shown } = listing();
  list.want("a");
  asked[0]?.answer(models("x"));
  await settled();
  list.outdate();
  list.want("a");
  expect(shown("a")).toEqual(["x"]);
  asked[1]?.answer(models("y"));
  await settled();
  expect(shown("a")).toEqual(["y"]);
});

test("a failure is told once, and only when it is about the settings of now", async () => {
  const { list, asked, seen, settled } = listing();
  list.want("a");
  list.outdate();
  list.want("a");
  asked[0]?.fail(new Error("old"));
  asked[1]?.fail(new Error("new"));
  await settled();
  expect(seen).toEqual(["Error: new"]);
});
