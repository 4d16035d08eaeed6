/** A proposal as a reviewer sees it: files on disk beside the base they are compared with. */
import * as z from "zod";
import { Decisions } from "./review.ts";

export const ProposalFile = z.object({
  /** Path from the repository's top. */
  path: z.string(),
  /** Absolute path of the editable working copy. */
  workingCopy: z.string(),
  /** Text in the base; null for a new file. */
  base: z.string().nullable(),
  /** Text in the working copy; null for a deleted file. */
  proposed: z.string().nullable(),
});
export type ProposalFile = z.infer<typeof ProposalFile>;

export const ProposalView = z.object({
  idea: z.int(),
  title: z.string(),
  /** Commit the proposal is compared with. */
  base: z.string(),
  /** Absolute path of the working copy's top. */
  folder: z.string(),
  files: z.array(ProposalFile),
  decisions: Decisions,
  /** Whether a human has worked on it since it was written: edited its files or decided on hunks. */
  edited: z.boolean(),
});
export type ProposalView = z.infer<typeof ProposalView>;
