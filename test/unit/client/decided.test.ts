/** Decisions between the review and an engine that is slow, or away. */
import { expect, test } from "vitest";
import { Decided } from "../../../extension/client/review/decided.ts";
import type { Decisions, Hunk } from "../../../extension/protocol/review.ts";

const hunk = (id: string): Hunk => ({ id, path: "a", baseStart: 0, baseLines: [], proposedStart: 0, proposedLines: [] });
const HUNKS = ["x", "y"].map(hunk);

function deciding(...failures: Error[]) {
  const heard: Decisions[] = [];
  const decided = new Decided((decisions) => {
    const failure = failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    heard.push(decisions);
    return Promise.resolve();
  });
  return { decided, heard };
}

test("what is decided is told once", async () => {
  const { decided, heard } = deciding();
  expect(decided.change({ x: "accepted" })).toBe(true);
  expect(decided.change({ x: "accepted" })).toBe(false);
  await Promise.all([decided.tell(), decided.tell()]);
  expect(heard).toEqual([{ x: "accepted" }]);
});

test("what was decided while the engine was asked is not undone by its answer", () => {
  const { decided } = deciding();
  const since = decided.now;
  decided.change({ x: "accepted" });
  decided.take({ y: "accepted" }, since, HUNKS);
  expect(decided.now).toEqual({ x: "accepted" });
});

test("what was decided elsewhere is taken over when nothing was decided here", () => {
  const { decided } = deciding();
  decided.take({ y: "accepted", gone: "accepted" }, decided.now, HUNKS);
  expect(decided.now).toEqual({ y: "accepted" });
});

test("what is read is not told back", async () => {
  const { decided, heard } = deciding();
  decided.take({ y: "accepted" }, decided.now, HUNKS);
  await decided.tell();
  expect(heard).toEqual([]);
});

test("an engine that was away is told when it is asked next", async () => {
  const { decided, heard } = deciding(new Error("away"));
  decided.change({ x: "accepted" });
  await expect(decided.tell()).rejects.toThrow("away");
  await decided.tell();
  expect(heard).toEqual([{ x: "accepted" }]);
});

test("the engine has last what was decided last", async () => {
  const { decided, heard } = deciding();
  decided.change({ x: "accepted" });
  const first = decided.tell();
  decided.change({ x: "accepted", y: "accepted" });
  await Promise.all([first, decided.tell()]);
  expect(heard.at(-1)).toEqual({ x: "accepted", y: "accepted" });
});
