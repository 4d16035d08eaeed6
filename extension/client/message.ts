/** An error in words. */
import type { ProvingGroundError } from "../protocol/errors.ts";

/** The error as one message: a sentence on what failed, then what to do. */
export function messageOf(error: ProvingGroundError): string {
  const first = error.message.charAt(0).toUpperCase() + error.message.slice(1);
  const ended = /[.!?]$/.test(first) ? first : `${first}.`;
  return error.hint === undefined ? ended : `${ended} ${error.hint}`;
}
