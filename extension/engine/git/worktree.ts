/** Working copies beside the user's own, byte for byte as committed, that neither git's list of work trees nor an editor knows. */
import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inBatches } from "./checkout.ts";
import { nulSeparated, type Git } from "./git.ts";
import type { NewFile } from "./import.ts";
import { failed, git, gitBytes, gitText } from "./process.ts";
import { SUBMODULE, SYMLINK, type TreeEntry } from "./trees.ts";

/** What tools leave behind where nobody told git to ignore it: never part of a change. */
const LITTER = /(^|\/)(__pycache__|\.ipynb_checkpoints)\/|(^|\/)(\.DS_Store|Thumbs\.db)$|\.pyc$/;

/** A path whose content in a working copy is not what the base commit holds. `after` is null for a deleted file. */
export interface ChangedEntry extends NewFile {
  before: TreeEntry | null;
}

/**
 * What differs between a working copy and a commit below a folder: edited, deleted, and new files that git does not ignore.
 * Ignore rules are those of the repository the commit is from.
 */
export async function changedSince(repository: Git, commit: string, directory: string, folder: string): Promise<ChangedEntry[]> {
  const committed = new Map((await repository.entries(commit, directory)).map((entry) => [entry.path, entry]));
  const found = await filesBelow(folder, directory);
  const fresh = found.filter((path) => !committed.has(path));
  const ignored = await ignoredOf(repository, fresh);
  for (const path of fresh) if (LITTER.test(path)) ignored.add(path);
  const present = found.filter((path) => !ignored.has(path));
  const changed: ChangedEntry[] = [];
  await inBatches(present, async (path) => {
    const before = committed.get(path) ?? null;
    const after = await readEntry(join(folder, path));
    if (before?.mode !== after.mode || before.oid !== blobId(after.bytes, before.oid.length)) {
      changed.push({ path, before, after });
    }
  });
  const there = new Set(present);
  for (const entry of committed.values()) {
    if (entry.mode !== SUBMODULE && !there.has(entry.path)) changed.push({ path: entry.path, before: entry, after: null });
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The tree of a commit with some files replaced, added or deleted; content is stored as it is, unfiltered.
 * @returns the tree's id
 */
export async function writeTree(repository: Git, commit: string, changes: readonly NewFile[]): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "proving-ground-index-"));
  try {
    const env = { GIT_INDEX_FILE: join(scratch, "index") };
    const nothing = "0".repeat(commit.length);
    const lines = await Promise.all(
      changes.map(async ({ path, after }) => {
        if (after === null) return `0 ${nothing}\t${path}\0`;
        const oid = await gitText(repository.top, ["hash-object", "-w", "--no-filters", "--stdin"], { input: after.bytes });
        return `${after.mode} ${oid}\t${path}\0`;
      }),
    );
    await gitBytes(repository.top, ["read-tree", commit], { env });
    await gitBytes(repository.top, ["update-index", "-z", "--index-info"], { env, input: lines.join("") });
    return await gitText(repository.top, ["write-tree"], { env });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function readEntry(file: string): Promise<{ mode: string; bytes: Buffer }> {
  const stat = await lstat(file);
  if (stat.isSymbolicLink()) return { mode: SYMLINK, bytes: Buffer.from(await readlink(file)) };
  return { mode: (stat.mode & 0o100) === 0 ? "100644" : "100755", bytes: await readFile(file) };
}

/** Files and symbolic links below a folder; nothing inside a `.git`, and no link is followed. */
async function filesBelow(folder: string, directory: string): Promise<string[]> {
  const found: string[] = [];
  const open = [directory];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const children = await readdir(join(folder, next), { withFileTypes: true });
    for (const child of children) {
      const path = next === "." ? child.name : `${next}/${child.name}`;
      if (child.isDirectory()) {
        if (child.name !== ".git") open.push(path);
      } else if (child.isFile() || child.isSymbolicLink()) found.push(path);
    }
  }
  return found;
}

async function ignoredOf(repository: Git, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const args = ["check-ignore", "--no-index", "-z", "--stdin"];
  const ended = await git(repository.top, args, { input: paths.map((path) => `${path}\0`).join("") });
  if (ended.code > 1) throw failed(args, ended);
  return new Set(nulSeparated(ended.bytes));
}

/** The id git gives a content, in the hash that ids of that length are made with. */
function blobId(bytes: Buffer, length: number): string {
  const hash = createHash(length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
