/** Walks the trees of commits; a tree's content never changes, so those read lately are remembered. */
import type { ObjectReader } from "./objects.ts";

/** One file of a commit. Modes are git's: 100644, 100755, 120000 for a symbolic link, 160000 for a submodule. */
export interface TreeEntry {
  mode: string;
  oid: string;
  /** From the repository's top, with `/`. */
  path: string;
}

/** One line of a tree: a file, or a folder. */
interface Child {
  mode: string;
  oid: string;
  name: string;
}

export const SYMLINK = "120000";
export const SUBMODULE = "160000";
const FOLDER = "40000";
/** Lines of all remembered trees together: a few MB. */
const REMEMBERED = 20_000;

export class Trees {
  readonly #reader: ObjectReader;
  readonly #known = new Map<string, readonly Child[]>();
  #lines = 0;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** Id of a commit's tree; null where there is no such commit. */
  async root(commit: string): Promise<string | null> {
    const tree = await this.#reader.read(`${commit}^{tree}`);
    if (tree === null) return null;
    this.#remember(tree.oid, tree.bytes);
    return tree.oid;
  }

  /** What stands at a path below a tree, file or folder; null where nothing does. `.` is the tree itself. */
  async find(tree: string, path: string): Promise<Omit<TreeEntry, "path"> | null> {
    let at: Omit<TreeEntry, "path"> = { mode: FOLDER, oid: tree };
    for (const name of path === "." ? [] : path.split("/")) {
      if (at.mode !== FOLDER) return null;
      const next = (await this.#children(at.oid)).find((child) => child.name === name);
      if (next === undefined) return null;
      at = next;
    }
    return at;
  }

  /** Id of the folder at a path below a tree; null where there is none. */
  async folder(tree: string, path: string): Promise<string | null> {
    const found = await this.find(tree, path);
    return found?.mode === FOLDER ? found.oid : null;
  }

  /** Every file below a tree, in git's order. @param prefix put before each path */
  async files(tree: string, prefix: string): Promise<TreeEntry[]> {
    const children = await this.#children(tree);
    const below = await Promise.all(
      children.map(async ({ mode, oid, name }) =>
        mode === FOLDER ? await this.files(oid, `${prefix}${name}/`) : [{ mode, oid, path: prefix + name }],
      ),
    );
    return below.flat();
  }

  async #children(tree: string): Promise<readonly Child[]> {
    const known = this.#known.get(tree);
    if (known !== undefined) {
      this.#known.delete(tree);
      this.#known.set(tree, known);
      return known;
    }
    const object = await this.#reader.read(tree);
    return object?.type === "tree" ? this.#remember(tree, object.bytes) : [];
  }

  #remember(tree: string, bytes: Buffer): readonly Child[] {
    const had = this.#known.get(tree);
    if (had !== undefined) return had;
    const children = parseTree(bytes, tree.length / 2);
    this.#known.set(tree, children);
    this.#lines += children.length + 1;
    for (const [oldest, { length }] of this.#known) {
      if (this.#lines <= REMEMBERED || oldest === tree) break;
      this.#known.delete(oldest);
      this.#lines -= length + 1;
    }
    return children;
  }
}

/** @param width bytes of an id */
function parseTree(bytes: Buffer, width: number): Child[] {
  const children: Child[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    children.push({
      mode: bytes.toString("latin1", at, space),
      name: bytes.toString("utf8", space + 1, end),
      oid: bytes.toString("hex", end + 1, end + 1 + width),
    });
    at = end + 1 + width;
  }
  return children;
}
