/** Answers the requests that make the executor work: generate, implement, review, run. */
import type { ImplementResult } from "../../protocol/methods.ts";
import * as methods from "../../protocol/methods.ts";
import type { Implementer } from "../implementer/implementer.ts";
import type { Proposals } from "../implementer/proposals.ts";
import type { Models } from "../models/catalogue.ts";
import type { Generation } from "../search/generation.ts";
import type { Server } from "../server/server.ts";
import type { Store } from "../store/store.ts";

export interface Executor {
  store: Store;
  models: Models;
  generation: Generation;
  implementer: Implementer;
  proposals: Proposals;
}

export function answerExecutor(server: Server, { store, models, generation, implementer, proposals }: Executor): void {
  server.handle(methods.ideasGenerate, (params, call) => generation.generate(params, call));
  server.handle(methods.nextEpoch, (params, call) => generation.nextEpoch(params, call));

  server.handle(methods.implement, async ({ ideas, model }, { signal, report }) => {
    // Without a model named, each idea's code is written by the model that wrote the idea.
    const writers = Map.groupBy(ideas, (id) => model ?? store.ideas.get(id).model);
    const results = await Promise.all(
      [...writers].map(([writer, ofWriter]) =>
        implementer.implement(ofWriter, { model: writer === null ? null : models.get(writer), signal, onProgress: report }),
      ),
    );
    const byIdea = new Map(results.flat().map((result): [number, ImplementResult] => [result.idea, result]));
    return [...new Set(ideas)].flatMap((id) => byIdea.get(id) ?? []);
  });

  server.handle(methods.proposalGet, ({ idea }) => proposals.view(idea));
  server.handle(methods.proposalDecide, ({ idea, decisions }) => proposals.decide(idea, decisions));
  server.handle(methods.proposalApprove, ({ idea, ...approval }) => proposals.approve(idea, approval));
  server.handle(methods.proposalDiscard, ({ idea }) => proposals.discard(idea));
  server.handle(methods.ideaDiff, async ({ idea }) => ({ diff: await proposals.diff(idea) }));
}
