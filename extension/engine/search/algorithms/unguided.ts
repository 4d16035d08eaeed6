/**
 * Searches that learn nothing: best of n, whose ideas are all fresh, and random search over the knobs (Bergstra and Bengio 2012). What a
 * guided search is worth shows beside them. Parents that the human named are built on all the same.
 */
import type { Draw } from "../../../protocol/search.ts";
import type { Random } from "../../models/random.ts";
import { drawFresh, drawNamed, IDEAS_PER_REQUEST } from "../draws.ts";
import { ahead, FAILURES_BORNE, ideasIn, type SearchAlgorithm, type Standing } from "./algorithm.ts";

export const bestOfN = unguided(drawFreshOrNamed);

export const random = unguided((...from) => ({ ...drawFreshOrNamed(...from), strategy: "random" }));

function drawFreshOrNamed(standing: Standing, count: number, generator: Random): Draw {
  return drawNamed(standing, count, generator) ?? drawFresh(count, generator);
}

function unguided(draw: (standing: Standing, count: number, random: Random) => Draw): SearchAlgorithm {
  return {
    next(standing, random) {
      const { plan, epochs, failures, open, slots } = standing;
      if (failures >= FAILURES_BORNE) return { kind: "stuck" };
      const ideas = ideasIn(epochs);
      const missing = plan.size * plan.epochs - ideas;
      if (missing <= 0) return open > 0 ? { kind: "wait" } : { kind: "over" };
      if (open >= slots + ahead(slots)) return { kind: "wait" };
      // A request stays within what is counted as an epoch.
      const count = Math.min(IDEAS_PER_REQUEST, missing, plan.size - (ideas % plan.size));
      return { kind: "ask", epoch: Math.floor(ideas / plan.size), draw: draw(standing, count, random) };
    },
  };
}
