import fc from "fast-check";
import { expect, it } from "vitest";
import { parseIdea, printIdea } from "../../../extension/protocol/idea-markdown.ts";

const line = fc.string({ unit: fc.constantFrom("a", "Z", "9", "é", "*", "-", ".", "`"), minLength: 1, maxLength: 20 });
const paragraph = fc.array(line, { maxLength: 4 }).map((lines) => lines.join("\n").trim());

it("reads back what it printed", () => {
  fc.assert(
    fc.property(line, paragraph, paragraph, (title, description, changes) => {
      const idea = { title: title.trim(), description, changes };
      expect(parseIdea(printIdea(idea))).toEqual(idea);
    }),
  );
});

it("accepts Windows line ends and a missing section", () => {
  expect(parseIdea("# Cosine decay\r\n\r\nIt decays.\r\n")).toEqual({ title: "Cosine decay", description: "It decays.", changes: "" });
});

it("says what to do when there is no title", () => {
  expect(() => parseIdea("just words")).toThrow(expect.objectContaining({ code: "usage", hint: "Begin it with a line `# Title`." }));
});
