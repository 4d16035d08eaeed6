/** A proposal's files on disk, read against the commit they were written on. */
import { createHash } from "node:crypto";
import type { DiffStat } from "../../protocol/idea.ts";
import { differenceOf, linesOf, type FilePair } from "../../protocol/review.ts";
import type { Git } from "../git/git.ts";
import { SYMLINK } from "../git/trees.ts";
import { changedSince, writeTree, type ChangedEntry } from "../git/worktree.ts";
import { FILE_LIMIT } from "./patch/apply.ts";
import { textOrNull } from "./patch/folder.ts";
import type { ProposalRecord } from "../store/implementations.ts";
import { PatchRefusal } from "./patch/refusal.ts";

/** A changed file as text on both sides, with the mode it is committed in. Paths are from the repository's top. */
export interface ChangedText extends FilePair {
  mode: string;
}

/** What a working copy changes: files that can be reviewed as text, and those that cannot, with the reason. */
export interface Changes {
  texts: ChangedText[];
  refused: PatchRefusal[];
}

/** Reads what a working copy changes. A file whose mode alone differs counts as unchanged. */
export async function readChanges(git: Git, commit: string, directory: string, folder: string): Promise<Changes> {
  const changes: Changes = { texts: [], refused: [] };
  for (const entry of await changedSince(git, commit, directory, folder)) {
    const refusal = whyNotText(entry);
    const base = entry.before === null ? null : textOrNull(await git.blob(entry.before.oid));
    const proposed = entry.after === null ? null : textOrNull(entry.after.bytes);
    if (refusal !== null) changes.refused.push(refusal);
    else if ((entry.before !== null && base === null) || (entry.after !== null && proposed === null)) {
      changes.refused.push(new PatchRefusal({ reason: "not text", path: entry.path }));
    } else if (base !== proposed) {
      changes.texts.push({ path: entry.path, base, proposed, mode: entry.before?.mode ?? entry.after?.mode ?? "100644" });
    }
  }
  return changes;
}

/** How large a change is. Files that cannot be shown as text count, and have no lines. */
export function sizeOf({ texts, refused = [] }: { texts: readonly FilePair[]; refused?: readonly PatchRefusal[] }): DiffStat {
  const size = { files: texts.length + refused.length, added: 0, removed: 0 };
  for (const { base, proposed } of texts) {
    for (const { lines, added, removed } of differenceOf(linesOf(base), linesOf(proposed))) {
      if (added) size.added += lines.length;
      if (removed) size.removed += lines.length;
    }
  }
  return size;
}

/** The same for the same change: tells whether somebody has edited it since. */
export function fingerprintOf({ texts, refused }: Changes): string {
  const told = [...texts.map(({ path, proposed }) => [path, proposed]), ...refused.map(({ message }) => [message])];
  return createHash("sha256").update(JSON.stringify(told)).digest("hex");
}

/** Whether a human has worked on a proposal since it was written: its files are others now, or hunks were decided on. */
export function isEdited({ decisions, written }: ProposalRecord, changes: Changes): boolean {
  return Object.keys(decisions).length > 0 || written !== fingerprintOf(changes);
}

/** The tree of the commit with the working copy's files in it, reviewable or not. */
export async function treeOfCopy(git: Git, commit: string, directory: string, folder: string): Promise<string> {
  return writeTree(git, commit, await changedSince(git, commit, directory, folder));
}

function whyNotText({ path, before, after }: ChangedEntry): PatchRefusal | null {
  if (before?.mode === SYMLINK || after?.mode === SYMLINK) {
    return new PatchRefusal({ reason: "outside", path, why: "is a symbolic link, which an implementation may not make or change" });
  }
  const bytes = after?.bytes.length ?? 0;
  return bytes > FILE_LIMIT ? new PatchRefusal({ reason: "too large", path, bytes, limit: FILE_LIMIT }) : null;
}
