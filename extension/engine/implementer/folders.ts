/** Where proposals lie on disk, and how a new one takes the place of an old one. */
import { existsSync, renameSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** State of an idea's folders that an engine which ended half way may leave. */
export interface FoundFolders {
  idea: number;
  current: boolean;
  /** The proposal that was to be replaced. */
  retired: boolean;
}

const STAGED = ".new";
const RETIRED = ".old";

export class ProposalFolders {
  readonly #root: string;

  /** @param root absolute path of `.proving-ground/proposals` */
  constructor(root: string) {
    this.#root = root;
  }

  /** Top of an idea's working copy, absolute; the environment's folder lies in it as in the repository. */
  of(idea: number): string {
    return join(this.#root, String(idea));
  }

  has(idea: number): boolean {
    return existsSync(this.of(idea));
  }

  /** An empty place where a proposal is made before anyone sees it. */
  async stage(idea: number): Promise<string> {
    const folder = this.of(idea) + STAGED;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async dropStage(idea: number): Promise<void> {
    await rm(this.of(idea) + STAGED, { recursive: true, force: true });
  }

  /**
   * Puts the staged proposal in its place and records it; when recording fails, what was there before is there again.
   * @param record one transaction: the point from which the new proposal counts
   */
  async publish(idea: number, record: () => void): Promise<void> {
    const current = this.of(idea);
    await rm(current + RETIRED, { recursive: true, force: true });
    const replaces = existsSync(current);
    if (replaces) renameSync(current, current + RETIRED);
    try {
      renameSync(current + STAGED, current);
      record();
    } catch (cause) {
      await rm(current, { recursive: true, force: true });
      if (replaces) renameSync(current + RETIRED, current);
      throw cause;
    }
    await rm(current + RETIRED, { recursive: true, force: true });
  }

  /** Undoes a replacement that was not recorded. */
  async restore(idea: number): Promise<void> {
    await rm(this.of(idea), { recursive: true, force: true });
    renameSync(this.of(idea) + RETIRED, this.of(idea));
  }

  async dropRetired(idea: number): Promise<void> {
    await rm(this.of(idea) + RETIRED, { recursive: true, force: true });
  }

  async drop(idea: number): Promise<void> {
    await rm(this.of(idea), { recursive: true, force: true });
  }

  /** What is there, staged proposals removed: nobody is at work on them when this is asked. */
  async find(): Promise<FoundFolders[]> {
    await mkdir(this.#root, { recursive: true });
    const names = await readdir(this.#root);
    for (const name of names) if (name.endsWith(STAGED)) await rm(join(this.#root, name), { recursive: true, force: true });
    const kept = new Set(names.filter((name) => !name.endsWith(STAGED)));
    const ideas = new Set([...kept].map((name) => /^(\d+)(\.old)?$/.exec(name)?.[1]).filter((id) => id !== undefined));
    return [...ideas].map((id) => ({ idea: Number(id), current: kept.has(id), retired: kept.has(id + RETIRED) }));
  }
}
