/** What newly waits for a human between two states of a lab, and how it is told: pure. */
import type { Snapshot } from "../../protocol/lab.ts";
import { waitingIn, waitingKey, waitingSummary, waitingText } from "../../protocol/waiting.ts";
import type { Waiting } from "../../protocol/waiting.ts";

/**
 * What a search has come to wait for. What humans had implemented themselves is told where it was asked for, failed runs by kind, and
 * that a search is paused by the engine's own notice.
 */
export function newlyWaiting(before: Snapshot, after: Snapshot): Waiting[] {
  if (before.ideas === after.ideas && before.searches === after.searches) return [];
  const fresh = waitingIn(after).filter(isNews);
  if (fresh.length === 0) return [];
  const known = new Set(waitingIn(before).map(waitingKey));
  return fresh.filter((waiting) => !known.has(waitingKey(waiting)));
}

function isNews(waiting: Waiting): boolean {
  if (waiting.kind === "idea") return waiting.idea.search !== null;
  return waiting.kind === "parents" || waiting.kind === "held up";
}

/** Those that still wait. */
export function stillWaiting(list: readonly Waiting[], now: Snapshot): Waiting[] {
  const keys = new Set(waitingIn(now).map(waitingKey));
  return list.filter((waiting) => keys.has(waitingKey(waiting)));
}

/** One thing by its name, several by their count. */
export function newsText(list: readonly Waiting[]): string {
  const [first, second] = list;
  if (first === undefined) return "";
  if (second !== undefined) return `A search waits for you: ${waitingSummary(list)}.`;
  const { what, about } = waitingText(first);
  return `A search waits for you. ${what}: ${about}`;
}
