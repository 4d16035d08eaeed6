/** Targets as something to choose from, each with how it is: pure. */
import type { Target } from "../../protocol/run.ts";
import { loadText, type TargetState, targetState } from "../../protocol/target-text.ts";

export interface TargetChoice {
  /** Null: whichever has room first. */
  name: string | null;
  label: string;
  /** How it is, in words. */
  detail: string;
  /** Why runs would wait there now, in a word or two; empty when they would not for a reason of the target's own. */
  waits: string;
  /** Whether it is chosen already. */
  now: boolean;
}

const WAITS: Partial<Record<TargetState, string>> = { away: "no answer", attention: "needs attention", drained: "drained" };

/** @param chosen already; undefined where several are */
export function targetChoices(targets: readonly Target[], chosen: string | null | undefined): TargetChoice[] {
  return [
    { name: null, label: "Any target", detail: "whichever has room first", waits: "", now: chosen === null },
    ...targets.map((target) => ({
      name: target.name,
      label: target.title,
      detail: howItIs(target),
      waits: WAITS[targetState(target)] ?? "",
      now: chosen === target.name,
    })),
  ];
}

/** `2 of 8 GPUs busy`, or what is wrong with it. */
function howItIs(target: Target): string {
  return target.problem ?? (target.drained ? "drained: it takes no runs until it is resumed" : loadText(target));
}
