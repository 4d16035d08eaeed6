/** Finds the file that hunks without a name are for: the only one in which their lines stand. */
import { oldLines, type Hunk } from "./edits.ts";
import { splitFile } from "./lines.ts";
import { PatchRefusal } from "./refusal.ts";
import { SearchableLines } from "./searchable.ts";
import type { Tree } from "./tree.ts";

export class Unnamed {
  readonly #tree: Tree;
  #files: ReadonlyMap<string, SearchableLines> | null = null;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** @throws PatchRefusal `unreadable` where there is no such file, `several files` */
  fileOf(hunks: readonly Hunk[]): string {
    this.#files ??= readAll(this.#tree);
    const fits = [...this.#files].filter(([, lines]) => hunks.every((hunk) => standsIn(lines, oldLines(hunk)))).map(([path]) => path);
    const [only, another] = fits;
    if (only === undefined) {
      const what = "a change that names no file, and whose lines are in none; write its path above it";
      throw new PatchRefusal({ reason: "unreadable", what, line: null });
    }
    if (another !== undefined) throw new PatchRefusal({ reason: "several files", path: "a change without a name", fits: fits.slice(0, 5) });
    return only;
  }
}

function standsIn(lines: SearchableLines, wanted: readonly string[]): boolean {
  if (wanted.every((line) => line.trim() === "")) return false;
  return (["exact", "ends", "spacing"] as const).some((likeness) => lines.placesOf(wanted, likeness).length > 0);
}

function readAll(tree: Tree): Map<string, SearchableLines> {
  const files = new Map<string, SearchableLines>();
  for (const path of tree.paths()) {
    const text = textOrNull(tree, path);
    if (text !== null) files.set(path, new SearchableLines(splitFile(text).texts));
  }
  return files;
}

function textOrNull(tree: Tree, path: string): string | null {
  try {
    return tree.read(path);
  } catch (cause) {
    if (cause instanceof PatchRefusal) return null; // not text: nobody's to change
    throw cause;
  }
}
