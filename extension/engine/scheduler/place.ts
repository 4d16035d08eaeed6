/** One target as the scheduler sees it: what it has, what was handed out, whether it answers, and the runs that are there. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Target } from "../../protocol/run.ts";
import { LOCAL, type TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "../compute/compute.ts";
import type { Contact } from "./contact.ts";
import type { Setup } from "./setup.ts";
import { type Grant, type Need, Slots } from "./slots.ts";
import type { UnderWay } from "./under-way.ts";
import type { Variables } from "./variables.ts";

export interface PlaceParts {
  name: string;
  /** Null for this machine. */
  setting: TargetSetting | null;
  compute: Compute;
  setup: Setup;
  underWay: UnderWay;
  contact: Contact;
  /** What runs there inherit, as far as the engine knows. */
  inherited: Variables;
  /** Milliseconds on a clock that only goes on. */
  now: () => number;
  /** Hours that ended runs took there, times their GPUs. */
  hours: () => number;
  /** The same target before its setting was changed: what it handed out stays so. */
  before?: Place | undefined;
}

/** Milliseconds after which what is known of accelerators is looked at again before a run gets some. */
const FRESH = 15_000;
/** Milliseconds before a target is given a run again that refused one: its own limits were reached, or its disk is full. */
export const REFUSED = 30_000;
const HOUR = 3600;

export class Place {
  readonly name: string;
  readonly setting: TargetSetting | null;
  readonly compute: Compute;
  readonly setup: Setup;
  readonly underWay: UnderWay;
  readonly contact: Contact;
  readonly inherited: Variables;
  readonly slots: Slots;
  /** Takes no more runs. */
  drained = false;
  /** Whether the user's settings still name it. */
  listed = true;
  readonly #now: () => number;
  readonly #hours: () => number;
  /** Hours that runs there may still take at most, by run. */
  readonly hoursAhead: Map<number, number>;
  /** Why it took no more, from the first refusal until it takes one again. */
  #refusal: { why: string; until: number } | null = null;
  #looked = -Infinity;
  #looking: Promise<void> | null = null;

  constructor({ name, setting, compute, setup, underWay, contact, inherited, now, hours, before }: PlaceParts) {
    this.name = name;
    this.setting = setting;
    this.compute = compute;
    this.setup = setup;
    this.underWay = underWay;
    this.contact = contact;
    this.inherited = inherited;
    this.#now = now;
    this.#hours = hours;
    this.slots = before?.slots ?? new Slots();
    this.hoursAhead = before?.hoursAhead ?? new Map<number, number>();
  }

  get title(): string {
    return this.name === LOCAL ? "This machine" : this.name;
  }

  /** Takes no runs for a while: it has just refused one. @param why in words @returns whether it took the one before */
  pause(why: string): boolean {
    const first = this.#refusal === null;
    this.#refusal = { why, until: this.#now() + REFUSED };
    return first;
  }

  /** It took a run. */
  took(): void {
    this.#refusal = null;
  }

  /** Looks at what it has. @throws ProvingGroundError `unreachable` */
  look(): Promise<void> {
    this.#looking ??= this.compute
      .probe()
      .then((capacity) => {
        this.slots.capacity = capacity;
        this.#looked = this.#now();
      })
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /**
   * Looks whether it answers again. @throws ProvingGroundError `unreachable`, also while the files of a cluster are reached and its own
   * scheduler is silent: it has not come back then
   */
  async answer(): Promise<void> {
    await this.look();
    const { managed, problem } = this.slots.capacity;
    if (managed && problem !== null) throw new ProvingGroundError("unreachable", `${this.title} does not answer: ${problem}`);
  }

  /** Whether what is known of its accelerators may have changed by somebody else's doing. */
  get stale(): boolean {
    const { managed, devices } = this.slots.capacity;
    return !managed && devices.length > 0 && this.#now() - this.#looked > FRESH;
  }

  /** Why it takes no runs now, whatever they need; null when it does. */
  get closed(): string | null {
    if (!this.listed) return "it is no longer among the targets in the settings";
    if (this.drained) return "it is drained: resume it in the Compute view to let it take runs again";
    if (this.#refusal !== null && this.#now() < this.#refusal.until) return this.#refusal.why;
    return this.contact.lost ?? this.slots.capacity.problem;
  }

  /** Whether it does not answer and the user has given it up: its setting was removed. */
  get isGone(): boolean {
    return !this.listed && this.contact.lost !== null;
  }

  /** What keeps a run from this target that does not go by itself, in words; null when nothing does. */
  obstacle(need: Need, timeout: number): string | null {
    const why = this.closed ?? this.slots.never(need) ?? this.#capped(need, timeout);
    return why === null ? null : `${this.title}: ${why}`;
  }

  /** What keeps a run waiting for this target, in words; null when it would begin. @param timeout seconds it may take */
  waits(need: Need, timeout: number): string | null {
    return this.closed ?? this.slots.never(need) ?? this.#capped(need, timeout) ?? this.slots.waits(need);
  }

  /** Takes what a run needs. @returns null while there is no room for it */
  take(run: number, need: Need, timeout: number): Grant | null {
    if (this.waits(need, timeout) !== null) return null;
    const grant = this.slots.take(run, need);
    if (grant !== null) this.hoursAhead.set(run, mostHours(need, timeout));
    return grant;
  }

  adopt(run: number, grant: Grant, need: Need, timeout: number): void {
    this.slots.adopt(run, grant);
    this.hoursAhead.set(run, mostHours(need, timeout));
  }

  release(run: number): void {
    this.slots.release(run);
    this.hoursAhead.delete(run);
  }

  /** Lets go of the target; what runs there goes on. */
  close(): void {
    this.contact.close();
    this.underWay.close();
    this.compute.close();
  }

  /** As it is shown. */
  get shown(): Target {
    const { problem, containment, uncontained, disk } = this.slots.capacity;
    return {
      ...{ name: this.name, title: this.title, type: this.setting?.kind ?? "local", drained: this.drained, runs: this.slots.runs },
      ...this.slots.load,
      devices: this.slots.devices,
      hours: this.#hours(),
      maxHours: this.setting?.maxHours ?? 0,
      disk,
      host: hostOf(this.setting),
      // A template puts every run of its target in a container.
      ...(this.setting?.container === undefined ? { contained: containment, uncontained } : { contained: "container", uncontained: null }),
      problem: this.contact.lost ?? (this.listed ? problem : "It is no longer among the targets in the settings; its last runs go on."),
      awaySince: this.contact.since,
    };
  }

  #capped(need: Need, timeout: number): string | null {
    const cap = this.setting?.maxHours;
    if (cap === undefined) return null;
    const open = [...this.hoursAhead.values()].reduce((sum, hours) => sum + hours, 0);
    const used = this.#hours();
    if (used + open + mostHours(need, timeout) <= cap + 1e-9) return null;
    const held = open === 0 ? "" : `, runs there may take ${open.toFixed(1)} h more`;
    return `its cap of ${cap} GPU hours leaves no room for it: ${used.toFixed(1)} h are used${held}, and it may take ${mostHours(need, timeout).toFixed(1)} h`;
  }
}

/** Where a target is reached, as the user wrote it; null: on this machine. */
function hostOf(setting: TargetSetting | null): string | null {
  if (setting?.kind === "ray") return setting.address;
  return setting?.host ?? null;
}

/** Hours that a run may take, times its GPUs. */
function mostHours({ gpus, nodes }: Need, timeout: number): number {
  return (timeout * Math.max(1, gpus * nodes)) / HOUR;
}
