/** What an analysis is made from: the records of one environment, as the store gives them. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { AttemptOutcome, Idea, IdeaText } from "../../protocol/idea.ts";
import type { Run } from "../../protocol/run.ts";
import type { Search } from "../../protocol/search.ts";
import type { Purpose } from "../../protocol/spending.ts";

/** Ended attempts of one idea that ended the same way. */
export interface AttemptCount {
  idea: number;
  outcome: AttemptOutcome;
  attempts: number;
}

/** Calls of language models for one idea and purpose, or a single call that was made for no idea. */
export interface CallSum {
  purpose: Purpose["kind"];
  idea: number | null;
  search: number | null;
  /** When it ended, in milliseconds since 1970; of a sum, the newest. */
  at: number;
  calls: number;
  tokens: number;
  /** Billionths of a dollar, of the calls with a known price. */
  cost: number;
  unpriced: number;
  bounded: boolean;
}

export interface Material {
  environment: ValidEnvironment;
  /** In the order written. */
  ideas: readonly Idea[];
  texts: ReadonlyMap<number, IdeaText>;
  /** In the order queued; those of the baseline have no idea. */
  runs: readonly Run[];
  attempts: readonly AttemptCount[];
  calls: readonly CallSum[];
  searches: readonly Search[];
}
