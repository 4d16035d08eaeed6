/** What an operator makes of earlier ideas, before it is put into words. */
import type { Assignment } from "./knob-values.ts";

/** An earlier idea that new ones build on. */
export interface KnobParent {
  idea: number;
  title: string;
  /** Its result in words, `val_loss 0.61`; null without one. */
  result: string | null;
  values: Assignment;
  /** Higher is better; null without a result. */
  reward: number | null;
}

/** A child before it is put into words. */
export interface Child {
  operator: "mutation" | "crossover" | "random";
  parents: readonly KnobParent[];
  values: Assignment;
  /** Knobs that were moved to a new value, as opposed to taken from a parent. */
  mutated: ReadonlySet<string>;
}
