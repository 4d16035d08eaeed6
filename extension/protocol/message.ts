/** An error in words. */
import type { ProvingGroundError } from "./errors.ts";

/** The error as one message: a sentence on what failed, then what to do. */
export function messageOf(error: ProvingGroundError): string {
  const what = sentence(error.message);
  return error.hint === undefined ? what : `${what} ${error.hint}`;
}

/** The text with a capital and an end. A first word that is a name with signs in it, such as a model's, stays as it is. */
export function sentence(text: string): string {
  const first = /^\p{Ll}[\p{L}'’-]*(?=[\s,:]|$)/u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
