/** Finding one's way through a review's hunks. */
import { expect, test } from "vitest";
import { hunkAt, hunkNear, hunkSpan, lensLine, step, tally, tallyText } from "../../../extension/client/review/walk.ts";
import type { ReviewedFile } from "../../../extension/client/review/walk.ts";
import { hunksOf } from "../../../extension/protocol/review.ts";

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`);

function file(path: string, base: string | null, proposed: string | null): ReviewedFile {
  return { path, base, proposed, hunks: hunksOf({ path, base, proposed }) };
}

/** Changes line 2, deletes line 10, adds after line 20. */
function threeHunks(path = "train.py"): ReviewedFile {
  const base = lines(30);
  const proposed = [...base];
  proposed[2] = "changed\n";
  proposed.splice(21, 0, "added a\n", "added b\n");
  proposed.splice(10, 1);
  return file(path, base.join(""), proposed.join(""));
}

test("a lens stands at its hunk's first line, and at the last line when the end was deleted", () => {
  const { hunks } = threeHunks();
  expect(hunks.map((hunk) => lensLine(hunk, 31))).toEqual([2, 10, 20]);
  const cut = file("a", lines(5).join(""), lines(3).join(""));
  expect(lensLine(cut.hunks[0]!, 3)).toBe(2);
  expect(lensLine(file("a", "x\n", "").hunks[0]!, 1)).toBe(0);
});

test("the cursor is in a hunk, also in one that only deletes", () => {
  const { hunks } = threeHunks();
  expect(hunkAt(hunks, 2)).toBe(hunks[0]);
  expect(hunkAt(hunks, 21)).toBe(hunks[2]);
  expect([9, 10].map((line) => hunkAt(hunks, line))).toEqual([hunks[1], hunks[1]]);
  expect(hunkAt(hunks, 5)).toBeNull();
});

test("a command outside of any hunk means the next one, at the end the last", () => {
  const { hunks } = threeHunks();
  expect(hunkNear(hunks, 5)).toBe(hunks[1]);
  expect(hunkNear(hunks, 29)).toBe(hunks[2]);
  expect(hunkNear([], 0)).toBeNull();
});

test("next and previous go through all files and around the end", () => {
  const files = [threeHunks("a.py"), file("b.py", null, "new\n")];
  const all = files.flatMap((one) => one.hunks);
  const visited = [];
  let at = { path: "", line: -1 };
  for (let i = 0; i < 5; i++) {
    const hunk = step(files, at, 1)!;
    visited.push(all.indexOf(hunk));
    at = { path: hunk.path, line: hunk.proposedStart };
  }
  expect(visited).toEqual([0, 1, 2, 3, 0]);
  expect(step(files, { path: "b.py", line: 0 }, -1)).toBe(all[2]);
  expect(step(files, { path: "a.py", line: 0 }, -1)).toBe(all[3]);
});

test("going to what is undecided skips what is decided, until nothing is left", () => {
  const files = [threeHunks()];
  const [first, second] = files[0]!.hunks;
  expect(step(files, { path: "train.py", line: 0 }, 1, (hunk) => hunk !== first)).toBe(second);
  expect(step(files, { path: "train.py", line: 0 }, 1, () => false)).toBe(first);
});

test("replacing a hunk's span with its base lines takes exactly it out", () => {
  const one = threeHunks();
  for (const hunk of one.hunks) {
    const { start, end } = hunkSpan(one.proposed!, hunk);
    const without = one.proposed!.slice(0, start) + hunk.baseLines.join("") + one.proposed!.slice(end);
    const left = hunksOf({ ...one, proposed: without }).map(({ id }) => id);
    expect(left).toEqual(one.hunks.filter((other) => other !== hunk).map(({ id }) => id));
  }
});

test("the overview counts", () => {
  const files = [threeHunks()];
  const [first] = files[0]!.hunks;
  expect(tallyText(tally(files, {}))).toBe("3 hunks, 3 undecided");
  expect(tallyText(tally(files, { [first!.id]: "accepted" }))).toBe("3 hunks, 2 undecided");
  expect(tallyText({ hunks: 1, undecided: 0 })).toBe("1 hunk, all decided");
  expect(tallyText(tally([], {}))).toBe("Nothing is left of this proposal");
});
