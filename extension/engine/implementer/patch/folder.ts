/** Applies an answer to a folder on disk: in place, all or nothing, a full disk included. */
import type { Stats } from "node:fs";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ProvingGroundError } from "../../../protocol/errors.ts";
import { applyEdits } from "./apply.ts";
import { parseAnswer } from "./parse.ts";
import { PathGuard, type Rules } from "./paths.ts";
import { PatchRefusal } from "./refusal.ts";
import type { Tree } from "./tree.ts";

/** Folders whose files are nobody's to edit and too many to look through. */
const SKIPPED = new Set([".git", "node_modules", ".proving-ground", "__pycache__", ".venv"]);

/**
 * Applies an answer to the files of a folder.
 * @param rules globs relative to the folder; `editable` absent allows all that is not protected
 * @returns the paths that changed, sorted
 * @throws PatchRefusal, or ProvingGroundError `disk-full` and the like; the folder is then as it was
 */
export function applyToFolder(folder: string, answer: string, rules: Rules): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ProvingGroundError("usage", `${folder} is not a folder`);
  }
  const changes = applyEdits(folderTree(folder), parseAnswer(answer), rules);
  writeChanges(folder, changes);
  return [...changes.keys()].sort();
}

/** The text files of a folder, read when asked for. */
export function folderTree(folder: string): Tree {
  const read = new Map<string, string | null>();
  const names = new Map<string, ReadonlySet<string>>();
  let all: string[] | null = null;
  return {
    read(path) {
      const known = read.get(path);
      if (known !== undefined) return known;
      const text = readText(folder, path, names);
      read.set(path, text);
      return text;
    },
    paths: () => (all ??= filesBelow(folder)),
  };
}

/**
 * Replaces, creates and deletes files together: new content is written beside the old, then all is renamed into place; on any
 * failure what was renamed is renamed back.
 * @throws ProvingGroundError `disk-full` and the like
 */
export function writeChanges(folder: string, changes: ReadonlyMap<string, string | null>): void {
  const undo: (() => void)[] = [];
  const backups: string[] = [];
  const suffix = `.${process.pid}-proving-ground`;
  try {
    const staged: { path: string; from: string }[] = [];
    for (const [path, text] of changes) {
      const there = refuseLinks(folder, path);
      if (there?.isFile() === false) throw new PatchRefusal({ reason: "outside", path, why: "is a folder" });
      if (text === null) continue;
      const to = join(folder, path);
      makeFolders(dirname(to), undo);
      const from = `${to}${suffix}-new`;
      undo.push(() => rmSync(from, { force: true }));
      writeFileSync(from, text, { flag: "wx" });
      const old = lstatSync(to, { throwIfNoEntry: false });
      if (old !== undefined) chmodSync(from, old.mode & 0o777);
      staged.push({ path: to, from });
    }
    const setAside = (to: string) => {
      const backup = `${to}${suffix}-old`;
      renameSync(to, backup);
      backups.push(backup);
      undo.push(() => renameSync(backup, to));
    };
    for (const [path, text] of changes) if (text === null) setAside(join(folder, path));
    for (const { path, from } of staged) {
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) setAside(path);
      renameSync(from, path);
      undo.push(() => rmSync(path, { force: true }));
    }
  } catch (cause) {
    for (const step of undo.reverse()) step();
    throw ProvingGroundError.from(cause);
  }
  for (const backup of backups) rmSync(backup, { force: true });
}

function makeFolders(folder: string, undo: (() => void)[]): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  undo.push(() => {
    for (let at = folder; ; at = dirname(at)) {
      rmdirSync(at);
      if (at === first) return;
    }
  });
}

function readText(folder: string, path: string, names: Map<string, ReadonlySet<string>>): string | null {
  // Asked for every name an answer holds: one that is no plain path is no file of ours.
  new PathGuard({ protected: [] }).check(path);
  const stat = refuseLinks(folder, path);
  if (stat?.isFile() !== true || !isCalled(folder, path, names)) return null;
  const bytes = readFileSync(join(folder, path));
  const text = textOrNull(bytes);
  if (text === null) throw new PatchRefusal({ reason: "not text", path });
  return text;
}

/** Whether a file that was found has this very name: some disks find `evaluate.py` under `Evaluate.py` as well. */
function isCalled(folder: string, path: string, names: Map<string, ReadonlySet<string>>): boolean {
  const parts = path.split("/");
  return parts.every((part, at) => {
    const above = join(folder, ...parts.slice(0, at));
    const known = names.get(above) ?? new Set(readdirSync(above));
    names.set(above, known);
    return known.has(part);
  });
}

/** The text that bytes are in UTF-8, or null when they are something else and would not survive. */
export function textOrNull(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}

/** Walks down a path without following links. @throws PatchRefusal `outside` where one is in the way */
function refuseLinks(folder: string, path: string): Stats | undefined {
  let at = folder;
  let stat: Stats | undefined;
  for (const part of path.split("/")) {
    if (stat !== undefined && !stat.isDirectory()) return undefined;
    at = join(at, part);
    stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isSymbolicLink()) throw new PatchRefusal({ reason: "outside", path, why: "leads through a symbolic link" });
  }
  return stat;
}

function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const open = [""];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of readdirSync(join(folder, next), { withFileTypes: true })) {
      if (child.isDirectory() && !SKIPPED.has(child.name)) open.push(`${next}${child.name}/`);
      else if (child.isFile()) found.push(next + child.name);
    }
  }
  return found;
}
