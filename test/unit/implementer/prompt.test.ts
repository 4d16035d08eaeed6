/** What the prompt teaches a model to write is what the reader reads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAnswer } from "../../../extension/engine/implementer/patch/parse.ts";

const PROMPT = readFileSync(new URL("../../../extension/engine/implementer/prompts/implement.md", import.meta.url), "utf8");

test("both forms shown in the implementer's prompt are read as changes of the file they show", () => {
  const edits = parseAnswer(PROMPT.slice(PROMPT.indexOf("## How to answer")));
  expect(edits).toMatchObject([
    { kind: "change", path: "path/file.py" },
    {
      kind: "change",
      path: "path/file.py",
      hunks: [
        {
          lines: [
            { op: "-", text: "line taken out" },
            { op: "+", text: "line put in" },
          ],
        },
      ],
    },
  ]);
});
