/** One execution of one implementation with one seed on one compute target. */
import * as z from "zod";

export const RunState = z.enum(["queued", "starting", "running", "succeeded", "failed", "stopped"]);
export type RunState = z.infer<typeof RunState>;

/** States after which nothing changes any more. */
export const ENDED: ReadonlySet<RunState> = new Set(["succeeded", "failed", "stopped"]);

/** Why a run gave no reward. */
export const RunFailure = z.enum([
  "setup",
  "launch",
  "crash",
  "timeout",
  "out of memory",
  "too many processes",
  "no metric",
  "not a number",
  "implausible",
  "disk full",
  "lost",
]);
export type RunFailure = z.infer<typeof RunFailure>;

/** The newest reading of a run that is under way. */
export const LiveReading = z.object({
  /** The metric's newest value; null before the first. */
  value: z.number().nullable(),
  step: z.number().nullable(),
  /** Seconds of the environment's training clock, when it reports one. */
  seconds: z.number().nullable(),
});
export type LiveReading = z.infer<typeof LiveReading>;

/** What keeps a run from the rest of its machine: bubblewrap, or a container of the target's. */
export const Containment = z.enum(["sandbox", "container"]);
export type Containment = z.infer<typeof Containment>;

const Axis = z.enum(["seconds", "step", "reading"]);

/** Why a run was, or is being, stopped before its end by the search that queued it. */
export const EarlyEnd = z.object({
  /** What `at` counts, as in a curve. */
  axis: Axis,
  /** Where on it the run was compared; 0 for one that never began, because all of its idea's other seeds were stopped. */
  at: z.number(),
  /** Its best until then, in the metric's unit; null for one that never began. */
  value: z.number().nullable(),
  /** What it was worse than. */
  limit: z.number(),
  /** All of this in words, one sentence. */
  reason: z.string(),
  /** Seconds that completed runs take on average, less its own; 0 until it has ended. */
  saved: z.number(),
});
export type EarlyEnd = z.infer<typeof EarlyEnd>;

export const Run = z.object({
  id: z.int(),
  environment: z.string(),
  /** Idea it executes; null for a run of the baseline. */
  idea: z.int().nullable(),
  commit: z.string(),
  seed: z.int(),
  /** Target it is, or was, executed on; null until it has a place, and where it never got one. */
  target: z.string().nullable(),
  /** Target it was queued for; null: whichever has room first. */
  asked: z.string().nullable(),
  /** How it is kept from the rest of its machine; null: not at all, or it has not begun. */
  contained: Containment.nullable(),
  state: RunState,
  /** Place in the queue, ascending; meaningful while queued. */
  position: z.number(),
  failure: RunFailure.nullable(),
  /** What happened and what to do, one or two sentences; null unless something is to be said. */
  reason: z.string().nullable(),
  /** The checked metric, in its unit. */
  metric: z.number().nullable(),
  /** Null unless it was stopped early. */
  early: EarlyEnd.nullable(),
  live: LiveReading.nullable(),
  queuedAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
});
export type Run = z.infer<typeof Run>;

/** Its state in words: a run that its search stopped is not one that somebody stopped. */
export function stateText({ state, early }: Pick<Run, "state" | "early">): string {
  return state === "stopped" && early !== null ? "stopped early" : state;
}

/** Readings of one run; arrays have equal length, `values[i]` at `x[i]`. */
export const Curve = z.object({
  run: z.int(),
  /** What `x` counts: the environment's training clock, else steps, else readings. */
  axis: Axis,
  x: z.array(z.number()),
  values: z.array(z.number()),
});
export type Curve = z.infer<typeof Curve>;

/** A piece of a log; offsets and size in bytes. */
export const LogSlice = z.object({ text: z.string(), from: z.int(), next: z.int(), size: z.int() });
export type LogSlice = z.infer<typeof LogSlice>;

/** An accelerator of a target, or a line about what it has where its own scheduler gives them out. */
export const TargetDevice = z.object({
  /** `GPU 0: NVIDIA H100`. */
  label: z.string(),
  /** Memory and load, in words; empty where nothing is known. */
  note: z.string(),
  /** Null: nobody knows. */
  state: z.enum(["free", "ours", "others"]).nullable(),
});
export type TargetDevice = z.infer<typeof TargetDevice>;

/** A place where runs are executed, and how full it is. */
export const Target = z.object({
  name: z.string(),
  title: z.string(),
  type: z.enum(["local", "ssh", "slurm", "ray"]),
  slots: z.int(),
  busy: z.int(),
  kind: z.enum(["gpu", "cpu"]),
  devices: z.array(TargetDevice),
  /** Takes no more runs until it is resumed; those there go on. */
  drained: z.boolean(),
  /** Runs there that have not ended. */
  runs: z.int(),
  /** GPU hours (without GPUs, hours of runs) that this lab has used there, and its cap; 0 is no cap. */
  hours: z.number(),
  maxHours: z.number(),
  /** GiB left where runs are kept; null where nobody knows. */
  disk: z.number().nullable(),
  /** Where it is reached: a host behind ssh, Ray's address; null: on this machine. */
  host: z.string().nullable(),
  /** How runs there are kept from the rest of the machine; null: not at all, and `uncontained` says why. */
  contained: Containment.nullable(),
  uncontained: z.string().nullable(),
  /** Null when it can be used; otherwise why not and what to do. */
  problem: z.string().nullable(),
  /** Since when it does not answer, in milliseconds since 1970; null while it does. */
  awaySince: z.number().nullable(),
});
export type Target = z.infer<typeof Target>;
