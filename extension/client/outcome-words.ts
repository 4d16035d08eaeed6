/** How an attempt ended, in the few words that a narrow row has room for: pure. */
import type { AttemptOutcome } from "../protocol/idea.ts";

/** Beside “not implemented”, they say why. */
export const OUTCOME_WORDS: Readonly<Record<AttemptOutcome, string>> = {
  applied: "applied",
  "model error": "model error",
  "unreadable answer": "unreadable answer",
  "would not apply": "would not apply",
  protected: "protected file",
  outside: "outside the environment",
  empty: "changes nothing",
  syntax: "syntax error",
  import: "missing import",
  smoke: "smoke test failed",
  overtaken: "overtaken",
  interrupted: "interrupted",
  cancelled: "cancelled",
};
