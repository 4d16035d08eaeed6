/** Which files of a job are its outputs. */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import picomatch from "picomatch";
import type { Job, JobRef } from "./compute.ts";
import { FILES } from "./job-files.ts";

export interface Outputs {
  /** Where its command started, relative to its folder. */
  cwd: string;
  /** Whether a file, named from there, is one. */
  wanted: (name: string) => boolean;
  /** Its name from the job's folder. */
  inFolder: (name: string) => string;
}

/** Reads from a job's record here what its outputs are; null where it has none. */
export async function outputsOf(ref: JobRef): Promise<Outputs | null> {
  const { cwd, outputs } = JSON.parse(await readFile(join(ref.directory, FILES.job), "utf8")) as Pick<Job, "cwd" | "outputs">;
  if (outputs.length === 0) return null;
  return { cwd, wanted: picomatch(outputs, { dot: true }), inFolder: (name) => posix.join(cwd, name) };
}
