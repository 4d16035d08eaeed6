/** What a search's plan may be: which parts of it an algorithm heeds, and what is wrong with one that cannot work. Pure. */
import { counted, grouped } from "./format.ts";
import { OPERATORS } from "./model.ts";
import { ideasPlanned } from "./search.ts";
import type { Algorithm, Gate, SearchPlan } from "./search.ts";

/** Ideas that a search may have at most. */
export const MOST_IDEAS = 10_000;

/** Whether a search goes in epochs, each waiting for the one before it. */
export const hasEpochs = (algorithm: Algorithm) => algorithm === "evolutionary";

/** Whether ideas of a search build on earlier ones. */
export const hasParents = (algorithm: Algorithm) => algorithm === "evolutionary" || algorithm === "steady state";

/** Gates that a search comes to. */
export function gatesOf(algorithm: Algorithm): Gate[] {
  return hasEpochs(algorithm) ? ["ideas", "diffs", "runs", "parents"] : ["ideas", "diffs", "runs"];
}

/** What keeps a plan from being started, one sentence; null when nothing that can be seen without the engine does. */
export function planProblem(plan: Pick<SearchPlan, "algorithm" | "source" | "size" | "epochs">): string | null {
  const { algorithm, source, size, epochs } = plan;
  if (algorithm === "random" && source !== OPERATORS) {
    return "A random search draws the environment's knobs and asks no model: its source must be operators.";
  }
  const total = ideasPlanned(plan);
  if (total <= MOST_IDEAS) return null;
  const each = hasEpochs(algorithm)
    ? `${counted(epochs, "epoch")} of ${counted(size, "idea")}`
    : `${epochs} times ${counted(size, "idea")}`;
  return `${each} are ${grouped(total)}: a search may have ${grouped(MOST_IDEAS)} at most.`;
}
