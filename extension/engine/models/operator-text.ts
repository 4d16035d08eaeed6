/** The words of an operator's idea: a title that says the intent, the rationale, and the planned changes. */
import type { IdeaText } from "../../protocol/idea.ts";
import type { Knob, KnobValue } from "../../protocol/manifest.ts";
import type { Assignment } from "./knob-values.ts";
import { sameValue } from "./knob-values.ts";
import type { Child, KnobParent } from "./operator-child.ts";

/** Changes named in a title; the others are counted. */
const NAMED = 3;

interface Told {
  child: Child;
  /** Knobs whose value differs from the code it is written on. */
  changed: readonly Knob[];
  /** Values of the code it is written on. */
  start: Assignment;
  base: number | null;
  knobs: readonly Knob[];
  changeLine: (knob: string, from: KnobValue, to: KnobValue) => string;
}

export function operatorText({ child, changed, start, base, knobs, changeLine }: Told): IdeaText {
  const changes = changed.flatMap((knob) => {
    const from = start[knob.name];
    const to = child.values[knob.name];
    return from === undefined || to === undefined ? [] : [{ knob, from, to }];
  });
  const named = changes.slice(0, NAMED).map(({ knob, from, to }) => intent(knob, from, to));
  const more = changes.length > NAMED ? ` and ${changes.length - NAMED} more` : "";
  const description = [
    opening(child, base),
    ...changes.map(({ knob, from, to }) => `- **${intent(knob, from, to)}** ${origin(knob, child, to)}: ${reason(knob, from, to)}`),
    ...kept(child, knobs, changed),
    kindOf(changed),
  ];
  return {
    title: `${capital(named.join(", "))}${more}${suffix(child, base)}`,
    description: description.join("\n"),
    changes: changes.map(({ knob, from, to }) => changeLine(knob.name, from, to)).join("\n"),
  };
}

/** `optimizer adam instead of sgd`, `learning rate 0.5 → 0.8`, `residual connections on`. */
function intent(knob: Knob, from: KnobValue, to: KnobValue): string {
  const title = (knob.title.split(/[,:(]/)[0] ?? knob.title).trim();
  if (/^(true|false)$/i.test(String(to))) return `${title} ${String(to).toLowerCase() === "true" ? "on" : "off"}`;
  return Number.isNaN(Number(to)) ? `${title} ${to} instead of ${from}` : `${title} ${Number(from)} → ${to}`;
}

function opening({ operator, parents, mutated }: Child, base: number | null): string {
  if (operator === "random") return "Draws every setting anew, as a control of what a search learns.\n";
  if (operator === "crossover") {
    const onto = base === null ? "" : ` It is written on #${base}.`;
    return `Combines what ${parents.map(named).join(" and ")} changed in the baseline.${onto}\n`;
  }
  const [parent] = parents;
  const count = mutated.size === 1 ? "one setting" : `${mutated.size} settings`;
  return parent === undefined ? `Moves ${count} of the baseline.\n` : `Moves ${count} of ${named(parent)}.\n`;
}

function named({ idea, title, result }: KnobParent): string {
  return `#${idea} “${title}”${result === null ? "" : ` (${result})`}`;
}

/** Where a value comes from, when it is not new. */
function origin({ name }: Knob, { parents, mutated }: Child, to: KnobValue): string {
  if (mutated.has(name)) return "(new)";
  const from = parents.filter((parent) => sameValue(parent.values[name], to)).map((parent) => `#${parent.idea}`);
  return from.length === 0 ? "(as in the baseline)" : `(from ${from.join(" and ")})`;
}

function reason(knob: Knob, from: KnobValue, to: KnobValue): string {
  const numeric = !Number.isNaN(Number(from)) && !Number.isNaN(Number(to));
  const direction = Number(to) > Number(from) ? "higher" : "lower";
  const written = knob.choices ? writtenFor(knob, to) : knob.why[direction];
  if (written !== undefined) return written;
  if (numeric && knob.range) return `A ${direction} value has not been tried from here.`;
  return "This choice has not been tried from here.";
}

function writtenFor(knob: Knob, value: KnobValue): string | undefined {
  return Object.entries(knob.why).find(([choice]) => sameValue(choice, value))?.[1];
}

/** Settings of a parent that the code it is written on already has. */
function kept({ operator, parents, values }: Child, knobs: readonly Knob[], changed: readonly Knob[]): string[] {
  if (operator !== "crossover") return [];
  const [first, second] = parents;
  const same = knobs.filter(
    (knob) =>
      !changed.includes(knob) &&
      !sameValue(first?.values[knob.name], second?.values[knob.name]) &&
      sameValue(first?.values[knob.name], values[knob.name]),
  );
  return same.length === 0 || first === undefined
    ? []
    : [`- As in #${first.idea}: ${same.map((knob) => `${knob.name} ${String(values[knob.name])}`).join(", ")}.`];
}

function kindOf(changed: readonly Knob[]): string {
  const algorithmic = changed.filter((knob) => knob.kind === "algorithmic").map((knob) => knob.name);
  return algorithmic.length === 0
    ? "\nKind: hyper-parameter; only existing numbers change."
    : `\nKind: algorithmic, because of ${algorithmic.join(" and ")}.`;
}

function suffix({ operator, parents }: Child, base: number | null): string {
  if (operator === "crossover") return ` (${parents.map((parent) => `#${parent.idea}`).join(" × ")})`;
  const [parent] = parents;
  if (operator === "random") return " (drawn at random)";
  if (parent === undefined) return "";
  return base === null ? ` (from #${parent.idea})` : ` (on #${parent.idea})`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
