/** Why a run was stopped early, in words. Pure. */
import { counted, durationText, metricText } from "../../protocol/format.ts";
import type { Finding } from "../analysis/early-stopping.ts";

/** @param metric its short name */
export function earlyReason({ axis, at, value, limit, against, runs }: Finding, metric: string): string {
  const where = axis === "seconds" ? `${durationText(at)} of its training clock` : `${axis} ${at}`;
  return `Stopped early: its best ${metric} by ${where} was ${metricText(value)}, ${missed(against, metricText(limit), runs)}.`;
}

/** Why a run never began. */
export function neverBegan(of: { seed: number; reason: string }): string {
  return `It never began, because its idea did badly with seed ${of.seed}. ${of.reason}`;
}

function missed(against: Finding["against"], limit: string, runs: number): string {
  switch (against) {
    case "median":
      return `worse than the median ${limit} of ${counted(runs, "run")} at that point`;
    case "half":
      return `and the best half of ${counted(runs, "other run")} had ${limit} or better`;
    case "baseline":
      return `worse than the baseline's ${limit} at half of that point`;
    case "parents":
      return `worse than every parent at half of that point, ${limit} at worst`;
  }
}
