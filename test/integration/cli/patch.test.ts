/** `proving-ground patch apply`: a model's answer applied to a plain folder, all or nothing, with no engine and no repository. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { terminal, type Terminal } from "../../fixtures/terminal.ts";
import { temporaryFolder } from "../git/repository.ts";

const TRAIN = "lr = 0.1\nwidth = 4\n\ndef step():\n    pass\n\ndef other():\n    pass\n";

let top: string;
let folder: string;
let pg: Terminal;
beforeEach(() => {
  top = temporaryFolder();
  folder = path.join(top, "code");
  mkdirSync(path.join(folder, "sub"), { recursive: true });
  writeFileSync(path.join(folder, "train.py"), TRAIN);
  writeFileSync(path.join(folder, "evaluate.py"), "metric = 1\n");
  writeFileSync(path.join(folder, "sub/run.sh"), "#!/bin/sh\r\n");
  chmodSync(path.join(folder, "sub/run.sh"), 0o755);
  writeFileSync(path.join(top, "outside.py"), "lr = 0.1\n");
  symlinkSync("../outside.py", path.join(folder, "link.py"));
  pg = terminal(top);
});

/** Everything below a folder, byte for byte, with modes and times. */
function everything(at: string): string[] {
  return readdirSync(at, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const file = path.join(at, name);
      const stat = lstatSync(file);
      const content = stat.isFile() ? readFileSync(file, "base64") : stat.isSymbolicLink() ? readlinkSync(file) : "";
      return [name, stat.mode.toString(8), stat.isDirectory() ? "" : stat.mtimeMs, content].join(" ");
    });
}

const replace = (file: string, search: string, by: string) => `${file}\n<<<<<<< SEARCH\n${search}\n=======\n${by}\n>>>>>>> REPLACE\n`;
const FINE = `Certainly!\n\n${replace("train.py", "lr = 0.1", "lr = 0.3")}`;
const Changed = z.object({ changed: z.array(z.string()) });

describe("an answer that fits", () => {
  it("is applied in place, from a file, as JSON or text", async () => {
    writeFileSync(path.join(top, "answer.md"), FINE);
    expect(await pg.json(Changed, "patch", "apply", "code", "answer.md")).toEqual({ changed: ["train.py"] });
    expect(readFileSync(path.join(folder, "train.py"), "utf8")).toBe(TRAIN.replace("0.1", "0.3"));
    expect(existsSync(path.join(top, ".proving-ground"))).toBe(false);
  });

  it("is applied from standard input, diffs and new files too, modes and line ends kept", async () => {
    const input = `--- a/sub/run.sh\n+++ b/sub/run.sh\n@@ -1 +1 @@\n-#!/bin/sh\n+#!/bin/bash\n--- /dev/null\n+++ b/new/file.py\n@@ -0,0 +1 @@\n+x = 1\n`;
    expect(await pg.run(["patch", "apply", folder, "-"], { input })).toEqual({ code: 0, out: "new/file.py\nsub/run.sh\n", err: "" });
    expect(readFileSync(path.join(folder, "sub/run.sh"), "utf8")).toBe("#!/bin/bash\r\n");
    expect(lstatSync(path.join(folder, "sub/run.sh")).mode & 0o777).toBe(0o755);
    expect(readFileSync(path.join(folder, "new/file.py"), "utf8")).toBe("x = 1\n");
  });

  it("is applied beside files that are protected", async () => {
    const call = ["patch", "apply", "code", "-", "--protected", "evaluate.py", "sub/**", "--json"];
    expect(await pg.run(call, { input: FINE })).toMatchObject({ code: 0, err: "" });
  });
});

describe("an answer that does not", () => {
  const and = (second: string) => FINE + second;
  it.each([
    ["touches a protected file", and(replace("evaluate.py", "metric = 1", "metric = 0")), "protected-path", "evaluate.py: is protected"],
    [
      "touches one below a protected folder",
      and(replace("sub/run.sh", "#!/bin/sh", "#!/x")),
      "protected-path",
      "sub/run.sh: is protected (by sub/**)",
    ],
    ["leaves the folder", and(replace("../outside.py", "lr = 0.1", "lr = 1")), "outside-path", "leaves the environment's folder"],
    ["names an absolute path", and("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-root\n+me\n"), "outside-path", "is absolute"],
    ["goes through a link", and(replace("link.py", "lr = 0.1", "lr = 1")), "outside-path", "symbolic link"],
    ["fits at several places", and(replace("train.py", "    pass", "    return 1")), "patch", "lines 5, 8"],
    ["fits nowhere", and(replace("train.py", "width = 40", "width = 41")), "patch", "nearest is line"],
    ["names a file that is not there", and(replace("nowhere.py", "a", "b")), "patch", "nowhere.py"],
    ["changes nothing", replace("train.py", "lr = 0.1", "lr = 0.1"), "empty-change", "the change is empty"],
    ["is prose", "I would rather not.", "model-answer", "no diff"],
  ])("because it %s ends with 1, the folder byte for byte as it was", async (_, input, code, said) => {
    const before = everything(top);
    const call = ["patch", "apply", "code", "-", "--protected", "evaluate.py", "sub/**"];
    const text = await pg.run(call, { input });
    expect(text).toMatchObject({ code: 1, out: "" });
    expect(text.err).toMatch(/^error: .+\n$/);
    expect(text.err).toContain(said);
    const json = await pg.run([...call, "--json"], { input });
    expect(json.code).toBe(1);
    const error = { code, message: expect.stringContaining(said), hint: expect.stringContaining("Nothing was changed.") };
    expect(JSON.parse(json.out)).toMatchObject({ error });
    expect(everything(top)).toEqual(before);
  });

  it("tells programs the lines that are really there", async () => {
    const { out } = await pg.run(["patch", "apply", "code", "-", "--json"], {
      input: replace("train.py", "lr = 0.1\nwidth = 5", "lr = 1"),
    });
    const hint = expect.stringContaining("The nearest text in the file is:\n1 | lr = 0.1\n2 | width = 4");
    expect(JSON.parse(out)).toMatchObject({ error: { hint } });
  });
});

it.each([
  [["code"], "missing required argument 'file'"],
  [["nowhere", "-"], "nowhere is not a folder"],
  [["code", "nowhere.md"], "there is no file nowhere.md"],
  [["code", "code"], "a file is needed, not the folder code"],
])("%j is wrong usage", async (arguments_, message) => {
  const { code, err } = await pg.run(["patch", "apply", ...arguments_]);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});
