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
