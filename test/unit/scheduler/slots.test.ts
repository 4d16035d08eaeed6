import { describe, expect, test } from "vitest";
import type { Capacity } from "../../../extension/engine/compute/compute.ts";
import { Slots } from "../../../extension/engine/scheduler/slots.ts";

const device = (index: number, memory = 80) => ({ index, name: "H100", memory, memoryUsed: 1, load: 0.5 });
const UNSAID = { managed: false, disk: null, containment: null, uncontained: null };
function slots(more: Partial<Capacity>): Slots {
  const made = new Slots();
  made.capacity = { kind: "cpu", slots: 4, fixed: false, cpus: 4, memory: 8, devices: [], problem: null, ...UNSAID, ...more };
  return made;
}
const cpus = (count: number) => ({ gpus: 0, gpuMemory: null, cpus: count, memory: null, nodes: 1 });
const gpus = (count: number, gpuMemory: number | null = null) => ({ gpus: count, gpuMemory, cpus: 1, memory: null, nodes: 1 });

describe("slots", () => {
  test("hand out processors and take them back", () => {
    const two = slots({ slots: 2, cpus: 2 });
    expect([two.take(1, cpus(1)), two.take(2, cpus(1)), two.take(3, cpus(1))].map((grant) => grant !== null)).toEqual([true, true, false]);
    expect(two.target("local", "This machine")).toMatchObject({ slots: 2, busy: 2, kind: "cpu", devices: ["2 processors"] });
    two.release(1);
    expect(two.take(3, cpus(1))).not.toBeNull();
  });
  test("are full when no run of any kind would find a place", () => {
    const two = slots({ slots: 2, cpus: 2 });
    two.take(1, cpus(1));
    expect(two.full()).toBe(false);
    two.take(2, cpus(1));
    expect(two.full()).toBe(true);
    const machine = slots({ kind: "gpu", slots: 1, cpus: 1, devices: [device(0)] });
    machine.take(1, cpus(1));
    expect(machine.full()).toBe(false);
    machine.take(2, gpus(1));
    expect(machine.full()).toBe(true);
    const fixed = slots({ kind: "gpu", slots: 1, fixed: true, devices: [device(0), device(1)] });
    fixed.take(1, cpus(1));
    expect(fixed.full()).toBe(true);
  });
  test("give all of the machine to a run that asks for more", () => {
    const four = slots({});
    expect(four.take(1, cpus(16))).toEqual({ devices: [], places: 4 });
    expect(four.take(2, cpus(1))).toBeNull();
  });
  test("count runs where the user set their number", () => {
    const two = slots({ slots: 2, fixed: true, cpus: 1 });
    expect([1, 2, 3].map((run) => two.take(run, cpus(8)) !== null)).toEqual([true, true, false]);
  });
  test("give each run accelerators of its own, large enough", () => {
    const machine = slots({ kind: "gpu", slots: 3, devices: [device(0, 24), device(1), device(2)] });
    expect(machine.take(1, gpus(1, 80))?.devices).toEqual([1]);
    expect(machine.take(2, gpus(2, 80))).toBeNull();
    expect(machine.take(3, gpus(2))?.devices).toEqual([0, 2]);
    expect(machine.target("local", "This machine")).toMatchObject({ kind: "gpu", slots: 3, busy: 3 });
    expect(machine.take(4, cpus(1))).not.toBeNull();
  });
  test("remember what an earlier engine handed out", () => {
    const machine = slots({ kind: "gpu", slots: 2, devices: [device(0), device(1)] });
    machine.adopt(7, { devices: [0], places: 1 });
    expect(machine.take(8, gpus(1))?.devices).toEqual([1]);
  });
  test("say what can never run here", () => {
    expect(slots({}).never(gpus(2, 40))).toBe("it needs 2 GPUs with 40 GiB and this machine has none");
    expect(slots({ problem: "nvidia-smi failed" }).never(cpus(1))).toBe("nvidia-smi failed");
  });
});
