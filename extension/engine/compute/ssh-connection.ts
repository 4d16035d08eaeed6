/** The one connection to a host, held by the system's ssh with the user's own configuration, and the sessions it bears at a time. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ProvingGroundError } from "../../protocol/errors.ts";
import { unreachable } from "./ssh-trouble.ts";

export interface HostOptions {
  /** As in `ssh HOST`. */
  host: string;
  /** File for `ssh -F`; absent: the user's own. */
  config?: string | undefined;
  /** What ssh and rsync see: PATH, and what leads to the user's agent. */
  environment: Record<string, string>;
  platform?: NodeJS.Platform;
}

/** How a session ended. */
export interface Ended {
  /** False when the connection broke before it was over, or it took too long. */
  answered: boolean;
  /** True when something of it was done, or may have been. */
  begun: boolean;
  /** What ssh complained of. */
  said: string;
}

/** Runs a session. @param words for `ssh`, up to the remote command @param wanted somebody else needs its place: it should end */
export type Start<E extends Ended> = (words: readonly string[], wanted: AbortSignal) => Promise<E>;

interface Link {
  words: readonly string[];
  /** Of the connection that this process opened; null when it is the user's own, or there is none. */
  socket: string | null;
}

/** Sessions at a time; sshd allows 10 where nobody says otherwise. */
const SESSIONS = 6;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 50;
/** Seconds that an unused connection is kept. */
const IDLE = 60;
const CONNECT_MS = 30_000;
/** Longest path of a Unix socket, less what ssh appends while it makes one. */
const LONGEST_FOLDER = 104 - 1 - 24;

/** How a session takes its place: until its end; on and on, but rather apart than in the others' way; or while nobody else wants it. */
export type Kind = "once" | "lasting" | "spare";

/** A shared connection is not there, and ssh may not open another one: nothing was sent. */
const UNCONNECTED = /UNKNOWN port|exchange_identification/;
const REFUSED = /open refused by peer|administratively prohibited/;

/** Whether it is certain that the host saw nothing of a session. */
export function isUnsent({ answered, begun, said }: Ended): boolean {
  return !answered && !begun && (UNCONNECTED.test(said) || REFUSED.test(said));
}

export class SshConnection {
  readonly #options: HostOptions;
  readonly #shared: boolean;
  #folder: string | null = null;
  #opened = 0;
  #link: Promise<Link> | null = null;
  #closed = false;
  #socket: string | null = null;
  #limit = SESSIONS;
  #active = 0;
  #waiting: (() => void)[] = [];
  readonly #lasting = new Set<AbortController>();
  readonly #spare = new Set<AbortController>();

  constructor(options: HostOptions) {
    this.#options = options;
    // The ssh of Windows cannot share a connection.
    this.#shared = (options.platform ?? process.platform) !== "win32";
  }

  /** How the user reaches the host by hand. */
  get command(): string {
    const { host, config } = this.#options;
    return config === undefined ? `ssh ${host}` : `ssh -F ${config} ${host}`;
  }

  /** Connects where that is not done yet. @returns a number that is another one after every new connection @throws ProvingGroundError `unreachable` */
  async open(): Promise<number> {
    await this.#open();
    return this.#opened;
  }

  /** The error that somebody's last words come to. */
  trouble(said: string): ProvingGroundError {
    return unreachable(this.#options.host, said, this.command);
  }

  /**
   * Runs a session, once it is its turn; again where it is certain that the host saw nothing of it.
   * @throws ProvingGroundError `unreachable`
   */
  async session<E extends Ended>(start: Start<E>, kind: Kind = "once"): Promise<E> {
    for (let attempt = 1; ; attempt++) {
      const link = await this.#open();
      const ended = await (kind === "lasting" && this.#limit < 2 ? this.#apart(start) : this.#turn(link, start, kind));
      if (ended.answered) return ended;
      const refused = REFUSED.test(ended.said);
      if (!refused) this.#forget(link);
      if (!isUnsent(ended) || attempt === ATTEMPTS) throw this.trouble(ended.said);
      if (refused) await pause(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  /** Ends the connection and every session on it. */
  close(): void {
    this.#closed = true;
    for (const session of [...this.#lasting, ...this.#spare]) session.abort();
    if (this.#socket !== null) this.#exit(this.#socket);
    this.#link = this.#socket = null;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  async #turn<E extends Ended>(link: Link, start: Start<E>, kind: Kind): Promise<E> {
    if (this.#active < this.#limit) this.#active += 1;
    else {
      for (const session of this.#spare) session.abort();
      await new Promise<void>((turn) => this.#waiting.push(turn));
    }
    const abort = new AbortController();
    const kept = kind === "lasting" ? this.#lasting : kind === "spare" ? this.#spare : null;
    kept?.add(abort);
    if (kind === "spare" && this.#waiting.length > 0) abort.abort();
    try {
      const ended = await start(link.words, abort.signal);
      if (isUnsent(ended) && REFUSED.test(ended.said)) this.#fewer();
      return ended;
    } finally {
      kept?.delete(abort);
      this.#active -= 1;
      while (this.#active < this.#limit && this.#waiting.length > 0) {
        this.#active += 1;
        this.#waiting.shift()?.();
      }
    }
  }

  /** A lasting session on a connection of its own. */
  async #apart<E extends Ended>(start: Start<E>): Promise<E> {
    const abort = new AbortController();
    this.#lasting.add(abort);
    try {
      return await start([...this.#words(), "-o", "ControlPath=none", this.#options.host], abort.signal);
    } finally {
      this.#lasting.delete(abort);
    }
  }

  /** The host bears fewer sessions than were under way. Where it bears one, those that last get connections of their own. */
  #fewer(): void {
    this.#limit = Math.max(1, Math.min(this.#limit, this.#active - 1));
    if (this.#limit < 2) for (const session of this.#lasting) session.abort();
  }

  #open(): Promise<Link> {
    if (this.#socket !== null && !existsSync(this.#socket)) this.#link = this.#socket = null;
    if (this.#link !== null) return this.#link;
    if (this.#closed) return Promise.reject(this.trouble("the connection was closed"));
    const opening = this.#connect();
    this.#link = opening;
    opening.catch(() => {
      if (this.#link === opening) this.#link = null;
    });
    return opening;
  }

  async #connect(): Promise<Link> {
    const { host } = this.#options;
    this.#limit = SESSIONS;
    if (!this.#shared) return this.#linked({ words: [...this.#words(), host], socket: null });
    const borrow = ["-o", "ControlMaster=no", "-o", "ProxyUseFdpass=no", "-o", "ProxyCommand=false", host];
    // A connection that the user opened, perhaps by answering a question that this process must not ask.
    const own = await this.#ssh(["-O", "check", ...this.#words(), host]);
    if (own.code === 0) return this.#linked({ words: [...this.#words(), ...borrow], socket: null });
    this.#folder ??= mkdtempSync(join(socketRoot(), "pg-ssh-"));
    const socket = join(this.#folder, String(this.#opened + 1));
    const path = ["-o", `ControlPath=${socket.replaceAll("%", "%%")}`];
    const opened = await this.#ssh(["-M", "-N", "-o", `ControlPersist=${IDLE}`, ...path, ...this.#words(), host]);
    if (opened.code !== 0) throw this.trouble(opened.said);
    if (this.#closed) {
      this.#exit(socket);
      throw this.trouble("the connection was closed");
    }
    this.#socket = socket;
    return this.#linked({ words: [...path, ...this.#words(), ...borrow], socket });
  }

  #linked(link: Link): Link {
    this.#opened += 1;
    return link;
  }

  /** The next session opens a new connection; those under way on this one may end. */
  #forget(link: Link): void {
    if (link.socket === null || link.socket !== this.#socket) {
      if (link.socket === null) this.#link = null;
      return;
    }
    this.#link = this.#socket = null;
    if (existsSync(link.socket)) {
      spawn("ssh", this.#control("stop", link.socket), { env: this.#options.environment, stdio: "ignore" }).once("error", () => undefined);
    }
  }

  /** Ends a connection that this process opened. */
  #exit(socket: string): void {
    spawnSync("ssh", this.#control("exit", socket), { env: this.#options.environment, stdio: "ignore", timeout: 5000 });
  }

  #words(): string[] {
    const { config } = this.#options;
    const options = {
      ...{ BatchMode: "yes", ConnectTimeout: "10", ServerAliveInterval: "5", ServerAliveCountMax: "3", LogLevel: "ERROR" },
      // What a user's configuration may ask for terminals is not for scripts.
      ...{ RequestTTY: "no", RemoteCommand: "none", PermitLocalCommand: "no", ClearAllForwardings: "yes", ForwardX11: "no" },
    };
    return [
      ...(config === undefined ? [] : ["-F", config]),
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ];
  }

  #control(what: string, socket: string): string[] {
    return ["-O", what, "-o", `ControlPath=${socket.replaceAll("%", "%%")}`, ...this.#words(), this.#options.host];
  }

  /** Runs ssh without a session; the connection that it may leave in the background keeps nothing of it open. */
  #ssh(words: readonly string[]): Promise<{ code: number | null; said: string }> {
    return new Promise((resolve) => {
      const child = spawn("ssh", words, { env: this.#options.environment, stdio: ["ignore", "ignore", "pipe"] });
      let said = "";
      const timer = setTimeout(() => {
        said += `\nno answer within ${CONNECT_MS / 1000} s`;
        child.kill("SIGKILL");
      }, CONNECT_MS);
      const over = (code: number | null) => {
        clearTimeout(timer);
        child.stderr.destroy();
        resolve({ code, said });
      };
      child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
      child.once("error", (error) => {
        said += error.message;
        over(null);
      });
      child.once("exit", (code) => code === 0 && over(0));
      child.once("close", over);
    });
  }
}

/** A folder for sockets whose path leaves room for their names. */
function socketRoot(): string {
  const own = tmpdir();
  return Buffer.byteLength(own) + "/pg-ssh-XXXXXX/9999".length <= LONGEST_FOLDER ? own : "/tmp";
}
