/** An analysis as charts: their lines, and intervals on a common track. Pure. */
import type { Comparison, EpochFigures, EpochLikeness, Estimate, Pair, Scale } from "../../extension/protocol/analysis.ts";
import { percentText, shortPairNames } from "./analysis-text.ts";
import type { PlotFigures } from "./plot.ts";

export function rewardPlot(epochs: readonly EpochFigures[], scale: Scale, text: (reward: number) => string): PlotFigures {
  const lines = [
    { label: "best so far", values: epochs.map(({ bestSoFar }) => bestSoFar), color: "--vscode-charts-green" },
    { label: "best", values: epochs.map(({ best }) => best), color: "--vscode-charts-orange", dashed: true },
    { label: "mean", values: epochs.map(({ mean }) => mean), color: "--vscode-charts-blue" },
  ];
  const baseline = { label: "baseline", values: epochs.map(() => 0), color: "--vscode-descriptionForeground", dashed: true };
  return { axis: "epoch", x: epochs.map(({ epoch }) => epoch), lines: scale.baseline === null ? lines : [...lines, baseline], text };
}

export function likenessPlot(epochs: readonly EpochLikeness[]): PlotFigures {
  const all = epochs.flatMap(({ within, before, commonest }) => [within ?? 0, before ?? 0, commonest?.share ?? 0]);
  return {
    axis: "epoch",
    x: epochs.map(({ epoch }) => epoch),
    lines: [
      { label: "in the epoch", values: epochs.map(({ within }) => within), color: "--vscode-charts-blue" },
      { label: "to the one before", values: epochs.map(({ before }) => before), color: "--vscode-charts-orange" },
      { label: "commonest idea", values: epochs.map(({ commonest }) => commonest?.share ?? null), color: "--vscode-charts-purple" },
    ],
    range: [0, Math.min(1, Math.max(0.2, 1.1 * Math.max(...all)))],
    text: percentText,
  };
}

export function comparisonPlot({ points }: Comparison, text: (reward: number) => string): PlotFigures {
  return {
    axis: "ideas",
    x: points.map(({ ideas }) => ideas),
    lines: [
      { label: "search", values: points.map(({ best }) => best), color: "--vscode-charts-green", stepped: true },
      {
        label: "best of as many",
        values: points.map(({ expected }) => expected?.value ?? null),
        color: "--vscode-charts-blue",
        dashed: true,
      },
      { label: "97.5 %", values: points.map(({ expected }) => expected?.high ?? null), color: "--vscode-charts-blue", edge: true },
      { label: "2.5 %", values: points.map(({ expected }) => expected?.low ?? null), color: "--vscode-charts-blue", edge: true },
    ],
    band: [2, 3],
    text,
  };
}

/** An interval on a track from 0 to 1, and where 0 of the measure lies on it; null where that is outside. */
export interface Whisker {
  name: string;
  value: string;
  at: number;
  low: number;
  high: number;
  /** Its lower end is not known. */
  open: boolean;
}

export interface IntervalFigure {
  title: string;
  /** Place of the baseline, or null. */
  zero: number | null;
  rows: (Whisker | { name: string; value: null })[];
}

/** Of a pair's two names together. */
const MOST_CHARACTERS = 20;

/** Completion rate, average and best of every pair, each on a scale of its own. */
export function pairFigures(pairs: readonly Pair[], scale: Scale, text: (reward: number) => string): IntervalFigure[] {
  const names = shortPairNames(pairs, MOST_CHARACTERS);
  const rates = pairs.map(({ completion }) => completion);
  const rewards = (of: readonly (Estimate | null)[]): [number, number] => {
    const ends = of.flatMap((one) => (one === null ? [] : [one.low ?? one.value, one.value, one.high ?? one.value]));
    const all = scale.baseline === null ? ends : [0, ...ends];
    return all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  };
  const [means, bests] = [pairs.map(({ mean }) => mean), pairs.map(({ best }) => best)];
  const known = scale.baseline !== null;
  return [
    intervalFigure("Completion rate", names, rates, [0, 1], percentText, false),
    intervalFigure("Average reward", names, means, rewards(means), text, known),
    intervalFigure("Best reward", names, bests, rewards(bests), text, known),
  ];
}

function intervalFigure(
  title: string,
  names: readonly string[],
  estimates: readonly (Estimate | null)[],
  [from, to]: [number, number],
  text: (value: number) => string,
  zero: boolean,
): IntervalFigure {
  const place = (value: number) => (value - from) / (to - from || 1);
  return {
    title,
    zero: zero ? place(0) : null,
    rows: names.map((name, index) => {
      const estimate = estimates[index] ?? null;
      if (estimate === null) return { name, value: null };
      const { value, low, high } = estimate;
      const ends = { at: place(value), low: low === null ? (high === null ? place(value) : 0) : place(low), high: place(high ?? value) };
      return { name, value: text(value), ...ends, open: low === null && high !== null };
    }),
  };
}
