/** Whether jobs on this machine are contained, as the user chose and as far as bubblewrap works here, and how each of them is. */
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { SandboxChoice } from "../../protocol/target.ts";
import type { Job } from "./compute.ts";
import { type Sandbox, sandboxFor } from "./sandbox.ts";
import { type Bounds, boundsHere } from "./sandbox-bounds.ts";
import { type Bubblewrap, findBubblewrap } from "./sandbox-problem.ts";

export interface LocalSandboxOptions {
  /** What jobs inherit. */
  environment: Readonly<Record<string, string>>;
  platform: NodeJS.Platform;
  choice: SandboxChoice;
  /** Folders that no contained job sees but for its own in them. */
  hidden: readonly string[];
}

export class LocalSandbox {
  readonly #options: LocalSandboxOptions;
  #choice: SandboxChoice;
  /** Tried once. */
  #bubblewrap: Promise<Bubblewrap> | undefined;
  #bounds: Promise<Bounds> | undefined;

  constructor(options: LocalSandboxOptions) {
    this.#options = options;
    this.#choice = options.choice;
  }

  /** Sets the choice and lets bubblewrap be tried anew. */
  choose(choice: SandboxChoice): void {
    this.#choice = choice;
    this.#bubblewrap = undefined;
  }

  /** @returns `uncontained`: why jobs are not contained, null when they are; `problem`: why then none may run */
  async look(): Promise<{ uncontained: string | null; problem: string | null }> {
    if (this.#choice === "off") return { uncontained: "the sandbox is turned off in the settings", problem: null };
    const { problem: uncontained } = await this.#tried();
    return { uncontained, problem: this.#choice === "on" && uncontained !== null ? `${uncontained}. ${OTHERWISE}` : null };
  }

  /**
   * @param directory of the job; it exists
   * @returns null where the job is not to be contained by a sandbox
   * @throws ProvingGroundError `unsupported-platform` where it is and cannot be, `manifest` when it wants to read what it may not
   */
  async enclose(job: Job, directory: string): Promise<Sandbox | null> {
    const { containment } = job;
    if (containment?.kind !== "sandbox") return null;
    const { program, problem } = await this.#tried();
    if (program === null) {
      throw new ProvingGroundError("unsupported-platform", `run ${job.id} is to be contained, and cannot be: ${problem}`, {
        hint: OTHERWISE,
      });
    }
    const { environment, hidden } = this.#options;
    this.#bounds ??= boundsHere();
    return sandboxFor({
      ...{ program, environment, hidden, bounds: await this.#bounds, home: environment.HOME ?? homedir() },
      job: { ...job, containment, directory: await realpath(directory) },
    });
  }

  #tried(): Promise<Bubblewrap> {
    this.#bubblewrap ??= findBubblewrap(this.#options.environment, this.#options.platform);
    return this.#bubblewrap;
  }
}

const OTHERWISE = "Or let runs see the whole machine: set `provingGround.local.sandbox` to `auto` or `off`.";
