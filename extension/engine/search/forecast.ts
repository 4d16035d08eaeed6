/** What a search will take, from what earlier runs and calls took. Pure. */
import type { Manifest } from "../../protocol/manifest.ts";
import { OPERATORS } from "../../protocol/model.ts";
import { type Forecast, ideasPlanned, type SearchPlan } from "../../protocol/search.ts";

/** What calls of one kind took on average per idea. */
export interface Taken {
  tokens: number;
  /** US dollars; null where no price was known. */
  dollars: number | null;
}

export interface Experience {
  /** Mean wall time of a run in seconds; null before the first. */
  seconds: number | null;
  /** Runs that can go on at once. */
  slots: number;
  /** Null while the model has not written any. */
  ideas: Taken | null;
  implementations: Taken | null;
}

const HOUR = 3600;

/** @param manifest its budget stands in for the time of a run that nobody has seen yet */
export function forecast(plan: SearchPlan, { resources, budget }: Manifest, { seconds, slots, ...took }: Experience): Forecast {
  const ideas = ideasPlanned(plan);
  const runs = ideas * plan.seeds.length;
  const gpus = resources.gpus * resources.nodes;
  const each = seconds ?? budget?.seconds ?? null;
  const hours = each === null ? null : (runs * each * Math.max(1, gpus)) / HOUR;
  const calls = callsOf(plan, ideas, took);
  const made = {
    ...{ ideas, runs, gpus, hours, ...calls },
    seconds: each === null ? null : Math.ceil(runs / slots) * each,
  };
  return { ...made, warnings: warnings(plan, made) };
}

function callsOf(
  plan: SearchPlan,
  ideas: number,
  took: Pick<Experience, "ideas" | "implementations">,
): Pick<Forecast, "dollars" | "tokens"> {
  if (plan.source === OPERATORS) return { dollars: 0, tokens: 0 };
  if (took.ideas === null || took.implementations === null) return { dollars: null, tokens: null };
  const dollars =
    took.ideas.dollars === null || took.implementations.dollars === null ? null : took.ideas.dollars + took.implementations.dollars;
  return {
    tokens: Math.round(ideas * (took.ideas.tokens + took.implementations.tokens)),
    dollars: dollars === null ? null : ideas * dollars,
  };
}

function warnings({ caps, source }: SearchPlan, made: Omit<Forecast, "warnings">): string[] {
  const reached = (what: string, cap: number, need: number | null) =>
    cap > 0 && need !== null && need > cap ? [`the cap of ${what} will probably be reached first`] : [];
  return [
    ...reached(`$${caps.dollars}`, caps.dollars, made.dollars),
    ...reached(`${caps.tokens.toLocaleString("en-US")} tokens`, caps.tokens, made.tokens),
    ...reached(`${caps.hours} ${made.gpus > 0 ? "GPU hours" : "hours of runs"}`, caps.hours, made.hours),
    ...reached(`${caps.minutes} minutes`, caps.minutes, made.seconds === null ? null : made.seconds / 60),
    ...(source !== OPERATORS && caps.dollars === 0 && caps.tokens === 0 ? ["nothing caps what its models may cost"] : []),
  ];
}
