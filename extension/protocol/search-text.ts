/** A search in words, the same in the side bar and in the terminal: what it is, how far it is, what it used and is expected to use. Pure. */
import { compact, counted, durationText, grouped, roughly } from "./format.ts";
import { hasEpochs } from "./plan.ts";
import { ideasPlanned } from "./search.ts";
import type { EarlyStop, EarlyStopRule, Forecast, Gate, Gates, Search, SearchCaps, SearchPlan } from "./search.ts";
import { targetName } from "./target-text.ts";
import { dollarText } from "./spending.ts";

/** `evolutionary search 3`. */
export const searchName = ({ id, plan }: Pick<Search, "id" | "plan">) => `${plan.algorithm} search ${id}`;

/** `epoch 3 of 10`; of a search without epochs `18 of 60 ideas`. */
export function stageText({ plan, epoch, ideas }: Pick<Search, "plan" | "epoch" | "ideas">): string {
  return hasEpochs(plan.algorithm) ? `epoch ${epoch + 1} of ${plan.epochs}` : ideasText({ plan, ideas });
}

/** `epoch 3 of 10 · 18 of 60 ideas`. */
export function progressText(search: Pick<Search, "plan" | "epoch" | "ideas">): string {
  const ideas = ideasText(search);
  return hasEpochs(search.plan.algorithm) ? `${stageText(search)} · ${ideas}` : ideas;
}

/** Where a search's runs go and how urgent they are: `on gpu-box, high priority`; empty where both are as usual. */
export function whereText({ target, priority }: Pick<SearchPlan, "target" | "priority">): string {
  return [...(target === null ? [] : [`on ${targetName(target)}`]), ...(priority === "normal" ? [] : [`${priority} priority`])].join(", ");
}

const ideasText = ({ plan, ideas }: Pick<Search, "plan" | "ideas">) => `${ideas} of ${counted(ideasPlanned(plan), "idea")}`;

/** `10 epochs of 6 ideas`; without epochs `60 ideas`. */
export function planText(plan: Pick<SearchPlan, "algorithm" | "size" | "epochs">): string {
  if (!hasEpochs(plan.algorithm)) return counted(ideasPlanned(plan), "idea");
  return `${counted(plan.epochs, "epoch")} of ${counted(plan.size, "idea")}`;
}

/** The gates at which it asks, `diffs, parents`; empty when it runs unattended. */
export const asksText = (gates: Gates) => asked(gates).join(", ");

/** The gates at which it asks. */
export const asked = (gates: Gates) => (Object.keys(gates) as Gate[]).filter((gate) => gates[gate] === "ask");

/** Which runs are stopped early, in words: `off`, `worse than the median, from 50 % on`. */
export function earlyStopText({ rule, grace }: EarlyStop): string {
  return rule === "off" ? "off" : `${EARLY_STOPS[rule]}, from ${Math.round(grace * 100)} % on`;
}

/** Runs that a rule stops. */
export const EARLY_STOPS: Record<EarlyStopRule, string> = {
  off: "none",
  median: "worse than the median",
  parents: "far behind baseline or parents",
  halving: "all but the best half",
};

/** Hours are those of GPUs where a run needs one, else those of runs. */
export const hoursName = (gpus: number) => (gpus > 0 ? "GPU hours" : "run hours");

/**
 * What a search has used, beside the caps that are set: `$0.31 of $2.00`, `0.4 of 2 GPU hours`, `12 of 60 min`; without a cap `12 min of wall time`.
 * @param gpus of one run
 * @param now milliseconds since 1970
 */
export function spentTexts({ plan: { caps }, spent, saved, startedAt, endedAt }: Search, gpus: number, now: number): string[] {
  const seconds = Math.max(0, Math.floor(((endedAt ?? now) - startedAt) / 1000));
  const minutes = Math.floor(seconds / 60);
  return [
    ...ofCap(spent.dollars, caps.dollars, dollarText, ""),
    ...ofCap(spent.tokens, caps.tokens, compact, " tokens"),
    ...ofCap(spent.hours, caps.hours, roughly, ` ${hoursName(gpus)}`),
    ...(saved > 0 ? [`${roughly(saved)} ${hoursName(gpus)} saved by early stopping`] : []),
    caps.minutes > 0 ? `${minutes} of ${roughly(caps.minutes)} min` : `${durationText(minutes < 2 ? seconds : minutes * 60)} of wall time`,
  ];
}

function ofCap(used: number, cap: number, text: (value: number) => string, unit: string): string[] {
  if (cap > 0) return [`${text(used)} of ${text(cap)}${unit}`];
  return used > 0 ? [`${text(used)}${unit}`] : [];
}

/** Caps that are set, as a plan has them: `$2.00`, `500k tokens`; empty when there is none. */
export function capTexts(caps: SearchCaps, gpus: number): string[] {
  return [
    ...(caps.dollars > 0 ? [dollarText(caps.dollars)] : []),
    ...(caps.tokens > 0 ? [`${compact(caps.tokens)} tokens`] : []),
    ...(caps.hours > 0 ? [`${roughly(caps.hours)} ${hoursName(gpus)}`] : []),
    ...(caps.minutes > 0 ? [`${roughly(caps.minutes)} min`] : []),
  ];
}

/**
 * What a search would take: `60 ideas, 60 runs · about $0.42 · 1.2 GPU hours · 38 min, done about 14:05`.
 * @param now milliseconds since 1970
 * @param clock a moment as the user's own settings write it
 */
export function forecastTexts(forecast: Forecast, now: number, clock: (milliseconds: number) => string): string[] {
  const { ideas, runs, gpus, dollars, tokens, seconds } = forecast;
  const cost =
    dollars === null ? (tokens === null ? "cost not known yet" : `about ${compact(tokens)} tokens`) : `about ${dollarText(dollars)}`;
  return [
    `${grouped(ideas)} ${ideas === 1 ? "idea" : "ideas"}, ${grouped(runs)} ${runs === 1 ? "run" : "runs"}`,
    cost,
    ...(forecast.hours === null ? [] : [`${roughly(forecast.hours)} ${hoursName(gpus)}`]),
    seconds === null ? "time not known before the first run" : `${durationText(seconds)}, done about ${clock(now + seconds * 1000)}`,
  ];
}
