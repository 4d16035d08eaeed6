/** Answers applied to real folders: in place, all or nothing, never through a link, never outside. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyToFolder, writeChanges } from "../../../extension/engine/implementer/patch/folder.ts";
import { temporaryFolder } from "../git/repository.ts";

const FILES = { "train.py": "lr = 0.1\n", "run.sh": "#!/bin/sh\n", "sub/model.py": "width = 1\r\n" };

function folder(): string {
  const made = temporaryFolder();
  mkdirSync(join(made, "sub"));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(made, path), text);
  chmodSync(join(made, "run.sh"), 0o755);
  return made;
}

function contents(top: string, below = ""): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(top, below), { withFileTypes: true }).map((entry) => {
      const path = below + entry.name;
      return entry.isDirectory() ? contents(top, `${path}/`) : { [path]: entry.isFile() ? readFileSync(join(top, path), "utf8") : "link" };
    }),
  ) as Record<string, string>;
}

const replace = (path: string, search: string, by: string) => `${path}\n<<<<<<< SEARCH\n${search}\n=======\n${by}\n>>>>>>> REPLACE\n`;
const create = (path: string) => `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`;

describe("an answer applied to a folder", () => {
  test("changes the files in place, keeps their modes and line ends, and leaves nothing else behind", () => {
    const top = folder();
    const answer = replace("run.sh", "#!/bin/sh", "#!/bin/bash") + replace("sub/model.py", "width = 1", "width = 2") + create("a/b/new.py");
    const removed = "diff --git a/train.py b/train.py\ndeleted file mode 100644\n";
    expect(applyToFolder(top, answer + removed, { protected: [] })).toEqual(["a/b/new.py", "run.sh", "sub/model.py", "train.py"]);
    expect(contents(top)).toEqual({ "a/b/new.py": "x\n", "run.sh": "#!/bin/bash\n", "sub/model.py": "width = 2\r\n" });
    expect(statSync(join(top, "run.sh")).mode & 0o777).toBe(0o755);
  });

  test.each([
    ["one part that does not fit", replace("train.py", "lr = 0.1", "lr = 1") + replace("run.sh", "nothing", "x"), "patch"],
    ["a protected file", replace("train.py", "lr = 0.1", "lr = 1") + replace("sub/model.py", "width = 1", "width = 2"), "protected-path"],
    ["a way out", create("../out.py"), "outside-path"],
    ["no change", replace("train.py", "lr = 0.1", "lr = 0.1"), "empty-change"],
    ["prose", "I would rather not.", "model-answer"],
  ])("with %s is refused, the folder untouched", (_, answer, code) => {
    const top = folder();
    expect(() => applyToFolder(top, answer, { protected: ["sub/**"] })).toThrow(expect.objectContaining({ code }) as Error);
    expect(contents(top)).toEqual(FILES);
  });

  test("never goes through a symbolic link", () => {
    const outside = folder();
    const top = folder();
    symlinkSync(outside, join(top, "linked"));
    symlinkSync(join(outside, "train.py"), join(top, "link.py"));
    for (const answer of [replace("linked/train.py", "lr = 0.1", "lr = 1"), create("linked/new.py"), replace("link.py", "lr = 0.1", "x")]) {
      expect(() => applyToFolder(top, answer, { protected: [] })).toThrow(expect.objectContaining({ code: "outside-path" }) as Error);
    }
    expect(contents(outside)).toEqual(FILES);
  });

  test("binary files are refused", () => {
    const top = folder();
    writeFileSync(join(top, "data.bin"), Buffer.from([0, 255, 10]));
    expect(() => applyToFolder(top, replace("data.bin", "a", "b"), { protected: [] })).toThrow("data.bin: is not a text file");
  });

  test("a failure half way through puts everything back", () => {
    const top = folder();
    const changes = new Map([
      ["train.py", "lr = 2\n"],
      ["new/deep/file.py", "x\n"],
      ["run.sh", null],
      // Not there: found out when it is to be moved away, after the others.
      ["gone.py", null],
    ]);
    expect(() => writeChanges(top, changes)).toThrow();
    expect(contents(top)).toEqual(FILES);
    expect(existsSync(join(top, "new"))).toBe(false);
  });

  test("a folder that is not there is wrong usage", () => {
    expect(() => applyToFolder("/nowhere/at/all", create("x.py"), { protected: [] })).toThrow(
      expect.objectContaining({ code: "usage" }) as Error,
    );
  });
});
