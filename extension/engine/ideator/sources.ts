/** The one interface of everything that writes ideas by itself: what it is asked, and what it gives back. */
import type { IdeaKind, IdeaText, Strategy, Usage } from "../../protocol/idea.ts";
import type { KnobValue, Manifest } from "../../protocol/manifest.ts";
import type { Cost } from "../../protocol/spending.ts";
import type { Assignment } from "../models/knob-values.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { Tried } from "../models/tried.ts";
import type { ContextFile } from "./compose.ts";
import type { KnownBaseline, Trajectory } from "./trajectory.ts";

/** An idea as its source gives it. */
export interface Draft {
  text: IdeaText;
  /** Null until its implementation shows it. */
  kind: IdeaKind | null;
  /** New values of knobs on the code it is written on; null where words decide. */
  knobs: Record<string, KnobValue> | null;
  parents: number[];
}

/** An earlier experiment, with the values of the knobs in its code. */
export interface Parent extends Trajectory {
  values: Assignment;
}

export interface IdeationRequest {
  manifest: Manifest;
  baseline: KnownBaseline;
  /** Values of the knobs in the unchanged code. */
  baselineValues: Assignment;
  /** Context files of the code that ideas are written on. */
  files: readonly ContextFile[];
  /** Idea whose implementation that code is; null for the baseline. It is one of the parents. */
  base: number | null;
  strategy: Strategy;
  count: number;
  instructions: string;
  /** Every earlier idea of the environment, oldest first. */
  earlier: readonly Earlier[];
  /** Their knob values, where whoever asks keeps them; else they are gathered from `earlier`. */
  tried?: Tried;
  /** What exploit builds on. */
  parents: readonly Parent[];
  /** What explore is shown to differ from. */
  sample: readonly Trajectory[];
  /** Seed of every draw. */
  seed: number;
  /** Search that asks; null for a human. */
  search: number | null;
  signal: AbortSignal;
  onProgress: (progress: IdeationProgress) => void;
}

export interface Earlier {
  title: string;
  /** Digest of the rest of its text, by which an exact repetition is known. */
  body: string;
  /** All knob values it results in; null when they are not known. */
  values: Assignment | null;
}

export interface IdeationProgress {
  message: string;
  /** Ideas written so far in this request. */
  done: number;
  total: number;
  /** Newest piece that a model wrote or thought. */
  text?: string;
}

export interface Ideation {
  ideas: Draft[];
  /** What a model wrote, answer by answer: with the same request it comes to the same ideas. Null for operators. */
  answers: string[] | null;
  /** What the user should know. */
  notes: string[];
  usage: Usage | null;
  /** Null where no price is known. */
  cost: Cost | null;
}

/** Operators, or a model. */
export interface IdeaSourceEngine {
  /**
   * At most `count` ideas; fewer with a note.
   * @throws ProvingGroundError when there is not a single one, or on cancellation
   */
  generate(request: IdeationRequest): Promise<Ideation> | Ideation;
}

export type SourceChoice = { kind: "operators" } | { kind: "model"; model: LanguageModel };
