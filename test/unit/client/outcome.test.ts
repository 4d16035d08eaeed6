import { describe, expect, it } from "vitest";
import { messageOf, sentence } from "../../../extension/protocol/message.ts";
import { answerSoFar, outcomeOf } from "../../../extension/client/sidebar/outcome.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { ideaAnswer } from "../../fixtures/model-server.ts";
import { ideaFixture } from "../../fixtures/lab.ts";

const ideas = [ideaFixture(1), ideaFixture(2)];

describe("what a generation came to", () => {
  it("is how many ideas there are, and no warning when all is well", () => {
    expect(outcomeOf({ ideas, notes: [], usage: null, cost: null })).toEqual({ level: "info", text: "2 new ideas." });
  });

  it("does not count what was put aside at once", () => {
    const aside = { ...ideaFixture(3), status: "rejected" as const };
    expect(outcomeOf({ ideas: [...ideas, aside], notes: ["“C” nearly repeats #1; it was put aside"], usage: null, cost: null })).toEqual({
      level: "warning",
      text: "2 new ideas.\n“C” nearly repeats #1; it was put aside.",
    });
  });

  it("has its cost, which is no warning either", () => {
    const usage = { inputTokens: 12_345, outputTokens: 678 };
    expect(outcomeOf({ ideas, notes: [], usage, cost: null })).toEqual({ level: "info", text: "2 new ideas (12,345 tokens in, 678 out)." });
  });

  it("warns of what the user should know, a sentence on each line", () => {
    const notes = ["lab asks to slow down (429); trying again in 1 s (1 of 4)", "lab/m: the server has no structured output"];
    expect(outcomeOf({ ideas: ideas.slice(1), notes, usage: null, cost: null })).toEqual({
      level: "warning",
      text: "1 new idea.\nLab asks to slow down (429); trying again in 1 s (1 of 4).\nlab/m: the server has no structured output.",
    });
  });
});

describe("a sentence", () => {
  it.each([
    ["nothing listens there", "Nothing listens there."],
    ["is it running?", "Is it running?"],
    ["lab/tiny-1 gave no idea", "lab/tiny-1 gave no idea."],
    ["train.py: cannot be read", "train.py: cannot be read."],
    ["the engine's log …", "The engine's log …"],
    ["engine: gone", "Engine: gone."],
    ["", "."],
  ])("of %j is %j", (text, expected) => expect(sentence(text)).toBe(expected));

  it("is followed by what to do", () => {
    expect(messageOf(new ProvingGroundError("usage", "no review is in front", { hint: "Open one." }))).toBe(
      "No review is in front. Open one.",
    );
  });
});

describe("an answer that is being written", () => {
  const SHOWN = "• Adam\nFewer steps.\n- OPTIMIZER: adam\n• Cosine\nIt settles.\n- SCHEDULE";
  const JSON_ANSWER = JSON.stringify(
    {
      ideas: [
        { title: "Adam", description: "Fewer steps.", changes: "- OPTIMIZER: adam" },
        { title: "Cosine", description: "It settles.", changes: "- SCHEDULE" },
      ],
    },
    null,
    1,
  );

  it.each([
    ["tags", `${ideaAnswer("Adam", "Fewer steps.", "- OPTIMIZER: adam")}\n\n${ideaAnswer("Cosine", "It settles.", "- SCHEDULE")}`],
    ["JSON", JSON_ANSWER],
    ["JSON in one line", JSON.stringify(JSON.parse(JSON_ANSWER))],
  ])("is shown without its %s", (_kind, answer) => expect(answerSoFar(answer)).toBe(SHOWN));

  it("never shows half a tag", () => {
    expect(answerSoFar("<idea><title>Adam</tit")).toBe("• Adam");
    expect(answerSoFar("<idea><title>Adam</title><")).toBe("• Adam");
    expect(answerSoFar("<id")).toBe("");
  });

  it("is shown as it is when it has another form", () => {
    expect(answerSoFar("I would rather not: a < b.")).toBe("I would rather not: a < b.");
  });
});
