/** Runs one shell command to its end, under a time limit, and leaves no process of it behind. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ProvingGroundError } from "../../../protocol/errors.ts";

export interface Command {
  /** For `sh -c`. */
  command: string;
  cwd: string;
  /** The whole environment it sees. */
  variables: Readonly<Record<string, string>>;
  /** Milliseconds of wall time after which it is ended with all it started. */
  timeout: number;
  input?: string;
}

export interface CommandEnd {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  timedOut: boolean;
  /** Standard output and error together, their last {@link KEPT} bytes. */
  output: string;
}

/** Milliseconds in which a command that has ended may still be heard, should something that left its group hold the pipes. */
const LAST_WORDS = 500;
/** Bytes of output that are kept, from its end. */
const KEPT = 65_536;

/** @throws ProvingGroundError `cancelled` when the signal fires, `internal` when there is no shell */
export async function runCommand({ command, cwd, variables, timeout, input }: Command, signal: AbortSignal): Promise<CommandEnd> {
  stopIfCancelled(signal);
  const child = spawn("/bin/sh", ["-c", command], { cwd, env: { ...variables }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeout);
  signal.addEventListener("abort", kill, { once: true });
  let kept = Buffer.alloc(0);
  const keep = (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]);
    if (kept.length > 2 * KEPT) kept = kept.subarray(-KEPT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.stdin.on("error", () => undefined); // a command that reads nothing may be gone before its input is written
  child.stdin.end(input ?? "");
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", (error) => reject(ProvingGroundError.from(error)));
      // Not `close`: a process it left behind may hold the pipes open, and is ended below.
      child.once("exit", resolve);
    });
    stopIfCancelled(signal);
    kill();
    await Promise.race([Promise.all([ended(child.stdout), ended(child.stderr)]), sleep(LAST_WORDS, undefined, { ref: false })]);
    return { code, timedOut, output: kept.subarray(-KEPT).toString("utf8") };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    kill();
  }
}

function ended(stream: NodeJS.ReadableStream & { readableEnded?: boolean; destroyed?: boolean }): Promise<void> {
  if (stream.readableEnded === true || stream.destroyed === true) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.once("end", resolve);
  });
}

function stopIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new ProvingGroundError("cancelled", "cancelled");
}
