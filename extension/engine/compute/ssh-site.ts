/** A host behind the system's ssh as a site: scripts by `/bin/sh` over one connection, files by rsync or tar over the same. */
import { homedir } from "node:os";
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { SCRIPTS } from "./script-frame.ts";
import type { Site } from "./site.ts";
import { type Ended, type HostOptions, SshConnection } from "./ssh-connection.ts";
import { type Means, SshCopy } from "./ssh-copy.ts";
import { SshShell } from "./ssh-shell.ts";
import { login, SshShells } from "./ssh-shells.ts";
import { complaint } from "./ssh-trouble.ts";
import { quote } from "./job-files.ts";

export interface SshSiteOptions extends HostOptions {
  /** Folder for jobs there: absolute, or from `~/`. */
  directory: string;
  /** Tells this lab's jobs from those of others in the same folder: letters, digits, `.`, `_` and `-`. */
  lab: string;
}

/** What was found on the other side of a connection. */
interface There extends Means {
  root: string;
}

export class SshSite implements Site {
  readonly #options: SshSiteOptions;
  readonly #connection: SshConnection;
  readonly #shells: SshShells;
  readonly #copy: SshCopy;
  /** False once a login shell printed something: rsync cannot tell it from its own words. */
  #silent = true;
  #there: { connection: number; found: Promise<There> } | null = null;

  constructor(options: SshSiteOptions) {
    const config = options.config?.replace(/^~(?=\/)/, options.environment.HOME ?? homedir());
    this.#options = { ...options, config };
    this.#connection = new SshConnection(this.#options);
    this.#shells = new SshShells(this.#connection, options.environment);
    const { host, environment } = options;
    this.#copy = new SshCopy({ host, environment, connection: this.#connection, shells: this.#shells });
  }

  async root(): Promise<string> {
    return (await this.#arrive()).root;
  }

  async run(script: string, seconds = 60): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const { code, said, silent } = await this.#shells.run({ text: script, seconds, take: (piece) => void pieces.push(piece) });
    this.#silent &&= silent;
    if (code !== 0) throw complaint(this.#options.host, said);
    return Buffer.concat(pieces);
  }

  follow(script: string, line: (text: string) => void, ended: () => void): () => void {
    const stop = new AbortController();
    const text = new PassThrough();
    createInterface({ input: text }).on("line", (words) => {
      if (!stop.signal.aborted) line(words);
    });
    const start = async (words: readonly string[], wanted: AbortSignal): Promise<Ended> => {
      const signal = AbortSignal.any([stop.signal, wanted]);
      const stopped = () => signal.aborted;
      if (stopped()) return STOPPED;
      const shell = new SshShell(login(words, SCRIPTS, this.#options.environment));
      signal.addEventListener("abort", () => shell.end());
      const over = await shell.run({ text: script, take: (piece) => void text.write(piece) });
      shell.end();
      return stopped() ? STOPPED : over;
    };
    const over = () => {
      text.end();
      if (!stop.signal.aborted) ended();
    };
    this.#connection.session(start, "lasting").then(over, over);
    return () => stop.abort();
  }

  async send(from: string, to: string): Promise<void> {
    await this.#copy.send(from, to, await this.#means());
  }

  async bring(from: string, files: readonly string[], into: string): Promise<void> {
    await this.#copy.bring(from, files, into, await this.#means());
  }

  close(): void {
    this.#connection.close();
  }

  async #means(): Promise<Means> {
    const { rsync, base64 } = await this.#arrive();
    return { rsync: rsync && this.#silent, base64 };
  }

  /** Makes the lab's folder and looks what there is, once per connection. */
  async #arrive(): Promise<There> {
    const connection = await this.#connection.open();
    if (this.#there?.connection !== connection) {
      const there = { connection, found: this.#look() };
      this.#there = there;
      there.found.catch(() => {
        if (this.#there === there) this.#there = null;
      });
    }
    return this.#there.found;
  }

  async #look(): Promise<There> {
    const { host, directory, lab } = this.#options;
    const folder = directory.startsWith("~/") ? `"$HOME"/${quote(posix.join(directory.slice(2), lab))}` : quote(posix.join(directory, lab));
    const output = await this.run(`umask 077; mkdir -p -- ${folder} && cd -P -- ${folder} && pwd || exit 1
command -v rsync > /dev/null && echo rsync
[ "$(echo eWVz | base64 -d 2> /dev/null)" != yes ] || echo base64`);
    const [root = "", ...means] = output.toString().split("\n");
    if (!root.startsWith("/")) throw new ProvingGroundError("internal", `${host} does not say where ${directory} is`);
    return { root, rsync: means.includes("rsync"), base64: means.includes("base64") };
  }
}

const STOPPED: Ended = { answered: true, begun: true, said: "" };
