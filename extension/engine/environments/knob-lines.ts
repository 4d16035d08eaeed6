/** Knob settings as lines of an idea's planned changes, so that a human can read them, edit them and write them by hand. */
import type { Knob, KnobValue } from "../../protocol/manifest.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";

/** `- `learning_rate`: 0.1 → 0.3`; the old value may be left out. */
export function knobLine(name: string, from: KnobValue | null, to: KnobValue): string {
  return from === null ? `- \`${name}\`: ${String(to)}` : `- \`${name}\`: ${String(from)} → ${String(to)}`;
}

const LINE = /^\s*[-*]\s+`?([a-z][a-z0-9_]*)`?\s*[:=]\s*(.+?)\s*$/;

/**
 * Settings that planned changes spell out; null when they say anything else, because then the words decide and not the settings.
 * @throws ProvingGroundError `usage` when a line names a knob with a value it does not take
 */
export function knobsIn(changes: string, knobs: readonly Knob[]): Record<string, KnobValue> | null {
  const lines = changes.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return null;
  const found: Record<string, KnobValue> = {};
  for (const line of lines) {
    const match = LINE.exec(line);
    const knob = knobs.find((candidate) => candidate.name === match?.[1]);
    if (match === null || knob === undefined) return null;
    const written = (match[2] ?? "").split(/→|->/).at(-1)?.trim() ?? "";
    found[knob.name] = valueOf(knob, written.replace(/^[`'"]|[`'"]$/g, ""));
  }
  return found;
}

function valueOf(knob: Knob, written: string): KnobValue {
  if (knob.choices !== undefined) {
    const choice = knob.choices.find((candidate) => String(candidate).toLowerCase() === written.toLowerCase());
    if (choice !== undefined) return choice;
    throw new ProvingGroundError("usage", `${knob.name} cannot be ${written}`, {
      hint: `It takes ${knob.choices.map(String).join(", ")}.`,
    });
  }
  const value = Number(written);
  const { min, max, integer } = knob.range ?? { min: -Infinity, max: Infinity, integer: false };
  if (written === "" || !Number.isFinite(value) || value < min || value > max || (integer && !Number.isInteger(value))) {
    throw new ProvingGroundError("usage", `${knob.name} cannot be ${written}`, {
      hint: `It takes ${integer ? "whole numbers" : "numbers"} from ${min} to ${max}.`,
    });
  }
  return value;
}
