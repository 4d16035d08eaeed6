/** Numbers as people read them in narrow rows. */

/** A metric with as many digits as tell two results apart; `–` for none. */
export function metricText(value: number | null): string {
  if (value === null) return "–";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 10_000 || (size > 0 && size < 0.001)) return value.toExponential(2);
  if (size >= 100) return value.toFixed(1);
  return value.toFixed(size >= 10 ? 2 : 3);
}

/** Seconds as `8 s`, `1.4 min`, `2.5 h`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${seconds < 9.95 && seconds % 1 !== 0 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 5400) return `${trim(seconds / 60)} min`;
  return `${trim(seconds / 3600)} h`;
}

/** `1,234,567`. */
export const grouped = (value: number) => value.toLocaleString("en-US");

/** A large count in few characters: `950`, `12k`, `1.5M`. */
export function compact(value: number): string {
  if (value < 1000) return String(value);
  return value < 999_500 ? `${trim(value / 1000)}k` : `${trim(value / 1_000_000)}M`;
}

/** A size as files have it: `812 bytes`, `12.3 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "KB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** A quantity without a tail of digits: two significant ones below ten, a whole number above. */
export const roughly = (value: number) => String(value >= 10 ? Math.round(value) : Number(value.toPrecision(2)));

/** A text with a capital at its start. */
export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** `1 idea`, `3 ideas`. */
export const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function trim(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, "");
}
