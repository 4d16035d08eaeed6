/** The parts of the Analysis pane that put things side by side: searches against sampling, and the models of a benchmark. */
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Benchmark, Comparison } from "../../extension/protocol/analysis.ts";
import { dollarText } from "../../extension/protocol/spending.ts";
import { comparisonPlot, type IntervalFigure, pairFigures, type Whisker } from "./analysis-figures.ts";
import { ideaLink, part, type PartView, plot } from "./analysis-parts.ts";
import { comparisonText, estimateEnds, hoursText, pairName, percentText, shareEnds, shortPairNames } from "./analysis-text.ts";

/** Comparisons that are shown at first, of the newest searches. */
const MOST_SEARCHES = 3;

export function comparisons(view: PartView): TemplateResult | typeof nothing {
  const all = view.analysis.comparisons.toReversed();
  if (all.length === 0) return nothing;
  const shown = view.whole.has("comparisons") ? all : all.slice(0, MOST_SEARCHES);
  return part(
    "comparisons",
    "Search against best of N",
    html`${shown.map((one) => comparison(view, one))}
    ${
      shown.length < all.length
        ? html`<p class="hint">
            <button class="plain-button link" @click=${() => view.showWhole("comparisons")}>Show all ${all.length} searches</button>
          </p>`
        : nothing
    }`,
  );
}

function comparison({ reward }: PartView, one: Comparison): TemplateResult {
  const name = one.search === null ? "By hand" : `Search ${one.search}`;
  return html`<h4>${name} <span class="dim">${one.writers.join(", ")}</span></h4>
    ${one.problem === null ? plot(comparisonPlot(one, reward), `${name} against the best of as many fresh ideas`) : nothing}
    <p class="hint">
      ${comparisonText(one, reward)}
      ${one.problem === null ? `The band holds 95 % of draws from the ${one.pool} fresh ideas there are.` : nothing}
    </p>`;
}

export function benchmarks(view: PartView): TemplateResult[] {
  return view.analysis.benchmarks.map((one) =>
    part(
      `benchmark-${one.benchmark}`,
      `Benchmark ${one.benchmark} of models${one.ended ? "" : ", under way"}`,
      html`<div
          class="intervals"
          role="img"
          aria-label="Completion rate, average and best reward of ${one.pairs.length} pairs, with intervals; the table below has the figures"
        >
          ${pairFigures(one.pairs, view.analysis.scale, view.reward).map(intervals)}
        </div>
        ${pairs(view, one)}`,
    ),
  );
}

function intervals({ title, zero, rows }: IntervalFigure): TemplateResult {
  return html`<div class="measure">${title}</div>
    ${rows.map(
      (row) =>
        html`<span class="name" title=${row.name}>${row.name}</span>
          <span class="track">
            ${zero === null ? nothing : html`<i class="zero" .style=${`left:${100 * zero}%`}></i>`}${row.value === null ? nothing : whisker(row)}
          </span>
          <span class="amount">${row.value ?? "–"}</span>`,
    )}`;
}

function whisker({ at, low, high, open }: Whisker): TemplateResult {
  return html`<i class="range ${open ? "open" : ""}" .style=${`left:${100 * low}%;width:${100 * (high - low)}%`}></i
    ><i class="dot" .style=${`left:${100 * at}%`}></i>`;
}

function pairs(view: PartView, { pairs: all }: Benchmark): TemplateResult {
  const { reward } = view;
  const names = shortPairNames(all);
  return html`<div class="scroll-x">
    <table class="figures words">
      <thead>
        <tr>
          <th scope="col">ideas → code</th>
          <th scope="col" class="wide">tried</th>
          <th scope="col">completed</th>
          <th scope="col">average</th>
          <th scope="col">best</th>
          <th scope="col" class="wide">spent</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          (one, index) =>
            html`<tr>
              <th scope="row" title=${pairName(one)}>${names[index]}</th>
              <td class="wide" title="${one.ideas} written, ${one.open} under way, ${one.aside} put aside">${one.tried}/${one.planned}</td>
              <td>${one.completion === null ? "–" : percentText(one.completion.value)} ${ends(shareEnds(one.completion))}</td>
              <td>${reward(one.mean?.value ?? null)} ${ends(estimateEnds(one.mean, reward))}</td>
              <td>${ideaLink(view, one.bestIdea, reward(one.best?.value ?? null))} ${ends(estimateEnds(one.best, reward))}</td>
              <td class="wide">${dollarText(one.spent.dollars)} · ${hoursText(one.spent.hours)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The ends of an interval, which the figure above shows too: left out where there is little room. */
function ends(text: string): TemplateResult {
  return html`<span class="ends dim">${text}</span>`;
}
