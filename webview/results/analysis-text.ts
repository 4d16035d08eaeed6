/** An analysis as words and numbers. Pure. */
import type { Amount, Analysis, Comparison, Completion, Estimate } from "../../extension/protocol/analysis.ts";
import type { Expenses, Failure, Pair, Stage } from "../../extension/protocol/analysis.ts";
import { dollarText } from "../../extension/protocol/spending.ts";
import { count, decimalsFor, difference, seconds } from "./numbers.ts";

/** Rewards as text: with a sign, in the decimals that the metric is shown with; `–` for none. */
export function rewardText({ scale, epochs }: Pick<Analysis, "scale" | "epochs">): (reward: number | null) => string {
  const decimals = decimalsFor(scale.baseline ?? epochs.at(-1)?.bestSoFar ?? null);
  return (reward) => difference(reward, decimals);
}

export const STAGE_NAMES: Record<Stage, string> = {
  implemented: "Implemented",
  smoke: "Passed the checks",
  ran: "Ran to the end",
  valid: "Valid result",
};

export const FAILURE_NAMES: Partial<Record<Failure, string>> = {
  protected: "touched protected code",
  outside: "reached outside the folder",
  empty: "changed nothing",
  syntax: "syntax error",
  import: "missing import",
  smoke: "smoke command failed",
  setup: "setup failed",
  launch: "could not be started",
};

export function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** `(71–92)`, in percent; nothing where nothing is known. */
export function shareEnds(share: Estimate | null): string {
  if (share === null) return "";
  return `(${[share.low, share.high].map((end) => (end === null ? "…" : String(Math.round(100 * end)))).join("–")})`;
}

/** `(+0.080 to +0.150)`; an end that is not known is left open. */
export function estimateEnds(estimate: Estimate | null, text: (value: number) => string): string {
  if (estimate === null || (estimate.low === null && estimate.high === null)) return "";
  return `(${estimate.low === null ? "…" : text(estimate.low)} to ${estimate.high === null ? "…" : text(estimate.high)})`;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });
/** `12345` tokens as `12K`. */
export function tokenText(tokens: number): string {
  return COMPACT.format(tokens);
}

/** Epochs, newest first, as many as fit without asking. */
export function newest<T>(list: readonly T[], most: number): T[] {
  return list.slice(-most).reverse();
}

/** What the comparison comes to at the largest budget that both have. */
export function comparisonText({ points, problem }: Comparison, text: (reward: number) => string): string {
  const at = points.findLast(({ expected }) => expected !== null);
  if (problem !== null || at === undefined) return problem ?? "";
  const { ideas, best, expected, reached } = at;
  return `After ${ideas} ideas the search gained ${text(best)}. The best of ${ideas} fresh ones is expected to gain ${text(expected?.value ?? 0)} ${estimateEnds(expected, text)}${reachedText(reached)}.`;
}

function reachedText(reached: number | null): string {
  if (reached === null) return "";
  return reached === 0 ? ", and no draw reaches the search" : `, and ${percentText(reached)} of draws reach the search`;
}

/** How many ideas came to a result, or were stopped on the way to a bad one. */
export function completedText({ valid, stopped, tried }: Completion): string {
  const early = stopped === 0 ? "" : ` ${stopped} more ran well and were stopped early; they count as completed and have no reward.`;
  return `${valid} of ${tried} tried ideas have a valid result.${early}`;
}

/** Where every idea is that has no result. */
export function restText({ open, aside, rejectedAfter }: Completion): string {
  const parts = [
    open === 0 ? "" : `${open} under way`,
    aside === 0 ? "" : `${aside} put aside${rejectedAfter === 0 ? "" : `, ${rejectedAfter} of them after they were tried`}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

export function spentText({ total, gpus, calls, unpriced, bounded, stopped, saved }: Expenses): string {
  const money =
    calls === 0 ? "No calls of models" : `${bounded ? "At most " : ""}${dollarText(total.dollars)} for ${calls} calls of models`;
  const missing = unpriced === 0 ? "" : `, ${unpriced} of them without a known price`;
  const early =
    stopped === 0 ? "" : ` Early stopping of ${count(stopped, "run")} saved ${hoursText(saved)} of ${hoursText(total.hours + saved)}.`;
  return `${money}${missing}; ${hoursText(total.hours)} of ${gpus === 0 ? "runs" : "GPU time"}.${early}`;
}

/** What one result took, in money and time; null while there is none. */
export function eachText({ total }: { total: Amount }, valid: number): string | null {
  if (valid === 0) return null;
  const money = total.dollars === 0 ? "" : `${dollarText(total.dollars / valid)} and `;
  return `${money}${hoursText(total.hours / valid)} for each idea with a result.`;
}

export function hoursText(hours: number): string {
  return hours === 0 ? "0 s" : seconds(hours * 3600);
}

/** `a`, or `a → b` where another model writes the code. */
export function pairName({ ideator, implementer }: Pick<Pair, "ideator" | "implementer">): string {
  return ideator === implementer ? ideator : `${ideator} → ${implementer}`;
}

/**
 * Names of pairs without the models' providers, unless two models would then be called the same.
 * @param most characters of a name; of two models both are cut, so that either can be told
 */
export function shortPairNames(pairs: readonly Pick<Pair, "ideator" | "implementer">[], most = Infinity): string[] {
  const short = (model: string) => model.slice(model.lastIndexOf("/") + 1);
  const models = new Set(pairs.flatMap(({ ideator, implementer }) => [ideator, implementer]));
  const name = new Set([...models].map(short)).size < models.size ? (model: string) => model : short;
  return pairs.map(({ ideator, implementer }) => {
    const cut = (model: string) => clip(name(model), ideator === implementer ? most : most / 2);
    return pairName({ ideator: cut(ideator), implementer: cut(implementer) });
  });
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Whether anything has come of the ideas that could be analysed. */
export function isEmpty({ completion, expenses }: Pick<Analysis, "completion" | "expenses">): boolean {
  return completion.tried === 0 && expenses.calls === 0;
}
