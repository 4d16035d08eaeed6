/** A shell at a host that executes framed scripts one after another. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { Frame, framed } from "./script-frame.ts";
import { end } from "./site-process.ts";
import type { Ended } from "./ssh-connection.ts";

export interface ScriptEnded extends Ended {
  /** Exit code of the script; null when nobody knows it. */
  code: number | null;
  /** False when something else was printed before it. */
  silent: boolean;
}

export interface Script {
  text: string;
  /** After which it counts as unreachable; absent: never. */
  seconds?: number;
  /** For the script's file descriptor 3; then it is the shell's only script, and `form` says how it is sent. */
  data?: { stream: Readable; form: (framed: string) => string };
  /** Given every piece of the script's output. What it promises is waited for before more is read. */
  take: (piece: Buffer) => void | Promise<void>;
}

interface Turn {
  script: Script;
  out: Frame;
  error: Frame;
  /** What the script complained of, at most `MOST_SAID` characters. */
  said: string;
  done: (ended: ScriptEnded) => void;
}

const MOST_SAID = 8192;

export class SshShell {
  readonly #child: ChildProcessWithoutNullStreams;
  /** Resolves when its session is over, in whatever way. */
  readonly closed: Promise<void>;
  #turn: Turn | null = null;
  #open = true;
  /** Printed while no script ran: by ssh itself, or by what refuses to be a shell. */
  #heard = "";

  /** @param child ssh with a shell at its other end; leader of its process group */
  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (piece: Buffer) => this.#output(piece));
    child.stderr.on("data", (piece: Buffer) => this.#error(piece));
    this.closed = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#heard += error.message;
        resolve();
      });
      child.once("close", resolve);
    });
    void this.closed.then(() => {
      this.#open = false;
      this.#finish();
    });
  }

  /** Executes a script; to be called when the one before it is over. */
  run(script: Script): Promise<ScriptEnded> {
    const mark = randomUUID();
    return new Promise((resolve) => {
      const limit = script.seconds === undefined ? undefined : setTimeout(() => this.#late(script), script.seconds * 1000);
      const done = (ended: ScriptEnded) => {
        clearTimeout(limit);
        resolve(ended);
      };
      this.#turn = { script, out: new Frame(mark), error: new Frame(mark), said: "", done };
      if (!this.#open) {
        this.#finish();
        return;
      }
      const { data } = script;
      if (data === undefined) this.#child.stdin.write(framed(script.text, mark));
      else {
        this.#child.stdin.write(data.form(framed(script.text, mark, true)));
        data.stream.pipe(this.#child.stdin);
      }
    });
  }

  /** Ends the session at once. */
  end(): void {
    end(this.#child);
  }

  #output(piece: Buffer): void {
    const turn = this.#turn;
    if (turn === null) return;
    const own = turn.out.take(piece);
    const taken = own.length > 0 ? turn.script.take(own) : undefined;
    if (taken !== undefined) {
      this.#child.stdout.pause();
      void taken.finally(() => this.#child.stdout.resume());
    }
    this.#finish();
  }

  #error(piece: Buffer): void {
    const turn = this.#turn;
    if (turn === null) this.#heard = (this.#heard + piece.toString()).slice(-MOST_SAID);
    else turn.said = (turn.said + turn.error.take(piece).toString()).slice(-MOST_SAID);
    this.#finish();
  }

  #late(script: Script): void {
    if (this.#turn === null) return;
    this.#turn.said += `\nno answer within ${String(script.seconds)} s`;
    this.end();
  }

  /** Settles the script that is under way, if it is over or cannot go on. */
  #finish(): void {
    const turn = this.#turn;
    if (turn === null) return;
    const answered = turn.out.code !== null && turn.error.code !== null;
    if (!answered && this.#open) return;
    this.#turn = null;
    const around = turn.error.noise + this.#heard;
    const said = [turn.said, ...(turn.out.begun ? [] : [around, around.trim() === "" ? turn.out.noise : ""])].join("\n").trim();
    turn.done({ answered, begun: turn.out.begun, said, code: turn.out.code, silent: turn.out.noise === "" });
  }
}
