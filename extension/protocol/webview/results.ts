/** Messages between the results panel's webview and the extension. */
import * as z from "zod";
import { Analysis } from "../analysis.ts";
import { ErrorData } from "../errors.ts";
import { IdeaDetail, Mark } from "../idea.ts";
import { Delta, Snapshot } from "../lab.ts";
import { Curve, LogSlice } from "../run.ts";

export const ToResults = z.discriminatedUnion("type", [
  /** Sent once after `ready`, and again after a gap in the changes. */
  z.object({ type: z.literal("snapshot"), environment: z.string(), snapshot: Snapshot }),
  z.object({ type: z.literal("delta"), delta: Delta }),
  /** The link to the engine was lost or is back; null when all is well. */
  z.object({ type: z.literal("offline"), message: z.string().nullable() }),
  z.object({ type: z.literal("busy"), message: z.string().nullable() }),
  /** Selects a row and scrolls to it; asked for by a command outside the panel. */
  z.object({ type: z.literal("reveal"), idea: z.int() }),
  z.object({ type: z.literal("answer"), id: z.int(), result: z.unknown() }),
  z.object({ type: z.literal("failure"), id: z.int(), error: ErrorData }),
]);
export type ToResults = z.infer<typeof ToResults>;

export const Ask = z.discriminatedUnion("question", [
  z.object({ question: z.literal("curves"), runs: z.array(z.int()).min(1) }),
  z.object({ question: z.literal("diff"), idea: z.int() }),
  z.object({ question: z.literal("log"), run: z.int(), from: z.int().min(0), limit: z.int().min(1) }),
  z.object({ question: z.literal("idea"), idea: z.int() }),
  z.object({ question: z.literal("analysis"), environment: z.string() }),
]);
export type Ask = z.infer<typeof Ask>;

export const FromResults = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("chooseEnvironment"), environment: z.string() }),
  z.object({ type: z.literal("useAsParents"), ideas: z.array(z.int()) }),
  z.object({ type: z.literal("mark"), ideas: z.array(z.int()), mark: Mark.nullable() }),
  z.object({ type: z.literal("nextEpoch") }),
  z.object({ type: z.literal("implement"), ideas: z.array(z.int()) }),
  z.object({ type: z.literal("review"), idea: z.int() }),
  z.object({ type: z.literal("run"), ideas: z.array(z.int()) }),
  z.object({ type: z.literal("runBaseline") }),
  z.object({ type: z.literal("stop"), runs: z.array(z.int()) }),
  z.object({ type: z.literal("retry"), runs: z.array(z.int()) }),
  z.object({ type: z.literal("openIdea"), idea: z.int() }),
  z.object({ type: z.literal("openDiff"), idea: z.int() }),
  z.object({ type: z.literal("openLog"), run: z.int() }),
  z.object({ type: z.literal("export"), format: z.enum(["csv", "json"]) }),
  /** A question; answered by `answer` or `failure` with the same id. */
  z.object({ type: z.literal("ask"), id: z.int(), ask: Ask }),
]);
export type FromResults = z.infer<typeof FromResults>;

/** What each question is answered with. */
export const Answers = {
  curves: z.array(Curve),
  diff: z.object({ diff: z.string() }),
  log: LogSlice,
  idea: IdeaDetail,
  analysis: Analysis,
} as const;
export type Question = keyof typeof Answers;
