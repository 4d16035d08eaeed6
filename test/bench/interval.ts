/** Means with intervals over a handful of seeds, as text. */

/** Two-sided 97.5% quantiles of Student's t by degrees of freedom, from 1; the last one holds beyond. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131];

/** `0.123 ± 0.004`: mean and half of its 95% t interval. */
export function interval(values: readonly number[]): string {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return numberText(mean);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const t = T[Math.min(n - 2, T.length - 1)] ?? 1.96;
  return `${numberText(mean)} ± ${numberText((t * deviation) / Math.sqrt(n))}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Three significant digits below ten, else one decimal. */
export function numberText(value: number): string {
  return Math.abs(value) < 10 ? value.toPrecision(3) : value.toFixed(1);
}
