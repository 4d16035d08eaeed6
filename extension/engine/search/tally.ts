/** Counts a search's requests and what came of them, by epoch. Pure. */
import type { RequestRecord } from "../store/requests.ts";
import type { EpochTally } from "./algorithms/algorithm.ts";

/** @param ideas that were written for it */
export function countRequest(epochs: EpochTally[], { epoch, draw }: Pick<RequestRecord, "epoch" | "draw">, ideas: number): void {
  while (epochs.length <= epoch) epochs.push({ requests: 0, ideas: 0, exploiting: 0 });
  const tally = epochs[epoch];
  if (tally === undefined) return;
  tally.requests++;
  tally.ideas += ideas;
  if (draw.strategy === "exploit") tally.exploiting += ideas;
}
