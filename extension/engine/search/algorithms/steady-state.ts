/**
 * The same without a barrier: whenever a slot is about to be free one more idea is drawn from all that is known by then. Stragglers
 * count when they come. What would be an epoch is counted by ideas, for the schedule and for the figures.
 */
import { exploitShare } from "../../../protocol/search.ts";
import { drawExploit, drawExplore, drawFresh, IDEAS_PER_REQUEST, namedParents } from "../draws.ts";
import { ahead, FAILURES_BORNE, ideasIn, type SearchAlgorithm } from "./algorithm.ts";

export const steadyState: SearchAlgorithm = {
  next(standing, random) {
    const { plan, epochs, failures, open, slots, parentsSeen, knowledge } = standing;
    if (failures >= FAILURES_BORNE) return { kind: "stuck" };
    const ideas = ideasIn(epochs);
    if (ideas >= plan.size * plan.epochs) return open > 0 ? { kind: "wait" } : { kind: "over" };
    const room = slots + ahead(slots) - open;
    if (room <= 0) return { kind: "wait" };
    const epoch = Math.floor(ideas / plan.size);
    if (epoch > 0 && plan.gates.parents === "ask" && parentsSeen < epoch) return { kind: "look at parents", epoch };
    const nothingToBuildOn = epoch === 0 && namedParents(knowledge).length === 0;
    const exploits = !nothingToBuildOn && random.uniform() < (plan.exploit ?? exploitShare(epoch));
    // As many as there is room for, within what is counted as an epoch.
    const count = Math.min(IDEAS_PER_REQUEST, room, plan.size - (ideas % plan.size));
    const draw = exploits ? drawExploit(standing, count, random) : null;
    if (draw !== null) return { kind: "ask", epoch, draw };
    return { kind: "ask", epoch, draw: epoch === 0 ? drawFresh(count, random) : drawExplore(standing, count, random) };
  },
};
