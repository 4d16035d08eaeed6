/** This machine as a site: for clusters whose commands and shared folders are here. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { sending, type Site } from "./site.ts";
import { followScript, runScript } from "./site-process.ts";

export interface LocalSiteOptions {
  /** Folder that holds this lab's jobs. Absolute. */
  root: string;
  /** What scripts see. Needs PATH. */
  environment: Record<string, string>;
}

export class LocalSite implements Site {
  readonly #root: string;
  readonly #environment: Record<string, string>;

  constructor({ root, environment }: LocalSiteOptions) {
    this.#root = root;
    this.#environment = environment;
  }

  async root(): Promise<string> {
    await mkdir(this.#root, { recursive: true });
    return this.#root;
  }

  async run(script: string, seconds = 60): Promise<Buffer> {
    const { code, stdout, stderr } = await runScript(this.#shell(), script, seconds);
    if (code === 0) return stdout;
    throw ProvingGroundError.from(new Error(stderr.trim() === "" ? `a script ended with exit code ${String(code)}` : stderr.trim()));
  }

  follow(script: string, line: (text: string) => void, ended: () => void): () => void {
    return followScript(this.#shell(), script, line, ended);
  }

  /** Several may send the same at once, and what they replace may be in use: each file appears whole. */
  async send(from: string, to: string): Promise<void> {
    if (resolve(from) === resolve(to)) return;
    const onTheWay = join(dirname(to), `${sending(basename(to))}${randomUUID()}`);
    try {
      await mkdir(dirname(to), { recursive: true });
      await cp(from, onTheWay, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      await putInPlace(onTheWay, to);
    } catch (error) {
      throw ProvingGroundError.from(error);
    } finally {
      await rm(onTheWay, { recursive: true, force: true });
    }
  }

  async bring(from: string, files: readonly string[], into: string): Promise<void> {
    if (resolve(from) === resolve(into)) return;
    for (const file of files) {
      try {
        await mkdir(dirname(join(into, file)), { recursive: true });
        await cp(join(from, file), join(into, file), { preserveTimestamps: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw ProvingGroundError.from(error);
      }
    }
  }

  close(): void {
    // Nothing is held open.
  }

  #shell() {
    return spawn("/bin/sh", ["-s"], { env: this.#environment, stdio: "pipe", detached: true });
  }
}

/** Moves a folder to where there may be one, within a file system. */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    for (const entry of await readdir(from, { withFileTypes: true })) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      await (entry.isDirectory() ? putInPlace(source, target) : rename(source, target));
    }
  }
}
