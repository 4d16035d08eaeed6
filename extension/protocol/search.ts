/** A search: ideas by one algorithm, implemented, run and learnt from, attended at its gates or not at all, within hard caps. */
import * as z from "zod";
import type { Idea, Strategy } from "./idea.ts";

/**
 * `evolutionary`: epochs, each built on what the last ones found (paper, section on evolutionary search). `steady state`: the same
 * without waiting for an epoch to end. `best of n`: fresh ideas alone. `random`: every knob drawn anew, without a model.
 */
export const Algorithm = z.enum(["evolutionary", "steady state", "best of n", "random"]);
export type Algorithm = z.infer<typeof Algorithm>;

/** A point where an idea, or the whole search, may wait for a human. */
export const Gate = z.enum(["ideas", "diffs", "runs", "parents"]);
export type Gate = z.infer<typeof Gate>;

const GateChoice = z.enum(["ask", "auto"]);
export type GateChoice = z.infer<typeof GateChoice>;
export const Gates = z.object({
  ideas: GateChoice.default("auto"),
  diffs: GateChoice.default("auto"),
  runs: GateChoice.default("auto"),
  parents: GateChoice.default("auto"),
});
export type Gates = z.infer<typeof Gates>;
/** Nothing waits for a human. */
export const UNATTENDED: Gates = { ideas: "auto", diffs: "auto", runs: "auto", parents: "auto" };

/** What a search may use, all in all; 0 is no cap. It stops before one is passed. */
export const SearchCaps = z.object({
  /** US dollars for models. */
  dollars: z.number().min(0).default(0),
  /** Tokens in and out together. */
  tokens: z.int().min(0).default(0),
  /** GPU hours; where the environment needs no GPU, hours of its runs. */
  hours: z.number().min(0).default(0),
  /** Minutes of wall time since it began; pauses count. */
  minutes: z.number().min(0).default(0),
});
export type SearchCaps = z.infer<typeof SearchCaps>;
export const UNCAPPED: SearchCaps = { dollars: 0, tokens: 0, hours: 0, minutes: 0 };

/** What becomes of an idea that nearly repeats an earlier one. */
export const Repeats = z.enum(["skip", "ask", "keep"]);
export type Repeats = z.infer<typeof Repeats>;

export const Priority = z.enum(["low", "normal", "high"]);
export type Priority = z.infer<typeof Priority>;

/**
 * Which runs of a search are stopped before their end. `median`: those worse than the median of the completed ones at the same point.
 * `parents`: those far behind the baseline, or behind all of their parents; needs no other runs. `halving`: at a few points all but the
 * best half, and before a run begins all whose smoke command fails.
 */
export const EarlyStopRule = z.enum(["off", "median", "parents", "halving"]);
export type EarlyStopRule = z.infer<typeof EarlyStopRule>;

export const EarlyStop = z.object({
  rule: EarlyStopRule.default("off"),
  /** Share of a run before which it is never stopped. */
  grace: z.number().min(0.05).max(0.95).default(0.5),
});
export type EarlyStop = z.infer<typeof EarlyStop>;
/** Every run goes on to its end. */
export const TO_THE_END: EarlyStop = { rule: "off", grace: 0.5 };

/** What the human decided; nothing in it changes by itself. */
export const SearchPlan = z.object({
  algorithm: Algorithm,
  /** `operators`, or the model that writes ideas. */
  source: z.string(),
  /** Model that writes the code; null: the one that wrote the idea. */
  implementer: z.string().nullable().default(null),
  /** Answers at once for one implementation. */
  samples: z.int().min(1).max(20).default(1),
  instructions: z.string().default(""),
  /** Ideas in an epoch. */
  size: z.int().min(1).max(200),
  /** Epochs; of a search without epochs, `size` times as many ideas. */
  epochs: z.int().min(1).max(1000),
  /** Share of an epoch's ideas that build on parents; null follows the paper's schedule. */
  exploit: z.number().min(0).max(1).nullable().default(null),
  /** What exploiting ideas are written on. */
  base: z.enum(["parent", "baseline"]).default("baseline"),
  /** What it learns from and avoids: everything in the environment, or what it has made itself alone. */
  memory: z.enum(["environment", "search"]).default("environment"),
  /** Tokens of earlier experiments shown in one request for ideas. */
  contextTokens: z.int().min(500).max(1_000_000).default(12_000),
  /** Another search whose ideas it takes, as they were written, instead of asking for its own: the same ideas, another implementer. */
  ideasOf: z.int().nullable().default(null),
  /** Target that its runs are queued for; null: whichever has room first. */
  target: z.string().nullable().default(null),
  /** Its share of the queue beside other searches: four times as much from each to the next. */
  priority: Priority.default("normal"),
  /** Seeds that every implementation is run with. */
  seeds: z.array(z.int()).min(1).max(20).default([0]),
  /** Of every draw. */
  seed: z.int(),
  gates: Gates.default(UNATTENDED),
  repeats: Repeats.default("skip"),
  /** Model that judges each implementation's kind beside the diff; null: none. */
  judge: z.string().nullable().default(null),
  earlyStop: EarlyStop.default(TO_THE_END),
  caps: SearchCaps.default(UNCAPPED),
});
export type SearchPlan = z.infer<typeof SearchPlan>;

// Written out, because a partial object with defaults would set what it does not name.
const GatesChange = z.object({
  ideas: GateChoice.optional(),
  diffs: GateChoice.optional(),
  runs: GateChoice.optional(),
  parents: GateChoice.optional(),
});
const EarlyStopChange = z.object({
  rule: EarlyStopRule.optional(),
  grace: z.number().min(0.05).max(0.95).optional(),
});
const CapsChange = z.object({
  dollars: z.number().min(0).optional(),
  tokens: z.int().min(0).optional(),
  hours: z.number().min(0).optional(),
  minutes: z.number().min(0).optional(),
});

/** What may be changed while a search goes on. */
export const PlanChange = z.object({
  instructions: z.string().optional(),
  size: z.int().min(1).max(200).optional(),
  epochs: z.int().min(1).max(1000).optional(),
  exploit: z.number().min(0).max(1).nullable().optional(),
  base: z.enum(["parent", "baseline"]).optional(),
  gates: GatesChange.optional(),
  repeats: Repeats.optional(),
  target: z.string().nullable().optional(),
  priority: Priority.optional(),
  earlyStop: EarlyStopChange.optional(),
  caps: CapsChange.optional(),
});
export type PlanChange = z.infer<typeof PlanChange>;

export const SearchState = z.enum(["running", "paused", "ended"]);
export type SearchState = z.infer<typeof SearchState>;

export const Spent = z.object({
  dollars: z.number(),
  tokens: z.int(),
  /** GPU hours of ended runs; where the environment needs no GPU, hours of its runs. */
  hours: z.number(),
});
export type Spent = z.infer<typeof Spent>;

export const Search = z.object({
  id: z.int(),
  environment: z.string(),
  plan: SearchPlan,
  /** Commit that its ideas are written on, whatever is committed meanwhile. */
  baseline: z.string(),
  /** Epoch of the environment that its first ideas belong to. */
  firstEpoch: z.int(),
  state: SearchState,
  /** Why it is paused or ended, one sentence; null while it is running. */
  reason: z.string().nullable(),
  /** Ideas of it that were written, those of humans among them. */
  ideas: z.int(),
  /** Epoch it is in; counts from 0. */
  epoch: z.int(),
  /** Whether the next epoch waits until a human has looked at its parents. */
  asksForParents: z.boolean(),
  /** What it waits for that nobody can do anything about in the trees: a model that does not answer. */
  waitsFor: z.string().nullable(),
  /** Pairs of a benchmark of models belong together; null outside of one. */
  benchmark: z.int().nullable(),
  spent: Spent,
  /** Hours, counted as those that were spent, that runs which were stopped early would have taken on average to their end. */
  saved: z.number(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type Search = z.infer<typeof Search>;

/** What one request for ideas is to be: drawn before anything is asked, and recorded. */
export interface Draw {
  strategy: Strategy;
  count: number;
  /** Ideas to build on, in the order drawn. */
  parents: number[];
  /** Idea whose implementation the new ones are written on; null for the baseline. */
  base: number | null;
  /** Earlier experiments shown as what to differ from. */
  sample: number[];
  /** Of every draw that the source of ideas makes. */
  seed: number;
}

/** What runs are expected to take, before they are queued. */
export interface RunsForecast {
  runs: number;
  /** GPUs of one run, on all its nodes; 0 where it needs none. */
  gpus: number;
  /** Seconds of one run; null while nothing is known. */
  each: number | null;
  /** GPU hours, or hours of runs where they need no GPU; null where `each` is. */
  hours: number | null;
  /** Seconds until the last has ended, what is queued before them included; null where `each` is. */
  seconds: number | null;
  /** What stands against them in words: a cap, a target that is drained. */
  warnings: string[];
}

/** What a search is expected to take, before it begins. */
export interface Forecast {
  ideas: number;
  runs: number;
  /** GPUs of one run; 0 where it needs none. */
  gpus: number;
  /** GPU hours, or hours of runs where they need no GPU; null while nothing is known of how long a run takes. */
  hours: number | null;
  /** Wall time in seconds with the slots there are; null where `hours` is. */
  seconds: number | null;
  /** US dollars for models, from what past calls took; 0 for operators, null while nothing is known. */
  dollars: number | null;
  tokens: number | null;
  /** What the user should know before: caps that it will reach, in words. */
  warnings: string[];
}

/** What came of doing a search again from its records. */
export interface Replay {
  requests: number;
  ideas: number;
  commits: number;
  /** What came out otherwise, one line each; empty when the search is what its records say. */
  differences: string[];
  /** What could not be done again and why, one line each: code written by hand. */
  skipped: string[];
}

/** Ideas that a search may have in all. */
export function ideasPlanned({ size, epochs }: Pick<SearchPlan, "size" | "epochs">): number {
  return size * epochs;
}

/** The paper's schedule: half of epochs 0 and 1 builds on parents, a tenth more every two epochs, four fifths at most. */
export function exploitShare(epoch: number): number {
  // In tenths, because 0.5 + 0.1 · 3 is not 0.8 in floating point.
  return Math.min(5 + Math.floor(epoch / 2), 8) / 10;
}

/** The gate that an idea waits at for a human; null when it does not. What humans write themselves is let in. */
export function waitsAt(
  idea: Pick<Idea, "status" | "admitted" | "repeats" | "source">,
  search: Pick<Search, "plan" | "state"> | null,
): Gate | null {
  const auto = (gate: Gate) => search !== null && search.state !== "ended" && search.plan.gates[gate] === "auto";
  if (idea.status === "in review") return auto("diffs") ? null : "diffs";
  if (search === null || search.state === "ended") return null;
  const admitted = (gate: Idea["admitted"][number]) => idea.admitted.includes(gate);
  if (idea.status === "draft" && idea.source !== "human" && !admitted("ideas")) {
    const repeats = idea.repeats !== null && search.plan.repeats === "ask";
    return auto("ideas") && !repeats ? null : "ideas";
  }
  return idea.status === "approved" && !auto("runs") && !admitted("runs") ? "runs" : null;
}
