/** Keeps count of what is free on a target and hands it out. */
import type { Target } from "../../protocol/run.ts";
import type { Capacity } from "../compute/compute.ts";

/** What a run needs. */
export interface Need {
  gpus: number;
  /** GiB on each. */
  gpuMemory: number | null;
  cpus: number;
  /** GiB on each node. */
  memory: number | null;
  nodes: number;
}

/** What a run was given. */
export interface Grant {
  /** Indices of accelerators. */
  devices: number[];
  /** Processors, or places where the user set their number. */
  places: number;
}

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

  /** Replaces what is known of the target; what was granted stays granted. */
  set capacity(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get capacity(): Capacity {
    return this.#capacity;
  }

  /** Why a need can never be met here; null when it can. */
  never({ gpus, gpuMemory }: Need): string | null {
    if (this.#capacity.problem !== null) return this.#capacity.problem;
    const fit = this.#capacity.devices.filter((device) => large(device.memory, gpuMemory)).length;
    if (gpus <= fit) return null;
    return `it needs ${gpus} GPU${gpus === 1 ? "" : "s"}${gpuMemory === null ? "" : ` with ${gpuMemory} GiB`} and this machine has ${fit === 0 ? "none" : fit}`;
  }

  /** How many runs of this need fit at once on the empty target; at least 1. */
  width({ gpus, gpuMemory, cpus }: Need): number {
    const { fixed, slots, cpus: processors, devices } = this.#capacity;
    const places = fixed ? slots : Math.floor(processors / Math.min(cpus, Math.max(1, processors)));
    const fitting = devices.filter((device) => large(device.memory, gpuMemory)).length;
    const onDevices = gpus === 0 ? Infinity : Math.floor(fitting / gpus);
    // An accelerator is not left idle for want of processors.
    return Math.max(1, gpus > 0 && !fixed ? onDevices : Math.min(places, onDevices));
  }

  /** Nothing is free that any run could take. */
  full(): boolean {
    const { fixed, slots, cpus, devices } = this.#capacity;
    return this.#places >= (fixed ? slots : cpus) && (fixed || this.#devices >= devices.length);
  }

  /** Takes what a run needs. @returns what it got, or null while not enough is free */
  take(run: number, need: Need): Grant | null {
    if (this.never(need) !== null) return null;
    const used = new Set([...this.#grants.values()].flatMap((grant) => grant.devices));
    const free = this.#capacity.devices.filter((device) => !used.has(device.index) && large(device.memory, need.gpuMemory));
    if (free.length < need.gpus) return null;
    const { fixed, slots, cpus } = this.#capacity;
    const total = fixed ? slots : cpus;
    // A run that asks for more than the machine has gets all of it.
    const places = fixed ? 1 : Math.min(need.cpus, total);
    // An accelerator is not left idle for want of processors.
    if (this.#places + places > total && (fixed || need.gpus === 0)) return null;
    const grant = { devices: free.slice(0, need.gpus).map((device) => device.index), places };
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

  /** The target as it is shown. */
  target(name: string, title: string): Target {
    const { kind, fixed, slots, devices, problem, cpus } = this.#capacity;
    const busy = kind === "gpu" && !fixed ? this.#devices : this.#places;
    return {
      ...{ name, title, slots, kind, problem },
      busy: Math.min(busy, slots),
      devices:
        devices.length === 0
          ? [`${cpus} processor${cpus === 1 ? "" : "s"}`]
          : devices.map((device) => {
              const memory = device.memory === null ? "" : ` · ${(device.memoryUsed ?? 0).toFixed(1)} of ${device.memory.toFixed(1)} GiB`;
              return `GPU ${device.index}: ${device.name}${memory}${device.load === null ? "" : ` · ${Math.round(device.load * 100)} %`}`;
            }),
    };
  }

  get #devices(): number {
    return [...this.#grants.values()].reduce((sum, grant) => sum + grant.devices.length, 0);
  }

  get #places(): number {
    return [...this.#grants.values()].reduce((sum, grant) => sum + grant.places, 0);
  }
}

function large(memory: number | null, needed: number | null): boolean {
  // Drivers report a little less than the name says.
  return needed === null || memory === null || memory >= needed * 0.95;
}
