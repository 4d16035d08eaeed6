/** Applying edits to files in memory: the one right place or a typed refusal, line ends kept, everything or nothing. */
import * as fc from "fast-check";
import { createTwoFilesPatch } from "diff";
import { describe, expect, test } from "vitest";
import { applyEdits } from "../../../extension/engine/implementer/patch/apply.ts";
import { parseAnswer } from "../../../extension/engine/implementer/patch/parse.ts";
import { PatchRefusal } from "../../../extension/engine/implementer/patch/refusal.ts";
import { treeOf } from "../../../extension/engine/implementer/patch/tree.ts";

const TRAIN = ["import math", "", "lr = 0.1", "steps = 100", "", "def loss(x):", "    return x * x", ""].join("\n");
const FILES = {
  "train.py": TRAIN,
  "evaluate.py": "score = 1\n",
  "pkg/deep/model.py": "width = 64\n",
  "pkg/other/model.py": "width = 32\n",
};
const RULES = { protected: ["evaluate.py"] };

function apply(answer: string, files: Record<string, string> = FILES, rules: { editable?: string[]; protected: string[] } = RULES) {
  return Object.fromEntries(applyEdits(treeOf(new Map(Object.entries(files))), parseAnswer(answer), rules));
}

function refused(
  answer: string,
  files: Record<string, string> = FILES,
  rules: { editable?: string[]; protected: string[] } = RULES,
): PatchRefusal {
  try {
    apply(answer, files, rules);
  } catch (cause) {
    if (cause instanceof PatchRefusal) return cause;
    throw cause;
  }
  throw new Error("was not refused");
}

const diff = (path: string, ...body: string[]) => `--- a/${path}\n+++ b/${path}\n${body.join("\n")}\n`;
const replace = (path: string, search: string, by: string) => `${path}\n<<<<<<< SEARCH\n${search}\n=======\n${by}\n>>>>>>> REPLACE\n`;

describe("a hunk goes", () => {
  test("to its line number, even where its lines stand elsewhere too", () => {
    const file = "a\nx\nb\nx\nc\n";
    expect(apply(diff("f.py", "@@ -4,1 +4,1 @@", "-x", "+y"), { "f.py": file })).toEqual({ "f.py": "a\nx\nb\ny\nc\n" });
  });

  test("to the one other place where its lines stand when the number is wrong", () => {
    expect(apply(diff("train.py", "@@ -40,2 +40,2 @@", " lr = 0.1", "-steps = 100", "+steps = 50"))["train.py"]).toContain(
      "lr = 0.1\nsteps = 50\n",
    );
  });

  test("nowhere when two places fit: the refusal names both", () => {
    const refusal = refused(replace("f.py", "x", "y"), { "f.py": "a\nx\nb\nx\n" });
    expect(refusal.refusal).toEqual({ reason: "ambiguous", path: "f.py", hunk: 1, lines: [2, 4] });
    expect(refusal.message).toBe("f.py: hunk 1: its lines are found at several places: lines 2, 4");
  });

  test("nowhere when its lines are not there: the refusal shows the nearest text", () => {
    const refusal = refused(diff("train.py", "@@ -3,2 +3,2 @@", "-lr = 0.2", "+lr = 0.3", " steps = 100"));
    expect(refusal.refusal).toMatchObject({
      reason: "missing",
      hunk: 1,
      nearest: { line: 3, lines: ["lr = 0.1", "steps = 100"], differs: { line: 3, found: "lr = 0.1", wanted: "lr = 0.2" } },
    });
    expect(refusal.message).toBe(
      "train.py: hunk 1: its lines are not in the file; nearest is line 3, but line 3 is `lr = 0.1` where the patch has `lr = 0.2`",
    );
    expect(refusal.detail).toContain("3 | lr = 0.1\n4 | steps = 100");
    expect(refusal.place).toEqual({ file: "train.py", line: 3 });
    expect(refusal.outcome).toBe("would not apply");
  });

  test("nowhere when not one of its lines is there: the refusal shows the line most like them", () => {
    expect(refused(replace("train.py", "steps = 1000", "steps = 2")).message).toContain(
      "line 4 is `steps = 100` where the patch has `steps = 1000`",
    );
    expect(refused(replace("train.py", "unlike(anything)", "x")).message).toContain("nor anything like them");
  });

  test("with others in any order, unless they change the same lines", () => {
    const twice = diff("train.py", "@@ -7 +7 @@", "-    return x * x", "+    return abs(x)", "@@ -3 +3 @@", "-lr = 0.1", "+lr = 0.2");
    expect(apply(twice)["train.py"]).toBe(TRAIN.replace("x * x", "abs(x)").replace("0.1", "0.2"));
    const same = replace("train.py", "lr = 0.1", "lr = 0.2") + replace("train.py", "lr = 0.1\nsteps = 100", "steps = 1");
    expect(refused(same).refusal).toEqual({ reason: "overlap", path: "train.py", hunk: 2, other: 1 });
  });

  test("behind its line when it only adds, as diffs without context do", () => {
    expect(apply(diff("f.py", "@@ -1,0 +2 @@", "+new"), { "f.py": "a\nb\n" })).toEqual({ "f.py": "a\nnew\nb\n" });
    expect(apply(diff("f.py", "@@ -0,0 +1 @@", "+new"), { "f.py": "a\nb\n" })).toEqual({ "f.py": "new\na\nb\n" });
    expect(refused(diff("f.py", "@@", "+new"), { "f.py": "a\nb\n" }).refusal.reason).toBe("no context");
  });
});

describe("line ends", () => {
  test("of Windows stay, whatever the answer has", () => {
    const file = TRAIN.replaceAll("\n", "\r\n");
    expect(apply(diff("train.py", "@@ -3 +3,2 @@", "-lr = 0.1", "+lr = 0.3", "+momentum = 0.9"), { "train.py": file })["train.py"]).toBe(
      TRAIN.replace("0.1", "0.3\nmomentum = 0.9").replaceAll("\n", "\r\n"),
    );
    expect(apply(replace("train.py", "lr = 0.1", "lr = 0.3"), { "train.py": file })["train.py"]).toBe(file.replace("0.1", "0.3"));
  });

  test("of mixed files stay, that of a replaced line too", () => {
    expect(apply(replace("f.py", "b", "c"), { "f.py": "a\r\nb\nz\r\n" })).toEqual({ "f.py": "a\r\nc\nz\r\n" });
  });

  test("that are missing at the end stay missing unless the patch says otherwise", () => {
    expect(apply(replace("f.py", "b", "c"), { "f.py": "a\nb" })).toEqual({ "f.py": "a\nc" });
    expect(apply(diff("f.py", "@@ -2 +2 @@", "-b", "\\ No newline at end of file", "+b"), { "f.py": "a\nb" })).toEqual({
      "f.py": "a\nb\n",
    });
    expect(apply(diff("f.py", "@@ -2 +2 @@", "-b", "+b", "\\ No newline at end of file"), { "f.py": "a\nb\n" })).toEqual({
      "f.py": "a\nb",
    });
    expect(apply(diff("f.py", "@@ -1,2 +1,3 @@", " a", " b", "+c"), { "f.py": "a\nb" })).toEqual({ "f.py": "a\nb\nc" });
  });
});

describe("files", () => {
  test("are made, renamed and deleted", () => {
    const answer = `${diff("train.py", "@@ -3 +3 @@", "-lr = 0.1", "+lr = 0.2")}--- /dev/null
+++ b/muon.py
@@ -0,0 +1 @@
+beta = 0.95
diff --git a/pkg/other/model.py b/pkg/other/wide.py
rename from pkg/other/model.py
rename to pkg/other/wide.py
--- a/pkg/deep/model.py
+++ /dev/null
@@ -1 +0,0 @@
-width = 64
`;
    expect(apply(answer)).toEqual({
      "train.py": TRAIN.replace("0.1", "0.2"),
      "muon.py": "beta = 0.95\n",
      "pkg/other/model.py": null,
      "pkg/other/wide.py": "width = 32\n",
      "pkg/deep/model.py": null,
    });
  });

  test("are found with a prefix too many or too few when only one fits", () => {
    const body = ["@@ -3 +3 @@", "-lr = 0.1", "+lr = 0.2"];
    expect(Object.keys(apply(diff("envs/tiny/train.py", ...body)))).toEqual(["train.py"]);
    expect(Object.keys(apply(diff("deep/model.py", "@@ -1 +1 @@", "-width = 64", "+width = 65")))).toEqual(["pkg/deep/model.py"]);
    expect(refused(diff("model.py", "@@ -1 +1 @@", "-width = 64", "+width = 65")).refusal).toMatchObject({ reason: "several files" });
    expect(refused(diff("trian.py", ...body)).refusal).toEqual({ reason: "unknown file", path: "trian.py", like: [] });
  });

  test("that exist are not made again; a whole file replaces one unless it is an excerpt", () => {
    expect(refused("--- /dev/null\n+++ b/train.py\n@@ -0,0 +1 @@\n+x\n").refusal.reason).toBe("file exists");
    expect(apply(`train.py\n\`\`\`python\n${TRAIN.replace("0.1", "0.2")}\`\`\`\n`)).toEqual({ "train.py": TRAIN.replace("0.1", "0.2") });
    expect(refused("train.py\n```python\nlr = 0.2\n```\n").refusal.reason).toBe("excerpt");
    const elided = TRAIN.replace("def loss(x):\n    return x * x\n", "# ... rest of the code\n").replace("0.1", "0.2");
    expect(refused(`train.py\n\`\`\`python\n${elided}\`\`\`\n`).refusal.reason).toBe("excerpt");
  });

  test("new files beside a diff are made, labelled excerpts of old ones are not taken for files", () => {
    const answer = `${diff("train.py", "@@ -3 +3 @@", "-lr = 0.1", "+lr = 0.2")}\nnew.py\n\`\`\`python\nx = 1\n\`\`\`\n\ntrain.py\n\`\`\`python\nlr = 0.2\n\`\`\`\n`;
    expect(Object.keys(apply(answer)).sort()).toEqual(["new.py", "train.py"]);
  });

  test("only partly matched are not deleted", () => {
    expect(refused("--- a/train.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-import math\n").message).toContain("does not take all of it out");
  });

  test("stay as they are together: one bad part refuses the whole", () => {
    const answer = replace("train.py", "lr = 0.1", "lr = 0.2") + replace("pkg/deep/model.py", "width = 99", "width = 1");
    expect(refused(answer).refusal.reason).toBe("missing");
  });

  test("that would all stay as they are, are an empty change", () => {
    expect(refused(replace("train.py", "lr = 0.1", "lr = 0.1"))).toMatchObject({ code: "empty-change", outcome: "empty" });
  });
});

describe("guards", () => {
  const create = (path: string) => `--- /dev/null\n+++ ${path.startsWith("/") ? path : `b/${path}`}\n@@ -0,0 +1 @@\n+x\n`;

  test.each([
    "../up.py",
    "a/../../up.py",
    "/etc/passwd",
    "C:/x.py",
    "~/x.py",
    ".git/config",
    ".GIT/hooks/x",
    "sub/.git/config",
    ".git./x",
    "git~1/x",
    ".gi\u200ct/x",
  ])("%s is outside", (path) => {
    expect(refused(create(path))).toMatchObject({ code: "outside-path", outcome: "outside" });
  });

  test.each(["Train.py", "train.py/x.py", "pkg", "PKG/deep/model.py"])("%s clashes with what is there", (path) => {
    expect(refused(create(path)).refusal.reason).toBe("outside");
  });

  test.each(["evaluate.py", "Evaluate.PY", "eval/new.py", "sub/secret.bin"])("%s is protected", (path) => {
    const refusal = refused(create(path), {}, { protected: ["evaluate.py", "eval", "**/*.bin"] });
    expect(refusal).toMatchObject({ code: "protected-path", outcome: "protected" });
  });

  test("a protected file is refused as that, whether or not the patch would fit", () => {
    expect(refused(replace("evaluate.py", "not there", "x")).outcome).toBe("protected");
  });

  test("a rename out of a protected file and a deletion of it are refused", () => {
    expect(refused("diff --git a/evaluate.py b/x.py\nrename from evaluate.py\nrename to x.py\n").outcome).toBe("protected");
    expect(refused("diff --git a/evaluate.py b/evaluate.py\ndeleted file mode 100644\n").outcome).toBe("protected");
  });

  test("what no editable pattern names is refused, with the patterns", () => {
    const refusal = refused(create("notes.txt"), FILES, { editable: ["*.py"], protected: [] });
    expect(refusal.message).toBe("notes.txt: is not among the editable files (*.py)");
  });

  test("two new files that are one on some disks are refused", () => {
    expect(refused(create("new.py") + create("New.py")).refusal.reason).toBe("outside");
  });
});

describe("for any", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "", "  x", "y = 1", "return"), { maxLength: 30 });
  const text = fc.tuple(lines, fc.boolean()).map(([all, ended]) => (all.length === 0 ? "" : all.join("\n") + (ended ? "\n" : "x")));

  test("two texts, their diff turns one into the other, and the reverse diff back", () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 4 }), (before, after, context) => {
        fc.pre(before !== after && before !== "" && after !== "");
        const between = (from: string, to: string) => createTwoFilesPatch("a/f.py", "b/f.py", from, to, undefined, undefined, { context });
        expect(apply(between(before, after), { "f.py": before })).toEqual({ "f.py": after });
        expect(apply(between(after, before), { "f.py": after })).toEqual({ "f.py": before });
      }),
      { numRuns: 500 },
    );
  });

  test("answer, applying changes only what is allowed or refuses with the typed error", () => {
    const piece = fc.constantFrom(
      ...["--- a/train.py", "+++ b/train.py", "@@ -1,2 +1,2 @@", "@@", " import math", "-lr = 0.1", "+lr = 0.3", " ", "", "+++ b/../x"],
      ...[
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "train.py",
        "evaluate.py",
        "score = 1",
        "```",
        "--- /dev/null",
        "+++ b/evaluate.py",
      ],
      ...[
        "diff --git a/train.py b/x.py",
        "rename from train.py",
        "rename to evaluate.py/x",
        "deleted file mode 1",
        "lr = 0.1",
        "..",
        "/x.py",
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (parts) => {
        try {
          expect(Object.keys(apply(parts.join("\n")))).not.toContain("evaluate.py");
        } catch (cause) {
          expect(cause).toBeInstanceOf(PatchRefusal);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
