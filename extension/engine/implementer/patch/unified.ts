/** Reads unified and git diffs, one file's part at a time. */
import type { FileEdit, Hunk } from "./edits.ts";
import { NOTHING, readHead, startsHead, strip, type Head } from "./heads.ts";
import { readHunks } from "./hunks.ts";
import { PatchRefusal } from "./refusal.ts";

/** One file's edit and the index of the first line after it. */
export interface Reading {
  edit: FileEdit | null;
  next: number;
}

/** Whether a diff of a file begins at a line. */
export function startsDiff(lines: readonly string[], at: number): boolean {
  return startsHead(lines, at);
}

/**
 * Reads the diff of one file.
 * @param fence mark of the fence that will end it; without one, a list in the prose behind it must not be taken for lines of it
 * @throws PatchRefusal for binary patches and heads without names
 */
export function readDiff(lines: readonly string[], at: number, fence: string | null): Reading {
  const { head, next } = readHead(lines, at);
  const read = readHunks(lines, next, { fence });
  const says = head.renamed || head.created || head.deleted || read.hunks.length > 0;
  // A head of git's alone, of a file whose mode changed, says nothing of its text.
  if (!says && (lines[at] ?? "").startsWith("diff --git ") && !lines.slice(at, next).some((line) => line.startsWith("--- "))) {
    return { edit: null, next };
  }
  return { edit: editOf(head, read.hunks, at), next: read.next };
}

function editOf(head: Head, hunks: Hunk[], at: number): FileEdit {
  const unreadable = (what: string) => new PatchRefusal({ reason: "unreadable", what, line: at + 1 });
  const { old, new: now } = head;
  if (old === null || now === null) throw unreadable("a diff that names no file");
  if (old === NOTHING && now === NOTHING) throw unreadable("a diff from nothing to nothing");
  const prefixed = (old === NOTHING || old.startsWith("a/")) && (now === NOTHING || now.startsWith("b/"));
  const before = prefixed ? strip(old, "a/") : old;
  const after = prefixed ? strip(now, "b/") : now;
  if (head.renamed) return { kind: "rename", path: before, to: after, hunks };
  if (old === NOTHING || (head.created && now !== NOTHING)) return { kind: "create", path: after, text: textOf(hunks, after) };
  if (now === NOTHING || head.deleted) return { kind: "delete", path: before, hunks };
  if (hunks.length === 0) throw unreadable(`the diff of ${after} has no hunk`);
  return { kind: "change", path: after, alternative: before === after ? null : before, hunks };
}

function textOf(hunks: readonly Hunk[], path: string): string {
  const unreadable = (what: string) =>
    new PatchRefusal({ reason: "unreadable", what: `${path} is to be created, but ${what}`, line: null });
  if (hunks.some((hunk) => hunk.lines.some((line) => line.op === "-"))) throw unreadable("its diff takes lines out");
  if (hunks.some((hunk) => hunk.mayBeCut)) throw unreadable("its diff ends before all of it was said: the answer seems cut off");
  const text = hunks.flatMap((hunk) => hunk.lines.map((line) => line.text)).join("\n");
  return hunks.length === 0 ? "" : hunks.at(-1)?.bareEnd.new === true ? text : `${text}\n`;
}
