/** Language models as the user configures and picks them. */
import * as z from "zod";

/** The built-in source of ideas that needs no model: mutation and crossover over the manifest's knobs. */
export const OPERATORS = "operators";

/** In place of a model: the proposal opens as the base is, for the human to write the change in it. */
export const BY_HAND = "hand";

/** An OpenAI-compatible endpoint. Its key travels apart from it and stays in memory. */
export const Provider = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, "must be letters, digits, '.', '_' and '-'"),
  baseURL: z.url(),
  models: z.array(z.string().min(1)).default([]).describe("Model ids offered; empty asks the endpoint."),
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
