/** Answers the requests that make the executor work: generate, implement, review, run. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { ImplementResult } from "../../protocol/methods.ts";
import * as methods from "../../protocol/methods.ts";
import { BY_HAND } from "../../protocol/model.ts";
import type { Implementer } from "../implementer/implementer.ts";
import type { Proposals } from "../implementer/proposals.ts";
import type { Models } from "../models/catalogue.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Generation } from "../search/generation.ts";
import type { Judge } from "../search/judge.ts";
import type { Repairs } from "../search/repairs.ts";
import type { Server } from "../server/server.ts";
import type { Store } from "../store/store.ts";

export interface Executor {
  store: Store;
  models: Models;
  generation: Generation;
  implementer: Implementer;
  proposals: Proposals;
  repairs: Repairs;
  judge: Judge;
  scheduler: Scheduler;
  /** Goes by what the user set for this machine. */
  configure: (settings: methods.MachineSettings) => void;
  /** Tells everybody who looks. */
  tell: (notice: methods.Notice) => void;
}

export function answerExecutor(server: Server, executor: Executor): void {
  answerWriting(server, executor);
  answerRunning(server, executor);
}

function answerWriting(server: Server, executor: Executor): void {
  const { store, models, generation, implementer, proposals, repairs } = executor;
  server.handle(methods.ideasGenerate, (params, call) => generation.generate(params, call));
  server.handle(methods.nextEpoch, (params, call) => generation.nextEpoch(params, call));

  server.handle(methods.implement, async ({ ideas, model, replace, samples, note = null }, call) => {
    const { signal } = call;
    // Without a model named, each idea's code is written by the model that wrote the idea.
    const writers = Map.groupBy(ideas, (id) => model ?? store.ideas.get(id).model);
    const results = await Promise.all(
      [...writers].map(async ([writer, ofWriter]) => {
        try {
          const by = writer === null || writer === BY_HAND ? writer : models.get(writer);
          const done = await implementer.implement(ofWriter, {
            model: by,
            replace,
            samples,
            note,
            signal,
            onProgress: (progress) => call.report(progress),
          });
          return done.map(({ idea, status, reason }): ImplementResult => ({ idea, status, reason }));
        } catch (thrown) {
          // One writer that cannot begin does not keep the others from it.
          if (writers.size === 1 || signal.aborted) throw thrown;
          const { message } = ProvingGroundError.from(thrown);
          return ofWriter.map((idea): ImplementResult => ({ idea, status: "not implemented", reason: message }));
        }
      }),
    );
    const byIdea = new Map(results.flat().map((result): [number, ImplementResult] => [result.idea, result]));
    return [...new Set(ideas)].flatMap((id) => byIdea.get(id) ?? []);
  });

  server.handle(methods.ideasRepair, ({ idea, model }, call) => repairs.repair(idea, model, call));

  server.handle(methods.proposalGet, ({ idea }) => proposals.view(idea));
  server.handle(methods.proposalDecide, ({ idea, decisions }) => proposals.decide(idea, decisions));
  server.handle(methods.proposalApprove, async ({ idea, judge, ...approval }) => {
    const approved = await proposals.approve(idea, approval);
    if (judge !== null) judgeUnwatched(executor, idea, judge);
    return approved;
  });
  server.handle(methods.proposalDiscard, ({ idea }) => proposals.discard(idea));
  server.handle(methods.ideaDiff, async ({ idea }) => ({ diff: await proposals.diff(idea) }));
}

/** Nobody waits for the judgement; what kept it from being made is told. */
function judgeUnwatched({ judge, tell }: Executor, idea: number, model: string): void {
  void judge.look(idea, model).then(({ note }) => {
    if (note !== null) tell({ level: "warning", message: note, idea });
  });
}

function answerRunning(server: Server, { store, scheduler, configure }: Executor): void {
  server.handle(methods.environmentsSetup, ({ environment }, call) => scheduler.setup(environment, (message) => call.report({ message })));
  server.handle(methods.environmentsBaseline, ({ environment, ...how }) => scheduler.queue.baseline("human", environment, how));
  server.handle(methods.runsEnqueue, ({ ideas, ...how }) => scheduler.queue.enqueue("human", ideas, how));
  server.handle(methods.runsStop, ({ runs }) => scheduler.stop(runs));
  server.handle(methods.runsRetry, ({ runs, target }) => scheduler.queue.retry(runs, "human", target));
  server.handle(methods.runsForecast, ({ environment, runs, target }) => scheduler.queue.forecast(environment, runs, target ?? null));
  server.handle(methods.runsReorder, ({ runs, before }) => scheduler.queue.reorder(runs, before));
  server.handle(methods.runsMove, ({ runs, target }) => scheduler.queue.move(runs, target));
  server.handle(methods.runsWhy, async ({ run }) => ({ reasons: await scheduler.queue.why(run) }));
  server.handle(methods.runLog, ({ run, from, limit }) => scheduler.log(run, from, limit));
  server.handle(methods.runCurves, ({ runs }) => scheduler.curves(runs));
  server.handle(methods.engineConfigure, async (said) => {
    const before = store.settings.machine;
    const settings = {
      slots: said.slots ?? before.slots,
      repairWithin: said.repairWithin ?? before.repairWithin,
      sandbox: said.sandbox ?? before.sandbox,
    };
    store.settings.machine = settings;
    configure(settings);
    await scheduler.lookAtMachine();
    return null;
  });
}
