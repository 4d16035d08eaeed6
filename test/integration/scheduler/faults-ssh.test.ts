/** Never lost, never twice, nothing left on a host behind ssh: with its sshd away for a while, and the engine killed meanwhile. */
import { setTimeout as later } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Sshd, startSshd } from "../../fixtures/sshd.ts";
import { FaultLab } from "./fault-lab.ts";
import { atScale, expectAccountedFor, expectAllWell, expectEndedAtLimit, killAgainAndAgain, LIMIT, STUBBORN } from "./fault-rules.ts";
import { behindSsh } from "./fault-targets.ts";

let sshd: Sshd;
let lab: FaultLab;
beforeAll(async () => {
  sshd = await startSshd();
});
afterEach(() => lab.dispose());
afterAll(() => sshd.end());

/** Kills sshd and every connection at a time, and starts it again. Milliseconds. */
async function awayFor(milliseconds: number, after: number): Promise<void> {
  await later(after);
  sshd.kill();
  await later(milliseconds);
  await sshd.start();
}

const { runs, kills, timeout } = atScale(60, 10);
it(`${runs} runs are all accounted for, the engine killed ${kills} times and sshd away twice for seconds`, { timeout }, async () => {
  lab = await FaultLab.make({ target: behindSsh(sshd), slots: 6, timeout: 60, command: "note begin; sleep 0.$((1 + SEED % 3))" });
  await lab.connect();
  const ids = await lab.queue(runs);
  await lab.hasNoted("begin", 1);
  expect(lab.kept()).not.toEqual([]);
  const away = awayFor(3000, 500).then(() => awayFor(2000, 2500));
  await killAgainAndAgain(lab, kills, 3, 2000);
  const left = lab.watched.snapshot.runs.filter((run) => run.endedAt === null).length;
  console.log(`after the last kill ${left} of ${ids.length} runs had not ended`);
  await away;
  expectAllWell(lab, await expectAccountedFor(lab, ids));
  // It was never away for so long that a human is to know.
  expect(lab.notices).toEqual([]);
});

it("6 runs that ignore SIGTERM and fork are over soon after their limit, with sshd away and the engine killed then", async () => {
  lab = await FaultLab.make({ target: behindSsh(sshd), slots: 6, timeout: LIMIT, command: STUBBORN });
  await lab.connect();
  const ids = await lab.queue(6);
  const left = Promise.all(ids.map((id) => lab.leftAtItsEnd(id)));
  await lab.hasNoted("begin", 3);
  sshd.kill();
  await lab.killAfter(0);
  await lab.connect();
  await sshd.start();
  await expectAccountedFor(lab, ids);
  expectEndedAtLimit(lab, ids, await left);
});
