import { describe, expect, test } from "vitest";
import type { Capacity, Compute } from "../../../extension/engine/compute/compute.ts";
import { Contact } from "../../../extension/engine/scheduler/contact.ts";
import { Place } from "../../../extension/engine/scheduler/place.ts";
import type { Need } from "../../../extension/engine/scheduler/slots.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { SshTarget } from "../../../extension/protocol/target.ts";

const device = (index: number, memoryUsed = 0.1) => ({ index, name: "H100", memory: 80, memoryUsed, load: 0 });
const NEED: Need = { gpus: 1, gpuMemory: null, cpus: 1, memory: null, nodes: 1 };
const HOUR = 3600;
/** Stands where nothing is asked. */
const NOBODY = undefined as never;

/** A target with two accelerators; `setting`, `capacity` and the rest say what is different. */
function place({ maxHours, capacity, hours = 0 }: { maxHours?: number; capacity?: Partial<Capacity>; hours?: number } = {}) {
  let now = 0;
  const contact = new Contact({
    ...{ title: "gpubox", clock: () => 0, after: () => () => undefined, changed: () => undefined, runs: () => 0 },
    ...{ attempt: () => Promise.resolve(), onNotice: () => undefined, onError: () => undefined },
  });
  const made: Place = new Place({
    name: "gpubox",
    setting: SshTarget.parse({ kind: "ssh", name: "gpubox", host: "gpubox", ...(maxHours === undefined ? {} : { maxHours }) }),
    // Nothing here asks the machine.
    ...{ setup: NOBODY, underWay: NOBODY },
    compute: { probe: () => Promise.resolve(made.slots.capacity) } as Compute,
    contact,
    inherited: {},
    now: () => now,
    hours: () => hours,
  });
  made.slots.capacity = {
    ...{ kind: "gpu", slots: 2, fixed: false, managed: false, cpus: 8, memory: 64, devices: [device(0), device(1)], disk: null },
    ...{ containment: null, uncontained: null, problem: null },
    ...capacity,
  };
  return { made, contact, pass: (milliseconds: number) => (now += milliseconds) };
}

describe("a target", () => {
  test("says why it takes nothing: drained, away, unusable, no longer named", async () => {
    const { made, contact } = place();
    expect(made.waits(NEED, HOUR)).toBeNull();
    made.drained = true;
    expect(made.waits(NEED, HOUR)).toMatch(/^it is drained/);
    made.drained = false;
    contact.fail(new ProvingGroundError("unreachable", "gpubox does not answer: timed out"));
    expect(made.waits(NEED, HOUR)).toBe("gpubox does not answer: timed out.");
    await contact.tryNow();
    made.listed = false;
    expect(made.waits(NEED, HOUR)).toMatch(/no longer among the targets/);
    expect(place({ capacity: { problem: "nvidia-smi failed" } }).made.waits(NEED, HOUR)).toBe("nvidia-smi failed");
  });

  test("leaves accelerators alone that somebody else uses, and says so", () => {
    const { made } = place({ capacity: { devices: [device(0, 40), device(1)] } });
    expect(made.take(1, NEED, HOUR)?.devices).toEqual([1]);
    expect(made.waits(NEED, HOUR)).toBe("it needs 1 GPU; of the 2 there, 1 is taken by runs and 1 used by somebody else");
    expect(made.shown.devices.map(({ state }) => state)).toEqual(["others", "ours"]);
    // What a run of ours left in memory at the last look is nobody else's.
    made.slots.capacity = { ...made.slots.capacity, devices: [device(0), device(1, 70)] };
    made.release(1);
    expect(made.waits({ ...NEED, gpus: 2 }, HOUR)).toBeNull();
  });

  test("holds its cap on hours with room for all that runs there may still take", () => {
    const { made } = place({ maxHours: 10, hours: 7 });
    expect(made.take(1, NEED, 2 * HOUR)).not.toBeNull();
    expect(made.waits(NEED, 2 * HOUR)).toBe(
      "its cap of 10 GPU hours leaves no room for it: 7.0 h are used, runs there may take 2.0 h more, and it may take 2.0 h",
    );
    expect(made.waits(NEED, HOUR)).toBeNull();
    made.release(1);
    expect(made.waits(NEED, 2 * HOUR)).toBeNull();
    expect(made.obstacle({ ...NEED, gpus: 2 }, 2 * HOUR)).toMatch(/^gpubox: its cap/);
  });

  test("whose own scheduler refused a run is left alone for half a minute", () => {
    const { made, pass } = place();
    made.pause("Slurm takes no more jobs of yours now");
    expect(made.waits(NEED, HOUR)).toBe("Slurm takes no more jobs of yours now");
    pass(30_000);
    expect(made.waits(NEED, HOUR)).toBeNull();
  });

  test("has not come back while its files are reached and its own scheduler is silent", async () => {
    const { made } = place({ capacity: { managed: true, problem: "slurmctld: connection refused" } });
    await expect(made.answer()).rejects.toThrow("gpubox does not answer: slurmctld: connection refused");
    made.slots.capacity = { ...made.slots.capacity, problem: null };
    await made.answer();
    // What keeps a plain host from taking runs, a full disk for one, does not keep it from answering.
    await place({ capacity: { problem: "its disk is full" } }).made.answer();
  });

  test("is to be looked at again before an accelerator is given away that others may have taken", () => {
    const { made } = place();
    expect(made.stale).toBe(true);
    expect(place({ capacity: { managed: true } }).made.stale).toBe(false);
    expect(place({ capacity: { devices: [] } }).made.stale).toBe(false);
  });
});
