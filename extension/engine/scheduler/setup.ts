/** Prepares what an environment's runs need, once per target and content: its setup command fills a folder they share. */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Manifest } from "../../protocol/manifest.ts";
import type { Compute, Exit, JobRef, JobState } from "../compute/compute.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import type { After } from "./clock.ts";
import { missingProgram } from "./missing-program.ts";
import { lastLine } from "./verdict.ts";

export interface SetupOptions {
  /** Where setups of this target are kept, or sent from: a folder in `.proving-ground/setup`. */
  folder: string;
  /** Executes setup commands; its commands see proxies and installers' settings. */
  compute: Compute;
  /** The user's setting of the target; null for this machine. */
  setting: Pick<TargetSetting, "prelude" | "container"> | null;
  after: After;
}

export interface Prepared {
  /** Folder on the target that the command filled; null where the environment has no setup command. */
  folder: string | null;
  /** Whether the command ran just now. */
  ran: boolean;
}

/** Folder of a setup's job that its command fills. */
const FILLED = "files";
/** Processes that installers may have at a time. */
const PROCESSES = 4096;
const LOG_END = 8192;

/**
 * The setup is itself a job under a supervisor, in `setup/<key>`: its record of success is the mark that it is done, and an engine
 * that comes back finds it under way. `setup/<key>/files` is what runs see as PROVING_GROUND_SETUP.
 */
export class Setup {
  readonly #options: SetupOptions;
  readonly #underWay = new Map<string, Promise<Prepared>>();

  constructor(options: SetupOptions) {
    this.#options = options;
  }

  /**
   * @param manifest of the code
   * @param code folder of the environment's files at their commit; it is copied, so that the setup changes nothing in it
   * @param told newest line of the log, for progress
   * @throws ProvingGroundError `setup` with the log's last lines, `disk-full`
   */
  async ensure(manifest: Manifest, code: string, told: (line: string) => void = () => undefined): Promise<Prepared> {
    if (manifest.setup === undefined) return { folder: null, ran: false };
    const key = await setupKey(manifest.setup, code);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const setup = this.#run(manifest, manifest.setup, code, key, told).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, setup);
    return setup;
  }

  async #run(
    manifest: Manifest,
    setup: NonNullable<Manifest["setup"]>,
    code: string,
    key: string,
    told: (line: string) => void,
  ): Promise<Prepared> {
    const directory = path.join(this.#options.folder, key);
    const ref: JobRef = { id: `setup-${key}`, directory };
    const { compute, setting } = this.#options;
    const files = path.posix.join(await compute.folder(ref), FILLED);
    let [state] = await compute.poll([ref]);
    const ran = state?.state !== "ended" || state.exit.code !== 0;
    if (state?.state === "lost" || (state?.state === "ended" && ran)) {
      // It failed for an engine that died before it could say so: a new try.
      await this.#putAside(ref);
      state = { state: "absent" };
    }
    if (state?.state === "absent") {
      try {
        await rm(directory, { recursive: true, force: true });
        await mkdir(path.join(directory, FILLED), { recursive: true });
        await cp(code, path.join(directory, "code"), { recursive: true, verbatimSymlinks: true });
        await compute.submit({
          ...{ id: ref.id, directory, cwd: "code", command: setup.command, timeout: setup.timeout, grace: 1 },
          variables: { PROVING_GROUND_SETUP: files },
          ...{ prelude: setting?.prelude ?? "", purpose: "setup", data: [], outputs: [], processes: PROCESSES, requeue: true },
          containment: setting?.container === undefined ? null : { kind: "container", template: setting.container },
          resources: { gpus: 0, gpuMemory: null, cpus: 1, memory: null, nodes: 1 },
        });
      } catch (error) {
        throw ProvingGroundError.from(error);
      }
    }
    const end = await this.#end(ref, told);
    if (end.state === "ended" && end.exit.code === 0 && end.exit.reason === "exited") return { folder: files, ran };
    const log = await this.#logEnd(ref);
    const kept = await this.#putAside(ref);
    throw failure(manifest, end.state === "ended" ? end.exit : null, log, path.join(kept, "stdout.log"));
  }

  #end(ref: JobRef, told: (line: string) => void): Promise<JobState> {
    const { compute, after } = this.#options;
    return new Promise((resolve, reject) => {
      let stop: () => void = () => undefined;
      let cancel: () => void = () => undefined;
      const look = () => {
        compute.poll([ref]).then(([state]) => {
          if (state?.state !== "ended" && state?.state !== "lost" && state?.state !== "absent") return;
          stop();
          cancel();
          resolve(state.state === "absent" ? { state: "lost", reason: "it never began" } : state);
        }, reject);
      };
      const again = () => {
        look();
        cancel = after(compute.pace, again);
      };
      const progress = () => {
        this.#logEnd(ref).then((log) => told(lastLine(log)), reject);
      };
      stop = compute.watch?.(ref, ["stdout.log"], (what) => (what === "state" ? look() : progress())) ?? stop;
      again();
    });
  }

  async #logEnd(ref: JobRef): Promise<string> {
    const { size } = await this.#options.compute.tail(ref, 0, 0);
    const { bytes } = await this.#options.compute.tail(ref, Math.max(0, size - LOG_END), LOG_END);
    return new TextDecoder().decode(bytes);
  }

  /** Makes room for a new try and keeps the log of the last one. @returns where it is now */
  async #putAside(ref: JobRef): Promise<string> {
    const { compute } = this.#options;
    const { directory } = ref;
    const aside = `${directory}.failed`;
    await compute.collect(ref, directory);
    await compute.discard([ref]);
    await rm(aside, { recursive: true, force: true });
    await rename(directory, aside);
    return aside;
  }
}

/** Names the content a setup depends on: its command and the files it reads. */
export async function setupKey(setup: NonNullable<Manifest["setup"]>, code: string): Promise<string> {
  const hash = createHash("sha256").update(setup.command);
  for (const file of [...setup.files].sort()) {
    hash.update(`\0${file}\0`);
    try {
      hash.update(await readFile(path.join(code, file)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      hash.update("\0absent");
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function failure(manifest: Manifest, exit: Exit | null, log: string, logFile: string): ProvingGroundError {
  const last = log
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "")
    .slice(-3)
    .join(" | ");
  const said = last === "" ? "" : `: ${last.length > 500 ? `${last.slice(0, 499)}…` : last}`;
  if (exit !== null && (exit.diskFull || log.includes("No space left on device"))) {
    return new ProvingGroundError("disk-full", `the disk was full during the setup of ${manifest.name}${said}`, {
      hint: "Free some space, then try again.",
    });
  }
  const missing = exit?.code === 127 ? missingProgram(log) : null;
  const how =
    exit === null
      ? "vanished"
      : exit.reason === "timeout"
        ? `did not end within ${String(manifest.setup?.timeout)} s`
        : exit.signal === null
          ? `ended with exit code ${exit.code}`
          : `ended by signal ${exit.signal}`;
  return new ProvingGroundError("setup", `the setup of ${manifest.name} ${how}${said}`, {
    hint: missing ?? `Its whole log is ${logFile}. Correct the cause, then try again: it runs anew.`,
  });
}
