/** The scale on which the results of an environment are compared. Pure. */
import type { Scale } from "../../protocol/analysis.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";

/** Rewards count from the baseline as it was measured here, else from its published figure, else from nothing. */
export function scaleOf({ manifest: { metric }, baseline }: ValidEnvironment): Scale {
  return {
    metric: metric.name,
    unit: metric.unit ?? "",
    minimize: metric.direction === "minimize",
    baseline: baseline.mean ?? baseline.published,
    measured: baseline.mean !== null,
  };
}
