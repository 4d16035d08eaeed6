/** Never lost, never twice, nothing left on a Slurm cluster: with its controller killed and started again, and the engine killed meanwhile. */
import { setTimeout as later } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, it } from "vitest";
import { type Slurm, startSlurm } from "../../fixtures/slurm.ts";
import { FaultLab } from "./fault-lab.ts";
import { atScale, expectAccountedFor, expectAllWell, killAgainAndAgain } from "./fault-rules.ts";
import { onSlurm } from "./fault-targets.ts";

let slurm: Slurm;
let lab: FaultLab;
beforeAll(async () => {
  slurm = await startSlurm({ cpus: 16 });
});
afterEach(() => lab.dispose());
afterAll(() => slurm.stop());

/** Kills the controller at a time, and starts it again. Milliseconds. */
async function awayFor(milliseconds: number, after: number): Promise<void> {
  await later(after);
  await slurm.controller.kill();
  await later(milliseconds);
  await slurm.controller.start();
}

const { runs, kills, timeout } = atScale(40, 8);
it(`${runs} runs are all accounted for, the engine killed ${kills} times and the controller twice`, { timeout }, async () => {
  lab = await FaultLab.make({ target: onSlurm(slurm), slots: 12, timeout: 60, command: "note begin; sleep 0.$((1 + SEED % 3))" });
  await lab.connect();
  const ids = await lab.queue(runs);
  await lab.hasNoted("begin", 1);
  const away = awayFor(1500, 500).then(() => awayFor(1000, 2500));
  await killAgainAndAgain(lab, kills, 5, 2000);
  const left = lab.watched.snapshot.runs.filter((run) => run.endedAt === null).length;
  console.log(`after the last kill ${left} of ${ids.length} runs had not ended`);
  await away;
  expectAllWell(lab, await expectAccountedFor(lab, ids));
});
