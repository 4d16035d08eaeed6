/** Puts a commit's code into a run's folder, with the evaluation as the baseline has it. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import picomatch from "picomatch";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { MANIFEST_FILE, type Manifest } from "../../protocol/manifest.ts";
import { manifestNamed, readManifest } from "../environments/manifest-file.ts";
import { exportInto } from "../git/checkout.ts";
import type { Git } from "../git/git.ts";
import type { TreeEntry } from "../git/trees.ts";
import { remembered } from "../remembered.ts";

/** What is executed: a commit, judged by the rules of the baseline it descends from. */
export interface Code {
  /** Name of the environment. */
  environment: string;
  commit: string;
  /** Baseline at the root of its family; for the baseline itself the same commit. */
  baseline: string;
  /** The environment's folder, from the repository's top. */
  directory: string;
}

/** Baselines whose evaluation is remembered. */
const REMEMBERED = 8;

export class CodeStore {
  readonly #git: Git;
  readonly #manifests = new Map<string, Promise<Manifest[]>>();
  readonly #pristine = new Map<string, Promise<Map<string, TreeEntry>>>();

  constructor(git: Git) {
    this.#git = git;
  }

  /**
   * The manifest as it was in the baseline: what a change does to it has no say in how the change is judged.
   * @throws ProvingGroundError `manifest` when that one is broken
   */
  async manifest({ environment, baseline, directory }: Code): Promise<Manifest> {
    const file = path.posix.join(directory, MANIFEST_FILE);
    const found = manifestNamed(await this.#manifestsOf(baseline, file), environment);
    if (found !== undefined) return found;
    throw new ProvingGroundError("manifest", `${file} says nothing of ${environment} in the baseline ${baseline.slice(0, 8)}`, {
      hint: "A variant that was added later runs on baselines that have it.",
    });
  }

  #manifestsOf(baseline: string, file: string): Promise<Manifest[]> {
    return remembered(
      this.#manifests,
      `${baseline}:${file}`,
      async () => {
        const text = await this.#git.fileAt(baseline, file);
        if (text === null) {
          throw new ProvingGroundError("manifest", `${file} is not in the baseline ${baseline.slice(0, 8)}`, { hint: "Commit it." });
        }
        const reading = readManifest(text, file);
        if (reading.ok) return reading.manifests;
        const [first] = reading.problems;
        throw first === undefined ? new ProvingGroundError("manifest", `${file} is broken`) : ProvingGroundError.fromData(first);
      },
      REMEMBERED,
    );
  }

  /**
   * Writes exactly the commit's files to `into/<directory>`, then puts every protected file back to what the baseline has.
   * @returns protected files that differed, from the environment's folder; normally none
   */
  async prepare(code: Code, manifest: Manifest, into: string): Promise<string[]> {
    const { commit, baseline, directory } = code;
    await exportInto(this.#git, commit, directory, into);
    if (commit === baseline) return [];
    const isProtected = picomatch(manifest.files.protected, { dot: true });
    const inside = (entry: TreeEntry) => (directory === "." ? entry.path : entry.path.slice(directory.length + 1));
    const pristine = await remembered(
      this.#pristine,
      `${baseline}:${directory}`,
      async () => {
        const entries = await this.#git.entries(baseline, directory);
        return new Map(entries.map((entry) => [inside(entry), entry] as const).filter(([name]) => isProtected(name)));
      },
      REMEMBERED,
    );
    const present = new Map((await this.#git.entries(commit, directory)).map((entry) => [inside(entry), entry]));
    const extra = [...present.keys()].filter((name) => isProtected(name) && !pristine.has(name));
    const changed = [...pristine].filter(([name, entry]) => {
      const now = present.get(name);
      return now?.oid !== entry.oid || now.mode !== entry.mode;
    });
    if (extra.length + changed.length === 0) return [];
    const folder = path.join(into, directory);
    for (const name of extra) await rm(path.join(folder, name), { force: true });
    const scratch = `${into}.baseline`;
    await exportInto(this.#git, baseline, directory, scratch);
    for (const [name] of changed) {
      // A folder of the baseline may be a file or a link now: what stands in the way goes.
      await clearWay(folder, name, present);
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await rm(path.join(folder, name), { recursive: true, force: true });
      await copyFile(path.join(scratch, directory, name), path.join(folder, name));
    }
    await rm(scratch, { recursive: true, force: true });
    return [...changed.map(([name]) => name), ...extra].sort();
  }
}

async function clearWay(folder: string, name: string, present: ReadonlyMap<string, TreeEntry>): Promise<void> {
  const parts = name.split("/");
  for (let length = 1; length < parts.length; length++) {
    const parent = parts.slice(0, length).join("/");
    if (present.has(parent)) await rm(path.join(folder, parent), { recursive: true, force: true });
  }
}
