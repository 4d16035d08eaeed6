/** Messages between the composer's webview and the extension; every message is data, checked by its type tag. */
import * as z from "zod";
import { Algorithm, EarlyStopRule, Gate, Priority, Repeats, SearchCaps, SearchState } from "../search.ts";

const Choice = z.object({ id: z.string(), label: z.string(), problem: z.string().nullable() });

/** What the user chose for searches; source, ideas per epoch and instructions are those of the simple flow. */
export const SearchForm = z.object({
  /** Whether the segment is unfolded. */
  open: z.boolean(),
  algorithm: Algorithm,
  epochs: z.int().min(1).max(1000),
  /** Share that builds on parents; null follows the paper's schedule. */
  exploit: z.number().min(0).max(1).nullable(),
  base: z.enum(["parent", "baseline"]),
  /** How many seeds every implementation is run with. */
  seeds: z.int().min(1).max(20),
  /** Gates at which it asks. */
  asks: z.array(Gate),
  caps: SearchCaps,
  repeats: Repeats,
  earlyStop: EarlyStopRule,
  /** Target that its runs are queued for; empty: any; null: what the settings say. */
  target: z.string().nullable(),
  priority: Priority,
});
export type SearchForm = z.infer<typeof SearchForm>;

/** A search under way, or the newest one that has ended. */
export const SearchCard = z.object({
  search: z.int(),
  /** `Search 3: evolutionary`. */
  title: z.string(),
  state: SearchState,
  /** `epoch 3 of 10 · 18 of 60 ideas`. */
  progress: z.string(),
  /** Part of its ideas that is written, 0 to 1. */
  share: z.number(),
  /** What it waits for, why it is paused, or why it ended; null when there is nothing to say. */
  note: z.string().nullable(),
  /** The next epoch waits until the human has looked at its parents. */
  asksForParents: z.boolean(),
  /** Where its runs go and how urgent they are, `on gpu-box, high priority`; empty where both are as usual. */
  where: z.string(),
  /** What waits for the human in it: `2 reviews, 1 idea to let in`; empty for nothing. */
  waiting: z.string(),
  /** `$0.31 of $2.00, 12 of 60 min`. */
  spent: z.string(),
  /** `best 1.842, #12 Cosine decay`; null before the first result. */
  best: z.string().nullable(),
  /** Other searches of the environment that have not ended. */
  others: z.int(),
});
export type SearchCard = z.infer<typeof SearchCard>;

export const SearchPart = z.object({
  form: SearchForm,
  /** `10 epochs of 6 ideas`: what the folded segment says. */
  gist: z.string(),
  /** Targets that its runs can be queued for, any of them first; empty where there is nothing to choose. */
  targets: z.array(Choice),
  /** Id of the one that is chosen. */
  target: z.string(),
  /** Whether its priority is worth choosing: something could stand in the queue beside it. */
  prioritised: z.boolean(),
  /** `GPU hours`, or what the environment's hours are of. */
  hours: z.string(),
  /** Why it cannot be started; null when it can. */
  problem: z.string().nullable(),
  /** What it would take; null while the segment is folded and before the first answer. */
  forecast: z.object({ text: z.string(), warnings: z.array(z.string()), old: z.boolean() }).nullable(),
  starting: z.boolean(),
  /** Why the last one could not be started, and what to do. */
  failure: z.string().nullable(),
  card: SearchCard.nullable(),
});
export type SearchPart = z.infer<typeof SearchPart>;

/** What can be done with a search from its card. */
export const SearchAction = z.enum(["pause", "resume", "stop", "change", "goOn"]);
export type SearchAction = z.infer<typeof SearchAction>;

/** Everything the composer shows; sent whole, because it is small. */
export const ComposerState = z.object({
  /** What keeps the composer from working: no repository, no environment, no trust. Its action is a command. */
  blocked: z.object({ message: z.string(), action: z.object({ label: z.string(), command: z.string() }).nullable() }).nullable(),
  environments: z.array(Choice),
  environment: z.string().nullable(),
  /** One line: metric, direction, budget. */
  subtitle: z.string(),
  models: z.array(Choice),
  model: z.string(),
  count: z.int(),
  instructions: z.string(),
  parents: z.array(z.object({ id: z.int(), title: z.string(), metric: z.string() })),
  /** Share of the next epoch that builds on the parents, 0 to 1. */
  exploit: z.number(),
  epoch: z.int(),
  /** Forecast: `about 1.4 min on 2 slots`. */
  forecast: z.string(),
  busy: z.object({ message: z.string(), done: z.int().nullable(), total: z.int().nullable(), text: z.string() }).nullable(),
  /** What the last generation has to say: fewer than asked, an error and what to do. */
  message: z.object({ level: z.enum(["info", "warning", "error"]), text: z.string() }).nullable(),
  search: SearchPart,
});
export type ComposerState = z.infer<typeof ComposerState>;

export const ToComposer = z.discriminatedUnion("type", [z.object({ type: z.literal("state"), state: ComposerState })]);
export type ToComposer = z.infer<typeof ToComposer>;

export const FromComposer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  /** The user changed a field; the extension remembers it and answers with the new state. */
  z.object({
    type: z.literal("change"),
    environment: z.string().optional(),
    model: z.string().optional(),
    count: z.int().min(1).max(100).optional(),
    instructions: z.string().optional(),
    exploit: z.number().min(0).max(1).optional(),
    search: SearchForm.partial().optional(),
  }),
  z.object({ type: z.literal("generate") }),
  z.object({ type: z.literal("nextEpoch") }),
  z.object({ type: z.literal("startSearch") }),
  z.object({ type: z.literal("onSearch"), search: z.int(), action: SearchAction }),
  /** Brings the list of what waits for the human into view. */
  z.object({ type: z.literal("showWaiting") }),
  z.object({ type: z.literal("cancel") }),
  z.object({ type: z.literal("writeOne") }),
  z.object({ type: z.literal("removeParent"), idea: z.int() }),
  /** Runs one of the extension's own commands: the action of an empty state. */
  z.object({ type: z.literal("command"), command: z.string() }),
]);
export type FromComposer = z.infer<typeof FromComposer>;
