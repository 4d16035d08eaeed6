/** Makes the commit of an implementation again from what was recorded of it: base, answer or knobs, message. Nothing of it stays. */
import { posix } from "node:path";
import type { Manifest } from "../../protocol/manifest.ts";
import type { Git } from "../git/git.ts";
import type { NewFile } from "../git/import.ts";
import type { TreeEntry } from "../git/trees.ts";
import { writeTree } from "../git/worktree.ts";
import type { Store } from "../store/store.ts";
import { rulesOf } from "./base.ts";
import { applyEdits } from "./patch/apply.ts";
import { textOrNull } from "./patch/folder.ts";
import { PathGuard } from "./patch/paths.ts";
import { treeOf } from "./patch/tree.ts";
import { messageOf } from "./proposals.ts";
import { turnKnobs } from "./turn-knobs.ts";
import { editsOf } from "./writer.ts";

/**
 * @param directory the environment's folder
 * @param manifest as it was when the code was written
 * @returns the commit's id as it comes out now; null when nothing was recorded that its code could be made from: a human wrote it
 * @throws PatchRefusal, ProvingGroundError when the recorded answer does not apply any more
 */
export async function remake(
  parts: { git: Git; store: Store },
  idea: number,
  directory: string,
  manifest: Manifest,
): Promise<string | null> {
  const { git, store } = parts;
  const implementation = store.implementations.implementation(idea);
  const attempt = store.implementations.attempts(idea).findLast(({ outcome }) => outcome === "applied");
  if (implementation === null || attempt === undefined) return null;
  const { base, commit } = implementation;
  const record = store.ideas.record(idea);
  const entries = new Map((await git.entries(base, directory)).map((entry) => [posix.relative(directory, entry.path), entry]));
  const tree = treeOf(await textsOf(git, entries));
  const rules = rulesOf(manifest);
  const changes: ReadonlyMap<string, string | null> =
    attempt.by === "operator"
      ? turnKnobs(tree, record.knobs ?? {}, manifest, new PathGuard(rules))
      : applyEdits(tree, editsOf(directory, attempt.answer), rules);
  const files = [...changes].map(([path, text]): NewFile => ({
    path: posix.join(directory, path),
    after: text === null ? null : { mode: entries.get(path)?.mode ?? "100644", bytes: Buffer.from(text) },
  }));
  return git.idLike(commit, { tree: await writeTree(git, base, files), parent: base, message: messageOf(record) });
}

async function textsOf(git: Git, entries: ReadonlyMap<string, TreeEntry>): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const [path, { oid, mode }] of entries) {
    const text = mode.startsWith("100") ? textOrNull(await git.blob(oid)) : null;
    if (text !== null) texts.set(path, text);
  }
  return texts;
}
