/** A folder for jobs of its own, and jobs that say little. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { Compute, Job, JobRef, JobState } from "../../../extension/engine/compute/compute.ts";
import { processIdentities } from "../../../extension/engine/compute/identity.ts";

export const BASE = { PATH: process.env.PATH ?? "/usr/bin:/bin" };

/** A temporary folder that goes away when it is told to. */
export function temporary(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "proving-ground-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A temporary folder that goes away with the test. */
export function folder(): string {
  const { path, remove } = temporary();
  onTestFinished(remove);
  return path;
}

export function job(directory: string, command: string, more: Partial<Job> = {}): Job {
  return {
    id: "7",
    directory,
    cwd: ".",
    command,
    variables: {},
    ...{ prelude: "", data: [], outputs: [], containment: null, processes: 4096, requeue: false },
    resources: { gpus: 0, gpuMemory: null, cpus: 1, memory: null, nodes: 1 },
    timeout: 60,
    grace: 1,
    ...more,
  };
}

/** Resolves with the state once `wanted` is true of it; waits for the job's own events. */
export function until(compute: Compute, ref: JobRef, wanted: (state: JobState) => boolean): Promise<JobState> {
  return new Promise((resolve, reject) => {
    const look = () => {
      compute.poll([ref]).then(([state]) => {
        if (state === undefined || !wanted(state)) return;
        stop();
        resolve(state);
      }, reject);
    };
    const stop = compute.watch?.(ref, ["stdout.log"], look) ?? (() => undefined);
    look();
  });
}

export const over = (compute: Compute, ref: JobRef) => until(compute, ref, ({ state }) => state === "ended" || state === "lost");

/** Waits for a line of the job's log. */
export function said(compute: Compute, ref: JobRef, line: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const look = () => {
      readFile(join(ref.directory, "stdout.log"), "utf8").then((log) => {
        if (!log.split("\n").includes(line)) return;
        stop();
        resolve(null);
      }, reject);
    };
    const stop = compute.watch?.(ref, ["stdout.log"], look) ?? (() => undefined);
    look();
  });
}

/** Asks a target again and again until the answer is right; for what it does not tell by itself. */
export async function asked<T>(ask: () => Promise<T>, right: (answer: T) => boolean, seconds = 60): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ${seconds} s`);
    await pause(20);
  }
}

/** Those of the process numbers in a file, one per line, that live. */
export async function living(file: string): Promise<number[]> {
  const pids = (await readFile(file, "utf8")).split("\n").filter(Boolean).map(Number);
  return [...(await processIdentities(pids)).keys()];
}

/** Processes that sleep for a job's folder: its command, or the timer that watched over it. */
export function sleepers(directory: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc").filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return /^sleep\0\d\d/.test(command) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(directory);
    } catch {
      return false;
    }
  });
}

/** Puts a file system of its own at a folder until the end of the test, where this user may. @param size as of `mount -t tmpfs` */
export function mounted(at: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", at], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", at]));
  return true;
}
