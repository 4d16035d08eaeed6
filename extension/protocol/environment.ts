/** A research environment as the engine sees it: a valid manifest with its baseline, or the problem it has. */
import * as z from "zod";
import { ErrorData } from "./errors.ts";
import { Manifest } from "./manifest.ts";

/** What is known of the unchanged code's result. `mean` and `deviation` are in the metric's unit. */
export const Baseline = z.object({
  /** Commit that new ideas are written on. */
  commit: z.string(),
  /** Mean over the seeds measured on exactly this code; null until one has finished. */
  mean: z.number().nullable(),
  /** Sample standard deviation over the seeds; null below two seeds. */
  deviation: z.number().nullable(),
  seeds: z.int(),
  /** The manifest's published figure. */
  published: z.number().nullable(),
});
export type Baseline = z.infer<typeof Baseline>;

export const ValidEnvironment = z.object({
  state: z.literal("valid"),
  name: z.string(),
  /** Folder relative to the repository's top, `.` for the top itself. */
  directory: z.string(),
  manifest: Manifest,
  baseline: Baseline,
  /** Files of the environment with uncommitted changes; while there are any, nothing can be built on the baseline. */
  dirty: z.array(z.string()),
  /** Number of the newest epoch; 0 at the start. */
  epoch: z.int(),
});
export type ValidEnvironment = z.infer<typeof ValidEnvironment>;

export const BrokenEnvironment = z.object({
  state: z.literal("broken"),
  /** Name of the folder, because the manifest's own name may be unreadable. */
  name: z.string(),
  directory: z.string(),
  problems: z.array(ErrorData),
});

export const Environment = z.discriminatedUnion("state", [ValidEnvironment, BrokenEnvironment]);
export type Environment = z.infer<typeof Environment>;
