/** Answers the requests about compute targets: which there are, draining them, looking at them, trying them out. */
import * as methods from "../../protocol/methods.ts";
import type { Target } from "../../protocol/run.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Server } from "../server/server.ts";

export function answerTargets(server: Server, scheduler: Pick<Scheduler, "targets" | "check">): void {
  const { targets } = scheduler;
  const shown = (): Target[] => targets.all.map((place) => place.shown);
  server.handle(methods.targetsConfigure, ({ targets: settings }) => {
    targets.configure("human", settings);
    return shown();
  });
  server.handle(methods.targetsDrain, ({ target, drained }) => {
    targets.drain("human", target, drained);
    return shown();
  });
  server.handle(methods.targetsLook, async ({ target }) => {
    await targets.look(target);
    return shown();
  });
  server.handle(methods.targetsCheck, ({ target }, call) =>
    scheduler.check(
      target,
      ({ step, ok, detail }) => call.report({ message: `${step}: ${ok ? detail : `failed: ${detail}`}` }),
      call.signal,
    ),
  );
}
