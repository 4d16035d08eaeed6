/** What of a machine's files a sandbox shows: folders hidden, shown and writable, turned into bubblewrap's words. Reads links, changes nothing. */
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

type Mount =
  /** An empty folder that cannot be written. */
  | "empty"
  /** An empty folder in memory, to be written. */
  | "scratch"
  /** A file that reads as an empty one. */
  | "blank"
  | "readable"
  | "writable";

/** Most links in one path, as the system has it. */
const MOST_LINKS = 40;

/** Where a path leads: the links on the way and the file itself. */
export interface Trace {
  real: string;
  links: [at: string, target: string][];
}

/** Follows a path link by link; null where nothing is. */
export function trace(path: string): Trace | null {
  const links: [string, string][] = [];
  const rest = path.split("/").filter(Boolean);
  let real = "/";
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === ".") continue;
    if (part === "..") {
      real = dirname(real);
      continue;
    }
    const next = join(real, part);
    try {
      if (!lstatSync(next).isSymbolicLink()) {
        real = next;
        continue;
      }
      const target = readlinkSync(next);
      links.push([next, target]);
      if (links.length > MOST_LINKS) return null;
      if (target.startsWith("/")) real = "/";
      rest.unshift(...target.split("/").filter(Boolean));
    } catch {
      return null;
    }
  }
  return { real, links };
}

/** Whether a path is a folder or lies in it; both real. */
export function within(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}

/** The system read-only, and what differs from that. The most specific folder decides; paths given are followed to what they mean. */
export class View {
  readonly #mounts = new Map<string, Mount>();
  readonly #links = new Map<string, string>();

  /** Hides a folder or file that may exist. */
  hide(path: string): void {
    const real = trace(path)?.real;
    if (real === undefined || real === "/" || this.#mounts.has(real)) return;
    this.#mounts.set(real, lstatSync(real).isDirectory() ? "empty" : "blank");
  }

  /** Makes a folder an empty one that can be written, whether it exists or not. */
  scratch(path: string): void {
    const real = trace(path)?.real ?? path;
    if (real !== "/") this.#mounts.set(real, "scratch");
  }

  /** Shows a folder or file and the links that lead to it, as far as they are hidden. @returns what it is really; null where nothing is */
  show(path: string): string | null {
    const found = this.lead(path);
    if (found !== null && this.#hidden(found)) this.#mounts.set(found, "readable");
    return found;
  }

  /** Shows only the links on the way. @returns where they lead */
  lead(path: string): string | null {
    const found = trace(path);
    for (const [at, target] of found?.links ?? []) if (this.#hidden(at)) this.#links.set(at, target);
    return found?.real ?? null;
  }

  /** Lets a folder or file that exists be written. */
  open(path: string): void {
    this.#mounts.set(path, "writable");
  }

  /** Keeps a file that is there when the job begins from being written. */
  guard(path: string): void {
    this.#mounts.set(path, "readable");
  }

  /** Folders in memory that the job can write. */
  get scratches(): string[] {
    return [...this.#mounts].filter(([, mount]) => mount === "scratch").map(([path]) => path);
  }

  /** Whether a real path is anything but a part of the system as it is. */
  differs(path: string): boolean {
    return this.#mounts.has(path) || this.#above(path) !== null;
  }

  words(): string[] {
    const entries: { path: string; words: string[] }[] = [];
    for (const [path, mount] of this.#mounts) {
      // A hidden folder in a hidden one is not there at all.
      if (mount === "empty" && this.#hiddenAbove(path)) continue;
      if (mount === "empty" || mount === "scratch") entries.push({ path, words: ["--tmpfs", path] });
      else if (mount === "blank") entries.push({ path, words: ["--ro-bind", "/dev/null", path] });
      else if (mount === "writable") entries.push({ path, words: ["--bind", path, path] });
      else if (this.#hiddenAbove(path) || this.#mounts.get(this.#above(path) ?? "") === "writable")
        entries.push({ path, words: ["--ro-bind-try", path, path] });
    }
    for (const [path, target] of this.#links) if (this.#hidden(path)) entries.push({ path, words: ["--symlink", target, path] });
    const depth = ({ path }: { path: string }) => path.split("/").length;
    const empty = [...this.#mounts].filter(([path, mount]) => mount === "empty" && !this.#hiddenAbove(path)).map(([path]) => path);
    return [
      ...entries.sort((a, b) => depth(a) - depth(b) || (a.path < b.path ? -1 : 1)).flatMap(({ words }) => words),
      // Last, for what is shown below them is put there first.
      ...empty.flatMap((path) => ["--remount-ro", path]),
    ];
  }

  #hidden(path: string): boolean {
    const mount = this.#mounts.get(path);
    return mount === undefined ? this.#hiddenAbove(path) : mount !== "readable" && mount !== "writable";
  }

  #hiddenAbove(path: string): boolean {
    const mount = this.#mounts.get(this.#above(path) ?? "");
    return mount === "empty" || mount === "scratch";
  }

  /** The nearest folder above with an entry. */
  #above(path: string): string | null {
    for (let at = dirname(path); at !== "/"; at = dirname(at)) if (this.#mounts.has(at)) return at;
    return null;
  }
}
