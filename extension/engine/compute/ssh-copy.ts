/** Copies folders to a host and files back: by rsync, or by tar where one side has no rsync or the login shell prints something. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { once } from "node:events";
import { oneLine, SCRIPT_AND_DATA, SCRIPTS } from "./script-frame.ts";
import { end } from "./site-process.ts";
import type { Ended, SshConnection } from "./ssh-connection.ts";
import { type Script, type ScriptEnded, SshShell } from "./ssh-shell.ts";
import { login } from "./ssh-shells.ts";
import { complaint } from "./ssh-trouble.ts";
import { quote } from "./supervisor.ts";

interface Copied extends Ended {
  code: number | null;
}

/** Seconds without a byte after which rsync gives up. */
const RSYNC_TIMEOUT = 60;
/** rsync: wrong usage, not supported, another protocol, and not a word of rsync from the other side. */
const NO_RSYNC = new Set([1, 2, 4]);
/** rsync: socket or stream broke, killed, timed out; 255 is ssh's own. */
const BROKEN = new Set([5, 10, 12, 20, 30, 35, 255]);
/** rsync: a file went away meanwhile. */
const VANISHED = 24;
/** Files in one call of tar, for the sake of a command line's length. */
const MOST_FILES = 500;

export class SshCopy {
  readonly #connection: SshConnection;
  readonly #host: string;
  readonly #environment: Record<string, string>;
  /** False once rsync turned out not to be of use. */
  #rsync = true;

  constructor(connection: SshConnection, host: string, environment: Record<string, string>) {
    this.#connection = connection;
    this.#host = host;
    // The tar of macOS adds files of its own otherwise.
    this.#environment = { ...environment, COPYFILE_DISABLE: "1" };
  }

  /** @param rsync whether the host has it and its login shell is silent */
  async send(from: string, to: string, rsync: boolean): Promise<void> {
    // Not by size and time: the files of a commit have one time.
    if (rsync && (await this.#byRsync(["-rlpt", "--ignore-times", `${from}/`, `there:${to}/`]))) return;
    await this.#connection.session((words) => this.#pack(words, from, to)).then((copied) => this.#check(copied));
  }

  async bring(from: string, files: readonly string[], into: string, rsync: boolean): Promise<void> {
    await mkdir(into, { recursive: true });
    if (files.length === 0) return;
    const list = ["-rlpt", "--from0", "--files-from=-", "--ignore-missing-args", `there:${from}/`, `${into}/`];
    if (rsync && (await this.#byRsync(list, files.map((file) => `${file}\0`).join("")))) return;
    for (let at = 0; at < files.length; at += MOST_FILES) {
      const some = files.slice(at, at + MOST_FILES);
      this.#check(await this.#connection.session((words) => this.#unpack(words, from, some, into)));
    }
  }

  /** @returns false where rsync is not of use */
  async #byRsync(words: readonly string[], input = ""): Promise<boolean> {
    if (!this.#rsync) return false;
    const ended = await this.#connection.session((ssh) => this.#rsyncOnce(ssh, words, input));
    if (ended.code === 0 || ended.code === VANISHED) return true;
    if (ended.code === null || NO_RSYNC.has(ended.code)) {
      this.#rsync = false;
      return false;
    }
    throw complaint(this.#host, ended.said);
  }

  #rsyncOnce(ssh: readonly string[], words: readonly string[], input: string): Promise<Copied> {
    // rsync names the host itself; ssh's words do that already, and in a form that rsync may not know.
    const shell = `shift; exec ssh ${ssh.map(quote).join(" ")} "$@"`;
    const child = spawn("rsync", ["-s", `--timeout=${RSYNC_TIMEOUT}`, "-e", ["sh", "-c", shell, "sh"].map(rsyncWord).join(" "), ...words], {
      ...{ env: this.#environment, stdio: "pipe", detached: true },
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.stdout.resume();
    return ending(child).then(({ code, said }) => {
      const broken = code !== null && BROKEN.has(code);
      return { answered: !broken, begun: false, said, code };
    });
  }

  async #pack(words: readonly string[], from: string, to: string): Promise<Copied> {
    const tar = spawn("tar", ["-c", "-f", "-", "-C", from, "."], {
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const packed = ending(tar);
    const text = `mkdir -p -- ${quote(to)} && cd -- ${quote(to)} && tar -x -o -f - <&3`;
    const ended = await this.#script(words, { text, data: { stream: tar.stdout, form: oneLine }, take: () => undefined });
    end(tar);
    const { code, said } = await packed;
    return ended.code === 0 && code !== 0 ? { ...ended, code: 1, said: `tar could not read ${from}: ${said}` } : ended;
  }

  async #unpack(words: readonly string[], from: string, files: readonly string[], into: string): Promise<Copied> {
    const tar = spawn("tar", ["-x", "-o", "-f", "-", "-C", into], {
      env: this.#environment,
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    tar.stdin.on("error", () => undefined);
    const unpacked = ending(tar);
    const names = files.map((file) => quote(`./${file}`)).join(" ");
    const text = `cd -- ${quote(from)} || exit 1
set --
for file in ${names}; do [ ! -e "$file" ] || set -- "$@" "$file"; done
[ $# -gt 0 ] || exec dd if=/dev/zero bs=1024 count=1
tar -c -f - "$@"`;
    const take = async (piece: Buffer) => {
      if (tar.stdin.writable && !tar.stdin.write(piece)) await Promise.race([once(tar.stdin, "drain"), unpacked]);
    };
    const ended = await this.#script(words, { text, take });
    tar.stdin.end();
    const { code, said } = await unpacked;
    // The files of a job that runs change while they are read, which tar calls an error of the smallest kind.
    const packed = ended.code === 1 && code === 0 ? { ...ended, code: 0 } : ended;
    return packed.code === 0 && code !== 0 ? { ...packed, code: 1, said: `tar could not write ${into}: ${said}` } : packed;
  }

  /** Executes one script in a session of its own. */
  async #script(words: readonly string[], script: Script): Promise<ScriptEnded> {
    const shell = new SshShell(login(words, script.data === undefined ? SCRIPTS : SCRIPT_AND_DATA, this.#environment));
    try {
      return await shell.run(script);
    } finally {
      shell.end();
    }
  }

  #check({ code, said }: Copied): void {
    if (code !== 0) throw complaint(this.#host, said);
  }
}

function ending(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-4096)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, said: error.message }));
    child.once("close", (code) => resolve({ code: code ?? 20, said }));
  });
}

/** A word as rsync's `-e` reads it. */
function rsyncWord(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
