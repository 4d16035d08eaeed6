/**
 * Plans a batch of ideas that a human asks for, before anything is asked: what builds on the parents, what explores, and what each
 * request is shown. Pure. Split and prompts as in Si et al. 2026, arXiv 2601.14525, section on evolutionary search.
 */
import type { Draw } from "../../protocol/search.ts";
import { Random } from "../models/random.ts";
import { drawExplore, drawFresh, type Ground, IDEAS_PER_REQUEST } from "./draws.ts";
import { hasOutcome } from "./knowledge.ts";

export interface EpochPlan {
  requests: Draw[];
  notes: string[];
}

interface EpochQuestion {
  count: number;
  /** Share of the ideas that builds on the parents, 0 to 1. */
  exploit: number;
  base: "parent" | "baseline";
  parents: readonly number[];
  /** What explore is shown experiments from. */
  ground: Ground;
  seed: number;
}

/** Ideas from the unchanged code alone, in requests of ten. */
export function planFresh(count: number, seed: number): EpochPlan {
  const random = new Random(seed);
  return { requests: split(count).map((size) => drawFresh(size, random)), notes: [] };
}

/** ⌊share · count⌋ ideas build on the parents; the others explore, each request shown experiments of its own drawing. */
export function planEpoch({ count, exploit, base, parents, ground, seed }: EpochQuestion): EpochPlan {
  const random = new Random(seed);
  const notes: string[] = [];
  // 0.29 · 100 is a little below 29 in floating point.
  const exploiting = parents.length === 0 ? 0 : Math.floor(exploit * count + 1e-9);
  if (parents.length === 0 && exploit > 0) notes.push("no parents are chosen, so that nothing builds on earlier ideas");
  const requests = split(exploiting).map((size): Draw => ({
    strategy: "exploit",
    count: size,
    parents: [...parents],
    base: base === "parent" ? (parents[0] ?? null) : null,
    sample: [],
    seed: random.bits(),
  }));
  const exploring = split(count - exploiting);
  if (exploring.length > 0 && ![...ground.knowledge.ideas].some(hasOutcome))
    notes.push("nothing has been executed yet, so that there is nothing to differ from");
  for (const size of exploring) requests.push(drawExplore(ground, size, random));
  return { requests, notes };
}

function split(count: number): number[] {
  const requests = Math.ceil(count / IDEAS_PER_REQUEST);
  return Array.from({ length: requests }, (_, index) => Math.min(IDEAS_PER_REQUEST, count - index * IDEAS_PER_REQUEST));
}
