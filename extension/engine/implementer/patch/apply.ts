/** Applies edits to files in memory: everything or, with a typed refusal, nothing. */
import type { FileEdit, Hunk } from "./edits.ts";
import { elisionAmong, isElision } from "./elision.ts";
import { splitFile } from "./lines.ts";
import { cleanPath, PathGuard, type Rules } from "./paths.ts";
import { PatchRefusal } from "./refusal.ts";
import { checkRegions } from "./regions.ts";
import { overwrite, rewrite } from "./rewrite.ts";
import { checkFree, checkNewNames, resolve, resolveExisting, surplusOf, type Tree } from "./tree.ts";
import { Unnamed } from "./unnamed.ts";

/** A file of the result larger than this, in bytes, is refused. */
export const FILE_LIMIT = 4_000_000;

/** Less than this share of an existing file's lines kept: a whole file in an answer is taken for an excerpt. */
const KEPT_IN_REWRITE = 0.5;
const COPIED_NUMBER = /^ *\d+ [|│] ?/;

/**
 * The files that change, with their new text; null for one that is deleted.
 * @throws PatchRefusal when any part of any edit cannot be applied, is not allowed, or nothing changes
 */
export function applyEdits(tree: Tree, edits: readonly FileEdit[], rules: Rules): Map<string, string | null> {
  const application = new Application(tree, rules);
  application.change(edits);
  for (const edit of edits) application.add(edit);
  return application.result();
}

class Application {
  readonly #tree: Tree;
  readonly #rules: Rules;
  readonly #guard: PathGuard;
  readonly #unnamed: Unnamed;
  readonly #changed = new Map<string, string | null>();
  /** Folders that the answer writes in front of paths although they are above the tree. */
  readonly #surplus = new Set<string>();

  constructor(tree: Tree, rules: Rules) {
    this.#tree = tree;
    this.#rules = rules;
    this.#guard = new PathGuard(rules);
    this.#unnamed = new Unnamed(tree);
  }

  /** Does all changes inside files. */
  change(edits: readonly FileEdit[]): void {
    const byFile = new Map<string, Hunk[]>();
    for (const edit of edits) {
      if (edit.kind !== "change") continue;
      const [only] = edit.hunks;
      const makes = edit.hunks.length === 1 && only?.at === 0 && only.lines.every((line) => line.op === "+");
      if (makes && edit.path !== "" && resolve(this.#tree, edit.path) === null) {
        this.#create(edit.path, only.lines.map((line) => `${line.text}\n`).join(""));
        continue;
      }
      const path = this.#existing(edit);
      const known = byFile.get(path);
      if (known === undefined) byFile.set(path, [...edit.hunks]);
      else known.push(...edit.hunks);
    }
    for (const [path, hunks] of byFile) this.#put(path, this.#patched(path, hunks));
  }

  /** Does what an edit does to a file as a whole, if anything. */
  add(edit: FileEdit): void {
    switch (edit.kind) {
      case "change":
        break;
      case "create":
        if (edit.path === "") throw unreadable("a new file without a name; write its path on the line above");
        if (this.#tree.read(cleanPath(edit.path)) === "") this.#put(cleanPath(edit.path), edit.text);
        else this.#create(edit.path, edit.text);
        break;
      case "rename": {
        const from = resolveExisting(this.#tree, edit.path);
        const text = this.#patched(from, edit.hunks);
        this.#put(from, null);
        this.#create(edit.to, text);
        break;
      }
      case "delete": {
        const path = resolveExisting(this.#tree, edit.path);
        if (edit.hunks.length > 0 && this.#patched(path, edit.hunks) !== "") {
          throw unreadable(`${path} is to be deleted, but its diff does not take all of it out`);
        }
        this.#put(path, null);
        break;
      }
      case "write":
        this.#write(edit);
        break;
    }
  }

  /** @throws PatchRefusal `empty`, or `outside` where two new files are one on some disks */
  result(): Map<string, string | null> {
    const changed = this.#changed;
    checkNewNames([...changed].filter(([path, text]) => text !== null && this.#tree.read(path) === null).map(([path]) => path));
    for (const [path, text] of [...changed]) if (text === this.#tree.read(path)) changed.delete(path);
    if (changed.size === 0) throw new PatchRefusal({ reason: "empty" });
    return changed;
  }

  #existing({ path, alternative, hunks }: Extract<FileEdit, { kind: "change" }>): string {
    if (path === "") return this.#unnamed.fileOf(hunks);
    const found = resolveExisting(this.#tree, path, alternative);
    const surplus = surplusOf(path, found);
    if (surplus !== "") this.#surplus.add(surplus);
    return found;
  }

  #put(path: string, text: string | null): void {
    this.#guard.check(path);
    if (this.#changed.has(path)) throw unreadable(`${path} is changed, deleted or written twice in the answer`);
    const bytes = text === null ? 0 : Buffer.byteLength(text);
    if (bytes > FILE_LIMIT) throw new PatchRefusal({ reason: "too large", path, bytes, limit: FILE_LIMIT });
    if (text?.includes("\0") === true) throw new PatchRefusal({ reason: "not text", path });
    checkRegions(path, this.#tree.read(path), text, this.#rules.regions ?? []);
    this.#changed.set(path, text);
  }

  #create(written: string, text: string): void {
    const path = this.#within(cleanPath(written));
    // The guard first: a new file in a protected folder is refused as that, whatever is there.
    this.#guard.check(path);
    checkFree(this.#tree, path);
    this.#put(path, text);
  }

  /** A new file's path, less the folders that the answer's other paths have too many. */
  #within(path: string): string {
    for (const surplus of this.#surplus) {
      if (path.startsWith(surplus) && ![...this.#tree.paths()].some((file) => file.startsWith(surplus))) return path.slice(surplus.length);
    }
    return path;
  }

  /** Whether a file may be touched is asked before whether the patch fits it. */
  #patched(path: string, hunks: readonly Hunk[]): string {
    this.#guard.check(path);
    return rewrite(this.#textOf(path), hunks, path);
  }

  #write(edit: Extract<FileEdit, { kind: "write" }>): void {
    const existing = resolve(this.#tree, edit.path);
    if (existing === null) {
      const elided = elisionAmong(splitFile(edit.text).texts, new Set());
      if (elided !== null) throw excerpt(edit.path, elided);
      this.#create(edit.path, edit.text);
      return;
    }
    const old = splitFile(this.#textOf(existing)).texts;
    const text = withoutLineNumbers(edit.text);
    const written = splitFile(text).texts;
    if (edit.aside && isQuoted(written, [...old, ...splitFile(this.#changed.get(existing) ?? "").texts])) return;
    this.#guard.check(existing);
    const elided = elisionAmong(written, new Set(old));
    if (elided !== null) throw excerpt(existing, elided);
    const present = new Set(written.map((line) => line.trim()));
    const kept = old.filter((line) => present.has(line.trim())).length;
    if (kept < old.length * KEPT_IN_REWRITE) {
      throw new PatchRefusal({ reason: "excerpt", path: existing, why: `holds only ${kept} of its ${old.length} lines` });
    }
    this.#put(existing, overwrite(this.#textOf(existing), text));
  }

  #textOf(path: string): string {
    const text = this.#tree.read(path);
    if (text === null) throw new PatchRefusal({ reason: "unknown file", path, like: [] });
    return text;
  }
}

/** A whole file whose every line has its number and a bar in front, as files are shown to models, without them. */
function withoutLineNumbers(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  if (!lines.every((line, at) => COPIED_NUMBER.test(line) && Number.parseInt(line, 10) === at + 1)) return text;
  return lines.map((line) => `${line.replace(COPIED_NUMBER, "")}\n`).join("");
}

/** Whether lines shown beside a patch are only what the file has, or will have. */
function isQuoted(shown: readonly string[], lines: readonly string[]): boolean {
  const known = new Set(lines.map((line) => line.trim()));
  return shown.every((line) => line.trim() === "" || known.has(line.trim()) || isElision(line));
}

function excerpt(path: string, elided: string): PatchRefusal {
  return new PatchRefusal({ reason: "excerpt", path, why: `leaves something out at \`${elided.trim().slice(0, 80)}\`` });
}

function unreadable(what: string): PatchRefusal {
  return new PatchRefusal({ reason: "unreadable", what, line: null });
}
