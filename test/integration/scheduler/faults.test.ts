/** Never lost, never twice, nothing left: what is true after an engine was killed again and again while hundreds of runs went on. */
import { afterEach, it } from "vitest";
import { FaultLab, LOCAL } from "./fault-lab.ts";
import { expectAccountedFor, expectAllWell, expectEndedAtLimit, killAgainAndAgain, LIMIT, STUBBORN } from "./fault-rules.ts";

let lab: FaultLab;
afterEach(() => lab.dispose());

it("200 runs with the engine killed 30 times are all accounted for, none executed twice, none left running", async () => {
  lab = await FaultLab.make({ target: LOCAL, slots: 8, timeout: 60, command: "note begin; sleep 0.$((1 + SEED % 3))" });
  await lab.connect();
  const ids = await lab.queue(200);
  await killAgainAndAgain(lab, 30, 1, 400);
  const left = lab.watched.snapshot.runs.filter((run) => run.endedAt === null).length;
  console.log(`after the last kill ${left} of ${ids.length} runs had not ended`);
  expectAllWell(lab, await expectAccountedFor(lab, ids));
});

it("20 runs that ignore SIGTERM and fork are over soon after their limit, the engine killed 8 times, and nothing of them lives on", async () => {
  lab = await FaultLab.make({ target: LOCAL, slots: 8, timeout: LIMIT, command: STUBBORN });
  await lab.connect();
  const ids = await lab.queue(20);
  const left = Promise.all(ids.map((id) => lab.leftAtItsEnd(id)));
  await killAgainAndAgain(lab, 8, 2, 700);
  await expectAccountedFor(lab, ids);
  expectEndedAtLimit(lab, ids, await left);
});
