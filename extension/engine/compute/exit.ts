/** The record a supervisor leaves when a job is over. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Exit } from "./compute.ts";
import { FILES } from "./supervisor.ts";

const Record = z.object({
  code: z.int(),
  signal: z.string().nullable(),
  reason: z.enum(["exited", "timeout", "stopped", "launch"]),
  diskFull: z.boolean(),
  left: z.array(z.int()),
  startedAt: z.number(),
  endedAt: z.number(),
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
    return Record.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
