/** Sharing work that several ask for at the same time. */
import { expect, test } from "vitest";
import { Rounds } from "../../../extension/engine/git/rounds.ts";

/** Rounds whose work goes on until the test lets it. */
function held() {
  const begun: { inputs: readonly number[]; done: () => void; fail: () => void }[] = [];
  const rounds = new Rounds<number, string>((inputs) => {
    return new Promise((resolve, reject) => {
      begun.push({ inputs, done: () => resolve(inputs.map((input) => `#${input}`)), fail: () => reject(new Error("no")) });
    });
  });
  return { begun, rounds, settled: () => new Promise(setImmediate) };
}

test("the first goes at once; those that come meanwhile share the next round, which begins after they asked", async () => {
  const { begun, rounds, settled } = held();
  const answers = [rounds.ask(1), rounds.ask(2), rounds.ask(3)];
  expect(begun.map(({ inputs }) => inputs)).toEqual([[1]]);
  begun[0]?.done();
  await settled();
  expect(begun.map(({ inputs }) => inputs)).toEqual([[1], [2, 3]]);
  begun[1]?.done();
  expect(await Promise.all(answers)).toEqual(["#1", "#2", "#3"]);
});

test("after a round that failed each is tried alone, and a round begins anew", async () => {
  const { begun, rounds, settled } = held();
  const answers = [rounds.ask(1), rounds.ask(2), rounds.ask(3)].map((answer) => answer.catch(() => "failed"));
  begun[0]?.fail();
  await settled();
  begun[1]?.fail();
  await settled();
  begun[2]?.fail();
  await settled();
  begun[3]?.done();
  expect(await Promise.all(answers)).toEqual(["failed", "failed", "#3"]);
  expect(begun.map(({ inputs }) => inputs)).toEqual([[1], [2, 3], [2], [3]]);
  const later = rounds.ask(4);
  begun[4]?.done();
  expect(await later).toBe("#4");
});
