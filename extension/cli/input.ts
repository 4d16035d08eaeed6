/** Text that a command is given: from a file, or from standard input. */
import { readFile } from "node:fs/promises";
import { text as readStream } from "node:stream/consumers";
import { ProvingGroundError } from "../protocol/errors.ts";

const UNREADABLE: Record<string, string> = {
  ENOENT: "there is no file",
  EISDIR: "a file is needed, not the folder",
  EACCES: "this user may not read",
};

/**
 * @param file a path, or `-` for standard input
 * @throws ProvingGroundError `usage` when it cannot be read
 */
export async function readInput(file: string): Promise<string> {
  if (file === "-") return readStream(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = UNREADABLE[(cause as NodeJS.ErrnoException).code ?? ""];
    if (why === undefined) throw cause;
    throw new ProvingGroundError("usage", `${why} ${file}`, { hint: "Name a file, or - to read standard input.", cause });
  }
}
