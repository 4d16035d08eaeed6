/** What a run's folder says about how to read and judge it, so that any later engine can without the environment. */
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { Manifest } from "../../protocol/manifest.ts";

const FILE = "plan.json";

const Plan = z.object({
  metric: Manifest.shape.metric,
  grant: z.object({ devices: z.array(z.int()), places: z.int(), memory: z.number().default(0) }),
  /** Protected files that were put back to the baseline's. */
  restored: z.array(z.string()),
  job: z.object({
    id: z.string(),
    cwd: z.string(),
    command: z.string(),
    prelude: z.string().default(""),
    variables: z.record(z.string(), z.string()),
    data: z.array(z.object({ name: z.string(), source: z.string(), path: z.string() })).default([]),
    outputs: z.array(z.string()).default([]),
    containment: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("sandbox"), network: z.boolean(), readable: z.array(z.string()) }),
        z.object({ kind: z.literal("container"), template: z.string() }),
      ])
      .nullable()
      .default(null),
    resources: z.object({
      gpus: z.int(),
      gpuMemory: z.number().nullable(),
      cpus: z.int(),
      memory: z.number().nullable().default(null),
      nodes: z.int().default(1),
    }),
    processes: z.int().default(4096),
    requeue: z.boolean().default(false),
    timeout: z.number(),
    grace: z.number(),
  }),
});
export type Plan = z.infer<typeof Plan>;

/** Written whole before the run is submitted. */
export async function writePlan(directory: string, plan: Plan): Promise<void> {
  const file = path.join(directory, FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(plan, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** @returns null where the run was never made ready, or its folder is gone */
export async function readPlan(directory: string): Promise<Plan | null> {
  try {
    return Plan.parse(JSON.parse(await readFile(path.join(directory, FILE), "utf8")));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}
