/** The git plumbing of a repository: reads commits, writes trees, commits and refs, and never touches the user's index or branches. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { failed, git, gitBytes, gitText } from "./process.ts";

/** Everything written into the repository's refs is below this. */
const REF_PREFIX = "refs/proving-ground/";

export interface Identity {
  name: string;
  email: string;
}

/** One file of a commit. Modes are git's: 100644, 100755, 120000 for a symbolic link, 160000 for a submodule. */
export interface TreeEntry {
  mode: string;
  oid: string;
  /** From the repository's top, with `/`. */
  path: string;
}

/** Who signs commits where the user has set no identity. */
const NOBODY: Identity = { name: "Proving Ground", email: "proving-ground@localhost" };

/**
 * Top folder of the repository that a folder is in.
 * @throws `not-a-repository`
 */
export async function topLevel(folder: string): Promise<string> {
  return gitText(folder, ["rev-parse", "--show-toplevel"]);
}

/** Paths passed in and out are relative to the top, with `/`; a folder `.` is the top itself. */
export class Git {
  /** Absolute path of the repository's top folder. */
  readonly top: string;

  constructor(top: string) {
    this.top = top;
  }

  /**
   * Full id of the commit that is checked out.
   * @throws `no-commit` in a repository without any
   */
  async headCommit(): Promise<string> {
    const head = await this.commitOf("HEAD");
    if (head !== null) return head;
    throw new ProvingGroundError("no-commit", `the repository ${this.top} has no commit yet`, {
      hint: "Commit the environment's code first: `git add -A && git commit`.",
    });
  }

  /** Full id of the commit a revision names, null where there is none. */
  async commitOf(revision: string): Promise<string | null> {
    return this.#resolve(`${revision}^{commit}`);
  }

  /** Files below a folder that differ from HEAD or are new and not ignored, as the user's own `git status` sees them. */
  async statusOf(directory: string): Promise<string[]> {
    const args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", directory];
    const out = await gitBytes(this.top, args, { asUser: true, literal: true });
    return nulSeparated(out).map((line) => line.slice(3));
  }

  /** Text of a file in a commit; null where it is not a file there. */
  async fileAt(commit: string, path: string): Promise<string | null> {
    return (await this.bytesAt(commit, path))?.toString("utf8") ?? null;
  }

  /** Content of a file in a commit; null where it is not a file there. */
  async bytesAt(commit: string, path: string): Promise<Buffer | null> {
    const args = ["cat-file", "blob", `${commit}:${path}`];
    const ended = await git(this.top, args);
    if (ended.code === 0) return ended.bytes;
    if ((await this.#resolve(`${commit}^{tree}`)) === null) throw unknownCommit(commit);
    if (/does not exist in|exists on disk, but not in|bad file/.test(ended.stderr)) return null;
    throw failed(args, ended);
  }

  /** Every file of a commit below a folder. */
  async entries(commit: string, directory: string): Promise<TreeEntry[]> {
    const where = directory === "." ? [] : ["--", directory];
    const out = await gitBytes(this.top, ["ls-tree", "-r", "-z", "--full-tree", commit, ...where], { literal: true });
    return nulSeparated(out).map((line) => {
      const tab = line.indexOf("\t");
      const [mode = "", , oid = ""] = line.slice(0, tab).split(" ");
      return { mode, oid, path: line.slice(tab + 1) };
    });
  }

  /** Paths of every file of a commit below a folder. */
  async listFiles(commit: string, directory: string): Promise<string[]> {
    return (await this.entries(commit, directory)).map((entry) => entry.path);
  }

  /** Id of a folder's tree in a commit: equal ids mean equal content. Null where it is not a folder there. */
  async treeOf(commit: string, directory: string): Promise<string | null> {
    return this.#resolve(directory === "." ? `${commit}^{tree}` : `${commit}:${directory}/`);
  }

  /** Unified diff between two commits or trees below a folder, with `a/` and `b/` and paths from the top. */
  async diff(base: string, commit: string, directory: string): Promise<string> {
    const shape = ["-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];
    return (await gitBytes(this.top, ["diff-tree", ...shape, base, commit, "--", directory], { literal: true })).toString("utf8");
  }

  /** Lines added and removed between two commits or trees below a folder; binary files count no lines. */
  async diffStat(base: string, commit: string, directory: string): Promise<{ files: number; added: number; removed: number }> {
    const out = await gitBytes(this.top, ["diff-tree", "-r", "--numstat", "-z", "--no-renames", base, commit, "--", directory], {
      literal: true,
    });
    const rows = nulSeparated(out).map((line) => line.split("\t"));
    const sum = (column: number) => rows.reduce((total, row) => total + (Number(row[column]) || 0), 0);
    return { files: rows.length, added: sum(0), removed: sum(1) };
  }

  /**
   * Writes a commit's folder as `into/<directory>/…`, whatever `export-ignore` says; content kept by a filter such as LFS is
   * fetched as in a checkout.
   */
  async archive(commit: string, directory: string, into: string): Promise<void> {
    await mkdir(into, { recursive: true });
    const scratch = await mkdtemp(join(tmpdir(), "proving-ground-index-"));
    try {
      const env = { GIT_INDEX_FILE: join(scratch, "index") };
      const tree = await this.treeOf(commit, directory);
      if (tree === null) throw unknownCommit(commit, directory);
      await gitBytes(this.top, directory === "." ? ["read-tree", tree] : ["read-tree", `--prefix=${directory}/`, tree], { env });
      await gitBytes(this.top, ["checkout-index", "--all", "--force", `--prefix=${into}/`], { env });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** The user's name and address from git's settings, or ours where they have set none. */
  async identity(): Promise<Identity> {
    const setting = async (name: string) => (await git(this.top, ["config", "--get", name])).bytes.toString("utf8").trim();
    const [name, email] = await Promise.all([setting("user.name"), setting("user.email")]);
    return name === "" || email === "" ? NOBODY : { name, email };
  }

  /**
   * Writes a commit object; no ref points to it yet, no hook runs and nothing is signed.
   * @param date milliseconds since 1970
   */
  async commitTree(tree: string, parents: readonly string[], message: string, author: Identity, date: number): Promise<string> {
    const when = `@${Math.floor(date / 1000)} +0000`;
    const { name, email } = author;
    return gitText(this.top, ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], {
      input: message.endsWith("\n") ? message : `${message}\n`,
      env: {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_AUTHOR_DATE: when,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
        GIT_COMMITTER_DATE: when,
      },
    });
  }

  /** Points `refs/proving-ground/<name>` at a commit. */
  async updateRef(name: string, commit: string): Promise<void> {
    await gitBytes(this.top, ["update-ref", REF_PREFIX + name, commit]);
  }

  /** Commit of `refs/proving-ground/<name>`, null where there is none. */
  async readRef(name: string): Promise<string | null> {
    return this.#resolve(`${REF_PREFIX}${name}^{commit}`);
  }

  /** Removes `refs/proving-ground/<name>`; nothing happens where there is none. */
  async deleteRef(name: string): Promise<void> {
    await gitBytes(this.top, ["update-ref", "-d", REF_PREFIX + name]);
  }

  /** Every ref below `refs/proving-ground/`: name → commit. */
  async refs(): Promise<Map<string, string>> {
    const out = await gitText(this.top, ["for-each-ref", "--format=%(objectname) %(refname)", REF_PREFIX]);
    const rows = out.split("\n").filter((line) => line !== "");
    return new Map(rows.map((line) => [line.slice(line.indexOf(" ") + 1 + REF_PREFIX.length), line.slice(0, line.indexOf(" "))]));
  }

  async #resolve(name: string): Promise<string | null> {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
    const ended = await git(this.top, args);
    if (ended.code === 0) return ended.bytes.toString("utf8").trim();
    if (ended.code === 1 || /Needed a single revision|does not exist|unknown revision|invalid object|exists on disk/i.test(ended.stderr)) {
      return null;
    }
    throw failed(args, ended);
  }
}

/** Entries of a `-z` listing. */
export function nulSeparated(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\0")
    .filter((entry) => entry !== "");
}

function unknownCommit(commit: string, directory?: string): ProvingGroundError {
  const what = directory === undefined ? `commit ${commit} is not in the repository` : `commit ${commit} has no folder ${directory}`;
  return new ProvingGroundError("no-commit", what, { hint: "It may have been pruned; implement the idea again." });
}
