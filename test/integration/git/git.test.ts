/** The git plumbing against real repositories with awkward settings and names. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Git, topLevel } from "../../../extension/engine/git/git.ts";
import { checkoutInto, exportInto } from "../../../extension/engine/git/checkout.ts";
import { changedSince, writeTree } from "../../../extension/engine/git/worktree.ts";
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
    const files = [
      { path: 'envs/a b/n"e\\w\n.py', after: { mode: "100755", bytes: BYTES } },
      { path: "other.txt", after: null },
    ];
    const commit = await repo.commit("12", { parent: head, files, message: "title\n\nbody ü", author: AUTHOR, date: DATE });
    expect(await repo.commitOf("refs/proving-ground/12")).toBe(commit);
    expect([...(await repo.refs())]).toEqual([["12", commit]]);
    expect(git("log", "-1", "--format=%an %ae %at %P %B", commit)).toBe(`Ada Ünï ada@example.org 1700000000 ${head} title\n\nbody ü`);
    expect(git("diff-tree", "-r", "-z", "--name-status", head, commit).split("\0").slice(0, -1)).toEqual([
      ...["A", 'envs/a b/n"e\\w\n.py'],
      ...["D", "other.txt"],
    ]);
    expect(await repo.bytesAt(commit, 'envs/a b/n"e\\w\n.py')).toEqual(BYTES);
    expect(git("status", "--porcelain")).toBe("");
    await repo.setRefs(new Map([["12", null]]));
    await repo.setRefs(new Map([["12", null]]));
    expect(await repo.commitOf("refs/proving-ground/12")).toBeNull();
    expect(await repo.identity()).toEqual({ name: "Proving Ground", email: "proving-ground@localhost" });
  });

  test("extracts exactly the folder of the commit, export-ignore or not", async () => {
    const { repo, top, write, commit } = awkward();
    write("envs/a b/.gitattributes", "*.bin export-ignore\n");
    const into = join(temporaryFolder(), "code here");
    const head = commit("attributes");
    write("envs/a b/data.bin", "changed since");
    await exportInto(repo, head, "envs/a b", into);
    expect(readFileSync(join(into, "envs/a b/data.bin"))).toEqual(BYTES);
    expect(readFileSync(join(into, "envs/a b/train ünï.py"), "utf8")).toBe("x = 1\r\ny = 2\n");
    expect(existsSync(join(into, "other.txt"))).toBe(false);
    expect(existsSync(join(into, ".git"))).toBe(false);
    await expect(exportInto(repo, head, "nowhere", into)).rejects.toMatchObject({ code: "no-commit" });
    const all = temporaryFolder();
    await exportInto(repo, head, ".", all);
    expect(existsSync(join(all, "other.txt"))).toBe(true);
    expect(existsSync(join(top, ".git/index.lock"))).toBe(false);
  });
});

describe("a run's code", () => {
  const shout = { "filter.shout.smudge": "tr a-z A-Z", "filter.shout.required": "true" };
  const exported = async (made: ReturnType<typeof repository>, settings: Record<string, string> = shout) => {
    for (const [name, value] of Object.entries(settings)) made.git("config", name, value);
    const into = temporaryFolder();
    await exportInto(new Git(made.top), made.git("rev-parse", "HEAD"), "env", into);
    return readFileSync(join(into, "env/data.txt"), "utf8");
  };

  test("is what the filters of the repository's attributes make of it, wherever in the repository they are set", async () => {
    expect(await exported(repository({ "env/data.txt": "abc\n", ".gitattributes": "*.txt filter=shout\n" }))).toBe("ABC\n");
    expect(await exported(repository({ "env/data.txt": "abc\n", "env/.gitattributes": "*.txt filter=shout\n" }))).toBe("ABC\n");
    const own = repository({ "env/data.txt": "abc\n" });
    own.write(".git/info/attributes", "*.txt filter=shout\n");
    expect(await exported(own)).toBe("ABC\n");
  });

  test("does not depend on the attributes of the machine", async () => {
    const attributes = join(temporaryFolder(), "attributes");
    writeFileSync(attributes, "*.txt filter=shout\n");
    const settings = { ...shout, "core.attributesFile": attributes };
    expect(await exported(repository({ "env/data.txt": "abc\n" }), settings)).toBe("abc\n");
    expect(await exported(repository({ "env/data.txt": "abc\n", ".gitattributes": "*.py text\n" }), settings)).toBe("abc\n");
  });

  test("keeps links and modes", async () => {
    const made = repository({ "env/run.sh": "echo\n" });
    chmodSync(join(made.top, "env/run.sh"), 0o755);
    symlinkSync("run.sh", join(made.top, "env/link"));
    const into = temporaryFolder();
    await exportInto(new Git(made.top), made.commit("modes"), "env", into);
    expect(statSync(join(into, "env/run.sh")).mode & 0o111).toBe(0o111);
    expect(readlinkSync(join(into, "env/link"))).toBe("run.sh");
  });
});

describe("commits", () => {
  test("that are asked for at once are all written, and one that cannot be does not keep the others from it", async () => {
    const { repo, head } = awkward();
    const write = (name: string, parent: string) => {
      const files = [{ path: "other.txt", after: { mode: "100644", bytes: Buffer.from(name) } }];
      return repo.commit(name, { parent, files, message: name, author: AUTHOR, date: DATE });
    };
    const written = await Promise.allSettled([write("1", head), write("2", head), write("3", "f".repeat(40)), write("4", head)]);
    expect(written.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    const refs = await repo.refs();
    expect([...refs.keys()].sort()).toEqual(["1", "2", "4"]);
    for (const [name, commit] of refs) expect(await repo.fileAt(commit, "other.txt")).toBe(name);
  });

  test("may put a file in the place of a folder, and a folder in the place of a file", async () => {
    const { repo, head } = awkward();
    const text = { mode: "100644", bytes: Buffer.from("x") };
    const inside = (await repo.listFiles(head, "envs/a b")).map((path) => ({ path, after: null }));
    const files = [{ path: "envs/a b", after: text }, { path: "other.txt/in", after: text }, { path: "other.txt", after: null }, ...inside];
    const commit = await repo.commit("1", { parent: head, files, message: "swap", author: AUTHOR, date: DATE });
    expect(await repo.listFiles(commit, ".")).toEqual(["envs/a b", "other.txt/in"]);
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
    expect(await repo.diff(head, tree, "envs/a b")).toContain("+++ b/envs/a b/train ünï.py");
    expect(git("status", "--porcelain")).toBe("");
  });
});
