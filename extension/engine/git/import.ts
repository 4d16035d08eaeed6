/** Writes commits and their refs: `git fast-import` takes any number of them in one process and never looks at an index. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import { gitText } from "./process.ts";

export interface Identity {
  name: string;
  email: string;
}

/** A file as it is in the new commit, from the repository's top; null for one that is gone. */
export interface NewFile {
  path: string;
  after: { mode: string; bytes: Buffer } | null;
}

export interface NewCommit {
  /** Full name of the ref that is pointed at it, wherever it pointed before. */
  ref: string;
  parent: string;
  /** What differs from the parent. */
  files: readonly NewFile[];
  message: string;
  /** Author and committer. */
  author: Identity;
  /** Milliseconds since 1970. */
  date: number;
}

/** @returns the ids of the commits, in their order; no hook runs and nothing is signed */
export async function importCommits(top: string, commits: readonly NewCommit[]): Promise<string[]> {
  const stream = Buffer.concat(commits.flatMap((commit, index) => [...streamOf(commit, index + 1)]));
  // The pack is undone into single objects at once: only those have to last.
  const args = ["-c", "core.fsync=-pack", "fast-import", "--quiet", "--force", "--done", "--date-format=raw"];
  const ids = (await gitText(top, args, { input: Buffer.concat([stream, Buffer.from("done\n")]) })).split("\n");
  if (ids.length === commits.length) return ids;
  throw new ProvingGroundError("internal", `git fast-import wrote ${ids.length} of ${commits.length} commits`);
}

function* streamOf({ ref, parent, files, message, author, date }: NewCommit, mark: number): Generator<Buffer> {
  const who = `${plain(author.name)} <${plain(author.email)}> ${Math.floor(date / 1000)} +0000`;
  yield Buffer.from(`commit ${ref}\nmark :${mark}\nauthor ${who}\ncommitter ${who}\n`);
  yield* data(Buffer.from(message.endsWith("\n") ? message : `${message}\n`));
  yield Buffer.from(`from ${parent}\n`);
  // Deletions first: a file may take the place of a folder.
  for (const { path, after } of files) if (after === null) yield Buffer.from(`D ${quoted(path)}\n`);
  for (const { path, after } of files) {
    if (after === null) continue;
    yield Buffer.from(`M ${after.mode} inline ${quoted(path)}\n`);
    yield* data(after.bytes);
  }
  yield Buffer.from(`\nget-mark :${mark}\n`);
}

function* data(bytes: Buffer): Generator<Buffer> {
  yield Buffer.from(`data ${bytes.length}\n`);
  yield bytes;
  yield Buffer.from("\n");
}

function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** What a commit's header cannot hold is left out, as git does. */
function plain(text: string): string {
  return text.replace(/[<>\n\0]/g, "").trim();
}
