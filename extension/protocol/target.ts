/** Compute targets as the user sets them up: hosts behind SSH, Slurm, Ray. This machine is the target `local` and needs no setting. */
import * as z from "zod";

/** Name of this machine among the targets. */
export const LOCAL = "local";

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*$/, "must be letters, digits, `.`, `_` and `-`")
  .refine((name) => name !== LOCAL, { message: "is this machine's name; choose another" })
  .describe("Short name, shown in the Compute view.");

const OneLine = z.string().regex(/^[^\n\0]+$/, "must be one line");

/** A word of a command line, such as a partition or a host: never an option. */
const Word = z.string().regex(/^[^\s\0-][^\s\0]*$/, "must be one word that does not begin with `-`");

const common = {
  name: Name,
  slots: z.int().min(1).optional().describe("Runs there at a time; absent: what the target has, on Slurm and Ray 16."),
  maxHours: z.number().positive().optional().describe("GPU hours (without GPUs: hours of runs) this lab may use there in all; a hard cap."),
  data: z
    .record(z.string(), OneLine)
    .default({})
    .describe("Where the manifest's data folders are on this target, by their name: absolute paths, or from `~/`."),
  prelude: z
    .string()
    .default("")
    .describe("Shell commands before every run and setup there, such as `module load cuda` or `source ~/venv/bin/activate`."),
  container: OneLine.refine((template) => template.includes("{command}"), { message: "needs a {command}" })
    .optional()
    .describe(
      "Command that runs in a container: {command} is the run's command, {directory} its folder, which must be mounted at the same path.",
    ),
};

/** Where a target keeps jobs. `~/` is the home folder there. */
const Directory = z
  .string()
  .regex(/^(~\/|\/)[^\n\0]*$/, "must be an absolute path, or begin with `~/`")
  .describe("Folder for jobs, seen at the same path by all its machines.");

export const SshTarget = z.strictObject({
  kind: z.literal("ssh"),
  ...common,
  host: Word.describe("As in `ssh HOST`: a name of ~/.ssh/config, or user@host."),
  directory: Directory.default("~/.proving-ground"),
  config: Directory.optional().describe("Another configuration file for ssh, as in `ssh -F`."),
});
export type SshTarget = z.infer<typeof SshTarget>;

export const SlurmTarget = z.strictObject({
  kind: z.literal("slurm"),
  ...common,
  host: Word.optional().describe("Login node, as in `ssh HOST`; absent: Slurm's commands are on this machine."),
  config: Directory.optional().describe("Another configuration file for ssh, as in `ssh -F`."),
  directory: Directory.optional().describe(
    "Folder for jobs that the compute nodes see; absent: ~/.proving-ground of the login node, or the lab's own folder where Slurm is on this machine.",
  ),
  partition: Word.optional().describe("As in `sbatch --partition`."),
  account: Word.optional().describe("As in `sbatch --account`."),
  qos: Word.optional().describe("As in `sbatch --qos`."),
  gres: Word.optional().describe("What to ask for per node in place of `gpu:N`, with {gpus} for the number: `gpu:h100:{gpus}`."),
  directives: z.array(OneLine).default([]).describe("More lines for sbatch, without `#SBATCH`: `--constraint=a100`."),
});
export type SlurmTarget = z.infer<typeof SlurmTarget>;

export const RayTarget = z.strictObject({
  kind: z.literal("ray"),
  ...common,
  address: z.url({ protocol: /^https?$/ }).describe("Of Ray's dashboard, which answers the Jobs API: http://127.0.0.1:8265."),
  directory: Directory.optional().describe("Folder for jobs that this machine and all of Ray's see; absent: the lab's own folder."),
  runtimeEnv: z.record(z.string(), z.unknown()).default({}).describe("Ray's `runtime_env` of every job."),
});
export type RayTarget = z.infer<typeof RayTarget>;

/** One entry of the setting `provingGround.compute.targets`. */
export const TargetSetting = z.discriminatedUnion("kind", [SshTarget, SlurmTarget, RayTarget]);
export type TargetSetting = z.infer<typeof TargetSetting>;

/** How runs on this machine are kept from the rest of it: where bubblewrap can, always (or not at all), or never. */
export const SandboxChoice = z.enum(["auto", "on", "off"]);
export type SandboxChoice = z.infer<typeof SandboxChoice>;

/** One step of trying a target out. */
export const CheckStep = z.object({
  step: z.string(),
  ok: z.boolean(),
  /** What was found, or what failed and what to do. */
  detail: z.string(),
});
export type CheckStep = z.infer<typeof CheckStep>;

/** What came of trying a target out; it stops at the first step that fails and makes the rest pointless. */
export interface LiveCheck {
  ok: boolean;
  steps: CheckStep[];
}
