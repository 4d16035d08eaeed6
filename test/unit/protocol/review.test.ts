import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold, hunksOf, settle, undecided, withoutHunks, type FilePair } from "../../../extension/protocol/review.ts";

const pair = (base: string | null, proposed: string | null): FilePair => ({ path: "train.py", base, proposed });
const text = fc.array(fc.constantFrom("a", "b", "c", "", "x = 1"), { maxLength: 12 }).map((lines) => lines.join("\n"));

describe("hunks of a proposal", () => {
  it("are neighbouring changed lines, with changes two lines apart reviewed as one", () => {
    const hunks = hunksOf(pair("a\nb\nc\nd\ne\nf\ng\nh\n", "A\nb\nc\nD\ne\nf\ng\nH\n"));
    expect(hunks.map((hunk) => [hunk.baseStart, hunk.baseLines.join(""), hunk.proposedLines.join("")])).toEqual([
      [0, "a\nb\nc\nd\n", "A\nb\nc\nD\n"],
      [7, "h\n", "H\n"],
    ]);
  });

  it("keep their id when other lines are edited above them", () => {
    const [only] = hunksOf(pair("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n"));
    const moved = hunksOf(pair("a\nb\nc\nd\ne\n", "new\nnew\na\nb\nc\nd\nE\n"));
    expect(moved.map((hunk) => hunk.id)).toContain(only?.id);
  });

  it("have different ids when the same change is made twice", () => {
    const base = "x\n1\n2\n3\n4\nx\n";
    const ids = hunksOf(pair(base, base.replaceAll("x", "y"))).map((hunk) => hunk.id);
    expect(new Set(ids).size).toBe(2);
  });

  it("of a file that was rewritten are one, between the ends that stayed", () => {
    const lines = (mark: string) => Array.from({ length: 3000 }, (_, line) => `${mark}${line}\n`);
    const [base, proposed] = [lines("a"), lines("b")].map((changed) => ["first\n", ...changed, "last\n"].join(""));
    const hunks = hunksOf(pair(base ?? "", proposed ?? ""));
    expect(hunks.map(({ baseStart, baseLines, proposedLines }) => [baseStart, baseLines.length, proposedLines.length])).toEqual([
      [1, 3000, 3000],
    ]);
    expect(withoutHunks(pair(base ?? "", proposed ?? ""), new Set(hunks.map((hunk) => hunk.id)))).toBe(base);
  });

  it("see a new file, a deleted file and an empty one", () => {
    expect(hunksOf(pair(null, "a\n"))).toHaveLength(1);
    expect(hunksOf(pair("a\n", null))).toHaveLength(1);
    expect(hunksOf(pair(null, ""))).toHaveLength(1);
    expect(hunksOf(pair("a\n", "a\n"))).toHaveLength(0);
  });
});

describe("rejecting hunks", () => {
  it("takes out that hunk and leaves the others as proposed", () => {
    const files = pair("a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n");
    const [first] = hunksOf(files);
    expect(withoutHunks(files, new Set([first?.id ?? ""]))).toBe("a\nb\nc\nd\nE\n");
  });

  it("of a new file removes it, of a deleted file restores it", () => {
    for (const files of [pair(null, "a\n"), pair("a\n", null)]) {
      expect(withoutHunks(files, new Set(hunksOf(files).map((hunk) => hunk.id)))).toBe(files.base);
    }
  });

  it("all gives the base, none the proposal, whatever the texts", () => {
    fc.assert(
      fc.property(text, text, (base, proposed) => {
        const files = pair(base, proposed);
        const all = new Set(hunksOf(files).map((hunk) => hunk.id));
        expect(withoutHunks(files, all)).toBe(base);
        expect(withoutHunks(files, new Set())).toBe(proposed);
      }),
    );
  });

  it("one by one, each recomputed from the text that is left, reaches the base", () => {
    fc.assert(
      fc.property(text, text, (base, proposed) => {
        let left: string | null = proposed;
        for (let guard = 0; guard < 30; guard++) {
          const [next] = hunksOf(pair(base, left));
          if (next === undefined) break;
          left = withoutHunks(pair(base, left), new Set([next.id]));
        }
        expect(left).toBe(base);
      }),
    );
  });
});

describe("decisions", () => {
  const files = pair("a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n");
  const [first, second] = hunksOf(files).map((hunk) => hunk.id);

  it("on hunks that are gone are forgotten, and a rejected hunk that is back is undecided", () => {
    const decisions = { [first ?? ""]: "rejected", [second ?? ""]: "accepted", gone: "accepted" } as const;
    const settled = settle(decisions, hunksOf(files));
    expect(settled).toEqual({ [second ?? ""]: "accepted" });
    expect(undecided(settled, hunksOf(files)).map((hunk) => hunk.id)).toEqual([first]);
  });

  it("fold into what is committed", () => {
    expect(fold([files], { [first ?? ""]: "rejected" })).toEqual([{ path: "train.py", text: "a\nb\nc\nd\nE\n" }]);
  });
});
