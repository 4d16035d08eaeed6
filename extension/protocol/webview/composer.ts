/** Messages between the composer's webview and the extension; every message is data, checked by its type tag. */
import * as z from "zod";

const Choice = z.object({ id: z.string(), label: z.string(), problem: z.string().nullable() });

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
  }),
  z.object({ type: z.literal("generate") }),
  z.object({ type: z.literal("nextEpoch") }),
  z.object({ type: z.literal("cancel") }),
  z.object({ type: z.literal("writeOne") }),
  z.object({ type: z.literal("removeParent"), idea: z.int() }),
  /** Runs one of the extension's own commands: the action of an empty state. */
  z.object({ type: z.literal("command"), command: z.string() }),
]);
export type FromComposer = z.infer<typeof FromComposer>;
