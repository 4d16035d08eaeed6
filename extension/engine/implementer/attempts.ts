/** Attempts while they are being made: begun in the store, and closed there with what became of them. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { AttemptOutcome, Usage } from "../../protocol/idea.ts";
import type { AttemptStart } from "../store/implementations.ts";
import type { Store } from "../store/store.ts";
import { CheckFailure } from "./checks/failure.ts";
import { PatchRefusal } from "./patch/refusal.ts";

export interface OpenAttempt {
  id: number;
  /** As far as it has come. */
  answer: string;
  usage: Usage | null;
}

export class Attempts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  start(start: AttemptStart): OpenAttempt {
    return { id: this.#store.implementations.startAttempt(start), answer: "", usage: null };
  }

  /**
   * Does what an attempt consists of; when it fails, the attempt is closed with the reason, which is returned.
   * @param calledOff asked when it failed: whether that was because it was cancelled, or because another sample had passed
   */
  async closing(
    attempt: OpenAttempt,
    work: () => Promise<void>,
    calledOff: () => "cancelled" | "overtaken" | null = () => null,
  ): Promise<ProvingGroundError | null> {
    try {
      await work();
      return null;
    } catch (cause) {
      const off = calledOff();
      const error = off === null ? ProvingGroundError.from(cause) : new ProvingGroundError("cancelled", CALLED_OFF[off], { cause });
      this.#store.implementations.endAttempt(attempt.id, {
        outcome: off ?? outcomeOf(error),
        reason: error.message,
        place: error.place,
        answer: attempt.answer,
        usage: attempt.usage,
      });
      return error;
    }
  }
}

const CALLED_OFF = { cancelled: "cancelled", overtaken: "another sample passed first" };

function outcomeOf(error: ProvingGroundError): AttemptOutcome {
  if (error instanceof PatchRefusal || error instanceof CheckFailure) return error.outcome;
  switch (error.code) {
    case "cancelled":
      return "cancelled";
    case "model":
    case "no-key":
    case "model-answer":
    case "budget":
      return "model error";
    case "disk-full":
    case "setup":
    case "internal":
      return "interrupted";
    default:
      return "would not apply";
  }
}
