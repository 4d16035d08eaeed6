/** What an idea repeats, how that went, and what kind it is, in words. */
import { expect, test } from "vitest";
import { fateOf, kindText, percent, repeatedText, repetitionText } from "../../../extension/protocol/repetition.ts";
import { ideaFixture } from "../../fixtures/lab.ts";

const repeats = { idea: 12, likeness: 0.816 };
const earlier = ideaFixture(12, { title: "Y", status: "done", metric: 0.612345 });

test("what is repeated is named with how alike it is and how it went", () => {
  expect(repeatedText(repeats, earlier, "val_loss")).toBe("#12 “Y” (82% alike), which reached val_loss 0.6123");
  expect(repeatedText(repeats, earlier, null, "words")).toBe("#12 “Y” (82% alike by words), which reached 0.6123");
  expect(repeatedText(repeats, null, "val_loss")).toBe("#12 (82% alike)");
  expect(repetitionText({ repeats }, earlier, "val_loss")).toBe("nearly repeats #12 “Y” (82% alike), which reached val_loss 0.6123");
  expect(repetitionText({ repeats: null }, null, null)).toBeNull();
});

test.each([
  [{ status: "failed", problem: "it divided by zero" }, "failed: it divided by zero"],
  [{ status: "not implemented", problem: "line 3 differs" }, "could not be implemented: line 3 differs"],
  [{ status: "rejected", metric: 0.5 }, "was rejected"],
  [{ status: "rejected", repeats: { idea: 3, likeness: 0.9 } }, "was put aside as a repetition of #3"],
  [{ status: "running", metric: 0.5 }, "reached loss 0.5"],
  [{ status: "running" }, "is running"],
  [{ status: "queued" }, "is queued"],
  [{ status: "in review" }, "is in review"],
  [{ status: "implementing" }, "is being implemented"],
  [{ status: "approved" }, "is approved and has not run"],
  [{ status: "stopped" }, "was stopped"],
  [{ status: "draft" }, "is a draft"],
] as const)("%j %s", (changes, fate) => {
  expect(fateOf(ideaFixture(1, changes), "loss")).toBe(fate);
});

test("only what is the same is all alike", () => {
  expect([1, 0.999, 0.425].map(percent)).toEqual(["100%", "99%", "43%"]);
});

test.each([
  [{ kind: null, judged: null, judgedBy: null }, null],
  [{ kind: "algorithmic", judged: null, judgedBy: null }, "algorithmic"],
  [{ kind: "algorithmic", judged: "algorithmic", judgedBy: "lab/m" }, "algorithmic by its diff and as lab/m judges"],
  [{ kind: "hyper-parameter", judged: "algorithmic", judgedBy: "lab/m" }, "hyper-parameter by its diff, algorithmic as lab/m judges"],
  [{ kind: null, judged: "algorithmic", judgedBy: null }, "algorithmic as a model judges"],
] as const)("%j is %s", (idea, text) => {
  expect(kindText(idea)).toBe(text);
});
