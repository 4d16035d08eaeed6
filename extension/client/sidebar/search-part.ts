/** What the composer shows of searches: form, forecast and the search under way. Pure. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { capTexts, forecastTexts, hoursName, planText } from "../../protocol/search-text.ts";
import type { SearchForm, SearchPart } from "../../protocol/webview/composer.ts";
import { messageOf } from "../../protocol/message.ts";
import type { Answer } from "./forecasts.ts";
import { type TargetChoice, targetChoices } from "./target-choices.ts";
import { searchCard } from "./search-card.ts";
import { formProblem } from "./search-form.ts";
import type { Ideas } from "./search-form.ts";

/** What the window knows of the search that is about to be started. */
export interface AboutToStart {
  form: SearchForm;
  /** Target that the settings name for runs; null: any. */
  target: string | null;
  starting: boolean;
  failure: string | null;
  forecast: { answer: Answer; old: boolean } | null;
}

/** The time, and a moment as the user's own settings write it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now: number;
  text: (milliseconds: number) => string;
}

export function searchPart(
  { form, target, starting, failure, forecast }: AboutToStart,
  ideas: Ideas,
  environment: ValidEnvironment | null,
  snapshot: Snapshot | null,
  clock: Clock,
): SearchPart {
  const gpus = environment?.manifest.resources.gpus ?? 0;
  const plan = { algorithm: form.algorithm, size: ideas.count, epochs: form.epochs };
  return {
    form,
    gist: [`${form.algorithm}, ${planText(plan)}`, ...capTexts(form.caps, gpus)].join(" · "),
    ...whereTo(form, target, snapshot),
    hours: hoursName(gpus),
    problem: formProblem(form, ideas),
    forecast: forecast === null ? null : { ...said(forecast.answer, clock), old: forecast.old },
    starting,
    failure,
    card: environment === null || snapshot === null ? null : searchCard(snapshot, environment, clock.now),
  };
}

/** Where its runs could go, and whether others could stand in the queue beside them. */
function whereTo(
  form: SearchForm,
  target: string | null,
  snapshot: Snapshot | null,
): Pick<SearchPart, "targets" | "target" | "prioritised"> {
  const targets = snapshot?.targets ?? [];
  const chosen = form.target ?? target ?? "";
  const several = targets.length > 1 || (chosen !== "" && snapshot !== null);
  const gone =
    chosen === "" || targets.some(({ name }) => name === chosen) ? [] : [{ id: chosen, label: chosen, problem: "it is no longer there" }];
  return {
    targets: several ? [...targetChoices(targets, chosen).map(choiceOf), ...gone] : [],
    target: chosen,
    prioritised: targets.length > 1 || (snapshot?.searches.some(({ state }) => state !== "ended") ?? false),
  };
}

/** One that would keep runs waiting can be chosen all the same. */
function choiceOf({ name, label, waits }: TargetChoice): SearchPart["targets"][number] {
  return { id: name ?? "", label: waits === "" ? label : `${label} (${waits})`, problem: null };
}

function said(answer: Answer, { now, text }: Clock): { text: string; warnings: string[] } {
  if (answer.kind === "failed") return { text: "", warnings: [messageOf(answer.error)] };
  return { text: forecastTexts(answer.forecast, now, text).join(" · "), warnings: answer.forecast.warnings };
}

/** A moment of today by its time alone, of another day with the day of the week; a week or more away as a date. */
export function clockText(at: number, now: number): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const then = new Date(at);
  if (then.toDateString() === new Date(now).toDateString()) return then.toLocaleTimeString(undefined, time);
  const near = Math.abs(at - now) < 6 * 24 * 3_600_000;
  return then.toLocaleString(undefined, near ? { weekday: "short", ...time } : { dateStyle: "medium" });
}
