/** What calls of language models cost: prices, caps, and the record of one call. */
import * as z from "zod";

/** US dollars per million tokens. */
export const Price = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  /** Input that the provider had kept from an earlier prompt; as `input` when absent. */
  cached: z.number().min(0).optional(),
});
export type Price = z.infer<typeof Price>;

/** By model as `provider/model`; `*` stands for any characters. An exact name wins, then the pattern that says most. */
export const Prices = z.record(z.string().min(1), Price);
export type Prices = z.infer<typeof Prices>;

/** Tokens that an answer may have where a cap is set and nothing else limits it. */
export const OUTPUT_LIMIT = 32_000;

/** Caps over all that was ever spent in one environment; 0 is no cap. */
export const Caps = z.object({
  maxDollars: z.number().min(0).default(0),
  /** Tokens in and out together. */
  maxTokens: z.int().min(0).default(0),
  /** Most tokens of one answer, asked for while a cap is set. */
  maxOutputTokens: z.int().min(1).default(OUTPUT_LIMIT),
});
export type Caps = z.infer<typeof Caps>;
export const NO_CAPS: Caps = { maxDollars: 0, maxTokens: 0, maxOutputTokens: OUTPUT_LIMIT };

/** What something cost; `bounded` when a server did not say and the most that it can have been is counted instead. */
export const Cost = z.object({ dollars: z.number(), bounded: z.boolean() });
export type Cost = z.infer<typeof Cost>;

/** What a call is made for; caps are counted by its environment and, inside a search, by the search. */
export interface Purpose {
  kind: "ideas" | "implementation" | "embedding" | "judgement";
  environment: string;
  idea?: number;
  attempt?: number;
  search?: number;
}

/** `cut`: the answer broke off and was asked for again or given up. `refused`: the model would not answer. */
export type CallOutcome = "answered" | "cut" | "failed" | "refused" | "cancelled";

/** The two sums: `dollars: 0.1 + 0.2`, without what one of them does not know. */
export function addCost(a: Cost | null, b: Cost | null): Cost | null {
  if (a === null || b === null) return a ?? b;
  return { dollars: a.dollars + b.dollars, bounded: a.bounded || b.bounded };
}

/** `$0.0123`, or `at most $0.0123`: to the cent from a dollar on, below that as fine as it takes to show it. */
export function costText({ dollars, bounded }: Cost): string {
  return `${bounded && dollars > 0 ? "at most " : ""}${dollarText(dollars)}`;
}

/** An amount of US dollars. */
export function dollarText(dollars: number): string {
  if (dollars === 0 || dollars >= 1) return `$${dollars.toFixed(2)}`;
  const digits = Math.min(6, 1 - Math.floor(Math.log10(dollars)));
  const text = dollars < 0.000_001 ? "0.000001" : dollars.toFixed(Math.max(2, digits));
  return `$${text.replace(/(\.\d\d+?)0+$/, "$1")}`;
}
