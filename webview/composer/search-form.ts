/** The form of a search: how it goes, where it asks, what it may use, and what that would come to. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { capitalised, counted } from "../../extension/protocol/format.ts";
import { gatesOf, hasEpochs, hasParents } from "../../extension/protocol/plan.ts";
import { rangeText } from "../../extension/protocol/read-number.ts";
import type { Range } from "../../extension/protocol/read-number.ts";
import { exploitShare } from "../../extension/protocol/search.ts";
import { EARLY_STOPS } from "../../extension/protocol/search-text.ts";
import type { Algorithm, EarlyStopRule, Gate, Priority, Repeats, SearchCaps, SearchPlan } from "../../extension/protocol/search.ts";
import type { SearchForm, SearchPart } from "../../extension/protocol/webview/composer.ts";
import type { Option } from "../shared/choice.ts";
import type { CheckedElement } from "../shared/toolkit.ts";

export interface FormActions {
  change(form: Partial<SearchForm>): void;
  /** @param ticked whether the box says so now */
  tick(gate: Gate, ticked: boolean): void;
  /** @param what is wrong as long as it is there; null when the field can be read */
  wrong(field: string, what: string | null): void;
  start(): void;
}

export interface FormSurroundings {
  /** Ideas in an epoch. */
  count: number;
  /** Fields that cannot be read, in words. */
  wrong: readonly string[];
  ready: boolean;
}

const ABOUT: Record<Algorithm, string> = {
  evolutionary: "Epochs, each built on what was found before it.",
  "steady state": "Builds on what was found, without waiting for an epoch to end.",
  "best of n": "Fresh ideas alone; the best one counts.",
  random: "Every knob drawn anew, without a model.",
};
const ALGORITHMS = options(Object.keys(ABOUT) as Algorithm[], capitalised);
const GATES: Record<Gate, string> = {
  ideas: "Every idea waits for you before its code is written",
  diffs: "Every proposal waits for your review before it is committed",
  runs: "Every approved idea waits for you before it runs",
  parents: "Every epoch waits until you have looked at what it builds on",
};

const SCHEDULE = "schedule";
const percent = (share: number) => `${Math.round(share * 100)} %`;
const SHARES = [
  { id: SCHEDULE, label: "Paper's schedule", problem: null },
  ...options(
    Array.from({ length: 11 }, (_, tenth) => String(tenth / 10)),
    (share) => percent(Number(share)),
  ),
];
const SCHEDULED = `Share of an epoch's ideas that builds on parents; the others explore. The paper's schedule goes from ${percent(exploitShare(0))} to ${percent(exploitShare(99))}.`;
const BASES = options<SearchPlan["base"]>(["baseline", "parent"], (base) => (base === "baseline" ? "The baseline" : "The parent's commit"));
const REPEATS = options<Repeats>(["skip", "ask", "keep"], (repeats) => {
  return { skip: "Put aside", ask: "Ask me", keep: "Keep" }[repeats];
});

const EARLY = options<EarlyStopRule>(["off", "median", "parents", "halving"], (rule) => capitalised(EARLY_STOPS[rule]));
const EARLY_HINT = "Runs that are stopped before their end, from half of it on, because they are clearly worse than others were there";
const PRIORITIES = options<Priority>(["low", "normal", "high"], capitalised);

const EPOCHS: Range = { min: 1, max: 1000, whole: true };
const SEEDS: Range = { min: 1, max: 20, whole: true };
const WHOLE_CAP: Range = { min: 0, max: 1_000_000_000_000, whole: true };
const CAP: Range = { ...WHOLE_CAP, whole: false };

export function searchForm(part: SearchPart, surroundings: FormSurroundings, actions: FormActions): TemplateResult {
  const { form, hours } = part;
  const { algorithm } = form;
  const { ready, wrong, count } = surroundings;
  const times = hasEpochs(algorithm) ? "Epochs" : "Times";
  const all = `= ${counted(count * form.epochs, "idea")}`;
  const startable = ready && part.problem === null && wrong.length === 0 && !part.starting;
  return html`<div class="rows">
      ${choice("Algorithm", ALGORITHMS, algorithm, (chosen) => actions.change({ algorithm: chosen }))}
      <div class="wide dim">${ABOUT[algorithm]}</div>
      ${labelled(times, numberField({ label: times, name: "epochs", value: form.epochs, range: EPOCHS, unit: all }, actions))}
      ${hasParents(algorithm) ? parents(form, actions) : nothing}
      ${labelled("Seeds", numberField({ label: "Seeds", name: "seeds", value: form.seeds, range: SEEDS, unit: "per idea" }, actions))}
      ${choice("Repeats", REPEATS, form.repeats, (repeats) => actions.change({ repeats }), "What becomes of ideas that nearly repeat an earlier one")}
      ${choice("Stop early", EARLY, form.earlyStop, (earlyStop) => actions.change({ earlyStop }), EARLY_HINT)} ${whereItRuns(part, actions)}
    </div>
    ${gates(form, actions)} ${caps(form, hours, actions)} ${outlook(part, wrong)}
    <vscode-button ?disabled=${!startable} @click=${() => actions.start()}
      >${part.starting ? "Starting …" : "Start search"}</vscode-button
    >`;
}

function parents({ exploit, base }: SearchForm, actions: FormActions): TemplateResult {
  const chosen = (id: string) => actions.change({ exploit: id === SCHEDULE ? null : Number(id) });
  return html`${choice("Exploit", SHARES, exploit === null ? SCHEDULE : String(exploit), chosen, SCHEDULED)}
  ${choice("Written on", BASES, base, (id) => actions.change({ base: id }), "What ideas that build on a parent are written on")}`;
}

function whereItRuns({ form, targets, target, prioritised }: SearchPart, actions: FormActions): TemplateResult {
  const hint = "What part of the queue its runs have beside those of other searches: four times as much from each to the next";
  return html`${
    targets.length === 0
      ? nothing
      : choice("Runs on", targets, target, (id) => actions.change({ target: id }), "The target that its runs are queued for")
  }
  ${prioritised ? choice("Priority", PRIORITIES, form.priority, (priority) => actions.change({ priority }), hint) : nothing}`;
}

function gates({ algorithm, asks }: SearchForm, actions: FormActions): TemplateResult {
  return html`<fieldset>
    <legend>Ask me before</legend>
    <div class="gates">
      ${gatesOf(algorithm).map(
        (gate) =>
          html`<vscode-checkbox
            .checked=${asks.includes(gate)}
            title=${GATES[gate]}
            @change=${(event: Event) => actions.tick(gate, (event.currentTarget as CheckedElement).checked)}
            >${gate}</vscode-checkbox
          >`,
      )}
    </div>
  </fieldset>`;
}

function caps(form: SearchForm, hours: string, actions: FormActions): TemplateResult {
  const cap = (name: keyof SearchCaps, unit: string, range: Range) => {
    const field = { label: `Cap on ${unit}`, name, value: form.caps[name], range, unit, none: "no cap" };
    return numberField(field, actions, (value) => actions.change({ caps: { ...form.caps, [name]: value } }));
  };
  return html`<fieldset>
    <legend>Stop before it takes more than</legend>
    <div class="caps">
      ${cap("dollars", "dollars", CAP)} ${cap("tokens", "tokens", WHOLE_CAP)} ${cap("hours", hours, CAP)} ${cap("minutes", "minutes", CAP)}
    </div>
  </fieldset>`;
}

/** What the search would come to, or what is wrong with it. */
function outlook({ problem, forecast, failure }: SearchPart, wrong: readonly string[]): TemplateResult {
  const said = wrong.length > 0 || problem === null ? wrong : [problem];
  if (said.length > 0) return html`${said.map((what) => html`<div class="bad" role="alert">${what}</div>`)}`;
  return html`<div class="dim forecast ${forecast?.old === true ? "old" : ""}" role="status">
      ${forecast === null ? "Looking what it would take …" : forecast.text}
    </div>
    ${forecast?.warnings.map((warning) => html`<div class="unsure warning">${warning}</div>`)}
    ${failure === null ? nothing : html`<div class="message error" role="alert" tabindex="0" .textContent=${failure}></div>`}`;
}

function labelled(label: string, control: TemplateResult): TemplateResult {
  return html`<span class="label" aria-hidden="true">${label}</span>${control}`;
}

function choice<Id extends string>(
  label: string,
  all: readonly Option[],
  value: Id,
  choose: (chosen: Id) => void,
  hint = label,
): TemplateResult {
  return labelled(
    label,
    html`<proving-ground-choice
      title=${hint}
      .label=${label}
      .options=${all}
      .value=${value}
      @choose=${(event: CustomEvent<Id>) => choose(event.detail)}
    ></proving-ground-choice>`,
  );
}

interface Field {
  label: string;
  name: string;
  value: number;
  range: Range;
  unit: string;
  none?: string;
}

function numberField(
  { label, name, value, range, unit, none }: Field,
  actions: Pick<FormActions, "change" | "wrong">,
  choose = (chosen: number) => actions.change({ [name]: chosen }),
): TemplateResult {
  const wrong = `${label} must be ${rangeText(range)}.`;
  return html`<proving-ground-number
    .label=${label}
    .value=${value}
    .range=${range}
    .unit=${unit}
    .none=${none ?? null}
    @choose=${(event: CustomEvent<number>) => choose(event.detail)}
    @wrong=${(event: CustomEvent<boolean>) => actions.wrong(name, event.detail ? wrong : null)}
  ></proving-ground-number>`;
}

function options<Id extends string>(ids: readonly Id[], label: (id: Id) => string): Option[] {
  return ids.map((id) => ({ id, label: label(id), problem: null }));
}
