/** The shape of `environment.yaml`: what a research problem must say before anything can be executed on it. */
import * as z from "zod";

/** Path inside the environment's folder, with `/` separators: never absolute, never leaving the folder. */
const InsidePath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith("/") && !path.split(/[/\\]/).includes(".."), {
    message: "must be a path inside the environment's folder",
  });

const Seconds = z.number().positive().describe("Seconds of wall time.");

const PatternWithOneGroup = z.string().superRefine((source, context) => {
  let groups: number;
  try {
    groups = (new RegExp(`${source}|`, "m").exec("")?.length ?? 1) - 1;
  } catch (cause) {
    context.addIssue({ code: "custom", message: `is not a regular expression: ${(cause as Error).message}` });
    return;
  }
  if (groups !== 1) context.addIssue({ code: "custom", message: `needs exactly one capture group, has ${groups}` });
});

const Metric = z.strictObject({
  name: z.string().min(1).describe("Short name, as in the log and the tables: val_loss."),
  title: z.string().optional().describe("Name in words: validation loss."),
  unit: z.string().optional().describe("Unit: nats per character."),
  direction: z.enum(["minimize", "maximize"]),
  from: z
    .union([
      z.strictObject({ metrics: z.string().min(1).describe("A key of the lines of metrics.jsonl.") }),
      z.strictObject({ log: PatternWithOneGroup.describe("A regular expression with one group, matched against each line of the log.") }),
    ])
    .describe("Where the metric is read."),
  select: z.enum(["last", "best"]).default("last").describe("Which of several readings counts."),
  plausible: z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .optional()
    .describe("A result outside this range is not counted; it is shown as implausible with the reason."),
  target: z.number().optional().describe("The value worth reaching."),
});

const Files = z.strictObject({
  context: z.array(InsidePath).min(1).describe("Files shown to the models, as globs."),
  editable: z.array(InsidePath).min(1).describe("Files an implementation may change or create, as globs."),
  protected: z.array(InsidePath).default([]).describe("Files no implementation may touch, as globs; wins over editable."),
  protected_regions: z
    .array(
      z.strictObject({
        file: InsidePath.describe("Python files, as a glob."),
        functions: z
          .array(z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, "must be a name like evaluate or Model.forward"))
          .min(1)
          .describe("Functions, classes, and methods as Class.method."),
      }),
    )
    .default([])
    .describe(
      "Parts of editable files that no implementation may touch. Lines between `# proving-ground: protected` and `# proving-ground: end` are protected without being named here.",
    ),
});

const Setup = z.strictObject({
  command: z.string().min(1).describe("Shell command, run once per target; PROVING_GROUND_SETUP is the folder it may fill."),
  files: z.array(InsidePath).default([]).describe("Files whose change makes the setup run again."),
  timeout: Seconds.default(1800),
});

const Resources = z.strictObject({
  gpus: z.int().min(0).default(0).describe("GPUs on each node."),
  gpu_memory: z.number().positive().optional().describe("GiB needed on each GPU."),
  cpus: z.int().min(1).default(1).describe("Processors on each node."),
  memory: z.number().positive().optional().describe("GiB of memory on each node; a contained run that takes more is ended."),
  nodes: z.int().min(1).default(1).describe("Machines of one run; more than one needs Slurm."),
  processes: z.int().min(1).default(4096).describe("Processes of one run at a time; a contained run that starts more is ended."),
  timeout: Seconds.describe("Wall time after which a run is ended."),
  preempted: z
    .enum(["requeue", "fail"])
    .default("requeue")
    .describe("What becomes of a run whose node a cluster takes away: it begins anew in the same folder, or it is lost."),
});

const Data = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][\w-]*$/, "must be lower case letters, digits, `_` and `-`")
    .describe("By which targets say where it is."),
  path: InsidePath.describe("Where runs find it: a link to the target's folder, read-only in a contained run."),
  from: z
    .string()
    .regex(/^(~\/|\/)[^\n\0]*$/, "must be an absolute path, or begin with `~/`")
    .optional()
    .describe("The folder where a target does not say otherwise."),
});

const Sandbox = z.strictObject({
  network: z.boolean().default(false).describe("Whether runs may use the network."),
  read: z
    .array(z.string().regex(/^(~\/|\/)[^\n\0]*$/, "must be an absolute path, or begin with `~/`"))
    .default([])
    .describe("Folders of the home folder that runs may read, such as `~/.cache/huggingface`."),
});

export const KnobValue = z.union([z.number(), z.string(), z.boolean()]);
export type KnobValue = z.infer<typeof KnobValue>;

export const Knob = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_]*$/, "must be lower case letters, digits and _"),
    title: z.string().min(1),
    file: InsidePath,
    place: PatternWithOneGroup.describe("A multi-line regular expression that matches once in the file; its group is the value."),
    kind: z.enum(["hyper-parameter", "algorithmic"]),
    choices: z.array(KnobValue).min(2).optional(),
    range: z
      .strictObject({
        min: z.number(),
        max: z.number(),
        scale: z.enum(["linear", "log"]).default("linear"),
        integer: z.boolean().default(false),
      })
      .refine((range) => range.min < range.max, { message: "min must be below max" })
      .refine((range) => range.scale === "linear" || range.min > 0, { message: "a log scale needs min above 0" })
      .optional(),
    when: z
      .record(z.string(), z.array(KnobValue).min(1))
      .default({})
      .describe("Values of other knobs with which this one has an effect; with others the operators leave it as it is."),
    why: z.record(z.string(), z.string()).default({}).describe("Rationale per choice, or for `higher` and `lower` in a range."),
  })
  .refine((knob) => (knob.choices === undefined) !== (knob.range === undefined), {
    message: "needs either choices or a range",
  });
export type Knob = z.infer<typeof Knob>;

/** `environment.yaml`, checked. Defaults are filled in. */
export const Manifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower case letters, digits and -"),
  title: z.string().min(1),
  objective: z.string().min(1).describe("What is to be improved and under which budget, told to the models."),
  metric: Metric,
  baseline: z
    .strictObject({ value: z.number(), note: z.string().optional() })
    .optional()
    .describe("A published figure, shown until the baseline is measured here."),
  files: Files,
  rules: z.array(z.string()).default([]).describe("Rules told to the models."),
  setup: Setup.optional(),
  run: z.strictObject({
    command: z.string().min(1).describe("Shell command, started in the environment's folder."),
    outputs: z
      .array(InsidePath)
      .default([])
      .describe("Files a run leaves that are worth keeping, as globs; they are brought back from other machines."),
  }),
  data: z.array(Data).default([]).describe("Folders of data that runs read and that are never copied."),
  sandbox: Sandbox.default({ network: false, read: [] }).describe("What runs may see of the machine where they are contained."),
  python: z
    .string()
    .min(1)
    .default("python3")
    .describe("Shell command that starts the environment's Python; checks syntax and imports of a change before anything is run."),
  smoke: z.strictObject({ command: z.string().min(1), timeout: Seconds.default(120) }).optional(),
  budget: z
    .strictObject({ seconds: z.number().positive(), clock: z.enum(["wall", "cpu"]).default("wall") })
    .optional()
    .describe("What one run may use of its training clock; the environment enforces it."),
  resources: Resources,
  seed: z.strictObject({
    variable: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of an environment variable")
      .describe("Variable that carries the seed."),
    default: z.int().default(0),
  }),
  knobs: z
    .array(Knob)
    .default([])
    .superRefine((knobs, context) => {
      const names = new Set(knobs.map((knob) => knob.name));
      for (const [index, knob] of knobs.entries()) {
        for (const other of Object.keys(knob.when)) {
          if (!names.has(other))
            context.addIssue({ code: "custom", path: [index, "when", other], message: "names no knob of this environment" });
        }
      }
    }),
});
export type Manifest = z.infer<typeof Manifest>;

const VariantName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower case letters, digits and -");

/** `environment.yaml` as it is written: one environment, or several that share a folder and most of what is said of them. */
export const ManifestFile = Manifest.extend({
  variants: z
    .record(VariantName, z.record(z.string(), z.unknown()))
    .refine((variants) => Object.keys(variants).length > 0, { message: "must name at least one variant" })
    .optional()
    .describe(
      "The same problem at other sizes or on other hardware: each variant is an environment called NAME-VARIANT. Its maps are merged into what stands above, its lists and values replace it. With variants, the file stands for them alone.",
    ),
});

/** File name by which an environment is found. */
export const MANIFEST_FILE = "environment.yaml";
