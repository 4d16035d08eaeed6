/** A queue on a disk that becomes full while it is worked off: every run is accounted for once there is room, and none was executed twice. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import { describeOnSmallDisk, smallDisk, type SmallDisk } from "../../fixtures/small-disk.ts";
import { allGone } from "../../fixtures/terminal.ts";
import { asked } from "../compute/place.ts";
import { FaultLab, LOCAL } from "./fault-lab.ts";

/** Runs whose code is made ready before they have a place, and files of each. */
const AHEAD = 8;
const FILES = 4;

let disk: SmallDisk;
let lab: FaultLab;

describeOnSmallDisk("on a disk that is full for a while", import.meta.url, onFullDisk);

function onFullDisk(): void {
  beforeEach(() => {
    disk = smallDisk(24);
  });
  afterEach(async () => {
    await lab.dispose();
    await allGone(lab.repository.folder);
    disk.dispose();
  });

  it.each(["goes on", "is killed meanwhile"])(
    "40 runs end well or as “disk full”, each executed once at most, while the engine %s",
    async (engine) => {
      // The ninth to the twelfth wait for a word, on another disk.
      const held = 'case $SEED in 8|9|10|11) note held; until [ -e "$WITNESS/go" ]; do sleep 0.05; done ;; esac';
      lab = await FaultLab.make({ target: LOCAL, slots: 4, timeout: 60, command: `note begin\n${held}`, within: disk.folder });
      await lab.connect();
      const ids = await lab.queue(40);
      await lab.hasNoted("held", 4);
      await lab.watched.until(({ runs }) => runs.filter((run) => run.state === "running").length === 4);
      const told = new Promise<methods.Notice>((resolve) => lab.client.onNotification(methods.notice, resolve));
      // Code for the next ones that finds no room would give back what it had.
      const ahead = path.join(lab.repository.folder, ".proving-ground/ahead");
      const isReady = (run: string) =>
        existsSync(path.join(ahead, run, "tiny")) && readdirSync(path.join(ahead, run, "tiny")).length === FILES;
      await asked(
        () => Promise.resolve(existsSync(ahead) ? readdirSync(ahead) : []),
        (ready) => ready.length === AHEAD && ready.every(isReady),
      );
      // What the engine has set aside for its own records, and what its log could still take, goes too.
      rmSync(path.join(lab.repository.folder, ".proving-ground/lab.db.reserve"), { force: true });
      disk.fill(path.join(lab.repository.folder, ".proving-ground/engine.log"));
      writeFileSync(path.join(lab.witness, "go"), "");
      expect((await told).message).toMatch(/disk is full/i);
      await lab.allGone();
      if (engine === "is killed meanwhile") await lab.killAfter(0);
      disk.free();
      if (engine === "is killed meanwhile") await lab.connect();
      const runs = await lab.allEnded();
      expect(runs.map((run) => run.id).sort((a, b) => a - b)).toEqual(ids);
      const full = runs.filter((run) => run.failure === "disk full");
      expect(full.map((run) => run.seed)).toEqual(expect.arrayContaining([8, 9, 10, 11]));
      const others = runs.filter((run) => run.failure !== "disk full");
      expect(others.map(({ id, state, failure, reason }) => ({ id, state, failure, reason }))).toEqual(
        others.map(({ id }) => ({ id, state: "succeeded", failure: null, reason: null })),
      );
      const begun = lab.noted("begin");
      expect(others.map(({ id }) => begun.get(id))).toEqual(others.map(() => 1));
      expect([...begun.values()].filter((times) => times > 1)).toEqual([]);
      await lab.allGone();
      for (const id of ids) expect(lab.eventsOf(id).filter((kind) => /^run (succeeded|failed|stopped)$/.test(kind))).toHaveLength(1);
      expect(lab.inDatabase("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    },
  );
}
