/** Writes ideas: one door to every source. */
import type { Prompts } from "../models/prompts.ts";
import { ModelSource } from "./model-source.ts";
import { OperatorSource } from "./operator-source.ts";
import type { Ideation, IdeationRequest, SourceChoice } from "./sources.ts";

export class Ideator {
  readonly #prompts: Prompts;

  constructor(prompts: Prompts) {
    this.#prompts = prompts;
  }

  /**
   * Asks the source for ideas.
   * @throws ProvingGroundError "model-answer", "model", "no-key", "cancelled", "usage" when not a single idea came
   */
  async generate(source: SourceChoice, request: IdeationRequest): Promise<Ideation> {
    const engine = source.kind === "operators" ? new OperatorSource() : new ModelSource(source.model, this.#prompts);
    return await engine.generate(request);
  }
}
