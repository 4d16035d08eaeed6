/** What faults are done to a lab again and again, and what holds after all of them. */
import { setTimeout as later } from "node:timers/promises";
import { expect } from "vitest";
import type { Run } from "../../../extension/protocol/run.ts";
import { seeded } from "../../fixtures/lab.ts";
import type { FaultLab } from "./fault-lab.ts";

/** A run that was taken from the queue by an engine that died, or for a target that went away, may go back to it. */
const BEFORE = "^run queued,(run starting,run requeued,)*run starting,";
const STORY = new RegExp(`${BEFORE}run started,run (succeeded|failed)$`);
const QUEUED_STORY = new RegExp(`${BEFORE}(run started,)?run (succeeded|failed)$`);

/** Milliseconds within which a target keeps nothing of ended runs. */
const TIDIED = 20_000;

/** Seconds that a stubborn run may take, and seconds it is given to end when asked. */
export const LIMIT = 1;
const GRACE = 1;
/** Hears no signal that can be ignored, and starts children that do not either: in its group, in sessions of their own, and orphans. */
export const STUBBORN = `note begin
trap '' TERM INT HUP USR1
sleep 300 &
setsid sleep 300 &
(setsid sh -c 'trap "" TERM; sleep 300; sleep 300' &)
while :; do sleep 300; done`;

/** A suite as every test run does it, or with `npm run test:faults` at the size of the promise: on every target, for ten minutes in all. */
export function atScale(runs: number, kills: number): { runs: number; kills: number; timeout: number } {
  return process.env.FAULTS === "all" ? { runs: 200, kills: 30, timeout: 900_000 } : { runs, kills, timeout: 90_000 };
}

/** Kills the engine so many times, while it works and while it starts, by turns that the seed decides, and has clients start it again. */
export async function killAgainAndAgain(lab: FaultLab, times: number, seed: number, between: number): Promise<void> {
  const random = seeded(seed);
  for (let kill = 0; kill < times; kill++) {
    if (random() < 0.3) await lab.killWhileStarting(random() * 250);
    else {
      await lab.connect();
      await lab.killAfter(random() * between);
    }
  }
  await lab.connect();
}

/**
 * Every run is recorded as ended, was executed once, and left a complete folder and nothing that lives, here and on its target.
 * @param killed those whose supervisor was, so that there is no record of their end
 */
export async function expectAccountedFor(lab: FaultLab, ids: readonly number[], killed: readonly number[] = []): Promise<Run[]> {
  const runs = await lab.allEnded();
  expect(runs.map((run) => run.id).sort((a, b) => a - b)).toEqual(ids);
  expect([...lab.noted("begin")].sort(([a], [b]) => a - b)).toEqual(ids.map((id) => [id, 1]));
  await lab.allGone();
  for (const id of ids) {
    expect(lab.eventsOf(id).join(",")).toMatch(lab.target.queues ? QUEUED_STORY : STORY);
    const files = lab.target.complete.filter((file) => file !== "exit.json" || !killed.includes(id));
    expect({ id, files: lab.filesOf(id) }).toEqual({ id, files });
  }
  expect(lab.inDatabase("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  await tidied(lab);
  return runs;
}

/** The target keeps nothing of ended runs. */
export async function tidied(lab: FaultLab): Promise<void> {
  const deadline = Date.now() + TIDIED;
  while (lab.kept().length > 0 && Date.now() < deadline) await later(50);
  expect(lab.kept()).toEqual([]);
}

/** All ended at their limit with all they had started. @param left what lived of each when its record appeared */
export function expectEndedAtLimit(lab: FaultLab, ids: readonly number[], left: readonly number[][]): void {
  expect(left).toEqual(ids.map(() => []));
  expect(lab.watched.snapshot.runs.map(({ state, failure }) => ({ state, failure }))).toEqual(
    ids.map(() => ({ state: "failed", failure: "timeout" })),
  );
  const exits = ids.map((id) => lab.exitOf(id));
  expect(exits.map((exit) => ({ reason: exit?.reason, left: exit?.left }))).toEqual(ids.map(() => ({ reason: "timeout", left: [] })));
  const beyond = exits.map((exit) => (exit === null ? NaN : (exit.endedAt - exit.startedAt) / 1000 - LIMIT - GRACE));
  console.log(`beyond limit and grace: ${Math.max(...beyond).toFixed(2)} s at most (to be 2 s)`);
  // A machine that is busy with other things is slow to end processes, too.
  expect(Math.max(...beyond)).toBeLessThan(10);
  expect([...lab.noted("end")]).toEqual([]);
}

/** All ended well, each said so once, with the metric it reported. */
export function expectAllWell(lab: FaultLab, runs: readonly Run[]): void {
  const { name } = lab.target;
  expect(runs.map(({ id, state, metric, target, reason }) => ({ id, state, metric, target, reason }))).toEqual(
    runs.map(({ id }) => ({ id, state: "succeeded", metric: 40, target: name ?? "local", reason: null })),
  );
  expect([...lab.noted("end").values()]).toEqual(runs.map(() => 1));
}
