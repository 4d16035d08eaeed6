/** The git plumbing against real repositories with awkward settings and names. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Git, topLevel } from "../../../extension/engine/git/git.ts";
import { changedSince, checkoutInto, writeTree } from "../../../extension/engine/git/worktree.ts";
import { repository, temporaryFolder } from "./repository.ts";

const AUTHOR = { name: "Ada Ünï", email: "ada@example.org" };
const DATE = 1_700_000_000_000;
const BYTES = Buffer.from([0, 255, 13, 10, 10, 128]);

function awkward() {
  const made = repository({
    "envs/a b/train ünï.py": "x = 1\r\ny = 2\n",
    "envs/a b/data.bin": BYTES,
    "envs/a b/.gitignore": "*.pyc\n",
    "other.txt": "outside\n",
  });
  return { ...made, repo: new Git(made.top), head: made.git("rev-parse", "HEAD") };
}

describe("reading", () => {
  test("finds the top of the repository from a folder inside it, and says so when there is none", async () => {
    const { top } = awkward();
    expect(await topLevel(join(top, "envs/a b"))).toBe(top);
    await expect(topLevel(temporaryFolder())).rejects.toMatchObject({
      code: "not-a-repository",
      hint: "Open a folder inside a git repository, or run `git init` and commit your code.",
    });
    await expect(topLevel(join(top, "missing"))).rejects.toMatchObject({ code: "not-a-repository" });
  });

  test("a repository without commits is told apart", async () => {
    await expect(new Git(repository().top).headCommit()).rejects.toMatchObject({ code: "no-commit" });
  });

  test("gives files of a commit byte for byte, and null for what is not there", async () => {
    const { repo, head } = awkward();
    expect(await repo.fileAt(head, "envs/a b/train ünï.py")).toBe("x = 1\r\ny = 2\n");
    expect(await repo.bytesAt(head, "envs/a b/data.bin")).toEqual(BYTES);
    expect(await repo.fileAt(head, "envs/a b/none.py")).toBeNull();
    expect(await repo.fileAt(head, "envs")).toBeNull();
    await expect(repo.fileAt("f".repeat(40), "other.txt")).rejects.toMatchObject({ code: "no-commit" });
    expect(await repo.listFiles(head, "envs/a b")).toEqual(["envs/a b/.gitignore", "envs/a b/data.bin", "envs/a b/train ünï.py"]);
    expect(await repo.listFiles(head, ".")).toHaveLength(4);
  });

  test("lists uncommitted files of a folder only", async () => {
    const { repo, write } = awkward();
    write("envs/a b/train ünï.py", "x = 2\n");
    write("envs/a b/new file.py", "");
    write("envs/a b/cache.pyc", "");
    write("other.txt", "changed\n");
    expect((await repo.statusOf("envs/a b")).sort()).toEqual(["envs/a b/new file.py", "envs/a b/train ünï.py"]);
  });

  test("line ends converted for the user's checkout are not taken for changes", async () => {
    const { top, git } = repository({ "train.py": "x = 1\n" });
    const repo = new Git(top);
    git("config", "core.autocrlf", "true");
    rmSync(join(top, "train.py"));
    git("checkout", "train.py");
    expect(readFileSync(join(top, "train.py"), "utf8")).toBe("x = 1\r\n");
    expect(await repo.statusOf(".")).toEqual([]);
  });
});

describe("writing", () => {
  test("commits without identity, hooks or signing, and points a ref at it", async () => {
    const { repo, git, top, head, write } = awkward();
    git("config", "commit.gpgSign", "true");
    write(".git/hooks/reference-transaction", "#!/bin/sh\nexit 1\n");
    chmodSync(join(top, ".git/hooks/reference-transaction"), 0o755);
    const tree = (await repo.treeOf(head, ".")) ?? "";
    const commit = await repo.commitTree(tree, [head], "title\n\nbody ü", AUTHOR, DATE);
    await repo.updateRef("12", commit);
    expect(await repo.readRef("12")).toBe(commit);
    expect([...(await repo.refs())]).toEqual([["12", commit]]);
    expect(git("log", "-1", "--format=%an %ae %at %P %B", commit)).toBe(`Ada Ünï ada@example.org 1700000000 ${head} title\n\nbody ü`);
    await repo.deleteRef("12");
    await repo.deleteRef("12");
    expect(await repo.readRef("12")).toBeNull();
    expect(await repo.identity()).toEqual({ name: "Proving Ground", email: "proving-ground@localhost" });
  });

  test("extracts exactly the folder of the commit, export-ignore or not", async () => {
    const { repo, top, write, commit } = awkward();
    write("envs/a b/.gitattributes", "*.bin export-ignore\n");
    const into = join(temporaryFolder(), "code here");
    const head = commit("attributes");
    write("envs/a b/data.bin", "changed since");
    await repo.archive(head, "envs/a b", into);
    expect(readFileSync(join(into, "envs/a b/data.bin"))).toEqual(BYTES);
    expect(readFileSync(join(into, "envs/a b/train ünï.py"), "utf8")).toBe("x = 1\r\ny = 2\n");
    expect(existsSync(join(into, "other.txt"))).toBe(false);
    expect(existsSync(join(into, ".git"))).toBe(false);
    await expect(repo.archive(head, "nowhere", into)).rejects.toMatchObject({ code: "no-commit" });
    const all = temporaryFolder();
    await repo.archive(head, ".", all);
    expect(existsSync(join(all, "other.txt"))).toBe(true);
    expect(existsSync(join(top, ".git/index.lock"))).toBe(false);
  });
});

describe("working copies", () => {
  async function copy(settings: Record<string, string> = {}) {
    const made = awkward();
    for (const [name, value] of Object.entries(settings)) made.git("config", name, value);
    const folder = join(temporaryFolder(), "12");
    await checkoutInto(made.repo, made.head, "envs/a b", folder);
    const changed = () => changedSince(made.repo, made.head, "envs/a b", folder);
    return { ...made, folder, changed, tree: async () => writeTree(made.repo, made.head, await changed()) };
  }

  test.each([{}, { "core.autocrlf": "true" }, { "core.autocrlf": "input" }])(
    "an untouched copy has no change under %o",
    async (settings) => {
      const { head, folder, changed, tree, git } = await copy(settings);
      expect(readFileSync(join(folder, "envs/a b/train ünï.py"), "utf8")).toBe("x = 1\r\ny = 2\n");
      expect(await changed()).toEqual([]);
      expect(await tree()).toBe(git("rev-parse", `${head}^{tree}`));
      expect(git("status", "--porcelain")).toBe("");
    },
  );

  test("edits, new files, deletions and modes become the tree; ignored files and other folders do not", async () => {
    const { repo, head, folder, changed, git, ...made } = await copy({ "core.autocrlf": "true" });
    writeFileSync(join(folder, "envs/a b/train ünï.py"), "x = 3\r\n");
    writeFileSync(join(folder, "envs/a b/new\nline.py"), "new\n");
    writeFileSync(join(folder, "envs/a b/run.pyc"), "junk");
    mkdirSync(join(folder, "envs/a b/__pycache__"));
    writeFileSync(join(folder, "envs/a b/__pycache__/train.txt"), "litter");
    rmSync(join(folder, "envs/a b/data.bin"));
    symlinkSync("/etc/passwd", join(folder, "envs/a b/link"));
    writeFileSync(join(folder, "outside.txt"), "not ours");
    expect((await changed()).map(({ path, before, after }) => [path, before !== null, after?.mode ?? null])).toEqual([
      ["envs/a b/data.bin", true, null],
      ["envs/a b/link", false, "120000"],
      ["envs/a b/new\nline.py", false, "100644"],
      ["envs/a b/train ünï.py", true, "100644"],
    ]);
    const tree = await made.tree();
    expect(await repo.fileAt(tree, "envs/a b/train ünï.py")).toBe("x = 3\r\n");
    expect(await repo.fileAt(tree, "envs/a b/data.bin")).toBeNull();
    expect(await repo.fileAt(tree, "other.txt")).toBe("outside\n");
    expect(await repo.fileAt(tree, "outside.txt")).toBeNull();
    expect(await repo.diffStat(head, tree, "envs/a b")).toEqual({ files: 4, added: 3, removed: 2 });
    expect(await repo.diff(head, tree, "envs/a b")).toContain("+++ b/envs/a b/train ünï.py");
    expect(git("status", "--porcelain")).toBe("");
  });
});
