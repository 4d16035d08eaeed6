/** One execution of one implementation with one seed on one compute target. */
import * as z from "zod";

export const RunState = z.enum(["queued", "starting", "running", "succeeded", "failed", "stopped"]);
export type RunState = z.infer<typeof RunState>;

/** States after which nothing changes any more. */
export const ENDED: ReadonlySet<RunState> = new Set(["succeeded", "failed", "stopped"]);

/** Why a run gave no reward. */
export const RunFailure = z.enum(["setup", "launch", "crash", "timeout", "no metric", "not a number", "implausible", "disk full", "lost"]);
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

export const Run = z.object({
  id: z.int(),
  environment: z.string(),
  /** Idea it executes; null for a run of the baseline. */
  idea: z.int().nullable(),
  commit: z.string(),
  seed: z.int(),
  target: z.string(),
  state: RunState,
  /** Place in the queue, ascending; meaningful while queued. */
  position: z.number(),
  failure: RunFailure.nullable(),
  /** What happened and what to do, one or two sentences; null unless something is to be said. */
  reason: z.string().nullable(),
  /** The checked metric, in its unit. */
  metric: z.number().nullable(),
  live: LiveReading.nullable(),
  queuedAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
});
export type Run = z.infer<typeof Run>;

/** Readings of one run; arrays have equal length, `values[i]` at `x[i]`. */
export const Curve = z.object({
  run: z.int(),
  /** What `x` counts: the environment's training clock, else steps, else readings. */
  axis: z.enum(["seconds", "step", "reading"]),
  x: z.array(z.number()),
  values: z.array(z.number()),
});
export type Curve = z.infer<typeof Curve>;

/** A piece of a log; offsets and size in bytes. */
export const LogSlice = z.object({ text: z.string(), from: z.int(), next: z.int(), size: z.int() });
export type LogSlice = z.infer<typeof LogSlice>;

/** A place where runs are executed, and how full it is. */
export const Target = z.object({
  name: z.string(),
  title: z.string(),
  slots: z.int(),
  busy: z.int(),
  kind: z.enum(["gpu", "cpu"]),
  /** One line per device: name, memory, load. */
  devices: z.array(z.string()),
  /** Null when it can be used; otherwise why not and what to do. */
  problem: z.string().nullable(),
});
export type Target = z.infer<typeof Target>;
