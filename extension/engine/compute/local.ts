/** Executes jobs on this machine, each under its own supervisor, so that they outlive the engine. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { SandboxChoice } from "../../protocol/target.ts";
import type { Bytes, Capacity, Compute, Device, Exit, Job, JobFile, JobRef, JobState } from "./compute.ts";
import { nvidiaDevices } from "./devices.ts";
import { readExit } from "./exit.ts";
import { processIdentities } from "./identity.ts";
import { LocalSandbox } from "./local-sandbox.ts";
import { copyResults, exists, readBytes, readStarted, writeNew, writeWhole } from "./local-files.ts";
import { FILES, RESERVED } from "./job-files.ts";
import { supervisorScript } from "./supervisor.ts";
import { watchJob } from "./watch.ts";

export interface LocalOptions {
  /** What runs inherit from the engine: already reduced to what they may see. Needs PATH. */
  environment: Record<string, string>;
  /** Number of runs at once; absent: as many as there are accelerators, else processors. */
  slots?: number | undefined;
  /** Whether jobs are to be contained; absent: never. */
  sandbox?: SandboxChoice;
  /** Folders that no contained job sees but for its own in them: the repository. */
  hidden?: readonly string[];
  platform?: NodeJS.Platform;
  /** Names that nobody else uses, for files that are not complete yet. */
  unique?: () => string;
  /** Folder whose disk jobs fill; absent: nobody asks. */
  disk?: string;
}

const GIB = 2 ** 30;

export class LocalCompute implements Compute {
  readonly pace = 5000;
  readonly #environment: Record<string, string>;
  #slots: number | undefined;
  readonly #sandbox: LocalSandbox;
  readonly #platform: NodeJS.Platform;
  readonly #unique: () => string;
  readonly #disk: string | undefined;
  /** Supervisors started by this process that have not ended, by job directory. */
  readonly #children = new Map<string, ChildProcess>();
  readonly #sweeps = new Map<string, Promise<void>>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(options: LocalOptions) {
    this.#environment = options.environment;
    this.#slots = options.slots;
    this.#platform = options.platform ?? process.platform;
    this.#sandbox = new LocalSandbox({
      ...{ environment: options.environment, platform: this.#platform, choice: options.sandbox ?? "off", hidden: options.hidden ?? [] },
    });
    this.#unique = options.unique ?? randomUUID;
    this.#disk = options.disk;
  }

  /** Sets the number of runs at once, from the next look at the machine on; undefined leaves it to the machine. */
  setSlots(slots: number | undefined): void {
    this.#slots = slots;
  }

  /** Says whether jobs are to be contained, from the next look at the machine on; bubblewrap is tried anew. */
  setSandbox(choice: SandboxChoice): void {
    this.#sandbox.choose(choice);
  }

  async probe(): Promise<Capacity> {
    const { devices: all, problem } = await nvidiaDevices(this.#environment);
    const devices = visible(all, this.#environment.CUDA_VISIBLE_DEVICES);
    const cpus = availableParallelism();
    const { uncontained, problem: unsafe } = await this.#sandbox.look();
    return {
      kind: devices.length > 0 ? "gpu" : "cpu",
      slots: this.#slots ?? (devices.length > 0 ? devices.length : cpus),
      fixed: this.#slots !== undefined,
      managed: false,
      cpus,
      memory: totalmem() / GIB,
      devices,
      disk: this.#disk === undefined ? null : await freeGib(this.#disk),
      containment: uncontained === null ? "sandbox" : null,
      uncontained,
      problem: this.#platform === "win32" ? NO_SHELL : (unsafe ?? problem),
    };
  }

  folder(ref: JobRef): Promise<string> {
    return Promise.resolve(resolve(ref.directory));
  }

  async submit(job: Job): Promise<JobRef> {
    if (this.#platform === "win32") {
      throw new ProvingGroundError("unsupported-platform", `run ${job.id} cannot start here: ${NO_SHELL}`, { hint: NO_SHELL });
    }
    const directory = resolve(job.directory);
    const ref = { id: job.id, directory };
    if (/[\n\0]/.test(directory)) {
      throw new ProvingGroundError("internal", `run ${job.id} cannot start: its folder has a line break in its name`, {
        hint: "Move the repository to a folder without line breaks in its path.",
      });
    }
    if (this.#children.has(directory) || (await exists(join(directory, FILES.started)))) return ref;
    await mkdir(directory, { recursive: true });
    const sandbox = await this.#sandbox.enclose(job, directory);
    const whole = (name: string, content: string, mode: number) => writeWhole(join(directory, name), content, mode, this.#unique());
    try {
      await Promise.all([
        writeNew(join(directory, FILES.reserve), `${" ".repeat(RESERVED - 1)}\n`),
        writeNew(join(directory, FILES.log), ""),
        writeNew(join(directory, FILES.metrics), ""),
        whole(FILES.script, supervisorScript(job, sandbox), 0o755),
        whole(FILES.job, `${JSON.stringify(job, null, 2)}\n`, 0o644),
      ]);
    } catch (error) {
      // Somebody else's submission was quicker: its supervisor removes what is half written when the job is over.
      if (await exists(join(directory, FILES.started))) return ref;
      throw error;
    }
    if (!this.#children.has(directory)) await this.#start(directory);
    return ref;
  }

  async poll(refs: JobRef[]): Promise<JobState[]> {
    const over = await Promise.all(refs.map((ref) => readExit(ref.directory)));
    const open = refs.filter((_, index) => over[index] === null);
    const states = open.length === 0 ? [] : await this.#pollOpen(open);
    return refs.map((ref, index) => this.#ended(ref, over[index] ?? null) ?? states.shift() ?? { state: "absent" });
  }

  /** Of jobs without a record of their end, a moment ago. */
  async #pollOpen(refs: readonly JobRef[]): Promise<JobState[]> {
    const starting = refs.map((ref) => this.#children.has(ref.directory));
    const begun = await Promise.all(refs.map((ref) => readStarted(ref.directory)));
    const alive = await processIdentities(begun.flatMap((started) => (started === null ? [] : [started.pid])));
    return Promise.all(
      refs.map(async (ref, index): Promise<JobState> => {
        const started = begun[index] ?? null;
        const running = started !== null && alive.get(started.pid) === started.identity;
        const ended = this.#ended(ref, await readExit(ref.directory));
        if (ended !== null) return ended;
        if (running) return { state: "running" };
        if (this.#children.has(ref.directory)) return { state: "waiting" };
        if (started === null) {
          // Its supervisor was still there at the beginning: it has taken the job, or left it to another, between the looks.
          const [again] = starting[index] === true ? await this.poll([ref]) : [];
          return again ?? { state: "absent" };
        }
        await this.#sweep(ref.directory);
        return { state: "lost", reason: "its supervisor ended without a record: killed by hand, out of memory, or the machine went down" };
      }),
    );
  }

  #ended(ref: JobRef, exit: Exit | "unreadable" | null): JobState | null {
    if (exit === null) return null;
    if (exit === "unreadable") return { state: "lost", reason: `the record of its end, ${FILES.exit}, cannot be read` };
    // Its supervisor may still be on its way out; another job may take its folder's place from now on.
    this.#children.delete(ref.directory);
    return { state: "ended", exit };
  }

  tail(ref: JobRef, from: number, limit: number, file: JobFile = FILES.log): Promise<Bytes> {
    return readBytes(join(ref.directory, file), from, limit);
  }

  async cancel(ref: JobRef): Promise<void> {
    const started = await readStarted(ref.directory);
    if (started === null) {
      this.#children.get(ref.directory)?.kill("SIGTERM");
      return;
    }
    const alive = await processIdentities([started.pid]);
    if (alive.get(started.pid) !== started.identity) return;
    try {
      process.kill(started.pid, "SIGTERM");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  async collect(ref: JobRef, into: string): Promise<void> {
    if (resolve(into) !== ref.directory) await copyResults(ref, into);
  }

  async discard(): Promise<void> {
    // Their folders are the record.
  }

  close(): void {
    // Nothing is held open.
  }

  watch(ref: JobRef, files: JobFile[], changed: (what: "state" | JobFile) => void): () => void {
    const state = () => changed("state");
    const listeners = this.#listeners.get(ref.directory) ?? new Set();
    this.#listeners.set(ref.directory, listeners.add(state));
    const stop = watchJob(ref.directory, files, changed);
    return () => {
      stop();
      listeners.delete(state);
      if (listeners.size === 0) this.#listeners.delete(ref.directory);
    };
  }

  /** Starts the supervisor; resolves once its process exists. */
  async #start(directory: string): Promise<void> {
    const child = spawn("/bin/sh", [join(directory, FILES.script)], {
      cwd: directory,
      env: this.#environment,
      detached: true,
      stdio: "ignore",
    });
    this.#children.set(directory, child);
    child.once("exit", () => {
      if (this.#children.get(directory) === child) this.#children.delete(directory);
      for (const listener of this.#listeners.get(directory) ?? []) listener();
    });
    await new Promise<void>((done, fail) => {
      child.once("spawn", done);
      child.once("error", (error) => {
        this.#children.delete(directory);
        fail(ProvingGroundError.from(error));
      });
    });
    child.unref();
  }

  /** Ends what a supervisor that is gone left behind. */
  #sweep(directory: string): Promise<void> {
    const under = this.#sweeps.get(directory) ?? this.#sweepOnce(directory).finally(() => this.#sweeps.delete(directory));
    this.#sweeps.set(directory, under);
    return under;
  }

  async #sweepOnce(directory: string): Promise<void> {
    const child = spawn("/bin/sh", [join(directory, FILES.script), "sweep"], { env: this.#environment, detached: true, stdio: "ignore" });
    await new Promise<void>((done, fail) => {
      child.once("exit", () => done());
      child.once("error", fail);
    });
  }
}

async function freeGib(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return (bavail * bsize) / GIB;
  } catch {
    return null;
  }
}

const NO_SHELL = "local runs need a POSIX shell: open the folder in WSL, or use a remote target";

/** nvidia-smi shows all devices, even those the user keeps from programs. */
function visible(devices: Device[], setting: string | undefined): Device[] {
  if (setting === undefined || !/^(-1|\d+(,\d+)*|)$/.test(setting.trim())) return devices;
  const allowed = new Set(setting.split(",").filter(Boolean).map(Number));
  return devices.filter((device) => allowed.has(device.index));
}
