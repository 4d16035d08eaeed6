/** Knobs in the code: finding a knob's place, reading its value, and writing another one without touching anything else. Pure. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Knob, KnobValue } from "../../protocol/manifest.ts";

/** Offsets of a knob's value in its file. */
export interface KnobPlace {
  start: number;
  end: number;
}

/**
 * Where the knob's value stands.
 * @param text the file's content
 * @throws ProvingGroundError `manifest` when the pattern matches nowhere or more than once
 */
export function placeOf(text: string, knob: Knob): KnobPlace {
  const matches = [...text.matchAll(new RegExp(knob.place, "gmd"))];
  const [first] = matches;
  if (first === undefined || matches.length > 1) {
    const count = first === undefined ? "matches nowhere" : `matches ${matches.length} times`;
    throw new ProvingGroundError("manifest", `knob ${knob.name}: its place ${count} in ${knob.file}`, {
      hint: "It must match exactly once. If the code was rewritten there, the knob can no longer be turned.",
      place: { file: knob.file },
    });
  }
  const group = first.indices?.[1];
  if (group === undefined)
    throw new ProvingGroundError("manifest", `knob ${knob.name}: the group of its place did not match in ${knob.file}`);
  return { start: group[0], end: group[1] };
}

/**
 * The knob's value as the manifest would write it: a choice where it is one, else a number where it is one, else the text.
 * @throws ProvingGroundError `manifest`
 */
export function readKnob(text: string, knob: Knob): KnobValue {
  const { start, end } = placeOf(text, knob);
  const written = text.slice(start, end);
  const bare = unquoted(written);
  const choice = knob.choices?.find((candidate) => String(candidate) === bare || pythonLiteral(candidate) === written);
  if (choice !== undefined) return choice;
  const number = Number(bare.replaceAll("_", ""));
  return bare !== "" && Number.isFinite(number) ? number : bare;
}

/**
 * The text with another value in the knob's place, in the quotes that stood there.
 * @throws ProvingGroundError `manifest`
 */
export function writeKnob(text: string, knob: Knob, value: KnobValue): string {
  const { start, end } = placeOf(text, knob);
  const quote = /^(['"])[\s\S]*\1$/.exec(text.slice(start, end))?.[1] ?? "";
  const written = typeof value === "string" ? quote + value + quote : pythonLiteral(value);
  return text.slice(0, start) + written + text.slice(end);
}

function unquoted(written: string): string {
  return /^(['"])([\s\S]*)\1$/.exec(written)?.[2] ?? written;
}

/** Numbers and truth values as Python writes them. */
function pythonLiteral(value: KnobValue): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}
