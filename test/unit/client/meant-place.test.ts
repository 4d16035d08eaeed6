/** A refused answer and the file it was meant for, side by side. */
import { expect, test } from "vitest";
import { answerLine, meantLine } from "../../../extension/client/documents/meant-place.ts";

const FILE = 'import os\n\nBATCH = 32\nOPTIMIZER = "sgd"\nRATE = 1\n\nfor step in range(3):\n    pass\nfor step in range(3):\n    pass\n';

const DIFF = `I change model.py and train.py.

--- a/model.py
+++ b/model.py
@@ -1,2 +1,2 @@
-RATE = 1
+RATE = 2
--- a/train.py
+++ b/train.py
@@ -90,3 +90,3 @@
 BATCH = 32
-OPTIMIZER = "sgd"
+OPTIMIZER = "adam"
`;

const BLOCK = 'train.py\n<<<<<<< SEARCH\nOPTIMIZER = "sgd"  \n=======\nOPTIMIZER = "adam"\n>>>>>>> REPLACE\n';

test.each([
  ["a line that it takes out", DIFF, 4],
  ["a line that it quotes", BLOCK, 4],
  ["a hunk's header where no line tells", "--- train.py\n@@ -7,2 +7,2 @@\n for step in range(3):\n-    pass\n+    stop\n", 7],
  ["a header beyond the end", "--- train.py\n@@ -700 +700 @@\n-gone\n", 11],
  ["nothing", "I would rather not.", null],
] as const)("the place is told by %s", (_, answer, line) => {
  expect(meantLine(answer, "train.py", FILE)).toBe(line);
});

test("the answer opens where it is about the place, in the part on that file", () => {
  expect(DIFF.split("\n")[answerLine(DIFF, "train.py", FILE, 4)]).toBe('-OPTIMIZER = "sgd"');
  // A line near by will do: the exact one is what the answer has wrong.
  expect(DIFF.split("\n")[answerLine(DIFF, "train.py", FILE, 5)]).toBe('-OPTIMIZER = "sgd"');
  expect(DIFF.split("\n")[answerLine(DIFF, "train.py", "other\ntext\n", 1)]).toBe("--- a/train.py");
  expect(answerLine("No.", "train.py", FILE, 4)).toBe(0);
});
