/** The one interface of every search algorithm: from what was asked and what is known to what is to be done next. Pure. */
import type { Draw, SearchPlan } from "../../../protocol/search.ts";
import type { Random } from "../../models/random.ts";
import type { Ground } from "../draws.ts";

/** Requests of one epoch and the ideas that came of them. */
export interface EpochTally {
  requests: number;
  ideas: number;
  /** Those of them that build on parents. */
  exploiting: number;
}

/** Where a search stands. */
export interface Standing extends Ground {
  plan: SearchPlan;
  /** By epoch; empty before the first request. */
  epochs: readonly EpochTally[];
  /** Requests that gave nothing, one after the other, up to now. */
  failures: number;
  /** Ideas of it that something may still come of, by themselves or by a human. */
  open: number;
  /** Runs that can go on at the same time. */
  slots: number;
  /** Newest epoch whose parents a human has looked at. */
  parentsSeen: number;
}

export type Step =
  /** Ask for ideas now. */
  | { kind: "ask"; epoch: number; draw: Draw }
  /** Nothing to do until something comes of the ideas there are. */
  | { kind: "wait" }
  /** The human is to look at the parents of an epoch. */
  | { kind: "look at parents"; epoch: number }
  /** Asking again would give nothing again. */
  | { kind: "stuck" }
  | { kind: "over" };

export interface SearchAlgorithm {
  /** @param random the generator of the next request */
  next(standing: Standing, random: Random): Step;
}

/** Requests one after the other that may give nothing before a human is to look. */
export const FAILURES_BORNE = 3;

/** Ideas that are made ready beyond the slots, so that a slot that frees is filled at once. */
export function ahead(slots: number): number {
  return Math.max(2, Math.ceil(slots / 2));
}

export function ideasIn(epochs: readonly EpochTally[]): number {
  return epochs.reduce((sum, { ideas }) => sum + ideas, 0);
}
