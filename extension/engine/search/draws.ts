/**
 * What a request for ideas is about: drawn from what is known, by one generator per request, so that the same knowledge gives the
 * same draw. Pure. Exploit and explore as in Si et al. 2026, arXiv 2601.14525, section on evolutionary search.
 */
import type { Draw, SearchPlan } from "../../protocol/search.ts";
import { Random } from "../models/random.ts";
import { hasOutcome, type Known, type Knowledge, metricOf, tokensOf } from "./knowledge.ts";

/** Ideas asked for in one request (paper). */
export const IDEAS_PER_REQUEST = 10;

/** Parents compared when one is chosen to be written on: tournament selection (Goldberg and Deb 1991). */
const TOURNAMENT = 3;

/** What a draw is made from. */
export interface Ground {
  plan: Pick<SearchPlan, "base" | "memory" | "contextTokens">;
  search: number;
  knowledge: Knowledge;
  /** The baseline's result in the metric's unit; null while it is not known. */
  reference: number | null;
  direction: "minimize" | "maximize";
}

/** The generator of a search's n-th request. */
export function randomFor(seed: number, number: number): Random {
  return new Random(seed ^ Math.imul(number, 0x9e3779b9));
}

export function drawFresh(count: number, random: Random): Draw {
  return { strategy: "fresh", count, parents: [], base: null, sample: [], seed: random.bits() };
}

/** Parents that the human named: chosen ones in their order, then pinned ones. */
export function namedParents(knowledge: Knowledge): number[] {
  return [...new Set([...knowledge.picked, ...knowledge.pinned])];
}

/**
 * Ideas that build on parents: those that the human chose, else all that are better than the baseline; pinned ones always, banned ones
 * never. As many as the context has room for.
 * @returns null when there is no parent
 */
export function drawExploit(ground: Ground, count: number, random: Random): Draw | null {
  const { knowledge, plan } = ground;
  if (knowledge.picked.length > 0) return drawNamed(ground, count, random);
  const pinned = knowledge.pinned;
  const others = better(ground).filter(({ id }) => !pinned.includes(id));
  const rest = within(random.shuffled(others), plan.contextTokens - costOf(knowledge, pinned), pinned.length === 0);
  return drawOn(ground, [...pinned, ...rest.map(({ id }) => id)], count, random);
}

/** Ideas that build on exactly the parents that the human named; null when none was. */
export function drawNamed(ground: Ground, count: number, random: Random): Draw | null {
  return drawOn(ground, namedParents(ground.knowledge), count, random);
}

function drawOn(ground: Ground, parents: number[], count: number, random: Random): Draw | null {
  if (parents.length === 0) return null;
  const base = ground.plan.base === "parent" ? tournament(ground, parents, random) : null;
  return { strategy: "exploit", count, parents, base, sample: [], seed: random.bits() };
}

/** Ideas unlike what was tried, failures included: random experiments fill the context. Without any they are fresh. */
export function drawExplore(ground: Ground, count: number, random: Random): Draw {
  const tried = remembered(ground).filter(hasOutcome);
  if (tried.length === 0) return drawFresh(count, random);
  const sample = within(random.shuffled(tried), ground.plan.contextTokens, true).map(({ id }) => id);
  return { strategy: "explore", count, parents: [], base: null, sample, seed: random.bits() };
}

/** The best of a few parents drawn at random; the first of those drawn where none has a result. */
function tournament(ground: Ground, parents: readonly number[], random: Random): number {
  const drawn = Array.from({ length: Math.min(TOURNAMENT, parents.length) }, () => random.pick(parents));
  return drawn.reduce((best, one) => (rewardOf(ground, one) > rewardOf(ground, best) ? one : best));
}

function rewardOf({ knowledge, direction }: Ground, id: number): number {
  const idea = knowledge.idea(id);
  const metric = idea === undefined ? null : metricOf(idea);
  return metric === null ? -Infinity : direction === "minimize" ? -metric : metric;
}

/** Ideas with a result better than the baseline's; before that is known, all with a result. */
function better(ground: Ground): Known[] {
  const { reference, direction } = ground;
  return remembered(ground).filter((idea) => {
    const metric = metricOf(idea);
    if (metric === null || idea.rejected || idea.mark === "banned") return false;
    return reference === null || (direction === "minimize" ? metric < reference : metric > reference);
  });
}

function remembered({ plan, search, knowledge }: Ground): Known[] {
  const all = [...knowledge.ideas];
  return plan.memory === "environment" ? all : all.filter((idea) => idea.search === search);
}

/** Those of the ideas, in order, that the tokens suffice for. */
function within(ideas: readonly Known[], tokens: number, atLeastOne: boolean): Known[] {
  const taken: Known[] = [];
  let left = tokens;
  for (const idea of ideas) {
    const cost = tokensOf(idea);
    if (cost > left && !(atLeastOne && taken.length === 0)) continue;
    taken.push(idea);
    left -= cost;
  }
  return taken;
}

function costOf(knowledge: Knowledge, ids: readonly number[]): number {
  return ids.reduce((sum, id) => {
    const idea = knowledge.idea(id);
    return idea === undefined ? sum : sum + tokensOf(idea);
  }, 0);
}
