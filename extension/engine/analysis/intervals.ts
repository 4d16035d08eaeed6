/** 95 % intervals: Wilson's for a share, Student's for a mean. Pure. */
import type { Estimate } from "../../protocol/analysis.ts";

/** Quantile 0.975 of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * A share with the score interval of Wilson (1927, "Probable inference, the law of succession, and statistical inference", JASA 22), which
 * stays within 0 and 1 and holds for small numbers, as Brown, Cai and DasGupta (2001, Statistical Science 16) recommend.
 * @returns null for a share of nothing
 */
export function shareOf(part: number, whole: number): Estimate | null {
  if (whole === 0) return null;
  const share = part / whole;
  const z2 = (Z * Z) / whole;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / whole + z2 / whole / 4);
  // At both ends the formula gives 0 and 1 but for rounding.
  return { value: share, low: part === 0 ? 0 : centre - half, high: part === whole ? 1 : centre + half };
}

/**
 * A mean with Student's interval (1908, "The probable error of a mean", Biometrika 6); without one below two values.
 * @returns null for the mean of nothing
 */
export function meanOf(values: readonly number[]): Estimate | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, one) => sum + one, 0) / count;
  if (count === 1) return { value: mean, low: null, high: null };
  const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1);
  const half = studentQuantile(count - 1) * Math.sqrt(variance / count);
  return { value: mean, low: mean - half, high: mean + half };
}

/**
 * Quantile 0.975 of Student's t distribution, by bisection of its distribution function.
 * @param degrees of freedom, a whole number from 1
 */
export function studentQuantile(degrees: number): number {
  let [low, high] = [0, 20];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (withinStudent(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability that |t| is at most `t`: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4. */
function withinStudent(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cos2 = Math.cos(angle) ** 2;
  const odd = degrees % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let at = odd ? 3 : 2; at < degrees - 1; at += 2) {
    term *= (cos2 * (at - 1)) / at;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
