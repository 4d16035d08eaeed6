/** The panel's head: best against baseline, how many ideas got through, and the epochs at a glance. */
import { html, nothing, svg } from "lit";
import type { TemplateResult } from "lit";
import { condensed } from "./collect.ts";
import type { EpochPoint, Results } from "./collect.ts";
import { count, decimalsFor, difference, percent, value } from "./numbers.ts";

/** @param reveal goes to an idea's row */
export function header(results: Results, reveal: (idea: number) => void): TemplateResult {
  const { reference, summary } = results;
  const { best } = summary;
  const decimals = decimalsFor(reference.mean ?? best?.idea.metric ?? null);
  return html`<header class="summary-bar">
    ${
      best === null
        ? figure("Best", html`<span class="dim">no result yet</span>`)
        : figure(
            `Best, ${count(best.idea.seeds, "seed")}`,
            html`${value(best.idea.metric, decimals)}${plusMinus(best.deviation, decimals)}
              <small class=${best.tone}>${best.delta === null ? "" : difference(best.delta, decimals)}</small>`,
            html`<button class="plain-button link one-line" title=${best.idea.title} @click=${() => reveal(best.idea.id)}>
              #${best.idea.id} ${best.idea.title}
            </button>`,
          )
    }
    ${figure(
      reference.measured ? `Baseline, ${count(reference.seeds, "seed")}` : reference.mean === null ? "Baseline" : "Baseline, published",
      reference.mean === null
        ? html`<span class="dim">not measured</span>`
        : html`${value(reference.mean, decimals)}${plusMinus(reference.deviation, decimals)}`,
      html`<span class="one-line" title=${reference.unit}>${reference.metric} ${reference.minimize ? "↓" : "↑"} ${reference.unit}</span>`,
    )}
    ${figure(
      "Ideas → completed",
      html`${summary.ideas} → ${summary.completed} <small class="dim">${percent(summary.completed, summary.ideas)}</small>`,
      html`${summary.running > 0 ? html`<span class="active">${summary.running} running</span>` : nothing}
      ${summary.running > 0 && summary.queued > 0 ? "·" : nothing} ${summary.queued > 0 ? `${summary.queued} queued` : nothing}`,
    )}
    <span class="spacer"></span>
    ${results.epochs.some((point) => point.best !== null) ? epochChart(results, decimals) : nothing}
  </header>`;
}

function figure(label: string, content: TemplateResult, below: TemplateResult | null = null): TemplateResult {
  return html`<div class="figure">
    <div class="label">${label}</div>
    <div class="value">${content}</div>
    ${below === null ? nothing : html`<div class="below dim">${below}</div>`}
  </div>`;
}

function plusMinus(deviation: number | null, decimals: number): string {
  return deviation === null ? "" : ` ± ${value(deviation, decimals)}`;
}

const MOST_POINTS = 60;
const WIDTH = 250;
const HEIGHT = 64;
const LEFT = 6;
const RIGHT = 58;
const TOP = 17;
const BOTTOM = 7;

function epochChart({ epochs: all, reference }: Results, decimals: number): TemplateResult {
  const epochs = condensed(all, MOST_POINTS, reference);
  const values = [...epochs.flatMap((point) => [point.best, point.mean]), reference.mean].filter((one) => one !== null);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const first = epochs[0]?.epoch ?? 0;
  const span = Math.max(1, (epochs.at(-1)?.epoch ?? 0) - first);
  const x = (epoch: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (epoch - first)) / span;
  const y = (at: number): number => TOP + ((HEIGHT - TOP - BOTTOM) * (high - at)) / (high - low || 1);
  const lines = [
    { name: "best", points: plotted(epochs, "best") },
    { name: "mean", points: plotted(epochs, "mean") },
  ];
  const ends = spreadOut([
    ...lines.flatMap(({ name, points }) => (points.length === 0 ? [] : [{ name, y: y(points.at(-1)?.value ?? 0) }])),
    ...(reference.mean === null ? [] : [{ name: "baseline", y: y(reference.mean) }]),
  ]);
  const last = all.at(-1);
  return html`<svg
    class="epochs"
    width=${WIDTH}
    height=${HEIGHT}
    role="img"
    aria-label="${reference.metric} by epoch; in epoch ${last?.epoch ?? 0} best ${value(last?.best ?? null, decimals)}, mean ${value(last?.mean ?? null, decimals)}"
  >
    <text x="0" y="10">${reference.metric} by epoch</text>
    ${
      reference.mean === null
        ? nothing
        : svg`<line class="baseline" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(reference.mean)} y2=${y(reference.mean)} />`
    }
    ${lines.map(
      ({ name, points }) => svg`<polyline class=${name} points=${points.map((point) => `${x(point.epoch)},${y(point.value)}`).join(" ")} />
        ${epochs.length > 30 ? nothing : points.map((point) => svg`<circle class=${name} r=${name === "best" ? 2.2 : 1.6} cx=${x(point.epoch)} cy=${y(point.value)}><title>epoch ${point.epoch}: ${name} ${value(point.value, decimals)}</title></circle>`)}`,
    )}
    ${ends.map((end) => svg`<text class=${end.name} x=${WIDTH - RIGHT + 6} y=${end.y + 3.5}>${end.name}</text>`)}
  </svg>`;
}

function plotted(epochs: readonly EpochPoint[], of: "best" | "mean"): { epoch: number; value: number }[] {
  return epochs.flatMap((point) => {
    const at = point[of];
    return at === null ? [] : [{ epoch: point.epoch, value: at }];
  });
}

/** Labels moved apart so that none covers another, and kept inside the picture. */
function spreadOut(labels: { name: string; y: number }[]): { name: string; y: number }[] {
  const gap = 12;
  const sorted = labels.sort((a, b) => a.y - b.y);
  let least = TOP - 4;
  const down = sorted.map((label) => {
    const y = Math.max(label.y, least);
    least = y + gap;
    return { ...label, y };
  });
  let most = HEIGHT - 4;
  for (const label of down.toReversed()) {
    label.y = Math.min(label.y, most);
    most = label.y - gap;
  }
  return down;
}
