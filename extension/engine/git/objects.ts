/** Reads a repository's objects through one `git cat-file` that stays while it is used, instead of a process for each object. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { EXACT, failed, gitVariables, notStarted } from "./process.ts";

export interface GitObject {
  oid: string;
  type: "blob" | "tree" | "commit" | "tag";
  bytes: Buffer;
}

interface Asked {
  name: string;
  resolve: (object: GitObject | null) => void;
  reject: (cause: unknown) => void;
}

const ARGS = ["cat-file", "--batch"];
const FOUND = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/;
const NONE = / (missing|ambiguous)$/;
/** Milliseconds without use after which the process ends, so that it keeps no pack open and no memory. */
const IDLE = 2000;

export class ObjectReader {
  readonly #top: string;
  readonly #idle: number;
  #open: Conversation | null = null;

  /**
   * @param top a folder in the repository
   * @param idle milliseconds without use after which the process ends
   */
  constructor(top: string, idle: number = IDLE) {
    this.#top = top;
    this.#idle = idle;
  }

  /**
   * The object that a revision names as of now, as `git rev-parse` understands names; null where there is none.
   * @throws ProvingGroundError `not-a-repository`, or `internal` with git's words when an object is damaged
   */
  read(name: string): Promise<GitObject | null> {
    if (name.includes("\n")) return Promise.resolve(null);
    this.#open ??= new Conversation(this.#top, this.#idle, (ended) => {
      if (this.#open === ended) this.#open = null;
    });
    return this.#open.ask(name);
  }
}

/** One process, its questions and its answers, which come in the same order. */
class Conversation {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #idle: NodeJS.Timeout;
  #asked: Asked[] = [];
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes to come before the next answer can be read. */
  #needed = 1;
  #said = "";

  constructor(top: string, idle: number, ended: (self: Conversation) => void) {
    const child = spawn("git", [...EXACT, ...ARGS], { cwd: top, env: gitVariables(), stdio: "pipe" });
    this.#child = child;
    this.#idle = setTimeout(() => {
      if (this.#asked.length > 0) return;
      ended(this);
      child.stdin.end();
    }, idle);
    child.stdout.on("data", (bytes: Buffer) => this.#take(bytes));
    child.stderr.on("data", (bytes: Buffer) => (this.#said = (this.#said + bytes.toString("utf8")).slice(-4096)));
    child.stdin.on("error", () => undefined); // its end tells more
    const end = (cause: unknown) => {
      ended(this);
      clearTimeout(this.#idle);
      for (const { reject } of this.#asked.splice(0)) reject(cause);
    };
    child.on("error", (cause: NodeJS.ErrnoException) => end(notStarted(top, cause.code, cause.message, cause)));
    child.on("close", (code) => end(failed(ARGS, { code: code ?? 1, bytes: Buffer.alloc(0), stderr: this.#said.trim() })));
  }

  ask(name: string): Promise<GitObject | null> {
    this.#idle.refresh();
    this.#hold(true);
    this.#child.stdin.write(`${name}\n`);
    return new Promise((resolve, reject) => this.#asked.push({ name, resolve, reject }));
  }

  #take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) return;
    let rest = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces);
    for (let used = this.#answer(rest); used > 0; used = this.#answer(rest)) rest = rest.subarray(used);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    if (this.#asked.length > 0) return;
    this.#hold(false);
    this.#idle.refresh();
  }

  /** Gives one answer to who asked first. @returns bytes it took, 0 while it is not complete */
  #answer(bytes: Buffer): number {
    const end = bytes.indexOf(0x0a);
    this.#needed = bytes.length + 1;
    if (end === -1) return 0;
    const header = bytes.toString("utf8", 0, end);
    const [, oid, type, size] = FOUND.exec(header) ?? [];
    if (oid === undefined) {
      const first = this.#asked.shift();
      if (NONE.test(header)) first?.resolve(null);
      else first?.reject(new ProvingGroundError("internal", `git cat-file said of ${first.name}: ${header}`));
      return end + 1;
    }
    const after = end + 1 + Number(size) + 1;
    if (bytes.length < after) {
      this.#needed = after;
      return 0;
    }
    // A copy, so that a small object does not keep the large piece it came in.
    const content = Buffer.from(bytes.subarray(end + 1, after - 1));
    this.#asked.shift()?.resolve({ oid, type: type as GitObject["type"], bytes: content });
    return after;
  }

  /** Whether this process has to wait for git's; while nothing is asked it may end. */
  #hold(wait: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    const handles = [this.#child, this.#idle, ...[stdin, stdout, stderr].filter((stream) => stream instanceof Socket)];
    for (const handle of handles) {
      if (wait) handle.ref();
      else handle.unref();
    }
  }
}
