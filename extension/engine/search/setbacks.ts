/** What a search makes of something that failed: whether it was the idea's own fault, a cap, something to wait for, or a human's business. */
import type { ErrorCode, ProvingGroundError } from "../../protocol/errors.ts";
import type { RunFailure } from "../../protocol/run.ts";

/**
 * `idea`: nothing more comes of the idea. `cap`: nothing more may be spent. `away`: a model or its key, which may come back.
 * `halt`: trying the next idea would fail in the same way. `cancelled`: nobody's.
 */
export type Setback = "idea" | "cap" | "away" | "halt" | "cancelled";

export function setbackOf({ code }: Pick<ProvingGroundError, "code">): Setback {
  return SETBACKS[code] ?? "idea";
}

const SETBACKS: Partial<Record<ErrorCode, Setback>> = {
  budget: "cap",
  model: "away",
  "no-key": "away",
  cancelled: "cancelled",
  "disk-full": "halt",
  setup: "halt",
  "no-slot": "halt",
  manifest: "halt",
  "unknown-environment": "halt",
  "no-commit": "halt",
  "dirty-baseline": "halt",
  internal: "halt",
};

/** Failures of a run that say nothing about its idea: the next one would fail in the same way. */
export const NOT_THE_IDEAS: ReadonlySet<RunFailure> = new Set(["setup", "launch", "disk full"]);

/** Milliseconds before a model that was away is asked again, the first time, the second …; the last one holds from then on. */
const PATIENCE = [15_000, 60_000, 120_000, 300_000, 600_000];

export function patience(tries: number): number {
  return PATIENCE[Math.min(tries, PATIENCE.length) - 1] ?? PATIENCE[0] ?? 0;
}
