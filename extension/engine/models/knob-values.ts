/** Values of a manifest's knobs: comparing, moving and rounding them on their own scale. Pure. */
import type { Knob, KnobValue } from "../../protocol/manifest.ts";
import type { Random } from "./random.ts";

/** A value for each knob that the code has; knobs whose place a rewrite removed are missing. */
export type Assignment = Readonly<Record<string, KnobValue>>;

/** `0.0` and `0`, `True` and `true` are the same value. */
export function sameValue(a: KnobValue | undefined, b: KnobValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || spelling(a) === spelling(b);
}

/** The same text for the same value. */
export function spelling(value: KnobValue): string {
  const text = String(value).trim();
  const number = text === "" ? NaN : Number(text);
  return Number.isNaN(number) ? (/^(true|false)$/i.test(text) ? text.toLowerCase() : text) : String(number);
}

/** One line that is equal exactly for equal assignments over these knobs. */
export function fingerprint(knobs: readonly Knob[], values: Assignment): string {
  return JSON.stringify(knobs.map(({ name }) => (values[name] === undefined ? null : spelling(values[name]))));
}

/** Knobs on which two assignments differ; a knob that one of them lacks does not count. */
export function differing(knobs: readonly Knob[], a: Assignment, b: Assignment): Knob[] {
  return knobs.filter(({ name }) => a[name] !== undefined && b[name] !== undefined && !sameValue(a[name], b[name]));
}

/** Whether a knob does anything beside the other values. */
export function hasEffect({ when }: Pick<Knob, "when">, values: Assignment): boolean {
  return Object.entries(when).every(([other, effective]) => effective.some((value) => sameValue(value, values[other])));
}

/** The assignment with every knob that does nothing in it back at its value in `start`. */
export function effective(knobs: readonly Knob[], values: Assignment, start: Assignment): Assignment {
  const idle = knobs.filter(
    ({ name, ...knob }) => start[name] !== undefined && !sameValue(values[name], start[name]) && !hasEffect(knob, values),
  );
  if (idle.length === 0) return values;
  // One that goes back may take the effect of another; it ends, because each round leaves fewer that differ from the start.
  return effective(knobs, { ...values, ...Object.fromEntries(idle.map(({ name }) => [name, start[name]])) } as Assignment, start);
}

/** Share of a range below which a difference is not worth a run. */
const SMALLEST_MOVE = 0.04;

/**
 * Another value of the knob: a different choice, or a move on its range, mostly near, sometimes anywhere.
 * @returns null when there is no other value
 */
export function moved(knob: Knob, current: KnobValue, random: Random): KnobValue | null {
  if (knob.choices) {
    const others = knob.choices.filter((choice) => !sameValue(choice, current));
    return others.length === 0 ? null : random.pick(others);
  }
  if (!knob.range) return null;
  for (let tries = 0; tries < 30; tries++) {
    const position = positionOf(knob.range, Number(current));
    const value = rounded(knob.range, atPosition(knob.range, step(position, random)));
    if (Math.abs(positionOf(knob.range, value) - position) >= SMALLEST_MOVE) return value;
  }
  return null;
}

/** Any value of the knob, each as likely on its own scale. */
export function anyValue(knob: Knob, random: Random): KnobValue {
  if (knob.choices) return random.pick(knob.choices);
  if (!knob.range) throw new RangeError(`knob ${knob.name} has neither choices nor a range`);
  return rounded(knob.range, atPosition(knob.range, random.uniform()));
}

type Range = NonNullable<Knob["range"]>;

/** A quarter of the moves go anywhere; the others are about a fifth of the range wide and turn back at its ends. */
function step(position: number, random: Random): number {
  if (random.uniform() < 0.25) return random.uniform();
  const bell = random.uniform() + random.uniform() + random.uniform() - 1.5; // deviation 0.5
  const next = position + 0.4 * bell;
  return next < 0 ? -next : next > 1 ? 2 - next : next;
}

/** Where a value lies on the range's own scale, 0 to 1. */
function positionOf({ min, max, scale }: Range, value: number): number {
  const inside = Math.min(max, Math.max(min, Number.isFinite(value) ? value : min));
  return scale === "log" ? Math.log(inside / min) / Math.log(max / min) : (inside - min) / (max - min);
}

function atPosition({ min, max, scale }: Range, position: number): number {
  return scale === "log" ? min * (max / min) ** position : min + (max - min) * position;
}

/** Two significant digits on a log scale, a hundredth of the range on a linear one: what a person would have written. */
function rounded(range: Range, value: number): number {
  const { min, max, scale, integer } = range;
  const fine = scale === "log" ? Number(value.toPrecision(2)) : Number(value.toFixed(Math.max(0, Math.ceil(2 - Math.log10(max - min)))));
  const whole = integer ? Math.round(fine) : fine;
  return Math.min(integer ? Math.floor(max) : max, Math.max(integer ? Math.ceil(min) : min, whole));
}
