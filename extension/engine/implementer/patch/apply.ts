/** Applies edits to files in memory: everything or, with a typed refusal, nothing. */
import type { FileEdit, Hunk } from "./edits.ts";
import { joinFile, splitFile, usualEnd, type FileLines } from "./lines.ts";
import { locate, SearchableLines } from "./locate.ts";
import { cleanPath, PathGuard, type Rules } from "./paths.ts";
import { PatchRefusal } from "./refusal.ts";
import { checkFree, resolve, resolveExisting, type Tree } from "./tree.ts";

/** A file of the result larger than this, in bytes, is refused. */
export const FILE_LIMIT = 4_000_000;

/** Less than this share of an existing file's lines kept: a whole file in an answer is taken for an excerpt. */
const KEPT_IN_REWRITE = 0.5;
const ELISION = /^\s*(?:(?:#|\/\/)\s*(?:\.{3}|…|(?:the )?rest of|existing code|unchanged)|\.{3}\s*$|…)/i;

/**
 * The files that change, with their new text; null for one that is deleted.
 * @throws PatchRefusal when any part of any edit cannot be applied, is not allowed, or nothing changes
 */
export function applyEdits(tree: Tree, edits: readonly FileEdit[], rules: Rules): Map<string, string | null> {
  const guard = new PathGuard(rules);
  const changed = new Map<string, string | null>();
  const put = (path: string, text: string | null) => {
    guard.check(path);
    if (changed.has(path)) throw unreadable(`${path} is changed, deleted or written twice in the answer`);
    const bytes = text === null ? 0 : Buffer.byteLength(text);
    if (bytes > FILE_LIMIT) throw new PatchRefusal({ reason: "too large", path, bytes, limit: FILE_LIMIT });
    if (text?.includes("\0") === true) throw new PatchRefusal({ reason: "not text", path });
    changed.set(path, text);
  };
  const create = (written: string, text: string) => {
    const path = cleanPath(written);
    // The guard first: a new file in a protected folder is refused as that, whatever is there.
    guard.check(path);
    checkFree(tree, path);
    put(path, text);
  };
  // Whether a file may be touched is asked before whether the patch fits it.
  const patched = (path: string, hunks: readonly Hunk[]) => {
    guard.check(path);
    return applyHunks(textOf(tree, path), hunks, path);
  };
  for (const [path, hunks] of hunksByFile(tree, edits, create)) put(path, patched(path, hunks));
  for (const edit of edits) {
    switch (edit.kind) {
      case "change":
        break;
      case "create":
        if (isInside(tree, edit.path) && textOf(tree, edit.path) === "") put(cleanPath(edit.path), edit.text);
        else create(edit.path, edit.text);
        break;
      case "rename": {
        const from = resolveExisting(tree, edit.path);
        const text = patched(from, edit.hunks);
        put(from, null);
        create(edit.to, text);
        break;
      }
      case "delete": {
        const path = resolveExisting(tree, edit.path);
        if (edit.hunks.length > 0 && patched(path, edit.hunks) !== "") {
          throw unreadable(`${path} is to be deleted, but its diff does not take all of it out`);
        }
        put(path, null);
        break;
      }
      case "write":
        write(tree, edit, put, create);
        break;
    }
  }
  checkNewNames([...changed].filter(([path, text]) => text !== null && tree.read(path) === null).map(([path]) => path));
  for (const [path, text] of [...changed]) if (text === tree.read(path)) changed.delete(path);
  if (changed.size === 0) throw new PatchRefusal({ reason: "empty" });
  return changed;
}

/**
 * A file's text with hunks applied; all of them refer to the text as it is before.
 * @throws PatchRefusal `missing`, `ambiguous`, `no context`, `overlap`
 */
function applyHunks(text: string, hunks: readonly Hunk[], path: string): string {
  const file = splitFile(text);
  const searchable = new SearchableLines(file.texts);
  const placed = hunks.map((hunk, index) => ({ hunk, number: index + 1, start: locate(searchable, hunk, path, index + 1) }));
  placed.sort((a, b) => a.start - b.start || a.number - b.number);
  const result: FileLines = { texts: [], ends: [] };
  const usual = usualEnd(file);
  let at = 0;
  let before = 0;
  const keep = (to: number) => {
    for (; at < to; at++) {
      result.texts.push(file.texts[at] ?? "");
      result.ends.push(file.ends[at] ?? usual);
    }
  };
  for (const { hunk, number, start } of placed) {
    if (start < at) throw new PatchRefusal({ reason: "overlap", path, hunk: number, other: before });
    keep(start);
    for (const { op, text: line } of hunk.lines) {
      if (op === " ") keep(at + 1);
      else if (op === "-") at++;
      else {
        result.texts.push(line);
        result.ends.push(endFor(file, at, usual));
      }
    }
    before = number;
  }
  keep(file.texts.length);
  settleLastLine(result, file, placed.at(-1)?.hunk, usual);
  return joinFile(result);
}

/** Line end of a new line: that of the old line above it, else of the one below, else the usual. */
function endFor(file: FileLines, at: number, usual: string): string {
  const near = file.ends[at - 1] ?? file.ends[at];
  return near === undefined || near === "" ? usual : near;
}

/** Only the last line may lack its end: as the patch says, else as it was. */
function settleLastLine(result: FileLines, file: FileLines, last: Hunk | undefined, usual: string): void {
  const end = result.ends.length - 1;
  for (let at = 0; at < end; at++) if (result.ends[at] === "") result.ends[at] = usual;
  if (end < 0) return;
  const said = last !== undefined && (last.bareEnd.old || last.bareEnd.new);
  const wasBare = file.ends.at(-1) === "";
  const bare = said ? last.bareEnd.new : wasBare;
  if (bare) result.ends[end] = "";
  else if (result.ends[end] === "") result.ends[end] = usual;
}

function hunksByFile(tree: Tree, edits: readonly FileEdit[], create: (path: string, text: string) => void): Map<string, Hunk[]> {
  const byFile = new Map<string, Hunk[]>();
  for (const edit of edits) {
    if (edit.kind !== "change") continue;
    const onlyAdds = edit.hunks.every((hunk) => hunk.lines.every((line) => line.op === "+"));
    if (onlyAdds && edit.hunks.length === 1 && edit.hunks[0]?.at === 0 && resolve(tree, edit.path) === null) {
      create(edit.path, edit.hunks[0].lines.map((line) => `${line.text}\n`).join(""));
      continue;
    }
    const path = resolveExisting(tree, edit.path, edit.alternative);
    const known = byFile.get(path);
    if (known === undefined) byFile.set(path, [...edit.hunks]);
    else known.push(...edit.hunks);
  }
  return byFile;
}

type WriteEdit = Extract<FileEdit, { kind: "write" }>;

function write(tree: Tree, edit: WriteEdit, put: (path: string, text: string) => void, create: (path: string, text: string) => void): void {
  const existing = resolve(tree, edit.path);
  if (existing === null) {
    create(edit.path, edit.text);
    return;
  }
  if (edit.aside) return;
  const old = splitFile(textOf(tree, existing));
  const written = splitFile(edit.text);
  const present = new Set(written.texts.map((line) => line.trim()));
  const kept = old.texts.filter((line) => present.has(line.trim())).length;
  if (kept < old.texts.length * KEPT_IN_REWRITE) {
    throw new PatchRefusal({ reason: "excerpt", path: existing, why: `holds only ${kept} of its ${old.texts.length} lines` });
  }
  const elided = written.texts.find((line) => ELISION.test(line) && !old.texts.includes(line));
  if (elided !== undefined) {
    throw new PatchRefusal({ reason: "excerpt", path: existing, why: `leaves something out at \`${elided.trim().slice(0, 80)}\`` });
  }
  const usual = usualEnd(old);
  put(existing, joinFile({ texts: written.texts, ends: written.texts.map(() => usual) }));
}

/** Two new files of one answer must not be one file on some disk, nor one the other's folder. */
function checkNewNames(paths: readonly string[]): void {
  paths.forEach((path, index) => {
    const others = new Map(paths.filter((_, other) => other !== index).map((other) => [other, ""]));
    checkFree({ read: (name) => others.get(name) ?? null, paths: () => others.keys() }, path);
  });
}

function isInside(tree: Tree, path: string): boolean {
  return tree.read(cleanPath(path)) !== null;
}

function textOf(tree: Tree, path: string): string {
  const text = tree.read(path);
  if (text === null) throw new PatchRefusal({ reason: "unknown file", path, like: [] });
  return text;
}

function unreadable(what: string): PatchRefusal {
  return new PatchRefusal({ reason: "unreadable", what, line: null });
}
