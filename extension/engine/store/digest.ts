/** Digests of texts: what is the same has the same, and it can be kept where the text itself would take too much room. */
import { createHash } from "node:crypto";
import type { IdeaText } from "../../protocol/idea.ts";

/** SHA-256, its first half in hexadecimal. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Of everything but the title, case and spacing aside. */
export function bodyDigest({ description, changes }: Omit<IdeaText, "title">): string {
  return digestOf([description, changes].map((text) => text.toLowerCase().replace(/\s+/g, " ").trim()).join("\n"));
}
