/** The one error type that crosses process borders: what failed, where, and what to do about it. */
import * as z from "zod";

/** Why something failed, for programs; the message is for people. */
export const ErrorCode = z.enum([
  "not-a-repository",
  "no-commit",
  "dirty-baseline",
  "base-moved",
  "manifest",
  "unknown-environment",
  "unknown-idea",
  "unknown-run",
  "no-proposal",
  "proposal-changed",
  "proposal-edited",
  "not-implemented-yet",
  "undecided-hunks",
  "empty-change",
  "check",
  "protected-path",
  "outside-path",
  "patch",
  "model",
  "model-answer",
  "no-key",
  "budget",
  "setup",
  "disk-full",
  "no-slot",
  "unreachable",
  "cancelled",
  "untrusted",
  "unsupported-platform",
  "engine-unreachable",
  "engine-version",
  "unauthorised",
  "usage",
  "internal",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** A place in a file; line and column count from 1. */
export const Place = z.object({ file: z.string(), line: z.int().optional(), column: z.int().optional() });
export type Place = z.infer<typeof Place>;

export const ErrorData = z.object({
  code: ErrorCode,
  message: z.string(),
  hint: z.string().optional(),
  place: Place.optional(),
});
export type ErrorData = z.infer<typeof ErrorData>;

export class ProvingGroundError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: Place | undefined;

  /**
   * @param code what kind of failure
   * @param message what failed and where, one sentence
   * @param more `hint`: what the user can do; `place`: file, line, column; `cause`: the error underneath
   */
  constructor(code: ErrorCode, message: string, more: { hint?: string; place?: Place; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "ProvingGroundError";
    this.code = code;
    this.hint = more.hint;
    this.place = more.place;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.place === undefined ? {} : { place: this.place }),
    };
  }

  static fromData(data: ErrorData): ProvingGroundError {
    return new ProvingGroundError(data.code, data.message, {
      ...(data.hint === undefined ? {} : { hint: data.hint }),
      ...(data.place === undefined ? {} : { place: data.place }),
    });
  }

  /** Any thrown value as a ProvingGroundError; one that already is passes through. */
  static from(thrown: unknown): ProvingGroundError {
    if (thrown instanceof ProvingGroundError) return thrown;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOSPC" || /database or disk is full|No space left on device/i.test(error.message)) {
      return new ProvingGroundError("disk-full", `the disk is full: ${error.message}`, {
        hint: "Free some space, then try again; nothing that was already recorded is lost.",
        cause: error,
      });
    }
    return new ProvingGroundError("internal", error.message, { cause: error });
  }
}
