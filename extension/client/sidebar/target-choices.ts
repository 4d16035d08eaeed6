/** Targets as something to choose from, each with how it is: pure. */
import type { Target } from "../../protocol/run.ts";
import { loadText } from "../../protocol/target-text.ts";

export interface TargetChoice {
  /** Null: whichever has room first. */
  name: string | null;
  label: string;
  /** How it is, in words. */
  detail: string;
  /** Why runs would wait there now; null when they would not for a reason of its own. */
  problem: string | null;
  /** Whether it is chosen already. */
  now: boolean;
}

/** @param chosen already; undefined where several are */
export function targetChoices(targets: readonly Target[], chosen: string | null | undefined): TargetChoice[] {
  return [
    { name: null, label: "Any target", detail: "whichever has room first", problem: null, now: chosen === null },
    ...targets.map((target) => ({
      name: target.name,
      label: target.title,
      detail: howItIs(target),
      problem: problemOf(target),
      now: chosen === target.name,
    })),
  ];
}

/** `2 of 8 GPUs busy`, or what is wrong with it. */
const howItIs = (target: Target): string => problemOf(target) ?? loadText(target);

function problemOf(target: Target): string | null {
  return target.problem ?? (target.drained ? "drained: it takes no runs until it is resumed" : null);
}
