/** Which paths a change may touch: inside the folder, editable, not protected, and by the name the file really has. */
import picomatch from "picomatch";
import { PatchRefusal } from "./refusal.ts";
import type { NamedRegions } from "./regions.ts";

/** What is allowed, as globs relative to the folder. No `editable` means everything that is not protected. */
export interface Rules {
  editable?: readonly string[];
  protected: readonly string[];
  /** Functions and classes of editable files that stay as they are. */
  regions?: readonly NamedRegions[];
}

/** What every file system takes: a name in bytes, a path in UTF-16 units with room for where the folder is. */
const NAME_LIMIT = 200;
const PATH_LIMIT = 1000;
/** Characters that some file systems leave out when they compare names, and that nobody sees. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|[\u202a-\u202e\u2066-\u206f]/gu;
const CONTROL = /\p{Cc}/u;

/**
 * A written path in its one form: `/` between the parts, no `.` among them.
 * @throws PatchRefusal `outside` for one that is absolute, leaves the folder, or leads into `.git`
 */
export function cleanPath(written: string): string {
  const refuse = (why: string) => new PatchRefusal({ reason: "outside", path: written, why });
  if (written === "" || CONTROL.test(written)) throw refuse("is not a path");
  if (/^[/\\~]|^[A-Za-z]:/.test(written)) throw refuse("is absolute; paths start at the environment's folder");
  if (written.includes("\\")) throw refuse("has a backslash; write `/` between folders");
  const parts = written.split("/").filter((part) => part !== "." && part !== "");
  if (parts.includes("..")) throw refuse("leaves the environment's folder");
  if (parts.length === 0 || written.endsWith("/")) throw refuse("is a folder");
  if (parts.some((part) => Buffer.byteLength(part) > NAME_LIMIT) || written.length > PATH_LIMIT) throw refuse("is too long a path");
  if (parts.some(isGitFolder)) throw refuse("leads into git's own folder");
  return parts.join("/");
}

/** Checks one path that is to be changed, created or deleted. */
export class PathGuard {
  readonly #rules: Rules;
  readonly #protected: (readonly [glob: string, matches: (path: string) => boolean])[];
  readonly #editable: (path: string) => boolean;

  constructor(rules: Rules) {
    this.#rules = rules;
    // Without case: on a file system that ignores it, `Evaluate.py` is `evaluate.py`.
    this.#protected = rules.protected.map((glob) => [
      glob,
      picomatch([glob, `${glob.replace(/\/$/, "")}/**`], { dot: true, nocase: true }),
    ]);
    this.#editable = rules.editable === undefined ? () => true : picomatch([...rules.editable], { dot: true });
  }

  /** @throws PatchRefusal `outside`, `protected` or `not editable` */
  check(path: string): void {
    if (cleanPath(path) !== path) throw new PatchRefusal({ reason: "outside", path, why: "is not a plain path" });
    const visible = foldedName(path);
    const hit = this.#protected.find(([, matches]) => matches(path) || matches(visible));
    if (hit !== undefined) throw new PatchRefusal({ reason: "protected", path, pattern: hit[0] });
    if (!this.#editable(path)) throw new PatchRefusal({ reason: "not editable", path, patterns: this.#rules.editable ?? [] });
  }
}

/**
 * Folded so that names which some file system takes for the same are the same: composed or not, wide or narrow, in upper or lower
 * case, with a dot or a space at the end, with the name of a stream behind.
 */
export function foldedName(path: string): string {
  return path
    .split("/")
    .map((part) =>
      part
        .replace(INVISIBLE, "")
        .normalize("NFKC")
        .toUpperCase()
        .toLowerCase()
        .normalize("NFC")
        .replace(/(.):.*$/, "$1")
        .replace(/(.)[ .]+$/, "$1"),
    )
    .join("/");
}

function isGitFolder(part: string): boolean {
  const name = foldedName(part);
  return name === ".git" || /^git~\d+$/.test(name);
}
