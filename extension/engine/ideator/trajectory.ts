/** Earlier experiments as models read them: the idea, what was measured, and the code it changed. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";

/** An idea with its outcome. */
export interface Trajectory {
  idea: number;
  title: string;
  description: string;
  changes: string;
  /** Mean of its finished runs in the metric's unit; null when none succeeded. */
  metric: number | null;
  seeds: number;
  /** Why it has no result, one line: it would not apply, it crashed, its result was implausible, it was stopped early. */
  failure: string | null;
  /** Whether it ran well and was stopped early, as clearly worse than others; absent: no. */
  stopped?: boolean;
  /** Unified diff against the unchanged code; null when there is none. */
  diff: string | null;
}

/** What the unchanged code reaches; null when it is not known. */
export interface KnownBaseline {
  value: number | null;
  /** True for the manifest's figure, false when it was measured here. */
  published: boolean;
}

/** Longest diff shown whole, in characters; of a longer one the start. */
const DIFF_LIMIT = 12_000;

/** Characters of English and code that make a token on average, on the safe side. */
const CHARACTERS_PER_TOKEN = 3.5;

/** Estimate; no tokenizer of the many models is at hand. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** One experiment as Markdown. */
export function describeTrajectory(trajectory: Trajectory, manifest: Manifest, baseline: KnownBaseline): string {
  const { idea, title, description, changes, diff } = trajectory;
  const parts = [
    `### #${idea} ${title}`,
    `Result: ${describeResult(trajectory, manifest, baseline)}`,
    description.trim(),
    changes.trim() === "" ? "" : `Planned changes:\n${changes.trim()}`,
    diff === null || diff.trim() === "" ? "" : fenced("diff", shortened(diff)),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** `val_loss 0.612, better than the unchanged code by 0.05 (3 runs)`, or `FAILED: …`; of one that was stopped early, where it stood then. */
export function describeResult(
  { metric, seeds, failure, stopped = false }: Pick<Trajectory, "metric" | "seeds" | "failure" | "stopped">,
  { metric: { name, direction } }: Manifest,
  { value }: KnownBaseline,
): string {
  if (metric === null && stopped) return `no final result, because it was clearly worse than others. ${failure ?? ""}`.trimEnd();
  if (metric === null) return `FAILED: ${failure ?? "it gave no result"}`;
  const runs = seeds > 1 ? ` (mean of ${seeds} runs)` : "";
  if (value === null) return `${name} ${number(metric)}${runs}`;
  const gain = direction === "minimize" ? value - metric : metric - value;
  const compared = gain === 0 ? "the same as" : gain > 0 ? "better than" : "worse than";
  return `${name} ${number(metric)}, ${compared} the unchanged code${gain === 0 ? "" : ` by ${number(Math.abs(gain))}`}${runs}`;
}

/** Four significant digits. */
export function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function shortened(diff: string): string {
  if (diff.length <= DIFF_LIMIT) return diff.trimEnd();
  const end = diff.lastIndexOf("\n", DIFF_LIMIT);
  const left = diff.slice(end + 1).split("\n").length;
  return `${diff.slice(0, end)}\n… ${left} more lines`;
}

/** A code block whose fence is longer than any inside it. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
