/**
 * Copies folders to a host and files back. What is small goes through a shell that is there already, for a login can take longer than
 * the copying; the rest by rsync, or by tar where one side has no rsync or the login shell prints something.
 */
import { mkdir } from "node:fs/promises";
import { oneLine, SCRIPT_AND_DATA, SCRIPTS } from "./script-frame.ts";
import type { SshConnection } from "./ssh-connection.ts";
import { rsync } from "./ssh-rsync.ts";
import { type Script, type ScriptEnded, SshShell } from "./ssh-shell.ts";
import { login, type SshShells } from "./ssh-shells.ts";
import { handOver, packed, packing, receive, TOO_LARGE, unpacking, unpackingThis } from "./ssh-tar.ts";
import { complaint } from "./ssh-trouble.ts";

/** What the host can do. */
export interface Means {
  rsync: boolean;
  base64: boolean;
}

export interface SshCopyOptions {
  host: string;
  environment: Record<string, string>;
  connection: SshConnection;
  shells: SshShells;
}

/** Bytes that count as small, on the way there and back. */
const SMALL_THERE = 512 * 1024;
const SMALL_BACK = 4 * 1024 * 1024;
/** Files in one call of tar, for the sake of a command line's length. */
const MOST_FILES = 500;
/** Seconds for something small. */
const SMALL_LIMIT = 120;

export class SshCopy {
  readonly #options: SshCopyOptions;
  /** False once rsync turned out not to be of use. */
  #rsync = true;

  constructor(options: SshCopyOptions) {
    // The tar of macOS adds files of its own otherwise.
    this.#options = { ...options, environment: { ...options.environment, COPYFILE_DISABLE: "1" } };
  }

  async send(from: string, to: string, means: Means): Promise<void> {
    const { shells, environment } = this.#options;
    const archive = means.base64 ? await packed(from, SMALL_THERE, environment) : null;
    if (archive !== null) {
      this.#check(await shells.run({ text: unpackingThis(to, archive), seconds: SMALL_LIMIT, take: () => undefined }));
      return;
    }
    // Not by size and time: the files of a commit have one time.
    if (means.rsync && (await this.#byRsync(["-rlpt", "--ignore-times", `${from}/`, `there:${to}/`]))) return;
    const text = unpacking(to);
    const send = (words: readonly string[]) =>
      handOver(from, environment, (stream) => this.#alone(words, { text, data: { stream, form: oneLine }, take: () => undefined }));
    this.#check(await this.#options.connection.session(send));
  }

  async bring(from: string, files: readonly string[], into: string, means: Means): Promise<void> {
    const { shells, environment, connection } = this.#options;
    await mkdir(into, { recursive: true });
    if (files.length === 0) return;
    if (files.length <= MOST_FILES) {
      const text = packing(from, files, SMALL_BACK);
      const ended = await receive(into, environment, (take) => shells.run({ text, seconds: SMALL_LIMIT, take }));
      if (ended.code !== TOO_LARGE) {
        this.#check(ended);
        return;
      }
    }
    const list = ["-rlpt", "--from0", "--files-from=-", "--ignore-missing-args", `there:${from}/`, `${into}/`];
    if (means.rsync && (await this.#byRsync(list, files.map((file) => `${file}\0`).join("")))) return;
    for (let at = 0; at < files.length; at += MOST_FILES) {
      const text = packing(from, files.slice(at, at + MOST_FILES));
      const bring = (words: readonly string[]) => receive(into, environment, (take) => this.#alone(words, { text, take }));
      this.#check(await connection.session(bring));
    }
  }

  /** @returns false where rsync is not of use */
  async #byRsync(words: readonly string[], input?: string): Promise<boolean> {
    if (!this.#rsync) return false;
    const { connection, environment, host } = this.#options;
    const outcome = await rsync(connection, environment, words, input);
    if (typeof outcome === "object") throw complaint(host, outcome.said);
    this.#rsync = outcome === "done";
    return this.#rsync;
  }

  /** Executes one script in a session of its own. */
  async #alone(words: readonly string[], script: Script): Promise<ScriptEnded> {
    const shell = new SshShell(login(words, script.data === undefined ? SCRIPTS : SCRIPT_AND_DATA, this.#options.environment));
    try {
      return await shell.run(script);
    } finally {
      shell.end();
    }
  }

  #check({ code, said }: ScriptEnded): void {
    if (code !== 0) throw complaint(this.#options.host, said);
  }
}
