/** Makes the code of the next runs ready while all places are taken, so that a place that becomes free does not wait for it. */
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Launch } from "./launcher.ts";

export interface AheadOptions {
  /** Folder for code that no run has taken yet; what an earlier engine left there goes. */
  folder: string;
  /** Writes a run's code into a folder that is not there yet. @returns protected files that were put back */
  write: (launch: Launch, into: string) => Promise<string[]>;
}

export class Ahead {
  readonly #options: AheadOptions;
  readonly #ready = new Map<number, Promise<string[]>>();
  #cleared: Promise<void> | null = null;

  constructor(options: AheadOptions) {
    this.#options = options;
  }

  /** Whether a run's code is neither ready nor being made so. */
  wants(run: number): boolean {
    return !this.#ready.has(run);
  }

  /** Begins to make a run's code ready; what fails here is tried again, and told, when the run is begun. */
  begin(launch: Launch): void {
    const { id } = launch.run;
    if (!this.wants(id)) return;
    const written = this.#write(launch);
    this.#ready.set(id, written);
    written.catch(() => this.#ready.delete(id));
  }

  /** Moves a run's code to where it is needed, if it is ready or being made so. @returns protected files that were put back; null when it is not */
  async take(run: number, into: string): Promise<string[] | null> {
    const written = this.#ready.get(run);
    if (written === undefined) return null;
    this.#ready.delete(run);
    try {
      const restored = await written;
      await rename(this.#place(run), into);
      return restored;
    } catch {
      return null;
    }
  }

  /** Gives up what is no longer queued. */
  keepOnly(queued: ReadonlySet<number>): void {
    for (const [run, written] of this.#ready) {
      if (queued.has(run)) continue;
      this.#ready.delete(run);
      void written.catch(() => undefined).then(() => rm(this.#place(run), { recursive: true, force: true }));
    }
  }

  async #write(launch: Launch): Promise<string[]> {
    this.#cleared ??= rm(this.#options.folder, { recursive: true, force: true });
    await this.#cleared;
    await mkdir(this.#options.folder, { recursive: true });
    return this.#options.write(launch, this.#place(launch.run.id));
  }

  #place(run: number): string {
    return path.join(this.#options.folder, String(run));
  }
}
