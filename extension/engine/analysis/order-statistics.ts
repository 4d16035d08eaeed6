/** The best of k draws: what is to be expected of it, and how it is spread. Pure and exact, without drawing anything. */

/**
 * Expected maximum of k different ones of n values: Σ x₍ᵢ₎ · C(i−1, k−1) / C(n, k). Unbiased for the best of k new ones; what pass@k is
 * for a yes or no (Chen et al. 2021, arXiv 2107.03374, section 2.1), for any reward (Walder and Karkhanis 2025, arXiv 2505.15201).
 * @param sorted n values, ascending
 * @param k from 1 to n
 */
export function expectedBest(sorted: readonly number[], k: number): number {
  const n = sorted.length;
  let weight = k / n;
  let sum = 0;
  for (let i = n; i >= k; i--) {
    sum += weight * (sorted[i - 1] ?? 0);
    weight *= (i - k) / (i - 1);
  }
  return sum;
}

/**
 * A quantile of the maximum of k draws with replacement, where P(max ≤ x₍ᵢ₎) = (i / n)ᵏ: the percentile bootstrap of Efron (1979,
 * Annals of Statistics 7) with infinitely many resamples.
 * @param sorted n values, ascending, at least one
 * @param probability above 0, at most 1
 */
export function quantileOfBest(sorted: readonly number[], k: number, probability: number): number {
  const n = sorted.length;
  // 0.25 ** (1 / 2) · 4 is not quite 2 in floating point everywhere.
  const i = Math.ceil(n * probability ** (1 / k) - 1e-9);
  return sorted[Math.min(n, Math.max(1, i)) - 1] ?? NaN;
}

/** Probability that the maximum of k draws with replacement is at least `value`. */
export function chanceToReach(sorted: readonly number[], k: number, value: number): number {
  const below = sorted.findIndex((one) => one >= value);
  return below === -1 ? 0 : 1 - (below / sorted.length) ** k;
}
