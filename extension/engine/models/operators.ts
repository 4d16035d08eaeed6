/**
 * The built-in source of ideas that needs no model: mutation and crossover over the manifest's knobs. Pure and seeded.
 * The two operators are those of evolutionary search over strings (Holland 1975), on the knobs' own scales; of the parents the better
 * ones have more children (tournaments, Goldberg and Deb 1991). As a control, every knob can be drawn anew (Bergstra and Bengio 2012).
 */
import type { IdeaKind, IdeaText } from "../../protocol/idea.ts";
import type { Knob, KnobValue } from "../../protocol/manifest.ts";
import type { Assignment } from "./knob-values.ts";
import { anyValue, differing, effective, fingerprint, moved, sameValue } from "./knob-values.ts";
import type { Child, KnobParent } from "./operator-child.ts";
import { operatorText } from "./operator-text.ts";
import type { Random } from "./random.ts";
import type { Tried } from "./tried.ts";

export interface OperatorRequest {
  knobs: readonly Knob[];
  /** Values in the unchanged code. */
  baseline: Assignment;
  /** The idea whose implementation the ideas are written on; null for the baseline. It is one of the parents. */
  base: number | null;
  /** Empty: mutations of the baseline. */
  parents: readonly KnobParent[];
  count: number;
  tried: Tried;
  /** `explore` prefers knobs that earlier ideas moved least; `random` draws every knob anew. */
  mode: "vary" | "explore" | "random";
  /** How a setting is written down among the planned changes. */
  changeLine: (knob: string, from: KnobValue, to: KnobValue) => string;
  random: Random;
}

export interface OperatorIdea {
  text: IdeaText;
  kind: IdeaKind;
  /** New values, where they differ from the code it is written on. */
  knobs: Record<string, KnobValue>;
  /** All values it results in. */
  values: Assignment;
  parents: number[];
}

const CROSSOVER_SHARE = 0.6;
/** How often a knob that only one parent changed is taken over. */
const TAKEN_SHARE = 0.8;
/** Draws in which a child may turn out to have nothing from one of its parents. */
const CROSSOVER_TRIES = 5;
const MUTATED_CROSSOVERS = 0.4;
const DRAWS_PER_IDEA = 200;

/**
 * New ideas, none the same as another or as one that was tried.
 * @returns fewer than asked when no untried combination turns up; `note` then says so
 */
export function proposeByOperators(request: OperatorRequest): { ideas: OperatorIdea[]; note: string | null } {
  const { knobs, count } = request;
  const start = request.parents.find((parent) => parent.idea === request.base)?.values ?? request.baseline;
  const usable = knobs.filter((knob) => start[knob.name] !== undefined);
  if (usable.length === 0) return { ideas: [], note: "operators need knobs in environment.yaml that the code still has; there are none" };
  const seen = new Set(request.parents.map((parent) => fingerprint(knobs, parent.values)));
  const weights = request.mode === "explore" ? rarity(usable, request) : new Map<string, number>();
  const ideas: OperatorIdea[] = [];
  for (let draws = 0; ideas.length < count && draws < count * DRAWS_PER_IDEA; draws++) {
    const drawn = drawChild(request, usable, start, weights);
    const child = drawn === null ? null : withEffect(drawn, usable, start);
    const changed = child === null ? [] : differing(usable, start, child.values);
    if (child === null || changed.length === 0) continue;
    const key = fingerprint(knobs, child.values);
    if (seen.has(key) || request.tried.has(child.values)) continue;
    seen.add(key);
    ideas.push({
      text: operatorText({ child, changed, start, base: request.base, knobs: usable, changeLine: request.changeLine }),
      kind: changed.some((knob) => knob.kind === "algorithmic") ? "algorithmic" : "hyper-parameter",
      knobs: within(changed, child.values),
      values: child.values,
      parents: child.parents.map((parent) => parent.idea),
    });
  }
  if (ideas.length === count) return { ideas, note: null };
  return {
    ideas,
    note: `asked for ${count}, made ${ideas.length}: no further combination of the knobs' values is untried within reach of the operators`,
  };
}

/** A child without what it moves in vain, as momentum under an optimizer that has none. */
function withEffect(child: Child, usable: readonly Knob[], start: Assignment): Child {
  const values = effective(usable, child.values, start);
  const mutated = new Set([...child.mutated].filter((name) => sameValue(values[name], child.values[name])));
  return { ...child, values, mutated };
}

/** How much a knob is due for a move: one over the times that earlier ideas have moved it. */
function rarity(usable: readonly Knob[], { tried }: OperatorRequest): Map<string, number> {
  return new Map(usable.map(({ name }) => [name, 1 / (1 + tried.moves(name))]));
}

function drawChild(request: OperatorRequest, usable: readonly Knob[], start: Assignment, weights: Map<string, number>): Child | null {
  const { parents, base, random } = request;
  if (request.mode === "random") return drawAnew(usable, start, parents, random);
  if (parents.length >= 2 && random.uniform() < CROSSOVER_SHARE) {
    const first = parents.find((parent) => parent.idea === base) ?? winner(parents, random);
    for (let tries = 0; tries < CROSSOVER_TRIES; tries++) {
      const second = winner(
        parents.filter((parent) => parent !== first),
        random,
      );
      const child = crossover(request, usable, start, first, second);
      if (child !== null) return random.uniform() < MUTATED_CROSSOVERS ? mutate(child, usable, 1, weights, random) : child;
    }
  }
  const parent = parents.find(({ idea }) => idea === base) ?? (parents.length > 0 ? winner(parents, random) : undefined);
  const before: Child = {
    operator: "mutation",
    parents: parent ? [parent] : [],
    values: parent ? { ...start, ...within(usable, parent.values) } : start,
    mutated: new Set(),
  };
  const size = random.uniform();
  return mutate(before, usable, size < 0.45 ? 1 : size < 0.8 ? 2 : 3, weights, random);
}

/** The better of two parents drawn at random. */
function winner(parents: readonly KnobParent[], random: Random): KnobParent {
  const [one, other] = [random.pick(parents), random.pick(parents)];
  return (other.reward ?? -Infinity) > (one.reward ?? -Infinity) ? other : one;
}

function drawAnew(usable: readonly Knob[], start: Assignment, parents: readonly KnobParent[], random: Random): Child {
  const values = { ...start, ...Object.fromEntries(usable.map((knob) => [knob.name, anyValue(knob, random)])) };
  const mutated = usable.filter(({ name }) => !sameValue(values[name], start[name])).map(({ name }) => name);
  return { operator: "random", parents: parents.slice(0, 1), values, mutated: new Set(mutated) };
}

/** What both parents changed in the baseline, put together; where they disagree, chance decides. */
function crossover(
  { baseline, random }: OperatorRequest,
  usable: readonly Knob[],
  start: Assignment,
  first: KnobParent,
  second: KnobParent,
): Child | null {
  const values: Record<string, KnobValue> = { ...start };
  let fromFirst = 0;
  let fromSecond = 0;
  for (const { name } of usable) {
    const original = baseline[name] ?? start[name];
    if (original === undefined) continue;
    const pair = { mine: first.values[name] ?? original, theirs: second.values[name] ?? original };
    const heir = inherited(original, pair, random.uniform());
    values[name] = heir === null ? original : pair[heir];
    if (heir === "mine") fromFirst += 1;
    if (heir === "theirs") fromSecond += 1;
  }
  if (fromFirst === 0 || fromSecond === 0) return null;
  return { operator: "crossover", parents: [first, second], values, mutated: new Set() };
}

/** Whose value a child gets; null for the baseline's. */
function inherited(
  original: KnobValue,
  { mine, theirs }: { mine: KnobValue; theirs: KnobValue },
  chance: number,
): "mine" | "theirs" | null {
  const iChanged = !sameValue(original, mine);
  const theyChanged = !sameValue(original, theirs);
  if (iChanged && theyChanged) return chance < 0.5 ? "mine" : "theirs";
  if (chance >= TAKEN_SHARE) return null;
  return iChanged ? "mine" : theyChanged ? "theirs" : null;
}

function mutate(child: Child, usable: readonly Knob[], size: number, weights: Map<string, number>, random: Random): Child {
  const values: Record<string, KnobValue> = { ...child.values };
  const mutated = new Set(child.mutated);
  for (const knob of drawKnobs(usable, size, weights, random)) {
    const current = values[knob.name];
    const next = current === undefined ? null : moved(knob, current, random);
    if (next === null) continue;
    values[knob.name] = next;
    mutated.add(knob.name);
  }
  return { ...child, values, mutated };
}

/** Some of the knobs, each at most once, the weightier ones more often. */
function drawKnobs(usable: readonly Knob[], size: number, weights: Map<string, number>, random: Random): Knob[] {
  const weightOf = (knob: Knob) => weights.get(knob.name) ?? 1;
  // The largest of uniform^(1/weight) is a weighted draw without replacement (Efraimidis and Spirakis 2006).
  const keyed = usable.map((knob) => ({ knob, key: random.uniform() ** (1 / weightOf(knob)) }));
  return keyed
    .sort((a, b) => b.key - a.key)
    .slice(0, size)
    .map(({ knob }) => knob);
}

function within(usable: readonly Knob[], values: Assignment): Record<string, KnobValue> {
  return Object.fromEntries(usable.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])));
}
