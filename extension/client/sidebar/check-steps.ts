/** What came of trying a target out, as rows of a list: pure. */
import { capitalised } from "../../protocol/format.ts";
import type { CheckStep, LiveCheck } from "../../protocol/target.ts";

/** `gpu-box works`, `gpu-box does not work yet: run`. */
export function finding(name: string, { ok, steps }: LiveCheck): string {
  if (ok) return `${name} works`;
  const wrong = steps.filter((step) => !step.ok).map(({ step }) => step);
  return `${name} does not work yet${wrong.length === 0 ? "" : `: ${wrong.join(", ")}`}`;
}

export function stepRows(steps: readonly CheckStep[]): { label: string; detail: string }[] {
  return steps.map(({ step, ok, detail }) => ({
    label: `$(${ok ? "pass" : "error"}) ${step === "gpus" ? "GPUs" : capitalised(step)}`,
    detail,
  }));
}
