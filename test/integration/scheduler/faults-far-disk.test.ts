/** Runs on a host whose disk becomes full while they go on: every one is accounted for, here and there, and none was executed twice. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeOnSmallDisk, smallDisk, type SmallDisk } from "../../fixtures/small-disk.ts";
import { type Sshd, startSshd } from "../../fixtures/sshd.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { asked } from "../compute/place.ts";
import { FaultLab } from "./fault-lab.ts";
import { tidied } from "./fault-rules.ts";
import { behindSsh } from "./fault-targets.ts";

let disk: SmallDisk;
let sshd: Sshd;
let lab: FaultLab;

describeOnSmallDisk("on a host whose disk is full for a while", import.meta.url, onFullDisk);

function onFullDisk(): void {
  beforeEach(async () => {
    disk = smallDisk(8);
    sshd = await startSshd();
  });
  afterEach(async () => {
    await lab.dispose();
    sshd.end();
    disk.dispose();
  });

  it("24 runs end well, but for those that ran when it became full; the others wait for room, and a human is told once", async () => {
    // The fifth to the eighth wait for a word, on another disk.
    const held = 'case $SEED in 4|5|6|7) note held; until [ -e "$WITNESS/go" ]; do sleep 0.05; done ;; esac';
    lab = await FaultLab.make({ target: behindSsh(sshd, disk.folder), slots: 4, timeout: 60, command: `note begin\n${held}` });
    await lab.connect();
    const ids = await lab.queue(24);
    await lab.hasNoted("held", 4);
    disk.fill();
    writeFileSync(path.join(lab.witness, "go"), "");
    // Each that ends gives back what its folder took, which others take.
    const fills = () => {
      disk.fill();
      return Promise.resolve(lab.notices);
    };
    const [told] = await asked(fills, ({ length }) => length > 0);
    expect(told?.message).toMatch(/^box takes no more runs: the disk of gpu-box is full: .*Free some space on gpu-box/);
    const isHeld = ({ seed }: { seed: number }) => seed >= 4 && seed <= 7;
    await lab.watched.until(({ runs }) => runs.filter(isHeld).every(({ endedAt }) => endedAt !== null));
    await asked(
      () => lab.client.request(methods.runsWhy, { run: ids[23]! }).then(({ reasons }) => reasons.at(-1)),
      (reason) => reason?.startsWith("box: the disk of gpu-box is full") === true,
    );
    disk.free();
    // The next engine asks at once.
    await lab.killAfter(0);
    await lab.connect();
    const runs = await lab.allEnded();
    // What was sent in part and removed again may have left room to begin, or to end well, for a few.
    const failed = runs.filter(({ state }) => state === "failed");
    // Where room came back as one ended, nothing of the full disk is to be seen but that its metric is missing.
    expect(failed.map(({ failure }) => failure === "disk full" || failure === "no metric")).toEqual(failed.map(() => true));
    const well = runs.filter(({ state }) => state === "succeeded").map(({ id }) => id);
    expect(well.length + failed.length).toBe(ids.length);
    expect(well.length).toBeGreaterThan(ids.length / 2);
    const begun = lab.noted("begin");
    expect(well.map((id) => begun.get(id))).toEqual(well.map(() => 1));
    expect([...begun.values()].filter((times) => times > 1)).toEqual([]);
    await lab.allGone();
    await tidied(lab);
    expect(lab.notices).toHaveLength(1);
  });
}
