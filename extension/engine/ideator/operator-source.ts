/** Ideas without a model: the operators' draws, as drafts. */
import { knobLine } from "../environments/knob-lines.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { proposeByOperators } from "../models/operators.ts";
import { Random } from "../models/random.ts";
import { Tried } from "../models/tried.ts";
import type { IdeaSourceEngine, Ideation, IdeationRequest, Parent } from "./sources.ts";
import { number } from "./trajectory.ts";

export class OperatorSource implements IdeaSourceEngine {
  generate(request: IdeationRequest): Ideation {
    const { manifest, base, count, strategy, seed } = request;
    if (manifest.knobs.length === 0) {
      throw new ProvingGroundError("usage", `${manifest.name} has no knobs for operators to move`, {
        hint: "Add knobs to its environment.yaml, or choose a model.",
      });
    }
    const { ideas, note } = proposeByOperators({
      knobs: manifest.knobs,
      baseline: request.baselineValues,
      base,
      parents: request.parents.map((parent) => ({
        idea: parent.idea,
        title: parent.title,
        result: resultOf(parent, manifest.metric.name),
        values: parent.values,
        reward: parent.metric === null ? null : manifest.metric.direction === "minimize" ? -parent.metric : parent.metric,
      })),
      count,
      tried: request.tried ?? triedIn(request),
      mode: strategy === "explore" || strategy === "random" ? strategy : "vary",
      changeLine: knobLine,
      random: new Random(seed),
    });
    if (ideas.length === 0) {
      throw new ProvingGroundError("usage", `the operators found no new idea for ${manifest.name}: ${note ?? "nothing is left to try"}`, {
        hint: "Widen the ranges or choices of its knobs, choose other parents, or choose a model.",
      });
    }
    const drafts = ideas.map(({ text, kind, knobs, parents }) => ({ text, kind, knobs, parents }));
    const titles = new Set<string>();
    for (const draft of drafts) {
      request.onProgress({ message: draft.text.title, done: titles.add(draft.text.title).size, total: count });
    }
    return { ideas: drafts, answers: null, notes: note === null ? [] : [note], usage: null, cost: null };
  }
}

function triedIn({ manifest, baselineValues, earlier }: IdeationRequest): Tried {
  const tried = new Tried(manifest.knobs, baselineValues);
  for (const { values } of earlier) if (values !== null) tried.add(values);
  return tried;
}

function resultOf({ metric, failure, stopped = false }: Parent, name: string): string | null {
  return metric === null ? failure && (stopped ? "stopped early" : "failed") : `${name} ${number(metric)}`;
}
