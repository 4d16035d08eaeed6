/** Who may write an idea's code, as rows of a picker: pure. */
import type { ModelInfo } from "../../protocol/model.ts";
import { BY_HAND, OPERATORS } from "../../protocol/model.ts";

export interface ImplementerChoice {
  /** Model id, or `hand`. */
  id: string;
  label: string;
  description: string;
}

/** Models that can be asked now, in their order; the human last. Empty when there is no such model. */
export function implementerChoices(models: readonly ModelInfo[]): ImplementerChoice[] {
  const usable = models.filter(({ id, problem }) => id !== OPERATORS && problem === null);
  if (usable.length === 0) return [];
  return [
    ...usable.map(({ id, title }) => ({ id, label: title, description: id })),
    { id: BY_HAND, label: "By hand", description: "write the code yourself, in the review" },
  ];
}
