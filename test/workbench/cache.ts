/** Folders outside the clone that are expensive to fill and never change once they are: filled whole, or not at all. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** `$XDG_CACHE_HOME/proving-ground`, or `~/.cache/proving-ground`. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(homedir(), ".cache"), "proving-ground");
}

/** First 12 hexadecimal digits of a SHA-256 over the parts, each part kept apart from its neighbours. */
export function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 12);
}

/** {@link hashOf} over the contents of files. */
export async function hashOfFiles(files: readonly string[], ...parts: readonly string[]): Promise<string> {
  return hashOf(...parts, ...(await Promise.all(files.map((file) => readFile(file)))));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function removeAbandoned(root: string, prefix: string): Promise<void> {
  for (const entry of await readdir(root)) {
    if (entry.startsWith(prefix) && !alive(Number(entry.slice(prefix.length)))) {
      await rm(path.join(root, entry), { recursive: true, force: true });
    }
  }
}

/**
 * The folder `name` of the cache, filled by `fill` if it is not there yet.
 *
 * It is filled under another name and renamed when `fill` is done, so a folder that exists is complete; what an interrupted
 * attempt left is removed by the next one. Two processes may fill at once: the first to finish wins.
 *
 * @throws whatever `fill` throws; the cache is then as it was.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>, root = cacheRoot()): Promise<string> {
  const folder = path.join(root, name);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  const prefix = `.incomplete-${name}-`;
  await removeAbandoned(root, prefix);
  const attempt = path.join(root, `${prefix}${process.pid}`);
  await mkdir(attempt);
  try {
    await fill(attempt);
    await rename(attempt, folder);
  } catch (error) {
    await rm(attempt, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
