/** Takes up the runs that an earlier engine left on a target: none is forgotten, none is started a second time. */
import { ENDED, type Run } from "../../protocol/run.ts";
import type { JobState } from "../compute/compute.ts";
import type { Store } from "../store/store.ts";
import { isUnreachable } from "./contact.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Insist } from "./insist.ts";
import { refusal } from "./launcher.ts";
import type { Place } from "./place.ts";
import { type Plan, readPlan } from "./plan.ts";
import type { Records } from "./records.ts";
import { lost, type Verdict } from "./verdict.ts";

export interface RecoveryOptions {
  store: Store;
  records: Records;
  insist: Insist;
  dispatcher: Pick<Dispatcher, "has" | "submit">;
  end: (run: Run, found: Verdict) => void;
  /** As `end`, again and again while the end cannot be recorded. */
  endSurely: (run: Run, found: Verdict) => void;
}

/** Runs whose end was recorded last: an engine that died then may not have told their target. */
const RECENT = 100;

export async function takeUp(place: Place, options: RecoveryOptions): Promise<void> {
  const { store, records, dispatcher, endSurely } = options;
  if (place.setting !== null) place.underWay.tidy(store.runs.lastEnded(place.name, RECENT).map((id) => records.ref(id)));
  const plans = await plansOf(place, options);
  const runs = [...plans.keys()];
  const states = await statesOf(runs, place, records);
  // Whoever takes the target's place takes up its runs.
  if (states === null) return;
  await Promise.all(
    [...plans].map(async ([run, plan], index) => {
      try {
        // Made ready and never begun: submitting is safe, because a supervisor takes each job once. What is gone from another
        // machine after it had begun there is not sent again.
        const again = states[index]?.state === "absent" && (place.setting === null || run.state === "starting");
        if (again) await dispatcher.submit(run, plan, place);
        else await place.underWay.attach(run, records.ref(run.id), plan);
      } catch (cause) {
        endSurely(run, refusal(cause));
      }
    }),
  );
}

/** What each run was made ready with; one that was not goes back into the queue. Each holds again what it was given. */
async function plansOf(place: Place, { store, records, insist, dispatcher, end }: RecoveryOptions): Promise<Map<Run, Plan>> {
  const plans = new Map<Run, Plan>();
  for (const run of store.runs.underWay(place.name).filter(({ id }) => !dispatcher.has(id))) {
    const plan = await readPlan(records.ref(run.id).directory);
    if (plan === null) {
      insist.on(() => {
        const { state } = store.runs.get(run.id);
        if (state === "starting") store.runs.requeue(run.id, "The engine ended before it was started.");
        else if (!ENDED.has(state)) end(run, lost("its folder was removed", false));
      });
      continue;
    }
    place.adopt(run.id, plan.grant, plan.job.resources, plan.job.timeout);
    plans.set(run, plan);
  }
  return plans;
}

/** States of jobs, once their target answers; null when it was let go before it did. */
async function statesOf(runs: readonly Run[], place: Place, records: Records): Promise<JobState[] | null> {
  for (;;) {
    try {
      return runs.length === 0 ? [] : await place.compute.poll(runs.map(({ id }) => records.ref(id)));
    } catch (cause) {
      if (!isUnreachable(cause)) throw cause;
      place.contact.fail(cause);
      await place.contact.whenBack();
      if (place.contact.closed) return null;
    }
  }
}
