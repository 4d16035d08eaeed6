/** The files a patch is applied to, and the one file that a written path means. */
import { cleanPath, foldedName } from "./paths.ts";
import { PatchRefusal } from "./refusal.ts";

/** Text files by path, relative to the environment's folder, with `/`. */
export interface Tree {
  /** Null where there is no file. @throws PatchRefusal `not text`, or `outside` for a symbolic link */
  read(path: string): string | null;
  paths(): Iterable<string>;
}

export function treeOf(files: ReadonlyMap<string, string>): Tree {
  return { read: (path) => files.get(path) ?? null, paths: () => files.keys() };
}

/**
 * The file that a path means: the one of this name; else without a diff's `a/` or `b/`; else the only one whose path ends in it,
 * or that it ends in.
 * @returns null where none fits
 * @throws PatchRefusal `outside`, `several files`
 */
export function resolve(tree: Tree, written: string): string | null {
  const path = cleanPath(written);
  if (tree.read(path) !== null) return path;
  const bare = /^[ab]\/./.test(path) ? path.slice(2) : null;
  if (bare !== null && tree.read(bare) !== null) return bare;
  const fits = [...tree.paths()].filter((file) => path.endsWith(`/${file}`) || file.endsWith(`/${bare ?? path}`));
  if (fits.length > 1) {
    // Of files whose path the written one ends in, the longest is the one that was named.
    const named = fits.filter((file) => path.endsWith(`/${file}`)).sort((a, b) => b.length - a.length);
    if (named.length === fits.length) return named[0] ?? null;
    throw new PatchRefusal({ reason: "several files", path: written, fits: fits.slice(0, 5) });
  }
  if (fits[0] !== undefined) return fits[0];
  // The same name, its accents composed or not.
  const composed = [...tree.paths()].filter((file) => file.normalize("NFC") === path.normalize("NFC"));
  return composed.length === 1 ? (composed[0] ?? null) : null;
}

/**
 * As `resolve`, for a file that must be there.
 * @param alternative another name that was written for it
 * @throws PatchRefusal `unknown file`, `unreadable` where only the alternative is there and it may be meant to be renamed
 */
export function resolveExisting(tree: Tree, written: string, alternative: string | null = null): string {
  const found = resolve(tree, written);
  if (found !== null) return found;
  const other = alternative === null ? null : resolve(tree, alternative);
  if (other !== null && other.split("/").at(-1) === written.split("/").at(-1)) return other;
  if (other !== null) {
    const what = `the diff of ${alternative ?? ""} has ${written} on its other side; write \`rename from\` and \`rename to\` if it is to be renamed`;
    throw new PatchRefusal({ reason: "unreadable", what, line: null });
  }
  const name = foldedName(written.split("/").at(-1) ?? "");
  const like = [...tree.paths()].filter((file) => foldedName(file.split("/").at(-1) ?? "") === name);
  throw new PatchRefusal({ reason: "unknown file", path: written, like: like.slice(0, 3) });
}

/** Folders in front of a written path that are not in the tree, with a `/` behind; empty where there are none. */
export function surplusOf(written: string, found: string): string {
  const path = cleanPath(written);
  return path.endsWith(`/${found}`) ? path.slice(0, -found.length) : "";
}

/**
 * Sees that a new file may be there: nothing of its name, or of a name that differs in case alone, is there already.
 * @throws PatchRefusal `file exists`, `outside`
 */
export function checkFree(tree: Tree, path: string): void {
  if (tree.read(path) !== null) throw new PatchRefusal({ reason: "file exists", path });
  const folded = foldedName(path);
  for (const file of tree.paths()) {
    const other = foldedName(file);
    const clash = clashOf(path, file);
    if (clash !== null) throw new PatchRefusal({ reason: "outside", path, why: `differs from ${clash} in upper and lower case only` });
    if (folded.startsWith(`${other}/`)) throw new PatchRefusal({ reason: "outside", path, why: `${file} is a file, not a folder` });
    if (other.startsWith(`${folded}/`)) throw new PatchRefusal({ reason: "outside", path, why: "is a folder" });
  }
}

/** The file or folder on the way to another file that some disks would take for one on the way to a path; null for none. */
function clashOf(path: string, file: string): string | null {
  const [mine, others] = [path.split("/"), file.split("/")];
  for (let at = 0; at < Math.min(mine.length, others.length); at++) {
    if (mine[at] === others[at]) continue;
    return foldedName(mine[at] ?? "") === foldedName(others[at] ?? "") ? others.slice(0, at + 1).join("/") : null;
  }
  return null;
}

/** Two new files of one answer must not be one file on some disk, nor one the other's folder. @throws PatchRefusal `outside` */
export function checkNewNames(paths: readonly string[]): void {
  paths.forEach((path, index) => {
    const others = new Map(paths.filter((_, other) => other !== index).map((other) => [other, ""]));
    checkFree({ read: (name) => others.get(name) ?? null, paths: () => others.keys() }, path);
  });
}
