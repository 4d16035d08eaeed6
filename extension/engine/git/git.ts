/** The git plumbing of a repository: reads commits, writes trees, commits and refs, and never touches the user's index or branches. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { importCommits, type Identity, type NewCommit } from "./import.ts";
import { ObjectReader } from "./objects.ts";
import { git, gitBytes, gitText } from "./process.ts";
import { Rounds } from "./rounds.ts";
import { Trees, type TreeEntry } from "./trees.ts";

/** Everything written into the repository's refs is below this. */
const REF_PREFIX = "refs/proving-ground/";

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
  readonly #objects: ObjectReader;
  readonly #trees: Trees;
  readonly #status: Rounds<string, string[]>;
  readonly #identity: Rounds<null, Identity>;
  readonly #commits: Rounds<NewCommit, string>;
  #ownAttributes: Promise<string> | null = null;

  constructor(top: string) {
    this.top = top;
    this.#objects = new ObjectReader(top);
    this.#trees = new Trees(this.#objects);
    this.#status = new Rounds((directories) => statusOf(top, directories));
    this.#identity = new Rounds(async (asked) => {
      const identity = await identityOf(top);
      return asked.map(() => identity);
    });
    this.#commits = new Rounds((commits) => importCommits(top, commits));
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
    return (await this.#objects.read(`${revision}^{commit}`))?.oid ?? null;
  }

  /** Files below a folder that differ from HEAD or are new and not ignored, as the user's own `git status` sees them. */
  statusOf(directory: string): Promise<string[]> {
    return this.#status.ask(directory);
  }

  /** Text of a file in a commit; null where it is not a file there. @throws `no-commit` */
  async fileAt(commit: string, path: string): Promise<string | null> {
    return (await this.bytesAt(commit, path))?.toString("utf8") ?? null;
  }

  /** Content of a file in a commit; null where it is not a file there. @throws `no-commit` */
  async bytesAt(commit: string, path: string): Promise<Buffer | null> {
    const found = await this.#trees.find(await this.#root(commit), path);
    const object = found === null ? null : await this.#objects.read(found.oid);
    return object?.type === "blob" ? object.bytes : null;
  }

  /**
   * Content of an object that a tree names.
   * @throws `no-commit` where it is not in the repository
   */
  async blob(oid: string): Promise<Buffer> {
    const object = await this.#objects.read(oid);
    if (object !== null) return object.bytes;
    throw new ProvingGroundError("no-commit", `the object ${oid} is not in the repository`, {
      hint: "A partial or damaged clone: run `git fsck`, or fetch anew.",
    });
  }

  /** Every file of a commit below a folder, in git's order; none where there is no such folder. @throws `no-commit` */
  async entries(commit: string, directory: string): Promise<TreeEntry[]> {
    const folder = await this.#trees.folder(await this.#root(commit), directory);
    return folder === null ? [] : this.#trees.files(folder, directory === "." ? "" : `${directory}/`);
  }

  /** Paths of every file of a commit below a folder. */
  async listFiles(commit: string, directory: string): Promise<string[]> {
    return (await this.entries(commit, directory)).map((entry) => entry.path);
  }

  /** Id of a folder's tree in a commit: equal ids mean equal content. Null where it is not a folder there. */
  async treeOf(commit: string, directory: string): Promise<string | null> {
    const root = await this.#trees.root(commit);
    return root === null ? null : this.#trees.folder(root, directory);
  }

  /** Absolute path of the file with attributes that the user set for this repository without committing them; it may not exist. */
  ownAttributes(): Promise<string> {
    this.#ownAttributes ??= gitText(this.top, ["rev-parse", "--git-path", "info/attributes"]).then((path) => resolve(this.top, path));
    return this.#ownAttributes;
  }

  /** Unified diff between two commits or trees below a folder, with `a/` and `b/` and paths from the top. */
  async diff(base: string, commit: string, directory: string): Promise<string> {
    const shape = ["-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];
    return (await gitBytes(this.top, ["diff-tree", ...shape, base, commit, "--", directory], { literal: true })).toString("utf8");
  }

  /** The user's name and address from git's settings, or ours where they have set none. */
  identity(): Promise<Identity> {
    return this.#identity.ask(null);
  }

  /**
   * Writes a commit and points `refs/proving-ground/<name>` at it; no hook runs, nothing is signed, content is stored unfiltered.
   * @param commit its `date` is milliseconds since 1970
   * @returns its id
   */
  commit(name: string, commit: Omit<NewCommit, "ref">): Promise<string> {
    return this.#commits.ask({ ...commit, ref: REF_PREFIX + name });
  }

  /**
   * Id that a commit would have: author, committer and dates as one that is there, the rest as given. Nothing is written.
   * @throws `no-commit`
   */
  async idLike(commit: string, { tree, parent, message }: { tree: string; parent: string; message: string }): Promise<string> {
    const object = await this.#objects.read(`${commit}^{commit}`);
    if (object === null) throw unknownCommit(commit);
    const who = object.bytes.toString("utf8").match(/^(?:author|committer) .*$/gm) ?? [];
    const text = Buffer.from([`tree ${tree}`, `parent ${parent}`, ...who.slice(0, 2), "", message].join("\n"));
    const hash = createHash(object.oid.length === 64 ? "sha256" : "sha1");
    return hash.update(`commit ${text.length}\0`).update(text).digest("hex");
  }

  /** Points `refs/proving-ground/<name>` at commits, or removes those whose commit is null; all or none. */
  async setRefs(commits: ReadonlyMap<string, string | null>): Promise<void> {
    if (commits.size === 0) return;
    const lines = [...commits].map(([name, commit]) => {
      return commit === null ? `delete ${REF_PREFIX}${name}\n` : `update ${REF_PREFIX}${name} ${commit}\n`;
    });
    await gitBytes(this.top, ["update-ref", "--stdin"], { input: lines.join("") });
  }

  /** Every ref below `refs/proving-ground/`: name → commit. */
  async refs(): Promise<Map<string, string>> {
    const out = await gitText(this.top, ["for-each-ref", "--format=%(objectname) %(refname)", REF_PREFIX]);
    const rows = out.split("\n").filter((line) => line !== "");
    return new Map(rows.map((line) => [line.slice(line.indexOf(" ") + 1 + REF_PREFIX.length), line.slice(0, line.indexOf(" "))]));
  }

  async #root(commit: string): Promise<string> {
    const root = await this.#trees.root(commit);
    if (root === null) throw unknownCommit(commit);
    return root;
  }
}

/** Entries of a `-z` listing. */
export function nulSeparated(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\0")
    .filter((entry) => entry !== "");
}

/** One status for any number of folders. */
async function statusOf(top: string, directories: readonly string[]): Promise<string[][]> {
  const args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ...new Set(directories)];
  const paths = nulSeparated(await gitBytes(top, args, { asUser: true, literal: true })).map((line) => line.slice(3));
  return directories.map((directory) => paths.filter((path) => directory === "." || path.startsWith(`${directory}/`)));
}

async function identityOf(top: string): Promise<Identity> {
  const set = nulSeparated((await git(top, ["config", "-z", "--get-regexp", "^user\\.(name|email)$"])).bytes);
  // The last one wins, as in git.
  const settings = new Map(set.map((entry) => [entry.slice(0, entry.indexOf("\n")), entry.slice(entry.indexOf("\n") + 1).trim()]));
  const [name = "", email = ""] = [settings.get("user.name"), settings.get("user.email")];
  return name === "" || email === "" ? NOBODY : { name, email };
}

/** The error for a commit, or a folder in one, that is not there. */
export function unknownCommit(commit: string, directory?: string): ProvingGroundError {
  const what = directory === undefined ? `commit ${commit} is not in the repository` : `commit ${commit} has no folder ${directory}`;
  return new ProvingGroundError("no-commit", what, { hint: "It may have been pruned; implement the idea again." });
}
