/** Answers the requests about compute targets: which there are, draining them, looking at them, trying them out. */
import * as methods from "../../protocol/methods.ts";
import type { Target } from "../../protocol/run.ts";
import type { TargetSetting } from "../../protocol/target.ts";
import type { Place } from "../scheduler/place.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Server } from "../server/server.ts";

export function answerTargets(server: Server, scheduler: Pick<Scheduler, "targets" | "check">): void {
  const { targets } = scheduler;
  const shown = (): Target[] => targets.all.map((place) => place.shown);
  server.handle(methods.targetsConfigure, ({ targets: said, instead }) => {
    const others = instead === undefined ? [] : saidByOthers(targets.all, new Set([...instead, ...said.map(({ name }) => name)]));
    targets.configure("human", [...said, ...others]);
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
      (step) => call.report({ message: `${step.step}: ${step.ok ? step.detail : `failed: ${step.detail}`}`, step }),
      call.signal,
    ),
  );
}

/** What other windows and terminals named. */
function saidByOthers(places: readonly Place[], mine: ReadonlySet<string>): TargetSetting[] {
  return places.flatMap(({ name, setting, listed }) => (setting !== null && listed && !mine.has(name) ? [setting] : []));
}
