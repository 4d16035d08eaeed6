/** Scripts handed to a shell's standard input: run to their end, or followed line by line. */
import type { ChildProcess, ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

export interface Finished {
  /** Null when a signal ended it, or it took too long. */
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** What a shell may complain of at most, in characters. */
const MOST_SAID = 4096;

/**
 * Hands a script to a shell and waits for its end.
 * @param child that reads its script from its standard input; leader of its process group
 * @param seconds after which it is ended
 * @throws what keeps it from being started
 */
export function runScript(child: ChildProcessWithoutNullStreams, script: string, seconds: number): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let stderr = "";
    const timer = setTimeout(() => {
      stderr += `\nno answer within ${seconds} s`;
      end(child);
    }, seconds * 1000);
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr.on("data", (piece: Buffer) => {
      stderr = (stderr + piece.toString()).slice(-MOST_SAID);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(pieces), stderr });
    });
    feed(child, script);
  });
}

/** Hands a script to a shell and passes on its lines. @param ended not called after it was stopped @returns stops it */
export function followScript(
  child: ChildProcessWithoutNullStreams,
  script: string,
  line: (text: string) => void,
  ended: () => void,
): () => void {
  let stopped = false;
  const over = () => {
    if (stopped) return;
    stopped = true;
    ended();
  };
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (!stopped) line(text);
  });
  child.stderr.resume();
  child.once("error", over);
  child.once("close", over);
  feed(child, script);
  return () => {
    stopped = true;
    end(child);
  };
}

function feed(child: ChildProcessWithoutNullStreams, script: string): void {
  // A shell that ended early does not read all of it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(script);
}

/** Ends a process that leads a group, and all of the group. */
export function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It is gone already, or this system knows no groups.
    child.kill("SIGKILL");
  }
}
