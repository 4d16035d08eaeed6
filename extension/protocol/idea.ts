/** An idea and what became of it: attempts, proposal, implementation. Status is derived, never stored. */
import * as z from "zod";
import { Place } from "./errors.ts";
import { KnobValue } from "./manifest.ts";
import { Cost } from "./spending.ts";

export const IdeaSource = z.enum(["human", "model", "operator"]);
export type IdeaSource = z.infer<typeof IdeaSource>;

/**
 * `fresh`: from the baseline alone; `exploit`: builds on chosen parents; `explore`: different from what was tried; `random`: every knob
 * drawn anew.
 */
export const Strategy = z.enum(["fresh", "exploit", "explore", "random"]);
export type Strategy = z.infer<typeof Strategy>;

/** Hyper-parameter: only existing values change; algorithmic: anything else (paper, section on kinds of ideas). */
export const IdeaKind = z.enum(["hyper-parameter", "algorithmic"]);
export type IdeaKind = z.infer<typeof IdeaKind>;

/** An earlier idea that this one nearly repeats, and how alike the two are, 0 to 1. */
export const Repetition = z.object({ idea: z.int(), likeness: z.number() });
export type Repetition = z.infer<typeof Repetition>;

/** What a human decided about an idea as a parent: always one, or never. */
export const Mark = z.enum(["pinned", "banned"]);
export type Mark = z.infer<typeof Mark>;

/** Follows from the idea's attempts, proposal, implementation and runs. */
export const IdeaStatus = z.enum([
  "draft",
  "implementing",
  "not implemented",
  "in review",
  "approved",
  "queued",
  "running",
  "done",
  "failed",
  "stopped",
  "rejected",
]);
export type IdeaStatus = z.infer<typeof IdeaStatus>;

/** How one attempt at an implementation ended. */
export const AttemptOutcome = z.enum([
  "applied",
  "model error",
  "unreadable answer",
  "would not apply",
  "protected",
  "outside",
  "empty",
  "syntax",
  "import",
  "smoke",
  // Another sample of the same idea passed first.
  "overtaken",
  "interrupted",
  "cancelled",
]);
export type AttemptOutcome = z.infer<typeof AttemptOutcome>;

/** Size of a change in lines. */
export const DiffStat = z.object({ files: z.int(), added: z.int(), removed: z.int() });
export type DiffStat = z.infer<typeof DiffStat>;

/** One row of every list of ideas. */
export const Idea = z.object({
  id: z.int(),
  environment: z.string(),
  epoch: z.int(),
  source: IdeaSource,
  /** Id of the model that wrote it; null for humans and operators. */
  model: z.string().nullable(),
  strategy: Strategy,
  title: z.string(),
  /** Start of the description, at most 200 characters, one line. */
  summary: z.string(),
  kind: IdeaKind.nullable(),
  /** The kind as a model judged it from the same diff; null where none was asked. */
  judged: IdeaKind.nullable(),
  /** Id of that model. */
  judgedBy: z.string().nullable(),
  /** Ideas it was told to learn from. */
  parents: z.array(z.int()),
  /** Idea whose implementation it is written on; null for the baseline. */
  base: z.int().nullable(),
  /** Idea whose run failed and that this one is another try at. */
  repairs: z.int().nullable(),
  /** Search that it belongs to. */
  search: z.int().nullable(),
  /** Gates of its search at which a human let it pass. */
  admitted: z.array(z.enum(["ideas", "runs"])),
  /** The earlier idea it is most like, where that is enough to say so. */
  repeats: Repetition.nullable(),
  mark: Mark.nullable(),
  status: IdeaStatus,
  /** Why it is where it is, when something went wrong; one line. */
  problem: z.string().nullable(),
  /** How the attempt ended that `problem` is about; null where it is about no attempt. */
  outcome: AttemptOutcome.nullable(),
  /** Attempts at its implementation so far. */
  attempts: z.int(),
  /** Commit of the approved implementation. */
  commit: z.string().nullable(),
  change: DiffStat.nullable(),
  /** Mean of the metric over its finished runs, in the metric's unit. */
  metric: z.number().nullable(),
  /** Finished runs behind `metric`. */
  seeds: z.int(),
  /** Mean wall time of those runs, in seconds. */
  seconds: z.number().nullable(),
  createdAt: z.number().describe("Milliseconds since 1970."),
});
export type Idea = z.infer<typeof Idea>;

/** What the human edits as Markdown. */
export const IdeaText = z.object({
  title: z.string().min(1),
  description: z.string(),
  /** Planned code changes, in words. */
  changes: z.string(),
});
export type IdeaText = z.infer<typeof IdeaText>;

export const Usage = z.object({
  inputTokens: z.int(),
  outputTokens: z.int(),
  /** Part of the input that the provider had kept from an earlier prompt. */
  cachedTokens: z.int().optional(),
  /** Part of the output that is thinking. */
  reasoningTokens: z.int().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const Attempt = z.object({
  id: z.int(),
  idea: z.int(),
  /** Samples of one idea are written at the same time, each a conversation of its own; the first counts 1. */
  sample: z.int(),
  /** 1 is the first answer; higher ones are revisions. */
  number: z.int(),
  /** Model, or `operator` where a knob was edited. */
  by: z.string(),
  outcome: AttemptOutcome.nullable(),
  reason: z.string().nullable(),
  /** Where in the environment's folder the answer was meant for, or fails; null where no place is known. */
  place: Place.nullable(),
  /** What the human asked to do differently. */
  note: z.string().nullable(),
  answer: z.string(),
  usage: Usage.nullable(),
  /** Sum over all calls that were made for it; null where no price is known. */
  cost: Cost.nullable(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** Everything about one idea, for a detail view. */
export const IdeaDetail = z.object({
  idea: Idea,
  text: IdeaText,
  /** New values of knobs, when an operator wrote it. */
  knobs: z.record(z.string(), KnobValue).nullable(),
  attempts: z.array(Attempt),
});
export type IdeaDetail = z.infer<typeof IdeaDetail>;
