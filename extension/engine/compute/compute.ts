/** What the engine asks of a place that executes commands: one interface for this machine, SSH hosts, Slurm and Ray. */
import type { Purpose } from "./inheritance.ts";

/** An accelerator of a target. */
export interface Device {
  /** Number by which `CUDA_VISIBLE_DEVICES` names it. */
  index: number;
  name: string;
  /** GiB; null where the driver does not say. */
  memory: number | null;
  /** GiB in use by anybody; null where the driver does not say. */
  memoryUsed: number | null;
  /** Share of the time it was computing, 0 to 1; null where the driver does not say. */
  load: number | null;
}

/** What a target has. */
export interface Capacity {
  kind: "gpu" | "cpu";
  /** Places for runs: accelerators where there are any, else processors, unless the user set a number. */
  slots: number;
  /** True when the user set `slots`: then a run takes one, whatever it asks for. */
  fixed: boolean;
  /** True where the target has a scheduler of its own that finds the accelerators: `devices` are then for showing alone. */
  managed: boolean;
  cpus: number;
  /** Memory of the machine in GiB. */
  memory: number;
  devices: Device[];
  /** GiB left where jobs are kept; null where nobody knows. */
  disk: number | null;
  /** How jobs are kept from the rest of the machine there; null when they are not. */
  containment: "sandbox" | "container" | null;
  /** Why they are not, and what to do; null when they are. */
  uncontained: string | null;
  /** Null when it can be used; otherwise why not and what to do. */
  problem: string | null;
}

/** A folder of the target that a job sees and cannot write. */
export interface DataFolder {
  name: string;
  /** Absolute on the target, or from `~/`. */
  source: string;
  /** Where the job sees it, relative to the job's `cwd`. */
  path: string;
}

/** How a job is kept from the rest of its machine. */
export type Containment =
  /** bubblewrap: a read-only system without home folders, in which the job's own folder can be written. */
  | { kind: "sandbox"; network: boolean; readable: string[] }
  /** The target's own command for it, with `{command}` and `{directory}` to be filled in. */
  | { kind: "container"; template: string };

/** A command to be executed once under a time limit. */
export interface Job {
  /** Names the job on its target and is shown to the command as `PROVING_GROUND_RUN`. */
  id: string;
  /** Folder on this machine that holds what the job needs; its record is kept there. Absolute. */
  directory: string;
  /** Where the command starts, relative to `directory`. */
  cwd: string;
  /** For `sh -c`. */
  command: string;
  /**
   * Shell commands before it, in the same shell, which is bash where there is one: what they export, it sees, but `variables` win. When the
   * last of them fails, the job ends with its exit code.
   */
  prelude: string;
  /** Variables of this job on top of what the target lets through. */
  variables: Record<string, string>;
  /** How much of the target's variables it inherits; absent: what runs do. */
  purpose?: Purpose;
  data: DataFolder[];
  /** Files it leaves that are worth bringing back, as globs relative to `cwd`. */
  outputs: string[];
  containment: Containment | null;
  /** `gpuMemory` and `memory` in GiB, the one per GPU, the other of the job on each node. */
  resources: { gpus: number; gpuMemory: number | null; cpus: number; memory: number | null; nodes: number };
  /** Processes it may have at a time; looked at where it is contained, as its memory is. */
  processes: number;
  /** Whether a target that takes its node away may begin it anew. */
  requeue: boolean;
  /** Wall time in seconds after which the command and all it started are ended. */
  timeout: number;
  /** Seconds between asking a command to end and ending it. */
  grace: number;
}

/** Finds a job again, from any process. */
export interface JobRef {
  id: string;
  /** Folder on this machine that it was submitted from; its folder on the target follows from it and the id. */
  directory: string;
}

/** How a command ended; the content of `exit.json`. Times in milliseconds since 1970. */
export interface Exit {
  /** Exit code as a shell sees it: 128 + n after signal n. */
  code: number;
  /** Name of the signal that ended it, such as `KILL`; null when it ended by itself. */
  signal: string | null;
  /**
   * `launch`: the command could not even be started; a line of the log that begins with `proving-ground: ` says why. `processes` and
   * `memory`: it had more than it may, and was ended.
   */
  reason: "exited" | "timeout" | "stopped" | "launch" | "processes" | "memory";
  /** True when the disk had no room left at the end. */
  diskFull: boolean;
  /** Processes it started that could not be ended, by number; normally none. */
  left: number[];
  startedAt: number;
  endedAt: number;
  /** Between the two, by a clock that nobody sets where the target has one. */
  seconds: number;
}

export type JobState =
  /** Never began: not submitted, or whoever submitted it died on the way. Submitting it again is right. */
  | { state: "absent" }
  /** Accepted; waits for the target, where that says why: a sentence without its full stop. */
  | { state: "waiting"; reason?: string }
  | { state: "running" }
  | { state: "ended"; exit: Exit }
  /** Began, is gone, and left no record of its end. */
  | { state: "lost"; reason: string };

/** A piece of a file; offsets and size in bytes. */
export interface Bytes {
  bytes: Uint8Array;
  from: number;
  /** Size of the whole file now. */
  size: number;
}

/** The two files a job writes while it runs. */
export type JobFile = "stdout.log" | "metrics.jsonl";

/**
 * A target. Stateless: all state is in the job's directory or in the cluster's own records. Whatever is asked of a target that does not
 * answer throws ProvingGroundError `unreachable`: nothing is known then, and nothing is lost.
 */
export interface Compute {
  /** Milliseconds between two looks at all jobs that the target likes. */
  readonly pace: number;
  probe(): Promise<Capacity>;
  /** Absolute path of a job's folder on the target. */
  folder(ref: JobRef): Promise<string>;
  /**
   * Sees to it that the job is executed once: a job that has begun is left alone, however often it is submitted and by whom. After
   * `unreachable` it may have begun or not; submitting it again finds out.
   * @throws ProvingGroundError `disk-full`, `unsupported-platform`, or `internal` when the target cannot take it
   */
  submit(job: Job): Promise<JobRef>;
  /** States in the order of `refs`. */
  poll(refs: JobRef[]): Promise<JobState[]>;
  /** At most `limit` bytes of a file from byte `from` on; empty where there is nothing (yet). */
  tail(ref: JobRef, from: number, limit: number, file?: JobFile): Promise<Bytes>;
  /** Asks a job to end; it is over when `poll` says so. A job that never began or is over is left as it is. */
  cancel(ref: JobRef): Promise<void>;
  /** Brings log, metrics, record and the job's outputs into a folder of this machine, partial ones too. */
  collect(ref: JobRef, into: string): Promise<void>;
  /** Removes what the target keeps of ended jobs, once their end is recorded; on this machine their folders stay. */
  discard(refs: JobRef[]): Promise<void>;
  /**
   * Calls `changed` soon after the job's state or one of `files` may have changed, for targets that can tell; others are polled.
   * @returns stops watching
   */
  watch?(ref: JobRef, files: JobFile[], changed: (what: "state" | JobFile) => void): () => void;
  /** Ends connections; jobs go on. */
  close(): void;
}
