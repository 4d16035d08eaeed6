/** Keeps count of what is free on a target and hands it out. */
import type { TargetDevice } from "../../protocol/run.ts";
import type { Capacity, Device, Job } from "../compute/compute.ts";

/** What a run needs, on each of its nodes. */
export type Need = Job["resources"];

/** What a run was given. */
export interface Grant {
  /** Indices of accelerators. */
  devices: number[];
  /** Processors, or places where the user or the target's own scheduler counts runs. */
  places: number;
  /** GiB of memory; 0 where the run does not say. */
  memory: number;
}

/** GiB in use on an accelerator that no run of ours has: below it is a desktop's, or the driver's own. */
const OTHERS_MEMORY = 1;

export class Slots {
  #capacity: Capacity = {
    kind: "cpu",
    slots: 0,
    fixed: false,
    managed: false,
    cpus: 0,
    memory: 0,
    devices: [],
    disk: null,
    containment: null,
    uncontained: null,
    problem: "not looked at yet",
  };
  readonly #grants = new Map<number, Grant>();
  /** Accelerators that were in use when they were looked at, and not by runs of ours. */
  #others = new Set<number>();

  /** Replaces what is known of the target; what was granted stays granted. */
  set capacity(capacity: Capacity) {
    this.#capacity = capacity;
    const ours = this.#granted();
    const used = capacity.devices.filter(({ index, memoryUsed }) => !ours.has(index) && (memoryUsed ?? 0) > OTHERS_MEMORY);
    this.#others = new Set(used.map(({ index }) => index));
  }

  get capacity(): Capacity {
    return this.#capacity;
  }

  /** Runs that hold something. */
  get runs(): number {
    return this.#grants.size;
  }

  /** Why a need can never be met here; null when it can. */
  never({ gpus, gpuMemory, memory, nodes }: Need): string | null {
    const { managed, devices, memory: has } = this.#capacity;
    if (managed) return null;
    if (nodes > 1) return `it needs ${nodes} nodes, which a Slurm target gives`;
    if (memory !== null && memory > has) return `it needs ${memory} GiB of memory and there are ${has.toFixed(1)}`;
    const fit = devices.filter((device) => large(device.memory, gpuMemory)).length;
    if (gpus <= fit) return null;
    return `it needs ${gpus} GPU${gpus === 1 ? "" : "s"}${gpuMemory === null ? "" : ` with ${gpuMemory} GiB`} and there ${fit === 1 ? "is one" : fit === 0 ? "is none" : `are ${fit}`}`;
  }

  /** How many runs of this need fit at once on the empty target; at least 1. */
  width({ gpus, gpuMemory, cpus }: Need): number {
    const { fixed, managed, slots, cpus: processors, devices } = this.#capacity;
    if (managed) return Math.max(1, slots);
    const places = fixed ? slots : Math.floor(processors / Math.min(cpus, Math.max(1, processors)));
    const fitting = devices.filter((device) => large(device.memory, gpuMemory)).length;
    const onDevices = gpus === 0 ? Infinity : Math.floor(fitting / gpus);
    // An accelerator is not left idle for want of processors.
    return Math.max(1, gpus > 0 && !fixed ? onDevices : Math.min(places, onDevices));
  }

  /** Nothing is free that any run could take. */
  full(): boolean {
    const { fixed, managed, slots, cpus, devices } = this.#capacity;
    return this.#places >= (fixed ? slots : cpus) && (fixed || managed || this.#granted().size >= devices.length);
  }

  /** What keeps a run waiting that could run here, in words; null when there is room. */
  waits(need: Need): string | null {
    const { fixed, managed, slots, cpus } = this.#capacity;
    const total = fixed ? slots : cpus;
    if (!managed && need.gpus > 0) {
      const fitting = this.#capacity.devices.filter((device) => large(device.memory, need.gpuMemory));
      const free = this.#free(need).length;
      const others = fitting.filter(({ index }) => this.#others.has(index)).length;
      if (free < need.gpus) {
        const ours = fitting.length - free - others;
        const used = [...(ours > 0 ? [`${areOrIs(ours)} taken by runs`] : []), ...(others > 0 ? [`${others} used by somebody else`] : [])];
        return `it needs ${need.gpus} GPU${need.gpus === 1 ? "" : "s"}; of the ${fitting.length} there, ${used.join(" and ")}`;
      }
    }
    const memory = [...this.#grants.values()].reduce((sum, grant) => sum + grant.memory, 0);
    if (!managed && need.memory !== null && memory + need.memory > this.#capacity.memory) {
      return `it needs ${need.memory} GiB of memory; ${memory} of ${this.#capacity.memory.toFixed(1)} are taken by runs`;
    }
    if (this.#places + this.#placesFor(need) <= total || (!fixed && need.gpus > 0)) return null;
    return fixed
      ? slots === 1
        ? "its only place is taken"
        : `all ${slots} places are taken`
      : `${this.#places} of ${cpus} processors are taken and it needs ${this.#placesFor(need)}`;
  }

  /** Takes what a run needs. @returns what it got, or null while not enough is free */
  take(run: number, need: Need): Grant | null {
    if (this.never(need) !== null || this.waits(need) !== null) return null;
    const devices = this.#capacity.managed ? [] : this.#free(need).slice(0, need.gpus);
    const grant = { devices: devices.map((device) => device.index), places: this.#placesFor(need), memory: need.memory ?? 0 };
    this.#grants.set(run, grant);
    return grant;
  }

  /** Notes what a run holds that an earlier engine started. */
  adopt(run: number, grant: Grant): void {
    this.#grants.set(run, grant);
  }

  release(run: number): void {
    this.#grants.delete(run);
  }

  /** Slots and how many of them are taken, as they are shown. */
  get load(): { slots: number; busy: number; kind: "gpu" | "cpu" } {
    const { kind, fixed, slots } = this.#capacity;
    const busy = kind === "gpu" && !fixed ? this.#granted().size + this.#others.size : this.#places;
    return { kind, slots, busy: Math.min(busy, slots) };
  }

  /** Accelerators as they are shown. */
  get devices(): TargetDevice[] {
    const { devices, managed, cpus } = this.#capacity;
    if (devices.length === 0) return managed ? [] : [{ label: `${cpus} processor${cpus === 1 ? "" : "s"}`, note: "", state: null }];
    const ours = this.#granted();
    return devices.map((device) => ({
      label: managed ? device.name : `GPU ${device.index}: ${device.name}`,
      note: noteOf(device),
      state: managed ? null : ours.has(device.index) ? "ours" : this.#others.has(device.index) ? "others" : "free",
    }));
  }

  #free(need: Need): Device[] {
    const ours = this.#granted();
    return this.#capacity.devices.filter(
      ({ index, memory }) => !ours.has(index) && !this.#others.has(index) && large(memory, need.gpuMemory),
    );
  }

  /** A run that asks for more than the machine has gets all of it. */
  #placesFor({ cpus }: Need): number {
    return this.#capacity.fixed ? 1 : Math.min(cpus, this.#capacity.cpus);
  }

  #granted(): Set<number> {
    return new Set([...this.#grants.values()].flatMap((grant) => grant.devices));
  }

  get #places(): number {
    return [...this.#grants.values()].reduce((sum, grant) => sum + grant.places, 0);
  }
}

const areOrIs = (count: number) => `${count} ${count === 1 ? "is" : "are"}`;

function noteOf({ memory, memoryUsed, load }: Device): string {
  return [
    ...(memory === null ? [] : [`${(memoryUsed ?? 0).toFixed(1)} of ${memory.toFixed(1)} GiB`]),
    ...(load === null ? [] : [`${Math.round(load * 100)} %`]),
  ].join(" · ");
}

function large(memory: number | null, needed: number | null): boolean {
  // Drivers report a little less than the name says.
  return needed === null || memory === null || memory >= needed * 0.95;
}
