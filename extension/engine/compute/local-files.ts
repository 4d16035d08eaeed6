/** Files of jobs on this machine: made before a job begins, read while it runs, copied when it is over. */
import { access, copyFile, mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Bytes, JobRef } from "./compute.ts";
import { FILES } from "./job-files.ts";
import { outputsOf } from "./outputs.ts";

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Writes a file that may be there already from an interrupted submit. */
export async function writeNew(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content, { flag: "wx" });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") return;
    throw ProvingGroundError.from(error);
  }
}

export async function readStarted(directory: string): Promise<{ pid: number; identity: string } | null> {
  try {
    const [pid, identity] = (await readFile(join(directory, FILES.started), "utf8")).split("\n");
    return { pid: Number(pid), identity: identity ?? "" };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes a file that is there whole or not at all. @param unique a name that nobody else uses, for what is not complete yet */
export async function writeWhole(path: string, content: string, mode: number, unique: string): Promise<void> {
  const partial = `${path}.${unique}`;
  try {
    await writeFile(partial, content, { mode });
    await rename(partial, path);
  } catch (error) {
    throw ProvingGroundError.from(error);
  }
}

/** At most `limit` bytes of a file from byte `from` on; none where there is no such file. */
export async function readBytes(path: string, from: number, limit: number): Promise<Bytes> {
  let handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { bytes: new Uint8Array(), from, size: 0 };
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(Math.max(0, Math.min(limit, size - from)));
    const { bytesRead } = bytes.length === 0 ? { bytesRead: 0 } : await handle.read(bytes, 0, bytes.length, from);
    return { bytes: bytes.subarray(0, bytesRead), from, size };
  } finally {
    await handle.close();
  }
}

/** Copies log, metrics, record and outputs of a job into another folder. */
export async function copyResults(ref: JobRef, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const file of [FILES.log, FILES.metrics, FILES.exit, ...(await outputNames(ref))]) {
    if (!(await exists(join(ref.directory, file)))) continue;
    await mkdir(dirname(join(into, file)), { recursive: true });
    await copyFile(join(ref.directory, file), join(into, file));
  }
}

async function outputNames(ref: JobRef): Promise<string[]> {
  const outputs = await outputsOf(ref);
  if (outputs === null) return [];
  const start = join(ref.directory, outputs.cwd);
  const found = await readdir(start, { recursive: true, withFileTypes: true });
  const names = found.flatMap((entry) => (entry.isFile() ? [relative(start, join(entry.parentPath, entry.name))] : []));
  return names.filter(outputs.wanted).map(outputs.inFolder);
}
