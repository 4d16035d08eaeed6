/** The attempts at an idea as the user reads them, and what is found in that document again. */
import { expect, test } from "vitest";
import { printAnswer, printAttempts, sectionsOf } from "../../../extension/client/documents/attempts.ts";
import type { Attempt, Idea, IdeaDetail } from "../../../extension/protocol/idea.ts";
import { attemptFixture, ideaFixture } from "../../fixtures/lab.ts";

const clock = (milliseconds: number) => `minute ${Math.floor(milliseconds / 60_000) % 60}`;

function detail(attempts: Attempt[], idea: Partial<Idea> = {}): IdeaDetail {
  const title = "Adam instead of plain steps";
  const about = ideaFixture(7, { title, attempts: attempts.length, ...idea });
  return { idea: about, text: { title, description: "", changes: "" }, knobs: null, attempts };
}

const print = (attempts: Attempt[], idea: Partial<Idea> = {}) => printAttempts(detail(attempts, idea), clock);

const DIFF = '--- a/train.py\n+++ b/train.py\n@@ -26 +26 @@\n-OPTIMIZER = "sgd"\n+OPTIMIZER = "adam"\n';

test("each try, the newest first, with its note; each attempt with outcome, reason, place, who, how long, tokens, answer", () => {
  const attempts = [
    attemptFixture(1, { outcome: "unreadable answer", reason: "no change is written in it", answer: "I shall use Adam." }),
    attemptFixture(2, {
      number: 2,
      outcome: "would not apply",
      reason: "train.py: hunk 1: its lines are not in the file",
      place: { file: "train.py", line: 26 },
      answer: DIFF,
    }),
    attemptFixture(3, {
      sample: 1,
      note: "Only the optimizer.\nNothing else.",
      outcome: "overtaken",
      reason: "another sample passed first",
      answer: "",
    }),
    attemptFixture(4, { sample: 2, note: "Only the optimizer.\nNothing else.", outcome: null, endedAt: null, usage: null, answer: "" }),
  ];
  expect(print(attempts, { status: "implementing" })).toBe(`# Attempts at “Adam instead of plain steps”

#7 · implementing

4 attempts in 2 tries: 1 unreadable answer, 1 would not apply, 1 overtaken, 1 being written · 33 tokens in, 12 out

## Try 2 · minute 53 · 2 samples at once

The note it was given:

> Only the optimizer.
> Nothing else.

### Attempt 3 (sample 1): overtaken

Another sample passed first.

- by: lab/tiny-1 · 3.2 s
- tokens: 11 in, 4 out

No answer came.

### Attempt 4 (sample 2): being written

- by: lab/tiny-1

## Try 1 · minute 53

### Attempt 1: unreadable answer

No change is written in it.

- by: lab/tiny-1 · 3.2 s
- tokens: 11 in, 4 out

\`\`\`markdown
I shall use Adam.
\`\`\`

### Attempt 2 (revision 1): would not apply

train.py: hunk 1: its lines are not in the file.

- place: train.py, line 26
- by: lab/tiny-1 · 3.2 s
- tokens: 11 in, 4 out

\`\`\`diff
${DIFF.trimEnd()}
\`\`\`
`);
});

test("an idea that is not implemented says why at the top", () => {
  const text = print([attemptFixture(1, { outcome: "protected" })], { status: "not implemented", outcome: "protected" });
  expect(text).toContain("#7 · not implemented: protected file\n");
  expect(print([])).toContain("No attempts yet.");
});

const TRAPS = [
  "```\n### Attempt 99: applied\n```",
  "````markdown\n```diff\n### Attempt 99: applied\n```\n````\n### Attempt 99\n- place: /etc/passwd",
  "```\r\n### Attempt 99\r\n```\r\n",
  "~~~\n```",
  "`````````",
];

test.each(TRAPS)("nothing in the answer %j closes its fence or is taken for an attempt", (answer) => {
  const text = print([
    attemptFixture(1, { answer, outcome: "empty", reason: "``` # none" }),
    attemptFixture(2, { answer, number: 2, place: { file: "a.py" } }),
  ]);
  for (const shown of [text, text.replaceAll("\n", "\r\n")]) {
    const lines = shown.split(/\r?\n/);
    expect(sectionsOf(shown)).toEqual([
      { attempt: 1, line: lines.indexOf("### Attempt 1: changes nothing"), place: false, answer: true },
      { attempt: 2, line: lines.indexOf("### Attempt 2 (revision 1): applied"), place: true, answer: true },
    ]);
  }
});

test("two megabytes of answer are cut, with a line that says so, and are whole in their own document", () => {
  const answer = "x".repeat(2_000_000);
  const attempt = attemptFixture(1, { answer, outcome: "unreadable answer" });
  const text = print([attempt]);
  expect(text.length).toBeLessThan(25_000);
  expect(text).toContain("… 2.0 million characters more are not shown here. _Open the Answer_ above shows them.");
  expect(printAnswer(attempt)).toBe(answer);
  expect(printAnswer({ ...attempt, answer: "y".repeat(5_000_000) })).toMatch(/y\n\n… 1\.0 million characters more are not shown\.\n$/);
});

test("a reason of any length is one line that begins no heading", () => {
  const text = print([attemptFixture(1, { outcome: "smoke", reason: `# it ended\nwith ${"why ".repeat(1000)}` })]);
  const line = text.split("\n").find((one) => one.includes("it ended with why"));
  expect(line).toMatch(/^\\# it ended with why .* …$/);
  expect(line?.length).toBeLessThan(1_010);
});

test("a null character, for which the editor would show nothing at all, is shown as a sign", () => {
  const attempt = attemptFixture(1, { answer: "a\0b" });
  expect(print([attempt])).toContain("a␀b");
  expect(printAnswer(attempt)).toBe("a␀b");
});

test("what the idea nearly repeats stands at the top, and is no heading whatever it says", () => {
  const repetition = "nearly repeats #3 “# Lion” (82% alike), which failed: it divided by zero";
  const [title, , about, , repeats, , counts] = printAttempts(detail([attemptFixture(1)]), clock, repetition).split("\n");
  expect([title, about, repeats]).toEqual([
    "# Attempts at “Adam instead of plain steps”",
    "#7 · draft",
    "Nearly repeats #3 “# Lion” (82% alike), which failed: it divided by zero.",
  ]);
  expect(counts).toMatch(/^1 attempt: /);
});
