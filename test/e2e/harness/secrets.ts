/** Looks for a secret everywhere it must not be: files, git objects, processes, the page. */
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";

/** What may be gone between listing and reading it: files of a program at work, processes that end. */
async function readIfThere(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ESRCH", "EACCES", "EPERM", "ENXIO"].includes(code ?? "")) return Buffer.alloc(0);
    throw error;
  }
}

/** A secret as files may hold it: as text of one or two bytes a character, and in base64 at any offset. */
export function spellings(secret: string): Buffer[] {
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64");
    // The first and the last characters depend on what stands around the secret.
    return Buffer.from(encoded.slice(offset === 0 ? 0 : 4, -4));
  });
  return [Buffer.from(secret), Buffer.from(secret, "utf16le"), ...shifted];
}

const holds = (bytes: Buffer, secret: string) => spellings(secret).some((spelling) => bytes.includes(spelling));

/** Files below a folder that hold the secret, and how many were read. */
export async function filesWith(secret: string, folder: string): Promise<{ read: number; found: string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const file of files) if (holds(await readIfThere(file), secret)) found.push(path.relative(folder, file));
  return { read: files.length, found };
}

/** Whether any object of a repository holds the secret; objects are compressed, so files alone do not tell. */
export function repositoryHas(secret: string, repository: string): boolean {
  const git = ["cat-file", "--batch-all-objects", "--batch"];
  return holds(execFileSync("git", git, { cwd: repository, maxBuffer: 256 * 1024 * 1024 }), secret);
}

export interface Processes {
  /** Command line and variables of every process that may be looked at. */
  readonly texts: readonly string[];
  /** Those with this variable set. */
  having(variable: string): readonly string[];
}

/** Every process of this machine as it is now. */
export async function processes(): Promise<Processes> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (id: string) => {
    const parts = await Promise.all(["cmdline", "environ"].map((file) => readIfThere(`/proc/${id}/${file}`)));
    return parts.map((part) => part.toString("latin1")).join("\0");
  };
  const texts = await Promise.all(ids.map(read));
  return { texts, having: (variable) => texts.filter((text) => text.includes(`\0${variable}=`)) };
}

/** Places in the window that show the secret: text, markup and fields of every frame. */
export async function framesWith(secret: string, page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const frame of page.frames()) {
    const shown = await frame.evaluate(() => {
      const texts: string[] = [];
      const visit = (root: Document | ShadowRoot) => {
        texts.push(root instanceof Document ? root.documentElement.outerHTML : root.innerHTML);
        for (const element of root.querySelectorAll("*")) {
          if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) texts.push(element.value);
          if (element.shadowRoot !== null) visit(element.shadowRoot);
        }
      };
      visit(document);
      return texts.join("\n");
    });
    if (shown.includes(secret)) found.push(frame.url());
  }
  return found;
}
