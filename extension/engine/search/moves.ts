/** What a search does with an idea of its own next, from where the idea stands and from the gates. Pure. */
import type { Idea } from "../../protocol/idea.ts";
import { type Search, waitsAt } from "../../protocol/search.ts";

/** `wait`: for a run, for a model, or for the human; `over`: nothing more comes of it by itself. */
export type Move = "implement" | "approve" | "run" | "wait" | "over";

export function moveOf(
  idea: Pick<Idea, "status" | "outcome" | "admitted" | "repeats" | "source">,
  search: Pick<Search, "plan" | "state">,
): Move {
  switch (idea.status) {
    case "draft":
      return waitsAt(idea, search) === null ? "implement" : "wait";
    case "not implemented":
      return UNSETTLED.has(idea.outcome ?? "") ? "implement" : "over";
    case "in review":
      return waitsAt(idea, search) === null ? "approve" : "wait";
    case "approved":
      return waitsAt(idea, search) === null ? "run" : "wait";
    case "implementing":
    case "queued":
    case "running":
      return "wait";
    case "done":
    case "failed":
    case "stopped":
    case "rejected":
      return "over";
  }
}

/** Ends of an attempt that say nothing about the idea: the engine died, somebody cancelled, the model's server was away. */
const UNSETTLED: ReadonlySet<string> = new Set(["interrupted", "cancelled", "model error"]);
