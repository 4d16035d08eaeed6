/** What an idea nearly repeats, and how its implementation was classified, in words: pure. */
import type { Idea } from "./idea.ts";

/** What is said of an earlier idea. */
type Told = Pick<Idea, "id" | "title" | "status" | "metric" | "problem" | "repeats">;

/**
 * `#12 “Y” (82% alike), which reached val_loss 0.61`.
 * @param earlier the idea that is repeated, as it stands now; null where it is not known
 * @param metric the metric's name; null where it is not known
 * @param by the measure of the likeness, where that is known
 */
export function repeatedText(repeats: NonNullable<Idea["repeats"]>, earlier: Told | null, metric: string | null, by?: string): string {
  const measure = by === undefined ? "" : ` by ${by}`;
  const title = earlier === null ? "" : ` “${earlier.title}”`;
  const fate = earlier === null ? "" : `, which ${fateOf(earlier, metric)}`;
  return `#${repeats.idea}${title} (${percent(repeats.likeness)} alike${measure})${fate}`;
}

/** `nearly repeats #12 “Y” (82% alike), which reached val_loss 0.61`; null for an idea of its own. */
export function repetitionText({ repeats }: Pick<Idea, "repeats">, earlier: Told | null, metric: string | null): string | null {
  return repeats === null ? null : `nearly repeats ${repeatedText(repeats, earlier, metric)}`;
}

/** `82%`; what is not quite the same is never 100%. */
export function percent(likeness: number): string {
  return `${likeness === 1 ? 100 : Math.min(99, Math.round(likeness * 100))}%`;
}

/** How it went, as the rest of a sentence: `reached val_loss 0.61`, `failed: it divided by zero`. */
export function fateOf({ status, metric: value, problem, repeats }: Told, metric: string | null): string {
  if (status === "rejected") return repeats === null ? "was rejected" : `was put aside as a repetition of #${repeats.idea}`;
  if (value !== null) return `reached ${metric === null ? "" : `${metric} `}${Number(value.toPrecision(4))}`;
  const why = problem === null ? "" : `: ${problem}`;
  switch (status) {
    case "failed":
      return `failed${why}`;
    case "not implemented":
      return `could not be implemented${why}`;
    case "stopped":
      return `was stopped${why}`;
    case "approved":
      return "is approved and has not run";
    case "implementing":
      return "is being implemented";
    case "draft":
      return "is a draft";
    default:
      return `is ${status}`;
  }
}

/**
 * `hyper-parameter by its diff, algorithmic as lab/m judges`.
 * @returns null for an idea without an implementation
 */
export function kindText({ kind, judged, judgedBy }: Pick<Idea, "kind" | "judged" | "judgedBy">): string | null {
  if (judged === null) return kind;
  const judge = judgedBy ?? "a model";
  if (kind === judged) return `${kind} by its diff and as ${judge} judges`;
  return `${kind === null ? "" : `${kind} by its diff, `}${judged} as ${judge} judges`;
}
