/** The record a supervisor leaves when a job is over. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Exit } from "./compute.ts";
import { FILES } from "./job-files.ts";

const Record = z.object({
  code: z.int(),
  signal: z.string().nullable(),
  reason: z.enum(["exited", "timeout", "stopped", "launch", "processes", "memory"]),
  diskFull: z.boolean(),
  left: z.array(z.int()),
  startedAt: z.number(),
  endedAt: z.number(),
  /** Absent in records of earlier versions. */
  seconds: z.number().optional(),
});

/**
 * Reads `exit.json` of a job's directory.
 * @returns the record; null while there is none; `unreadable` when the file is there and makes no sense
 */
export async function readExit(directory: string): Promise<Exit | null | "unreadable"> {
  let text: string;
  try {
    text = await readFile(join(directory, FILES.exit), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return parseExit(text) ?? "unreadable";
}

/** The record that a text holds; null when it makes no sense. */
export function parseExit(text: string): Exit | null {
  try {
    const record = Record.parse(JSON.parse(text));
    return { ...record, seconds: record.seconds ?? Math.max(0, record.endedAt - record.startedAt) / 1000 };
  } catch {
    return null;
  }
}
