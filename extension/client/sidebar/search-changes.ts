/** What may be changed of a search that goes on: each part with its present value, and how a new one is asked for. Pure. */
import { counted } from "../../protocol/format.ts";
import { gatesOf, hasEpochs, hasParents, planProblem } from "../../protocol/plan.ts";
import { rangeText, readNumber } from "../../protocol/read-number.ts";
import type { Range } from "../../protocol/read-number.ts";
import type { Target } from "../../protocol/run.ts";
import { Priority } from "../../protocol/search.ts";
import { targetName } from "../../protocol/target-text.ts";
import { targetChoices } from "./target-choices.ts";
import type { Gate, PlanChange, Search, SearchCaps, SearchPlan } from "../../protocol/search.ts";
import { asked, asksText, EARLY_STOPS, hoursName } from "../../protocol/search-text.ts";

export interface Option {
  label: string;
  detail?: string;
  change: PlanChange;
  /** Whether it is so already. */
  now: boolean;
}

/** How a new value is asked for: in a field that is read or refused with a sentence, as one of several, or as a set of gates. */
export type Ask =
  | { kind: "field"; prompt: string; value: string; read: (text: string) => PlanChange | string }
  | { kind: "options"; options: Option[] }
  | { kind: "gates"; gates: { gate: Gate; label: string; asks: boolean }[] };

export interface ChangeablePart {
  label: string;
  /** Its present value, in words. */
  now: string;
  ask: Ask;
}

/**
 * @param gpus of one run
 * @param targets there are
 */
export function changeableParts({ plan, spent }: Search, gpus: number, targets: readonly Target[]): ChangeablePart[] {
  const epochs = hasEpochs(plan.algorithm);
  return [
    numberPart(plan, "size", epochs ? "Ideas in an Epoch" : "Ideas at a Time", { min: 1, max: 200, whole: true }),
    numberPart(plan, "epochs", epochs ? "Epochs" : "Times", { min: 1, max: 1000, whole: true }),
    gatesPart(plan),
    ...(hasParents(plan.algorithm) ? [exploitPart(plan), basePart(plan)] : []),
    repeatsPart(plan),
    earlyStopPart(plan),
    ...(targets.length > 1 || plan.target !== null ? [targetPart(plan, targets)] : []),
    priorityPart(plan),
    capPart(plan, "dollars", "Cap: Dollars", "US dollars for models", false, spent.dollars),
    capPart(plan, "tokens", "Cap: Tokens", "Tokens, in and out together", true, spent.tokens),
    capPart(plan, "hours", gpus > 0 ? "Cap: GPU Hours" : "Cap: Run Hours", `${hoursName(gpus)} of its runs`, false, spent.hours),
    capPart(plan, "minutes", "Cap: Minutes", "Minutes since it began, pauses included", false, null),
    {
      label: "What Ideas Are About",
      now: plan.instructions === "" ? "anything" : plan.instructions,
      ask: {
        kind: "field",
        prompt: "Told to the model with its next request",
        value: plan.instructions,
        read: (instructions) => ({ instructions }),
      },
    },
  ];
}

/** What a set of gates comes to. */
export function gatesChange(algorithm: SearchPlan["algorithm"], asks: readonly Gate[]): PlanChange {
  return { gates: Object.fromEntries(gatesOf(algorithm).map((gate) => [gate, asks.includes(gate) ? "ask" : "auto"] as const)) };
}

function numberPart(plan: SearchPlan, part: "size" | "epochs", label: string, range: Range): ChangeablePart {
  const read = (text: string) => {
    const value = readNumber(text, range);
    if (value === null) return `It must be ${rangeText(range)}.`;
    return planProblem({ ...plan, [part]: value }) ?? { [part]: value };
  };
  const planned = `${counted(plan.size, "idea")} × ${plan.epochs}`;
  return { label, now: String(plan[part]), ask: { kind: "field", prompt: `Now ${planned}`, value: String(plan[part]), read } };
}

const GATES: Record<Gate, string> = {
  ideas: "Ideas, before their code is written",
  diffs: "Diffs, before they are committed",
  runs: "Runs, before they begin",
  parents: "Parents, before the next epoch",
};

function gatesPart({ algorithm, gates }: SearchPlan): ChangeablePart {
  const asks = asked(gates);
  const offered = gatesOf(algorithm).map((gate) => ({ gate, label: GATES[gate], asks: asks.includes(gate) }));
  return { label: "Ask Me Before", now: asksText(gates) || "nothing", ask: { kind: "gates", gates: offered } };
}

function exploitPart({ exploit }: SearchPlan): ChangeablePart {
  const percents = Array.from({ length: 11 }, (_, tenth) => tenth / 10);
  const options = [null, ...percents].map((share) => ({ label: shareText(share), change: { exploit: share }, now: share === exploit }));
  return { label: "Explore or Exploit", now: shareText(exploit), ask: { kind: "options", options } };
}

/** `as the paper's schedule`, `30 % exploit`. */
function shareText(share: number | null): string {
  if (share === null) return "the paper's schedule";
  const percent = Math.round(share * 100);
  return percent === 0 ? "explore alone" : percent === 100 ? "exploit alone" : `${percent} % exploit`;
}

function basePart({ base }: SearchPlan): ChangeablePart {
  const options = (["baseline", "parent"] as const).map((one) => ({ label: BASES[one], change: { base: one }, now: one === base }));
  return { label: "Exploiting Ideas Are Written On", now: BASES[base], ask: { kind: "options", options } };
}
const BASES = { baseline: "the baseline", parent: "the parent's commit" };

function repeatsPart({ repeats }: SearchPlan): ChangeablePart {
  const options = (["skip", "ask", "keep"] as const).map((one) => ({
    label: REPEATS[one],
    change: { repeats: one },
    now: one === repeats,
  }));
  return { label: "Near-Repeats", now: REPEATS[repeats], ask: { kind: "options", options } };
}

function earlyStopPart({ earlyStop }: SearchPlan): ChangeablePart {
  const options = (["off", "median", "parents", "halving"] as const).map((rule) => ({
    label: EARLY_STOPS[rule],
    change: { earlyStop: { rule } },
    now: rule === earlyStop.rule,
  }));
  return { label: "Runs Stopped Early", now: EARLY_STOPS[earlyStop.rule], ask: { kind: "options", options } };
}
const REPEATS = { skip: "put aside", ask: "wait for me", keep: "kept as others" };

function targetPart({ target }: SearchPlan, targets: readonly Target[]): ChangeablePart {
  const options = targetChoices(targets, target).map(({ name, label, detail, now }) => ({ label, detail, change: { target: name }, now }));
  return { label: "Where It Runs", now: target === null ? "any target" : targetName(target), ask: { kind: "options", options } };
}

function priorityPart({ priority }: SearchPlan): ChangeablePart {
  const options = Priority.options.map((one) => ({
    label: one,
    detail: PRIORITIES[one],
    change: { priority: one },
    now: one === priority,
  }));
  return { label: "Priority", now: priority, ask: { kind: "options", options } };
}
const PRIORITIES = {
  low: "a quarter of the queue's time of a normal search",
  normal: "the same part of the queue's time as other searches",
  high: "four times the part of a normal search, as runs by hand have",
};

function capPart(
  { caps }: SearchPlan,
  cap: keyof SearchCaps,
  label: string,
  what: string,
  whole: boolean,
  used: number | null,
): ChangeablePart {
  const range = { min: 0, max: Infinity, whole };
  const read = (text: string) => {
    const value = text.trim() === "" ? 0 : readNumber(text, range);
    return value === null ? `It must be ${rangeText(range)}; 0 is no cap.` : { caps: { [cap]: value } };
  };
  const prompt = `${what}, all in all; 0 is no cap.${used === null || used === 0 ? "" : ` Used so far: ${Number(used.toPrecision(3))}.`}`;
  return { label, now: caps[cap] === 0 ? "none" : String(caps[cap]), ask: { kind: "field", prompt, value: String(caps[cap]), read } };
}
