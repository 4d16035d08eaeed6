/** Never lost, never twice, nothing left on Ray: with workers of its killed, and the engine killed meanwhile. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Ray, startRay } from "../../fixtures/ray.ts";
import { FaultLab } from "./fault-lab.ts";
import { atScale, expectAccountedFor, expectAllWell, killAgainAndAgain } from "./fault-rules.ts";
import { onRay } from "./fault-targets.ts";

/** Ray takes long to start on a busy machine. */
const STARTING = 180_000;

let ray: Ray;
let lab: FaultLab;
beforeAll(async () => {
  ray = await startRay({ cpus: 8 });
}, STARTING);
afterEach(() => lab.dispose());
afterAll(() => ray.end(), STARTING);

/** Process of a run's supervisor. */
const supervisorOf = (run: number) => Number(readFileSync(path.join(lab.farFolder(run), "started"), "utf8").split("\n")[0]);

/** The actor of Ray's above a process, which began it. */
function actorAbove(pid: number): number {
  for (let at = pid; at > 1; at = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${at}/stat`, "utf8"))?.[1])) {
    if (readFileSync(`/proc/${at}/cmdline`, "utf8").startsWith("ray::JobSupervisor")) return at;
  }
  throw new Error(`no actor of Ray's is above process ${pid}`);
}

const { runs: count, kills, timeout } = atScale(20, 6);
const title = `${count} runs are all accounted for, the engine killed ${kills} times; the one whose supervisor was killed is lost, and the one whose worker of Ray's was`;
it(title, { timeout }, async () => {
  // The first two never end, and neither do their children, which hear nothing.
  const held = `case $SEED in 0|1) note held; (trap "" TERM; setsid sleep 300) & sleep 300 ;; esac`;
  lab = await FaultLab.make({ target: onRay(ray), slots: 6, timeout: 120, command: `note begin\n${held}` });
  await lab.connect();
  const ids = await lab.queue(count);
  const [first, second, ...others] = ids as [number, number, ...number[]];
  await lab.hasNoted("held", 2);
  const killing = killAgainAndAgain(lab, kills, 7, 1500);
  process.kill(supervisorOf(first), "SIGKILL");
  process.kill(actorAbove(supervisorOf(second)), "SIGKILL");
  await killing;
  const runs = await expectAccountedFor(lab, ids, [first, second]);
  expect(runs.filter(({ id }) => !others.includes(id)).map(({ state, failure }) => ({ state, failure }))).toEqual(
    Array(2).fill({ state: "failed", failure: "lost" }),
  );
  expectAllWell(
    lab,
    runs.filter(({ id }) => others.includes(id)),
  );
  expect(lab.notices).toEqual([]);
});
