/** Overlaid metric curves, drawn by uPlot in the theme's colours. */
import uPlot from "uplot";
import type { Curve } from "../../extension/protocol/run.ts";
import { value } from "./numbers.ts";

export interface Series {
  curve: Curve;
  label: string;
  /** A CSS custom property of the theme. */
  color: string;
  dashed: boolean;
  thin: boolean;
}

/** Theme colours for curves, in order of use. */
export const CURVE_COLORS = [
  "--vscode-charts-green",
  "--vscode-charts-orange",
  "--vscode-charts-blue",
  "--vscode-charts-purple",
  "--vscode-charts-red",
  "--vscode-charts-yellow",
] as const;
export const BASELINE_COLOR = "--vscode-descriptionForeground";

/** What a chart takes from the editor's theme where it stands. */
export function themeOf(into: HTMLElement) {
  const style = getComputedStyle(into);
  /** @param name a CSS custom property */
  const color = (name: string): string => style.getPropertyValue(name).trim() || style.color;
  return {
    color,
    text: color("--vscode-descriptionForeground"),
    grid: { stroke: color("--vscode-editorIndentGuide-background1"), width: 1 },
    font: `11px ${style.fontFamily}`,
  };
}

const AXES: Record<Curve["axis"], string> = { seconds: "training clock, seconds", step: "step", reading: "reading" };
const HEIGHT = 230;

/**
 * Draws into an element that has a width. Readings are aligned by x; a curve with another axis than the first is left out,
 * because seconds and steps cannot share one.
 * @returns removes the drawing
 */
export function drawCurves(into: HTMLElement, series: readonly Series[], decimals: number): () => void {
  const axis = series[0]?.curve.axis ?? "reading";
  const shown = series.filter((one) => one.curve.axis === axis && one.curve.x.length > 0);
  if (shown.length === 0) return () => undefined;
  const { color, text, grid, font } = themeOf(into);
  const chart = new uPlot(
    {
      width: Math.max(180, into.clientWidth),
      height: HEIGHT,
      legend: { live: true },
      cursor: { y: false, points: { size: 5 } },
      scales: { x: { time: false }, y: { range: (_chart, min, max) => rangeOf(shown, min, max) } },
      axes: [
        { stroke: text, font, grid: { show: false }, ticks: grid, label: AXES[axis], labelFont: font, labelSize: 16, size: 28 },
        {
          stroke: text,
          font,
          grid,
          ticks: { show: false },
          size: 48,
          values: (_chart, at) => at.map((one) => Number(one.toPrecision(4)).toString()),
        },
      ],
      series: [
        { label: axis, value: (_chart, at: number | null) => (at === null ? "–" : Number(at.toPrecision(3)).toString()) },
        ...shown.map((one): uPlot.Series => ({
          label: one.label,
          stroke: color(one.color),
          width: one.thin ? 1 : 1.75,
          ...(one.dashed ? { dash: [5, 4] } : {}),
          spanGaps: true,
          points: { show: one.curve.x.length < 3 },
          value: (_chart, at: number | null) => value(at, decimals),
        })),
      ],
    },
    uPlot.join(shown.map((one) => [one.curve.x, one.curve.values])),
    into,
  );
  const observer = new ResizeObserver(() => chart.setSize({ width: Math.max(180, into.clientWidth), height: HEIGHT }));
  observer.observe(into);
  return () => {
    observer.disconnect();
    chart.destroy();
  };
}

/** All curves but not the first tenth of each, whose steep fall would flatten what is to be compared. */
function rangeOf(series: readonly Series[], min: number, max: number): [number, number] {
  const settled = series
    .flatMap(({ curve }) => curve.values.slice(curve.values.length > 20 ? Math.floor(curve.values.length / 10) : 0))
    .filter(Number.isFinite);
  let low = min;
  let high = max;
  if (settled.length > 0) {
    low = settled.reduce((a, b) => Math.min(a, b));
    high = settled.reduce((a, b) => Math.max(a, b));
  }
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high + room];
}
