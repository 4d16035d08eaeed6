/** Makes a run ready: its code, the evaluation as the baseline has it, the setup, its variables. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Manifest } from "../../protocol/manifest.ts";
import type { Run } from "../../protocol/run.ts";
import type { Containment, DataFolder, JobRef } from "../compute/compute.ts";
import type { Git } from "../git/git.ts";
import type { Store } from "../store/store.ts";
import { Ahead } from "./ahead.ts";
import { CodeStore, type Code } from "./code.ts";
import { type Plan, writePlan } from "./plan.ts";
import type { Place } from "./place.ts";
import type { Grant, Need } from "./slots.ts";
import { runVariables } from "./variables.ts";
import type { Verdict } from "./verdict.ts";

export interface LauncherOptions {
  store: Store;
  git: Git;
  /** Folder for code of runs that will begin soon. */
  ahead: string;
  /** Folder of an environment, from the repository's top. */
  directoryOf: (environment: string) => Promise<string>;
}

/** A run's code and the manifest it is judged by. */
export interface Launch {
  run: Run;
  code: Code;
  manifest: Manifest;
}

/** Seconds between asking a run to end and ending it. */
const GRACE = 1;

export class Launcher {
  readonly #options: LauncherOptions;
  readonly #code: CodeStore;
  /** Code of runs that will begin soon. */
  readonly ahead: Ahead;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#code = new CodeStore(options.git);
    this.ahead = new Ahead({ folder: options.ahead, write: ({ code, manifest }, into) => this.#code.prepare(code, manifest, into) });
  }

  /** @throws ProvingGroundError `manifest`, `unknown-environment` */
  async look(run: Run): Promise<Launch> {
    const { environment, commit } = run;
    const code = { environment, commit, baseline: this.#baselineOf(run), directory: await this.#options.directoryOf(environment) };
    return { run, code, manifest: await this.#code.manifest(code) };
  }

  /**
   * Fills the run's folder for a target and writes its plan last; the folder holds nothing that runs yet.
   * @param goOn asked between the steps; false abandons the run
   * @returns the plan, or null when it was abandoned
   */
  async prepare(launch: Launch, grant: Grant, place: Place, ref: JobRef, goOn: () => boolean): Promise<Plan | null> {
    const { run, code, manifest } = launch;
    const into = path.join(ref.directory, "code");
    await emptied(ref.directory);
    const restored = (await this.ahead.take(run.id, into)) ?? (await this.#code.prepare(code, manifest, into));
    if (!goOn()) return null;
    const setup = await place.setup.ensure(manifest, path.join(into, code.directory));
    if (!goOn()) return null;
    const { cpus, timeout, processes, preempted } = manifest.resources;
    const { managed, devices } = place.slots.capacity;
    const variables = runVariables({
      ...{ inherited: place.inherited, cpus, setup: setup.folder },
      // A target's own scheduler says itself which accelerators a run may use.
      devices: devices.length > 0 && !managed ? grant.devices : null,
      seed: { variable: manifest.seed.variable, value: run.seed },
    });
    const plan: Plan = {
      ...{ metric: manifest.metric, grant, restored },
      job: {
        id: String(run.id),
        cwd: path.posix.join("code", code.directory),
        command: manifest.run.command,
        prelude: place.setting?.prelude ?? "",
        data: dataFor(manifest, place),
        outputs: manifest.run.outputs,
        containment: containmentFor(manifest, place),
        requeue: preempted === "requeue",
        ...{ variables, resources: needOf(manifest), processes, timeout, grace: GRACE },
      },
    };
    await writePlan(ref.directory, plan);
    return goOn() ? plan : null;
  }

  /** The unchanged code that a run's idea goes back to. */
  #baselineOf(run: Run): string {
    const { ideas, implementations } = this.#options.store;
    let baseline = run.commit;
    for (let idea = run.idea; idea !== null; idea = ideas.get(idea).base) {
      baseline = implementations.implementation(idea)?.base ?? baseline;
    }
    return baseline;
  }
}

/** Makes a folder; what was in it goes. */
async function emptied(folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
}

/** Where the environment's data lie on a target. @throws ProvingGroundError `manifest` when nobody says */
function dataFor({ data }: Manifest, { title, setting }: Place): DataFolder[] {
  return data.map(({ name, path: at, from }) => {
    const source = setting?.data[name] ?? from;
    if (source !== undefined) return { name, source, path: at };
    throw new ProvingGroundError("manifest", `nothing says where the data “${name}” is on ${title}`, {
      hint: "Name its folder under `data` of the target in the settings, or as `from` in environment.yaml.",
    });
  });
}

function containmentFor({ sandbox }: Manifest, { setting, slots }: Place): Containment | null {
  if (setting?.container !== undefined) return { kind: "container", template: setting.container };
  return slots.capacity.containment === "sandbox" ? { kind: "sandbox", network: sandbox.network, readable: sandbox.read } : null;
}

/** What a run of an environment needs. */
export function needOf({ resources }: Manifest): Need {
  const { gpus, gpu_memory: gpuMemory = null, cpus, memory = null, nodes } = resources;
  return { gpus, gpuMemory, cpus, memory, nodes };
}

/** The verdict on a run that could not be started. */
export function refusal(cause: unknown): Verdict {
  const error = ProvingGroundError.from(cause);
  const failure = error.code === "disk-full" ? "disk full" : error.code === "setup" ? "setup" : "launch";
  const reason = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}${/[.!?]$/.test(error.message) ? "" : "."}`;
  return { state: "failed", failure, reason: error.hint === undefined ? reason : `${reason} ${error.hint}`, metric: null };
}
