/** A number as people type it into a field: pure. */

export interface Range {
  min: number;
  max: number;
  /** Whether it must be a whole number. */
  whole: boolean;
}

/** Null when the text is no number in that range. Blanks around it, and commas or blanks between thousands, do no harm. */
export function readNumber(text: string, { min, max, whole }: Range): number | null {
  const digits = text.trim().replaceAll(/(?<=\d)[,\s_](?=\d{3}(?!\d))/g, "");
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(digits)) return null;
  const value = Number(digits);
  return value >= min && value <= max && (!whole || Number.isInteger(value)) ? value : null;
}

/** `a whole number from 1 to 100`: what such a field takes. */
export function rangeText({ min, max, whole }: Range): string {
  return `${whole ? "a whole number" : "a number"} ${max === Infinity ? `of ${min} or more` : `from ${min} to ${max}`}`;
}
