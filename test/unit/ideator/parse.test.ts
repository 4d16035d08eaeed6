import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIdeas, titleKey } from "../../../extension/engine/ideator/parse.ts";

const tagged = (title: string, description = "Because.", changes = "Do it.") =>
  `<idea>\n<title>${title}</title>\n<description>${description}</description>\n<changes>${changes}</changes>\n</idea>`;
const one = { title: "Use Adam", description: "Because.", changes: "Do it." };
const json = JSON.stringify({ ideas: [one] });

describe("an answer's ideas", () => {
  it.each([
    ["JSON as asked", json],
    ["JSON in a fence with prose around it", `Sure! Here you go:\n\`\`\`json\n${json}\n\`\`\`\nGood luck {with} it.`],
    ["a bare list", `[${JSON.stringify(one)}]`],
    ["a comma too many", `{"ideas": [{"title": "Use Adam", "description": "Because.", "changes": "Do it.",},]}`],
    ["changes as a list", `{"ideas": [{"title": "Use Adam", "description": "Because.", "changes": "Do it."}]}`],
    ["tagged text", tagged("Use Adam")],
    ["tagged text in a fence with prose", `Thinking about it…\n\`\`\`xml\n${tagged("Use Adam")}\n\`\`\`\nDone.`],
    ["thoughts in front", `<think>maybe ${tagged("Nonsense")} no</think>\n${tagged("Use Adam")}`],
    ["thoughts whose opening tag is missing", `maybe {"title": "x"} no</think>${json}`],
    ["a numbered and emphasised title", tagged("1. **Use Adam**")],
    ["upper-case tags and attributes", tagged("Use Adam").replace("<idea>", '<IDEA id="1">').replace("</idea>", "</IDEA>")],
    ["a tag that is not closed", "<idea><title>Use Adam\n<description>Because.</description><changes>Do it.</changes></idea>"],
    ["an idea that is not closed", tagged("Use Adam").replace("</idea>", "")],
  ])("are read from %s", (_name, answer) => {
    expect(parseIdeas(answer).ideas).toEqual([one]);
  });

  it("keep line breaks that a model forgot to escape", () => {
    const answer = `{"ideas": [{"title": "Use Adam", "description": "First.\nSecond.", "changes": ["a", "b"]}]}`;
    expect(parseIdeas(answer).ideas).toEqual([{ title: "Use Adam", description: "First.\nSecond.", changes: "- a\n- b" }]);
  });

  it("survive an end that was cut, without the idea that was", () => {
    const two = JSON.stringify({ ideas: [one, { ...one, title: "Second" }] });
    expect(parseIdeas(two.slice(0, -12))).toEqual({ ideas: [one], problems: ["the last idea was cut off"] });
    const text = `${tagged("Use Adam")}\n<idea><title>Second</title><description>Beca`;
    expect(parseIdeas(text)).toEqual({ ideas: [one], problems: ["the last idea was cut off"] });
  });

  it("may hold braces, quotes and code", () => {
    const odd = { title: 'Say "hi" {now}', description: "if (x) { y() }", changes: '```py\nd = {"a": 1}\n```' };
    expect(parseIdeas(JSON.stringify({ ideas: [odd] })).ideas).toEqual([odd]);
    expect(parseIdeas(tagged("Braces", odd.description, odd.changes)).ideas).toEqual([{ ...odd, title: "Braces" }]);
  });

  it.each([
    ["", "the answer has neither <idea> blocks nor JSON with ideas"],
    ["I am sorry, I cannot help with that.", "the answer has neither <idea> blocks nor JSON with ideas"],
    ['{"ideas": [{"description": "no title"}]}', "an idea without a title was left out"],
    [tagged("Only a title", "", ""), "“Only a title” was left out: it has no description"],
  ])("are none, with the reason, in %j", (answer, problem) => {
    expect(parseIdeas(answer)).toEqual({ ideas: [], problems: [problem] });
  });

  it("never make it throw, whatever the answer", () => {
    const pieces = fc.constantFrom(
      "<idea>",
      "</idea>",
      "<title>",
      "</title>",
      "{",
      "}",
      '"ideas":',
      '"title":',
      "[",
      "]",
      '"',
      "\\",
      ",",
      "x",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        for (const { title } of parseIdeas(parts.join("")).ideas) expect(title).not.toBe("");
      }),
    );
  });
});

describe("two titles", () => {
  it("are the same when case, punctuation and spacing are all that differs", () => {
    expect(titleKey("Use  Adam!")).toBe(titleKey("use adam"));
    expect(titleKey("Rate 0.5 → 0.8")).not.toBe(titleKey("Rate 0.5 → 0.9"));
  });
});
