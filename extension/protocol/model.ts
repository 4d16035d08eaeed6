/** Language models as the user configures and picks them. */
import * as z from "zod";

/** The built-in source of ideas that needs no model: mutation and crossover over the manifest's knobs. */
export const OPERATORS = "operators";

/** In place of a model: the proposal opens as the base is, for the human to write the change in it. */
export const BY_HAND = "hand";

/** Provider of the models that come with the editor; no endpoint may be called so. */
export const EDITOR = "editor";

/** Requests that a provider is sent at the same time unless its settings say otherwise. */
export const CONCURRENCY = 8;
/** Seconds without a byte after which an answer is given up and asked for again, unless the provider's settings say otherwise. */
export const STALL_SECONDS = 240;

/** An OpenAI-compatible endpoint. Its key travels apart from it and stays in memory. */
export const Provider = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, "must be letters, digits, '.', '_' and '-'")
    .refine((name) => name !== EDITOR, "must be another one: `editor` stands for the editor's own models"),
  baseURL: z.url(),
  models: z.array(z.string().min(1)).default([]).describe("Model ids offered; empty asks the endpoint."),
  concurrency: z.int().min(1).max(256).optional().describe("Requests at the same time."),
  stallSeconds: z.number().min(1).max(290).optional().describe("Seconds without a byte after which an answer is asked for again."),
});
export type Provider = z.infer<typeof Provider>;

export const ModelInfo = z.object({
  /** `operators`, or `provider/model`. */
  id: z.string(),
  title: z.string(),
  /** Null when it can be used; otherwise why not and what to do. */
  problem: z.string().nullable(),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

/** A model that the editor brings along, as the window that has it knows it. */
export const EditorModel = z.object({
  /** `editor/<vendor>/<id>`. */
  id: z.string().regex(/^editor\/./),
  title: z.string(),
  maxInputTokens: z.int(),
});
export type EditorModel = z.infer<typeof EditorModel>;
