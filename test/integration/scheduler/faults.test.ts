/** Never lost, never twice, nothing left: what is true after an engine was killed again and again while hundreds of runs went on. */
import { afterEach, describe, expect, it } from "vitest";
import { seeded } from "../../fixtures/lab.ts";
import { FaultLab, LOCAL } from "./fault-lab.ts";

let lab: FaultLab;
afterEach(() => lab.dispose());

/** What is left of a run's folder when all is well. */
const COMPLETE = ["code", "exit.json", "job.json", "metrics.jsonl", "plan.json", "run.sh", "started", "stdout.log"];
/** A run that was taken from the queue by an engine that died may go back to it. */
const STORY = /^run queued,(run starting,run requeued,)*run starting,run started,run (succeeded|failed)$/;

/** Seconds that a stubborn run may take, and seconds it is given to end when asked. */
const LIMIT = 1;
const GRACE = 1;
/** Hears no signal that can be ignored, and starts children that do not either: in its group, in sessions of their own, and orphans. */
const STUBBORN = `note begin
trap '' TERM INT HUP USR1
sleep 300 &
setsid sleep 300 &
(setsid sh -c 'trap "" TERM; sleep 300; sleep 300' &)
while :; do sleep 300; done`;

/** Kills the engine so many times, while it works and while it starts, by turns that the seed decides, and has clients start it again. */
async function killAgainAndAgain(times: number, seed: number, between: number): Promise<void> {
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

/** Every run is recorded as ended, was executed once, and left a complete folder and nothing that lives. */
async function expectAccountedFor(ids: readonly number[], events: RegExp = STORY): Promise<void> {
  const runs = await lab.allEnded();
  expect(runs.map((run) => run.id).sort((a, b) => a - b)).toEqual(ids);
  expect([...lab.noted("begin")].sort(([a], [b]) => a - b)).toEqual(ids.map((id) => [id, 1]));
  await lab.allGone();
  for (const id of ids) {
    expect(lab.eventsOf(id).join(",")).toMatch(events);
    expect({ id, files: lab.filesOf(id) }).toEqual({ id, files: COMPLETE });
  }
  expect(lab.inDatabase("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
}

describe.each([LOCAL])("on $name", (target) => {
  it("200 runs with the engine killed 30 times are all accounted for, none executed twice, none left running", async () => {
    lab = await FaultLab.make({ target, slots: 8, timeout: 60, command: "note begin; sleep 0.$((1 + SEED % 3))" });
    await lab.connect();
    const ids = await lab.queue(200);
    await killAgainAndAgain(30, 1, 400);
    const left = lab.watched.snapshot.runs.filter((run) => run.endedAt === null).length;
    console.log(`after the last kill ${left} of ${ids.length} runs had not ended`);
    await expectAccountedFor(ids);
    expect(lab.watched.snapshot.runs.every((run) => run.state === "succeeded" && run.metric === 40)).toBe(true);
    expect([...lab.noted("end").values()]).toEqual(ids.map(() => 1));
  });

  it("20 runs that ignore SIGTERM and fork are over soon after their limit, the engine killed 8 times, and nothing of them lives on", async () => {
    lab = await FaultLab.make({ target, slots: 8, timeout: LIMIT, command: STUBBORN });
    await lab.connect();
    const ids = await lab.queue(20);
    const left = Promise.all(ids.map((id) => lab.leftAtItsEnd(id)));
    await killAgainAndAgain(8, 2, 700);
    await expectAccountedFor(ids);
    expect(await left).toEqual(ids.map(() => []));
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
  });
});
