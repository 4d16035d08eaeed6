/** The parts of the Analysis pane on one environment's ideas: progress, completion, kinds, likeness, what it took. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { type Agreement, type Analysis, type Estimate, type FailureFigures, metricOf } from "../../extension/protocol/analysis.ts";
import { dollarText } from "../../extension/protocol/spending.ts";
import { likenessPlot, rewardPlot } from "./analysis-figures.ts";
import {
  completedText,
  eachText,
  FAILURE_NAMES,
  hoursText,
  newest,
  percentText,
  restText,
  shareEnds,
  spentText,
  STAGE_NAMES,
  tokenText,
} from "./analysis-text.ts";
import { decimalsFor, value } from "./numbers.ts";

/** What the parts need beside the analysis. */
export interface PartView {
  analysis: Analysis;
  /** A reward as text; `–` for none. */
  reward: (reward: number | null) => string;
  /** Goes to an idea's row. */
  reveal: (idea: number) => void;
  /** Parts whose every row is shown. */
  whole: ReadonlySet<string>;
  showWhole: (part: string) => void;
}

/** Rows of a table that are shown at first. */
const MOST_ROWS = 8;

export function part(id: string, title: string, content: TemplateResult): TemplateResult {
  return html`<section class="part" aria-labelledby="part-${id}">
    <h3 id="part-${id}">${title}</h3>
    ${content}
  </section>`;
}

export function progress(view: PartView): TemplateResult {
  const { analysis, reward } = view;
  const { epochs, scale } = analysis;
  const best = epochs.at(-1)?.bestSoFar ?? null;
  const metric = best === null ? "" : `${scale.metric} ${value(metricOf(best, scale), decimalsFor(scale.baseline ?? best))}`;
  return part(
    "progress",
    "Reward by epoch",
    html`${
      best === null
        ? nothing
        : html`<p class="hint">
            Best so far ${reward(best)}, ${metric}.
            ${scale.baseline === null ? "" : `A reward is the gain over the ${scale.measured ? "" : "published "}baseline.`}
          </p>`
    }
    ${best === null || epochs.length < 2 ? nothing : plot(rewardPlot(epochs, scale, reward), `Best and mean reward of ${epochs.length} epochs; best so far ${reward(best)}`)}
    ${rows(
      view,
      "progress",
      ["epoch", "ideas", "completed", "mean", "best"],
      epochs,
      (one) =>
        html`<th scope="row">${one.epoch}</th>
          <td>${one.ideas}</td>
          <td>${one.tried === 0 ? "–" : `${one.valid}/${one.tried}`}</td>
          <td>${reward(one.mean)}</td>
          <td>${ideaLink(view, one.bestIdea, reward(one.best))}</td>`,
    )}`,
  );
}

export function completion({ analysis: { completion: all } }: PartView): TemplateResult {
  const rest = restText(all);
  return part(
    "completion",
    "Completion",
    html`<p class="hint">${completedText(all)}${rest === "" ? "" : ` Beside them ${rest}.`}</p>
      <div class="bars" role="list" aria-label="Ideas by the stage they reached">
        ${bar("Tried", all.tried, all.tried, null)}
        ${all.stages.map(({ stage, ideas, share }) => bar(STAGE_NAMES[stage], ideas, all.tried, share))}
      </div>
      ${all.failures.length === 0 ? nothing : failures(all.failures)}`,
  );
}

function bar(name: string, ideas: number, tried: number, share: Estimate | null): TemplateResult {
  return html`<div class="bar" role="listitem">
    <span class="name">${name}</span>
    <span class="track"><i .style=${`width:${tried === 0 ? 0 : (100 * ideas) / tried}%`}></i></span>
    <span class="amount">${ideas}</span
    ><span class="amount dim"
      >${share === null ? nothing : html`${percentText(share.value)} <span class="ends">${shareEnds(share)}</span>`}</span
    >
  </div>`;
}

function failures(all: readonly FailureFigures[]): TemplateResult {
  return html`<div class="scroll-x">
    <table class="figures words">
      <thead>
        <tr>
          <th scope="col">why no further</th>
          <th scope="col">ideas ended</th>
          <th scope="col" title="Attempts at an implementation, or runs, that ended so; of ideas that succeeded later too">tries</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          ({ reason, stage, ideas, tries }) =>
            html`<tr title="Before: ${STAGE_NAMES[stage]}">
              <th scope="row">${FAILURE_NAMES[reason] ?? reason}</th>
              <td class=${ideas === 0 ? "dim" : "bad"}>${ideas}</td>
              <td>${tries}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function kinds(view: PartView): TemplateResult | typeof nothing {
  const { kinds: all, unknown, judge } = view.analysis.kinds;
  if (all.every(({ ideas }) => ideas === 0)) return nothing;
  return part(
    "kinds",
    "Kinds of ideas",
    html`<div class="scroll-x">
        <table class="figures">
          ${heads(["kind", "share", "completed", "mean", "best"], "mean")}
          <tbody>
            ${all.map(
              (one) =>
                html`<tr>
                  <th scope="row">${one.kind}</th>
                  <td title="${one.ideas} ideas">${percentText(one.share)}</td>
                  <td>${one.tried === 0 ? "–" : `${one.valid}/${one.tried}`}</td>
                  <td class="wide">${view.reward(one.mean)}</td>
                  <td>${ideaLink(view, one.bestIdea, view.reward(one.best))}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${unknown === 0 ? nothing : html`<p class="hint">${unknown} ideas have no code yet that would tell their kind.</p>`}
      ${judge === null ? nothing : html`<p class="hint">${judgeText(judge)}</p>`}`,
  );
}

function judgeText({ ideas, same, share, kappa, judgedAlgorithmic }: Agreement): string {
  const beyond = kappa === null ? "both call everything the same" : `Cohen’s κ ${kappa.toFixed(2)}`;
  return `A model judged ${ideas} of them, ${percentText(judgedAlgorithmic)} as algorithmic, and agrees with the code on ${same}: ${percentText(share)}, ${beyond}.`;
}

export function likeness(view: PartView): TemplateResult | typeof nothing {
  const { alike, epochs } = view.analysis.similarity;
  const last = epochs.findLast(({ commonest }) => commonest !== null);
  const common = last?.commonest ?? null;
  if (last === undefined || common === null || epochs.every(({ ideas }) => ideas < 2)) return nothing;
  const partly = epochs.some(({ compared, ideas }) => compared < ideas);
  return part(
    "likeness",
    "Likeness",
    html`${epochs.length < 2 ? nothing : plot(likenessPlot(epochs), `How alike the ideas of ${epochs.length} epochs are`)}
      <p class="hint">
        Commonest in epoch ${last.epoch}:
        ${
          common.ideas === 1
            ? "none, no two ideas share half of their words."
            : html`${common.ideas} of ${last.compared} are like ${ideaLink(view, common.idea, `#${common.idea}`)} ${common.title}
              (${percentText(common.share)}), sharing ${percentText(alike)} of their words or more.`
        }
        ${partly ? "Of large epochs a part is compared, spread evenly over them." : nothing}
      </p>
      <details ?open=${epochs.length < 2}>
        <summary>Figures</summary>
        ${rows(
          view,
          "likeness",
          ["epoch", "compared", "in it", "to the last", "commonest"],
          epochs,
          (one) =>
            html`<th scope="row">${one.epoch}</th>
              <td>${one.compared}/${one.ideas}</td>
              <td>${one.within === null ? "–" : percentText(one.within)}</td>
              <td>${one.before === null ? "–" : percentText(one.before)}</td>
              <td>
                ${one.commonest === null ? "–" : ideaLink(view, one.commonest.idea, percentText(one.commonest.share), one.commonest.title)}
              </td>`,
        )}
      </details>`,
  );
}

export function expenses(view: PartView): TemplateResult {
  const { expenses: all, completion: of } = view.analysis;
  const models = all.calls > 0;
  return part(
    "expenses",
    "Spent",
    html`<p class="hint">
        ${spentText(all)} ${eachText(all, of.valid) ?? nothing}
        ${all.purposes.length > 1 ? `By purpose: ${all.purposes.map((one) => `${one.purpose} ${dollarText(one.dollars)}`).join(", ")}.` : nothing}
      </p>
      ${rows(
        view,
        "expenses",
        ["epoch", ...(models ? ["dollars", "tokens"] : []), all.gpus === 0 ? "runs" : "GPU time"],
        all.epochs,
        ({ epoch, amount }) =>
          html`<th scope="row">${epoch}</th>
            ${
              models
                ? html`<td>${dollarText(amount.dollars)}</td>
                    <td>${tokenText(amount.tokens)}</td>`
                : nothing
            }
            <td>${hoursText(amount.hours)}</td>`,
      )}`,
  );
}

/** A table of epochs, newest first. */
function rows<T>(
  view: PartView,
  id: string,
  headings: readonly string[],
  all: readonly T[],
  row: (one: T) => TemplateResult,
): TemplateResult {
  const shown = newest(all, view.whole.has(id) ? all.length : MOST_ROWS);
  return html`<div class="scroll-x">
      <table class="figures">
        ${heads(headings)}
        <tbody>
          ${shown.map(
            (one) =>
              html`<tr>
                ${row(one)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      shown.length < all.length
        ? html`<p class="hint">
            <button class="plain-button link" @click=${() => view.showWhole(id)}>Show all ${all.length} epochs</button>
          </p>`
        : nothing
    }`;
}

/** @param wide a column that is left out where there is little room */
function heads(names: readonly string[], wide = ""): TemplateResult {
  return html`<thead>
    <tr>
      ${names.map((name) => html`<th scope="col" class=${name === wide ? "wide" : ""}>${name}</th>`)}
    </tr>
  </thead>`;
}

export function plot(figures: ReturnType<typeof rewardPlot>, label: string): TemplateResult {
  return html`<proving-ground-plot .figures=${figures} .label=${label}></proving-ground-plot>`;
}

export function ideaLink({ reveal }: Pick<PartView, "reveal">, idea: number | null, text: string, title = ""): TemplateResult {
  if (idea === null) return html`${text}`;
  const about = title === "" ? `#${idea}` : `#${idea} ${title}`;
  return html`<button class="plain-button link" title=${about} aria-label="${text}, go to idea ${about}" @click=${() => reveal(idea)}>
    ${text}
  </button>`;
}
