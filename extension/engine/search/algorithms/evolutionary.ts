/**
 * Evolutionary search in epochs (Si et al. 2026, arXiv 2601.14525): fresh ideas first; from then on a growing share builds on what was
 * better than the baseline, and the rest explores. An epoch begins when all has come of the one before that will.
 */
import { exploitShare } from "../../../protocol/search.ts";
import type { Random } from "../../models/random.ts";
import { drawExploit, drawExplore, drawFresh, IDEAS_PER_REQUEST, namedParents } from "../draws.ts";
import { FAILURES_BORNE, type EpochTally, type SearchAlgorithm, type Standing, type Step } from "./algorithm.ts";

/** Requests beyond those that an epoch needs when each gives all it is asked for. */
const SPARE_REQUESTS = 3;
const NOTHING_YET: EpochTally = { requests: 0, ideas: 0, exploiting: 0 };

export const evolutionary: SearchAlgorithm = {
  next(standing, random) {
    const { plan, epochs, failures, open, parentsSeen } = standing;
    if (failures >= FAILURES_BORNE) return { kind: "stuck" };
    const epoch = Math.max(0, epochs.length - 1);
    const tally = epochs[epoch] ?? NOTHING_YET;
    if (tally.ideas < plan.size && tally.requests < needed(plan.size) + SPARE_REQUESTS) return ask(standing, epoch, tally, random);
    if (open > 0) return { kind: "wait" };
    if (epoch + 1 >= plan.epochs) return { kind: "over" };
    if (plan.gates.parents === "ask" && parentsSeen < epoch + 1) return { kind: "look at parents", epoch: epoch + 1 };
    return ask(standing, epoch + 1, NOTHING_YET, random);
  },
};

function ask(standing: Standing, epoch: number, tally: EpochTally, random: Random): Step {
  const { plan, knowledge } = standing;
  const missing = plan.size - tally.ideas;
  // The first epoch builds on nothing, unless the human has named something to build on.
  const share = epoch === 0 && namedParents(knowledge).length === 0 ? 0 : (plan.exploit ?? exploitShare(epoch));
  // 0.29 · 100 is a little below 29 in floating point.
  const exploiting = Math.floor(share * plan.size + 1e-9) - tally.exploiting;
  if (exploiting > 0) {
    const draw = drawExploit(standing, Math.min(IDEAS_PER_REQUEST, exploiting, missing), random);
    if (draw !== null) return { kind: "ask", epoch, draw };
  }
  const count = Math.min(IDEAS_PER_REQUEST, missing);
  return { kind: "ask", epoch, draw: epoch === 0 ? drawFresh(count, random) : drawExplore(standing, count, random) };
}

/** Requests for an epoch's two kinds of ideas. */
function needed(size: number): number {
  return Math.ceil(size / IDEAS_PER_REQUEST) + 1;
}
