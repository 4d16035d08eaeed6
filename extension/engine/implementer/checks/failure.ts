/** Why code that applied was not taken: what the checks before a run found in it. */
import type { AttemptOutcome } from "../../../protocol/idea.ts";
import { ProvingGroundError, type Place } from "../../../protocol/errors.ts";

export class CheckFailure extends ProvingGroundError {
  readonly outcome: AttemptOutcome;
  /** The reason with what helps to correct it, for the model: the end of a log, the line of code. */
  readonly detail: string;

  constructor(outcome: "syntax" | "import" | "smoke", message: string, more: { detail?: string; place?: Place } = {}) {
    super("check", message, more.place === undefined ? {} : { place: more.place });
    this.name = "CheckFailure";
    this.outcome = outcome;
    this.detail = more.detail ?? message;
  }
}
