/** A small line chart over whole numbers, drawn by uPlot in the theme's colours; drawn again when figures, theme or width change. */
import { html } from "lit";
import type { PropertyValues } from "lit";
import uPlot from "uplot";
import { FrameElement } from "../shared/frame-element.ts";
import { themeOf } from "./chart.ts";

export interface PlotLine {
  label: string;
  /** As many as there are x; null leaves a gap. */
  values: readonly (number | null)[];
  /** A CSS custom property of the theme. */
  color: string;
  dashed?: boolean;
  /** Drawn as steps: a value holds until the next. */
  stepped?: boolean;
  /** An edge of the band: without a line of its own. */
  edge?: boolean;
}

export interface PlotFigures {
  /** What `x` counts. */
  axis: string;
  x: readonly number[];
  lines: readonly PlotLine[];
  /** Places of the upper and the lower line that a band is filled between. */
  band?: readonly [upper: number, lower: number];
  /** Least and greatest value shown; what there is where absent. */
  range?: readonly [number, number];
  /** Values as text, in the legend and at the axis. */
  text: (value: number) => string;
}

const HEIGHT = 132;
const LEAST_WIDTH = 160;
/** Distances between marks of the x axis. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

const STEPS = uPlot.paths.stepped?.({ align: 1 });

export class Plot extends FrameElement {
  static override properties = { figures: { attribute: false }, label: { attribute: false } };
  declare figures: PlotFigures;
  /** What it shows, for screen readers. */
  declare label: string;
  #chart: uPlot | null = null;
  readonly #theme = new MutationObserver(() => this.#draw());
  readonly #width = new ResizeObserver(() => {
    const width = this.#room();
    if (this.#chart !== null && this.#chart.width !== width) this.#chart.setSize({ width, height: HEIGHT });
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
    this.#width.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#theme.disconnect();
    this.#width.disconnect();
    this.#chart?.destroy();
    this.#chart = null;
  }

  protected override render() {
    return html`<div class="plot" role="img" aria-label=${this.label}></div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("figures")) this.#draw();
  }

  #room(): number {
    return Math.max(LEAST_WIDTH, this.clientWidth);
  }

  #draw(): void {
    const into = this.querySelector<HTMLElement>(".plot");
    if (into === null) return;
    this.#chart?.destroy();
    const { x, lines } = this.figures;
    this.#chart = new uPlot(optionsOf(this.figures, this.#room(), into), [[...x], ...lines.map(({ values }) => [...values])], into);
  }
}

function optionsOf({ axis, x, lines, band, range, text }: PlotFigures, width: number, into: HTMLElement): uPlot.Options {
  const theme = themeOf(into);
  const marks = { stroke: theme.text, font: theme.font };
  const alone = x.length === 1;
  return {
    ...{ width, height: HEIGHT },
    cursor: { y: false, points: { size: 5 } },
    // While nothing is pointed at, the legend has the newest values.
    hooks: {
      ready: [(chart) => chart.setLegend({ idx: x.length - 1 }, false)],
      setCursor: [(chart) => chart.cursor.idx == null && chart.setLegend({ idx: x.length - 1 }, false)],
    },
    scales: {
      // A single point stands in the middle.
      x: { time: false, ...(alone ? { range: [(x[0] ?? 0) - 1, (x[0] ?? 0) + 1] } : {}) },
      y: { range: (_chart, min, max) => (range === undefined ? withRoom(min, max) : [...range]) },
    },
    axes: [
      { ...marks, grid: { show: false }, ticks: { ...theme.grid, size: 4 }, incrs: WHOLE, space: 36, size: 24 },
      { ...marks, grid: theme.grid, ticks: { show: false }, size: 52, space: 20, values: (_chart, at) => at.map(text) },
    ],
    series: [
      { label: axis, value: (_chart, at: number | null) => (at === null ? "–" : String(at)) },
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        ...(line.edge === true ? { class: "edge" } : {}),
        stroke: theme.color(line.color),
        width: line.edge === true ? 0 : 1.5,
        ...(line.dashed === true ? { dash: [4, 3] } : {}),
        spanGaps: true,
        ...(line.stepped === true && STEPS !== undefined ? { paths: STEPS } : {}),
        points: { show: line.edge !== true && x.length <= 30 && line.dashed !== true, size: 4, fill: theme.color(line.color) },
        value: (_chart, at: number | null) => (at === null ? "–" : text(at)),
      })),
    ],
    ...(band === undefined
      ? {}
      : { bands: [{ series: [band[0] + 1, band[1] + 1], fill: translucent(theme.color(lines[band[0]]?.color ?? "")) }] }),
  };
}

/** A canvas knows no `var()`, and what a theme gives may be any CSS colour. */
function translucent(color: string): string {
  return `color-mix(in srgb, ${color} 22%, transparent)`;
}

function withRoom(min: number, max: number): [number, number] {
  const room = (max - min || Math.abs(max) || 1) * 0.08;
  return [min - room, max + room];
}

customElements.define("proving-ground-plot", Plot);
