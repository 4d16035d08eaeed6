/** How values, differences and times are written in the panel. */

const MINUS = "−";

/** Decimals that show about four significant digits of values of this size; the same for a whole column, so that it lines up. */
export function decimalsFor(scale: number | null): number {
  if (scale === null || scale === 0 || !Number.isFinite(scale)) return 3;
  return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(scale)))));
}

/** A value with a real minus sign; `–` for none. Values too long or too small for the column's decimals go exponential. */
export function value(number: number | null, decimals: number): string {
  if (number === null) return "–";
  if (number !== 0 && (Math.abs(number) >= 1e7 || Math.abs(number) < 0.5 * 10 ** -decimals)) {
    return number.toExponential(2).replaceAll("-", MINUS);
  }
  return number.toFixed(decimals).replace("-", MINUS);
}

/** A difference with its sign; `–` for none. */
export function difference(number: number | null, decimals: number): string {
  if (number === null) return "–";
  const text = number.toFixed(decimals).replace("-", MINUS);
  if (Number(number.toFixed(decimals)) === 0) return (0).toFixed(decimals);
  return number > 0 ? `+${text}` : text;
}

/** Wall time for people: `8.0 s`, `4 min 10 s`, `2 h 5 min`. */
export function seconds(amount: number | null): string {
  if (amount === null) return "–";
  if (amount < 9.95) return `${amount.toFixed(1)} s`;
  const whole = Math.round(amount);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.round((100 * part) / whole)} %`;
}

/** `1 run`, `3 runs`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
