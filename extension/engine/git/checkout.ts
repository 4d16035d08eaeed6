/** Writes a commit's folder to disk beside the user's own files, as it is committed or as git's filters make it. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { unknownCommit, type Git } from "./git.ts";
import { gitBytes } from "./process.ts";
import { SUBMODULE, SYMLINK, type TreeEntry } from "./trees.ts";

/** Files read or written at the same time: enough to hide latency, far from the limit on open files. */
const AT_ONCE = 32;
const ATTRIBUTES = ".gitattributes";

/**
 * Writes a commit's folder byte for byte as `folder/<directory>/…`.
 * @param folder absolute; made when missing
 * @throws `no-commit`
 */
export async function checkoutInto(repository: Git, commit: string, directory: string, folder: string): Promise<void> {
  await writeEntries(repository, await repository.entries(commit, directory), join(folder, directory), folder);
}

/**
 * As `checkoutInto`, and content kept by a filter such as LFS is fetched as in a checkout. What is written depends on the attributes
 * that the repository holds and not on the machine's; `export-ignore` changes nothing.
 * @param into absolute; made when missing
 * @throws `no-commit`, also where there is no such folder
 */
export async function exportInto(repository: Git, commit: string, directory: string, into: string): Promise<void> {
  const tree = await repository.treeOf(commit, directory);
  if (tree === null) throw unknownCommit(commit, directory);
  const entries = await repository.entries(commit, directory);
  if (await hasAttributes(repository, commit, directory, entries)) await exportFiltered(repository.top, tree, directory, into);
  else await writeEntries(repository, entries, join(into, directory), into);
}

async function writeEntries(repository: Git, entries: readonly TreeEntry[], top: string, folder: string): Promise<void> {
  await mkdir(top, { recursive: true });
  const parents = new Set(entries.map(({ mode, path }) => (mode === SUBMODULE ? path : dirname(path))));
  for (const parent of parents) await mkdir(join(folder, parent), { recursive: true });
  await inBatches(entries, async ({ mode, oid, path }) => {
    if (mode === SUBMODULE) return;
    const bytes = await repository.blob(oid);
    const to = join(folder, path);
    if (mode === SYMLINK) await symlink(bytes.toString("utf8"), to);
    else await writeFile(to, bytes);
    if (mode === "100755") await chmod(to, 0o755);
  });
}

/** Whether attributes may say that a file's content in a checkout is not what is committed. */
async function hasAttributes(repository: Git, commit: string, directory: string, entries: readonly TreeEntry[]): Promise<boolean> {
  if (entries.some(({ path }) => basename(path) === ATTRIBUTES)) return true;
  for (let above = directory; above !== ".";) {
    above = dirname(above);
    if ((await repository.bytesAt(commit, above === "." ? ATTRIBUTES : `${above}/${ATTRIBUTES}`)) !== null) return true;
  }
  return existsSync(await repository.ownAttributes());
}

async function exportFiltered(top: string, tree: string, directory: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), "proving-ground-index-"));
  try {
    const env = { GIT_INDEX_FILE: join(scratch, "index"), GIT_ATTR_NOSYSTEM: "1" };
    await gitBytes(top, directory === "." ? ["read-tree", tree] : ["read-tree", `--prefix=${directory}/`, tree], { env });
    const write = ["-c", "core.attributesFile=/dev/null", "checkout-index", "--all", "--force", `--prefix=${into}/`];
    await gitBytes(top, write, { env });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Does something with each item, some of them at once. */
export async function inBatches<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(each));
}
