/**
 * Plans a batch of ideas before anything is asked: what builds on parents, what explores, and what each request is shown.
 * Pure. Split and prompts as in Si et al. 2026, arXiv 2601.14525, section on evolutionary search.
 */
import type { Strategy } from "../../protocol/idea.ts";
import { Random } from "../models/random.ts";

/** Ideas asked for in one request. */
const IDEAS_PER_REQUEST = 10;

/** Tokens of earlier experiments shown in one request; leaves room for code and answer in a context of 32,000. */
const SAMPLE_TOKENS = 12_000;

export interface EpochPlan {
  requests: PlannedRequest[];
  notes: string[];
}

/** One request to a source of ideas. */
export interface PlannedRequest {
  strategy: Strategy;
  count: number;
  /** Ideas to build on, in the order chosen. */
  parents: number[];
  /** Idea whose implementation the new ones are written on; null for the baseline. */
  base: number | null;
  /** Earlier experiments shown as what to differ from. */
  sample: number[];
  seed: number;
}

interface EpochQuestion {
  count: number;
  /** Share of the ideas that builds on the parents, 0 to 1. */
  exploit: number;
  base: "parent" | "baseline";
  parents: readonly number[];
  /** Executed ideas, failures included, with the length of their description. */
  trajectories: readonly { idea: number; tokens: number }[];
  seed: number;
  sampleTokens?: number;
}

/** Ideas from the unchanged code alone, in requests of ten. */
export function planFresh(count: number, seed: number): EpochPlan {
  const random = new Random(seed);
  return { requests: split(count).map((size) => fresh(size, random)), notes: [] };
}

/** ⌊share · count⌋ ideas build on the parents; the others explore, each request shown experiments of its own drawing. */
export function planEpoch(question: EpochQuestion): EpochPlan {
  const { count, parents, trajectories, seed } = question;
  const random = new Random(seed);
  const notes: string[] = [];
  // 0.29 · 100 is a little below 29 in floating point.
  const exploiting = parents.length === 0 ? 0 : Math.floor(question.exploit * count + 1e-9);
  if (parents.length === 0 && question.exploit > 0) notes.push("no parents are chosen, so that nothing builds on earlier ideas");
  const requests = split(exploiting).map((size): PlannedRequest => ({
    strategy: "exploit",
    count: size,
    parents: [...parents],
    base: question.base === "parent" ? (parents[0] ?? null) : null,
    sample: [],
    seed: random.bits(),
  }));
  const exploring = split(count - exploiting);
  if (trajectories.length === 0 && exploring.length > 0)
    notes.push("nothing has been executed yet, so that there is nothing to differ from");
  for (const size of exploring) {
    if (trajectories.length === 0) requests.push(fresh(size, random));
    else {
      const sample = drawSample(trajectories, question.sampleTokens ?? SAMPLE_TOKENS, random);
      requests.push({ strategy: "explore", count: size, parents: [], base: null, sample, seed: random.bits() });
    }
  }
  return { requests, notes };
}

function fresh(count: number, random: Random): PlannedRequest {
  return { strategy: "fresh", count, parents: [], base: null, sample: [], seed: random.bits() };
}

/** Random experiments that fit into the budget, at least one. */
function drawSample(trajectories: readonly { idea: number; tokens: number }[], budget: number, random: Random): number[] {
  const drawn: number[] = [];
  let left = budget;
  for (const { idea, tokens } of random.shuffled(trajectories)) {
    if (tokens > left && drawn.length > 0) continue;
    drawn.push(idea);
    left -= tokens;
  }
  return drawn;
}

function split(count: number): number[] {
  const requests = Math.ceil(count / IDEAS_PER_REQUEST);
  return Array.from({ length: requests }, (_, index) => Math.min(IDEAS_PER_REQUEST, count - index * IDEAS_PER_REQUEST));
}
