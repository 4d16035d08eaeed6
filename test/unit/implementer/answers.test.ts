/** Reading answers: every format, with prose and fences around it, and no exception but the typed one. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainHunk, printEdits, type FileEdit, type Hunk } from "../../../extension/engine/implementer/patch/edits.ts";
import { parseAnswer } from "../../../extension/engine/implementer/patch/parse.ts";
import { PatchRefusal } from "../../../extension/engine/implementer/patch/refusal.ts";

const SIMPLE = ["--- a/train.py", "+++ b/train.py", "@@ -1,3 +1,3 @@", " import math", "-lr = 0.1", "+lr = 0.3", " steps = 100"].join("\n");
const HUNK: Hunk = plainHunk(
  [
    { op: " ", text: "import math" },
    { op: "-", text: "lr = 0.1" },
    { op: "+", text: "lr = 0.3" },
    { op: " ", text: "steps = 100" },
  ],
  1,
);
const CHANGE: FileEdit = { kind: "change", path: "train.py", alternative: null, hunks: [HUNK] };

function refusalOf(answer: string) {
  try {
    parseAnswer(answer);
  } catch (cause) {
    if (cause instanceof PatchRefusal) return cause;
    throw cause;
  }
  throw new Error("was not refused");
}

describe("a unified diff is found", () => {
  test.each([
    ["bare", SIMPLE],
    ["with a newline behind", `${SIMPLE}\n`],
    ["in a fence inside prose", `Sure! Here it is:\n\n\`\`\`diff\n${SIMPLE}\n\`\`\`\n\nThis raises the rate:\n- faster\n- riskier\n`],
    ["before prose without a fence", `${SIMPLE}\n\n- this raises the rate\n- nothing else`],
    ["with Windows line ends", SIMPLE.replaceAll("\n", "\r\n")],
    ["with a git head", `diff --git a/train.py b/train.py\nindex 123..456 100644\n${SIMPLE}`],
    ["with time stamps", SIMPLE.replace("a/train.py", "a/train.py\t2024-01-01 00:00:00")],
    ["with wrong counts", SIMPLE.replace("-1,3 +1,3", "-1,9 +1,1")],
    ["with one name alone", SIMPLE.replace("--- a/train.py\n", "")],
    ["with its name above the fence", `**train.py**\n\n\`\`\`diff\n${SIMPLE.split("\n").slice(2).join("\n")}\n\`\`\`\n`],
    ["with a git head alone", SIMPLE.replace("--- a/train.py\n+++ b/train.py", "diff --git a/train.py b/train.py")],
    ["in a fence in a list", `1. First\n\n   \`\`\`diff\n   ${SIMPLE.replaceAll("\n", "\n   ")}\n   \`\`\`\n`],
    ["with a line of context that lost its space", SIMPLE.replace(" import", "import")],
    ["with the signature of a mailed patch", `${SIMPLE}\n-- \n2.39.5\n`],
  ])("%s", (_, answer) => {
    expect(parseAnswer(answer)).toEqual([CHANGE]);
  });

  test("blank lines of context that lost their space belong to the hunk, those behind it do not", () => {
    const answer = "--- a/x.py\n+++ b/x.py\n@@ -1,4 +1,5 @@\n a\n\n+b\n c\n\n\nDone.";
    const [edit] = parseAnswer(answer);
    expect(edit?.kind === "change" && edit.hunks[0]?.lines.map(({ op, text }) => op + text)).toEqual([" a", " ", "+b", " c", " "]);
  });

  test("several files, one new, one deleted, one renamed", () => {
    const answer = [
      "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,2 @@\n+one\n+two",
      "diff --git a/old.py b/old.py\ndeleted file mode 100644\n--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone",
      "diff --git a/from b.py b/to b.py\nsimilarity index 100%\nrename from from b.py\nrename to to b.py",
      SIMPLE,
    ].join("\n");
    expect(parseAnswer(answer)).toMatchObject([
      { kind: "create", path: "new.py", text: "one\ntwo\n" },
      { kind: "delete", path: "old.py" },
      { kind: "rename", path: "from b.py", to: "to b.py", hunks: [] },
      { kind: "change", path: "train.py" },
    ]);
  });

  test("a removed line that looks like a file's head is a removed line", () => {
    const answer = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old comment\n+++ new comment\n select 1\n";
    const [edit] = parseAnswer(answer);
    expect(edit).toMatchObject({
      kind: "change",
      path: "q.sql",
      hunks: [{ lines: [{ op: "-", text: "-- old comment" }, { op: "+" }, { op: " " }] }],
    });
  });

  test.each([
    ["@@", []],
    ["@@ @@", []],
    ["@@ ... @@", []],
    ["@@ -?,? +?,? @@", []],
    ["@@ def step(self):", ["def step(self):"]],
    ["@@ ... @@ def step(self):", ["def step(self):"]],
    ["@@ class Adam:\n@@ def step(self):", ["class Adam:", "def step(self):"]],
  ])("the head %s says nothing of numbers", (head, below) => {
    const [edit] = parseAnswer(`--- a/x.py\n+++ b/x.py\n${head}\n a\n-b\n+c\n`);
    expect(edit).toMatchObject({ kind: "change", hunks: [{ at: null, below, lines: [{ op: " " }, { op: "-" }, { op: "+" }] }] });
  });

  test("a hunk without any head is one; an insertion whose counts are wrong has no number", () => {
    expect(parseAnswer("--- a/x.py\n+++ b/x.py\n a\n-b\n+c\n")).toMatchObject([{ hunks: [{ at: null, lines: [{}, {}, {}] }] }]);
    expect(parseAnswer("--- a/x.py\n+++ b/x.py\n@@ -3,0 +4,2 @@\n+b\n+c\n")).toMatchObject([{ hunks: [{ at: 3 }] }]);
    expect(parseAnswer("--- a/x.py\n+++ b/x.py\n@@ -3,7 +4,9 @@\n+b\n+c\n")).toMatchObject([{ hunks: [{ at: null }] }]);
  });

  test("an answer that ends inside a fence or before its counts are reached is cut off, or may be", () => {
    expect(refusalOf(`\`\`\`diff\n${SIMPLE}\n`).message).toContain("seems cut off");
    const [edit] = parseAnswer("--- a/x.py\n+++ b/x.py\n@@ -1,4 +1,4 @@\n a\n-b\n+c");
    expect(edit).toMatchObject({ hunks: [{ mayBeCut: true }] });
  });

  test("a binary patch is refused with the reason, hunks without a name are for whatever file they fit", () => {
    expect(parseAnswer("@@ -1 +1 @@\n-a\n+b")).toMatchObject([{ kind: "change", path: "" }]);
    expect(refusalOf("diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\n").refusal).toEqual({
      reason: "not text",
      path: "x.bin",
    });
  });
});

describe("search/replace blocks", () => {
  const block = "<<<<<<< SEARCH\nlr = 0.1\n=======\nlr = 0.3\n>>>>>>> REPLACE";
  const change = {
    kind: "change",
    path: "src/train.py",
    hunks: [
      {
        at: null,
        lines: [
          { op: "-", text: "lr = 0.1" },
          { op: "+", text: "lr = 0.3" },
        ],
      },
    ],
  };

  test.each([
    ["under a path", `src/train.py\n${block}`],
    ["in a fence under a path", `**src/train.py**\n\n\`\`\`python\n${block}\n\`\`\`\n`],
    ["with the path in the fence", `\`\`\`\nsrc/train.py\n${block}\n\`\`\`\n`],
    ["with the path in the fence's head", `\`\`\`python src/train.py\n${block}\n\`\`\`\n`],
    ["with a labelled path", `File: \`src/train.py\`\n${block}`],
  ])("%s", (_, answer) => {
    expect(parseAnswer(answer)).toMatchObject([change]);
  });

  test.each([
    ["ORIGINAL and UPDATED", block.replace("SEARCH", "ORIGINAL").replace("REPLACE", "UPDATED")],
    ["HEAD and a name", block.replace("SEARCH", "HEAD").replace("REPLACE", "my-change")],
    ["dashes and pluses", block.replace("<<<<<<<", "-------").replace(">>>>>>>", "+++++++")],
    ["five signs", block.replace("<<<<<<<", "<<<<<").replace("=======", "=====").replace(">>>>>>>", ">>>>>")],
  ])("between %s", (_, other) => {
    expect(parseAnswer(`src/train.py\n${other}`)).toMatchObject([change]);
  });

  test("with the path or the first line's number behind the mark, or no path at all", () => {
    expect(parseAnswer(block.replace("SEARCH", "SEARCH src/train.py"))).toMatchObject([change]);
    expect(parseAnswer(`src/train.py\n${block.replace("SEARCH", "SEARCH\n:start_line:7\n-------")}`)).toMatchObject([
      { hunks: [{ at: 7 }] },
    ]);
    expect(parseAnswer(block)).toMatchObject([{ kind: "change", path: "" }]);
  });

  test("a line of signs that is shorter than the marks is text", () => {
    expect(parseAnswer(`a.md\n<<<<<<< SEARCH\nTitle\n=====\n=======\nName\n=====\n>>>>>>> REPLACE\n`)).toMatchObject([
      {
        hunks: [
          {
            lines: [
              { op: "-", text: "Title" },
              { op: "+", text: "Name" },
              { op: " ", text: "=====" },
            ],
          },
        ],
      },
    ]);
  });

  test("a second block without a path is for the same file, an empty search makes a file", () => {
    expect(parseAnswer(`src/train.py\n${block}\n\n${block}\n\nnew.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE`)).toMatchObject([
      change,
      change,
      { kind: "create", path: "new.py", text: "x = 1\n" },
    ]);
  });

  test.each([
    ["cut off", `a.py\n<<<<<<< SEARCH\nx\n=======\ny`, ">>>>>>> REPLACE"],
    ["no divider", `a.py\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE`, "without its `=======`"],
    ["two dividers", `a.py\n<<<<<<< SEARCH\nx\n=======\ny\n=======\nz\n>>>>>>> REPLACE`, "more than one"],
  ])("%s is refused", (_, answer, message) => {
    expect(refusalOf(answer)).toMatchObject({ code: "model-answer", message: expect.stringContaining(message) as string });
  });
});

describe("an enveloped patch", () => {
  test("adds, deletes, moves and changes files", () => {
    const answer = [
      "*** Begin Patch",
      ...["*** Add File: new.py", "+x = 1", "+", "+y = 2", "*** Delete File: old.py"],
      ...["*** Update File: a.py", "*** Move to: b.py", "@@ class A:", "@@ def f(self):", "     a", "-    b", "+    c", "*** End of File"],
      ...["*** Update File: train.py", " import math", "-lr = 0.1", "+lr = 0.3", "steps = 100", "*** End Patch"],
    ].join("\n");
    expect(parseAnswer(`Here:\n\`\`\`\n${answer}\n\`\`\`\n`)).toMatchObject([
      { kind: "create", path: "new.py", text: "x = 1\n\ny = 2\n" },
      { kind: "delete", path: "old.py" },
      { kind: "rename", path: "a.py", to: "b.py", hunks: [{ below: ["class A:", "def f(self):"], last: true }] },
      { kind: "change", path: "train.py", hunks: [{ ...HUNK, at: null }] },
    ]);
  });

  test("without its end is cut off", () => {
    expect(refusalOf("*** Begin Patch\n*** Update File: a.py\n@@\n-b\n+c\n").message).toContain("seems cut off");
  });
});

describe("whole files", () => {
  test.each([
    ["labelled above", "`model.py`:\n\n```python\nx = 1\n```"],
    ["labelled in a heading", "### model.py\n```python\nx = 1\n```"],
    ["labelled in the fence", "```python:model.py\nx = 1\n```"],
    ["announced in a sentence", "Here is the complete `model.py`:\n\n```python\nx = 1\n```"],
    ["labelled by a title", '```python title="model.py"\nx = 1\n```'],
  ])("%s", (_, answer) => {
    expect(parseAnswer(answer)).toEqual([{ kind: "write", path: "model.py", text: "x = 1\n", aside: false }]);
  });

  test("a fence without a path is prose, and beside other edits a labelled one counts for new files only", () => {
    expect(refusalOf("Try this:\n```python\nx = 1\n```").refusal.reason).toBe("unreadable");
    expect(parseAnswer(`\`\`\`diff\n${SIMPLE}\n\`\`\`\n\nmodel.py\n\`\`\`python\nx = 1\n\`\`\`\n`)).toMatchObject([
      { kind: "change" },
      { kind: "write", path: "model.py", aside: true },
    ]);
  });

  test("an answer cut off inside a fence is not a file", () => {
    expect(refusalOf("model.py\n```python\nx = 1\n").refusal.reason).toBe("unreadable");
  });
});

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join("/")}.py`);
const text = fc.string({ unit: fc.constantFrom("a", " ", "=", "#", "-", "+", "\\", "@", "ü", "\t"), maxLength: 12 });
const line = fc.record({ op: fc.constantFrom(" " as const, "-" as const, "+" as const), text });
const heading = fc.array(fc.constantFrom("class Adam:", "def step(self):", "if x == 3:"), { maxLength: 2 });
const hunk: fc.Arbitrary<Hunk> = fc
  .record({
    at: fc.option(fc.integer({ min: 1, max: 500 })),
    below: heading,
    lines: fc.array(line, { minLength: 1, maxLength: 8 }),
    bareEnd: fc.constant({ old: false, new: false }),
    last: fc.boolean(),
    mayBeCut: fc.constant(false),
  })
  // An insertion goes by a number that the hunks before it bear out, which random ones do not.
  .map((made) => (made.lines.every(({ op }) => op === "+") ? { ...made, at: null } : made));
const hunks = fc.array(hunk, { minLength: 1, maxLength: 3 });
const edit: fc.Arbitrary<FileEdit> = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), path, alternative: fc.constant(null), hunks }),
  fc.record({ kind: fc.constant("rename" as const), path, to: path, hunks: fc.oneof(fc.constant<Hunk[]>([]), hunks) }),
  fc.record({ kind: fc.constant("delete" as const), path, hunks }),
  fc.record({
    kind: fc.constant("create" as const),
    path,
    text: fc.array(text, { minLength: 1 }).map((lines) => `${lines.join("\n")}x\n`),
  }),
);

describe("for any", () => {
  test("edits, what is printed is read back as it was", () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        expect(parseAnswer(printEdits(edits))).toEqual(edits);
      }),
      { numRuns: 500 },
    );
  });

  test("text, reading gives edits or the typed refusal", () => {
    const pieces = fc.constantFrom(
      ...[
        "--- a/x.py",
        "+++ b/x.py",
        "@@ -1,2 +1,2 @@",
        "@@",
        "diff --git a/x b/x",
        "rename from x",
        "rename to y",
        "new file mode 100644",
      ],
      ...[
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "```",
        "```python x.py",
        "x.py",
        "+a",
        "-b",
        " c",
        "",
        "--- /dev/null",
        "+++ /dev/null",
      ],
      ...['--- "a/\\303', "\\ No newline at end of file", "\r", "-- ", "../../etc/passwd"],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), (lines) => {
        try {
          expect(parseAnswer(lines.join("\n")).length).toBeGreaterThan(0);
        } catch (cause) {
          expect(cause).toBeInstanceOf(PatchRefusal);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
