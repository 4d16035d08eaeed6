/** A few shells at a host, kept for a while: a login can be slow, and most scripts are short. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { SCRIPTS } from "./script-frame.ts";
import { isUnsent, type Ended, type SshConnection } from "./ssh-connection.ts";
import { type Script, type ScriptEnded, SshShell } from "./ssh-shell.ts";

interface Task {
  script: Script;
  resolve: (ended: ScriptEnded) => void;
  reject: (error: unknown) => void;
}

const MOST_SHELLS = 3;
const IDLE_MS = 30_000;
const LEFT: Ended = { answered: true, begun: true, said: "" };

export class SshShells {
  readonly #connection: SshConnection;
  readonly #environment: Record<string, string>;
  readonly #waiting: Task[] = [];
  /** Wake shells that have nothing to do. */
  readonly #idle = new Set<() => void>();
  #shells = 0;

  constructor(connection: SshConnection, environment: Record<string, string>) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /** Executes a script in the next shell that is free. @throws ProvingGroundError `unreachable` */
  run(script: Script): Promise<ScriptEnded> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ script, resolve, reject });
      const [wake] = this.#idle;
      if (wake !== undefined) wake();
      else if (this.#shells < MOST_SHELLS) this.#start();
    });
  }

  #start(): void {
    this.#shells += 1;
    let answered = false;
    const live = (words: readonly string[], wanted: AbortSignal) => this.#live(words, wanted, () => (answered = true));
    // Where a shell broke that had worked, what waits deserves another one; where none can be had, it is told why.
    this.#connection.session(live, "spare").then(
      () => this.#gone(null),
      (error: unknown) => this.#gone(answered ? null : error),
    );
  }

  #gone(error: unknown): void {
    this.#shells -= 1;
    if (this.#shells > 0 || this.#waiting.length === 0) return;
    if (error === null) this.#start();
    else for (const task of this.#waiting.splice(0)) task.reject(error);
  }

  /** The life of one shell. @param wanted its place is wanted for something else */
  async #live(words: readonly string[], wanted: AbortSignal, answered: () => void): Promise<Ended> {
    const shell = new SshShell(login(words, SCRIPTS, this.#environment));
    try {
      while (this.#waiting.length > 0 || (await this.#rest(shell, wanted))) {
        const task = this.#waiting.shift();
        if (task === undefined) continue;
        const ended = await shell.run(task.script);
        if (ended.answered) {
          answered();
          task.resolve(ended);
        } else if (isUnsent(ended)) {
          this.#waiting.unshift(task);
          return ended;
        } else {
          task.reject(this.#connection.trouble(ended.said));
          return { ...ended, begun: true };
        }
        if (wanted.aborted) break;
      }
    } finally {
      shell.end();
    }
    return LEFT;
  }

  /** @returns false when the shell should go */
  async #rest(shell: SshShell, wanted: AbortSignal): Promise<boolean> {
    if (wanted.aborted) return false;
    return new Promise((resolve) => {
      const over = (goOn: boolean) => {
        clearTimeout(timer);
        this.#idle.delete(wake);
        wanted.removeEventListener("abort", leave);
        resolve(goOn);
      };
      const wake = () => over(true);
      const leave = () => over(false);
      const timer = setTimeout(leave, IDLE_MS);
      this.#idle.add(wake);
      wanted.addEventListener("abort", leave);
      void shell.closed.then(leave);
    });
  }
}

/** ssh with a command at the other end, as leader of a process group. */
export function login(words: readonly string[], command: string, environment: Record<string, string>): ChildProcessWithoutNullStreams {
  return spawn("ssh", [...words, command], { env: environment, stdio: "pipe", detached: true });
}
