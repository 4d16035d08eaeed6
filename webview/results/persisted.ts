/** What the panel remembers when it is closed or hidden: the arrangement, not the data. */
import * as z from "zod";

export const TABS = ["compare", "diff", "log", "family", "analysis"] as const;
export type Tab = (typeof TABS)[number];

const Arranged = z.object({
  sort: z.object({ column: z.string(), descending: z.boolean() }).nullable().default(null),
  grouping: z.enum(["none", "epoch", "status"]).default("none"),
  hidden: z.array(z.string()).default([]),
  /** Widths the user chose, in pixels, by column. */
  widths: z.record(z.string(), z.number()).default({}),
  /** Share of the panel that the right pane takes. */
  pane: z.number().min(0.15).max(0.75).default(0.3),
  tab: z.enum(TABS).default("compare"),
  filter: z.string().default(""),
});
export type Arranged = z.infer<typeof Arranged>;

/** The remembered arrangement, or the usual one where nothing readable was kept. */
export function arranged(state: unknown): Arranged {
  return Arranged.safeParse(state ?? {}).data ?? Arranged.parse({});
}
