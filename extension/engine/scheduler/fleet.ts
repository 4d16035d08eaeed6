/** All targets of a lab: this machine and those the user set up, made when they are named, looked at while they are in use. */
import path from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import type { Run, Target } from "../../protocol/run.ts";
import { LOCAL, type TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "../compute/compute.ts";
import type { Actor } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Contact, isUnreachable } from "./contact.ts";
import type { Insist } from "./insist.ts";
import { Place } from "./place.ts";
import type { Records } from "./records.ts";
import { Setup } from "./setup.ts";
import { UnderWay, type UnderWayOptions } from "./under-way.ts";
import type { Variables } from "./variables.ts";
import type { Verdict } from "./verdict.ts";

export interface FleetOptions {
  store: Store;
  /** Executes runs on this machine. */
  compute: Compute;
  /** Executes setup commands there, with more variables. */
  setupCompute: Compute;
  /** What `compute` lets a run inherit. */
  inherited: Variables;
  /** Reaches another target. */
  reach: (setting: TargetSetting) => Compute;
  /** The lab's state folder. */
  folder: string;
  records: Records;
  after: After;
  /** Milliseconds on a clock that only goes on. */
  now: () => number;
  insist: Insist;
  /** Room left on a folder's disk, in bytes. */
  freeSpace: (folder: string) => Promise<number>;
  /** A run has a new reading. */
  read: UnderWayOptions["read"];
  /** A run is over, said once. */
  over: (run: Run, found: Verdict) => void;
  /** Takes up the runs that are on a target. */
  takeUp: (place: Place) => Promise<void>;
  /** A target may have room that it had not before. */
  onRoom: () => void;
  onTargets: (targets: Target[]) => void;
  onNotice: (notice: Notice) => void;
  onError: (cause: unknown) => void;
}

/** Milliseconds between two looks at targets whose load changes by itself, while something is queued or under way. */
const LOOK_AGAIN = 20_000;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #places = new Map<string, Place>();
  #order: string[] = [];
  #cancelLook: (() => void) | null = null;
  #looked = false;
  #closed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Looks at this machine, and begins to look at all other targets that are known. */
  async start(): Promise<void> {
    const { store, takeUp } = this.#options;
    for (const { name, setting, listed, drained } of store.targets.list()) this.#add(name, setting, { listed, drained });
    const here = this.place(LOCAL);
    await here.look();
    this.#looked = true;
    await takeUp(here);
    for (const place of this.all) if (place !== here) this.#begin(place);
    this.#lookLater();
    this.publish();
  }

  /** Whether it is known what this machine has. */
  get looked(): boolean {
    return this.#looked;
  }

  /** All targets: this machine, then the others in the order of the settings. */
  get all(): Place[] {
    return this.#order.flatMap((name) => this.#places.get(name) ?? []);
  }

  get(name: string): Place | undefined {
    return this.#places.get(name);
  }

  /** @throws ProvingGroundError `usage` when there is none of that name */
  place(name: string): Place {
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    throw new ProvingGroundError("usage", `there is no target ${name}`, {
      hint: `There are ${this.#order.join(", ")}; others are set up in \`provingGround.compute.targets\`.`,
    });
  }

  /** Targets that a run may go to, those it should go to first first. @param asked name of the only one; null: any */
  candidates(asked: string | null): Place[] {
    if (asked === null) return this.all.filter(({ listed, drained }) => listed && !drained);
    return [this.#places.get(asked)].filter((place) => place !== undefined);
  }

  /** Replaces the user's targets. */
  configure(actor: Actor, settings: readonly TargetSetting[]): void {
    const { store } = this.#options;
    const twice = settings.find(({ name }, index) => settings.findIndex((other) => other.name === name) !== index);
    if (twice !== undefined) {
      throw new ProvingGroundError("usage", `two targets are called ${twice.name}`, {
        hint: "Rename one in `provingGround.compute.targets`.",
      });
    }
    store.targets.configure(actor, settings);
    const listed = store.targets.list();
    this.#order = listed.map(({ name }) => name);
    for (const target of listed) {
      const before = this.#places.get(target.name);
      if (before !== undefined && JSON.stringify(before.setting) === JSON.stringify(target.setting)) before.listed = target.listed;
      else this.#begin(this.#add(target.name, target.setting, target));
    }
    this.#clear();
    this.publish();
    this.#options.onRoom();
  }

  drain(actor: Actor, name: string, drained: boolean): void {
    const place = this.place(name);
    this.#options.store.targets.drain(actor, name, drained);
    place.drained = drained;
    this.publish();
    if (!drained) this.#options.onRoom();
  }

  /** Looks at a target now, whether it answered before or not. */
  async look(name: string): Promise<void> {
    const place = this.place(name);
    if (place.contact.lost === null) await place.look().catch((cause: unknown) => this.#suffer(place, cause));
    else await place.contact.tryNow();
    this.publish();
    this.#options.onRoom();
  }

  publish(): void {
    this.#options.onTargets(this.all.map((place) => place.shown));
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    for (const place of this.#places.values()) place.close();
  }

  #add(name: string, setting: TargetSetting | null, { listed, drained }: { listed: boolean; drained: boolean }): Place {
    const {
      store,
      compute: here,
      setupCompute,
      inherited,
      reach,
      records,
      insist,
      after,
      now,
      freeSpace,
      folder,
      over,
      read,
    } = this.#options;
    const { onRoom, onNotice, onError } = this.#options;
    const before = this.#places.get(name);
    const compute = setting === null ? here : reach(setting);
    const contact = new Contact({
      title: setting === null ? "This machine" : name,
      ...{ after, onNotice, onError, clock: () => store.now() },
      attempt: () => place.answer(),
      changed: () => {
        this.publish();
        if (contact.lost !== null) return;
        place.underWay.lookAgain();
        onRoom();
      },
      runs: () => place.slots.runs,
    });
    const underWay = new UnderWay({
      ...{ store, compute, contact, records, after, insist, freeSpace, over, read, before: before?.underWay },
      queues: setting !== null && setting.kind !== "ssh",
      folder,
    });
    const at = path.join(folder, "setup");
    const setup = new Setup({
      ...{ setting, after },
      compute: setting === null ? setupCompute : compute,
      folder: setting === null ? at : path.join(at, name),
    });
    const place: Place = new Place({
      ...{ name, setting, compute, setup, underWay, contact, now, before },
      inherited: setting === null ? inherited : {},
      hours: () => store.runs.hoursOn(name),
    });
    place.listed = listed;
    place.drained = drained;
    this.#places.set(name, place);
    if (!this.#order.includes(name)) this.#order.push(name);
    before?.close();
    return place;
  }

  /** Looks at a target for the first time, in the background: it may take long to answer. */
  #begin(place: Place): void {
    const { takeUp, onRoom, onError } = this.#options;
    const taking = takeUp(place);
    place
      .look()
      .catch((cause: unknown) => this.#suffer(place, cause))
      .then(async () => {
        await taking;
        this.publish();
        onRoom();
      })
      .catch(onError);
  }

  /** Targets that are no longer named are forgotten once nothing is left there. */
  #clear(): void {
    const { store } = this.#options;
    for (const place of this.all) {
      if (place.listed || place.slots.runs > 0 || store.runs.underWay(place.name).length > 0) continue;
      place.close();
      store.targets.forget(place.name);
      this.#places.delete(place.name);
      this.#order = this.#order.filter((name) => name !== place.name);
    }
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#cancelLook = this.#options.after(LOOK_AGAIN, () => {
      const { running, queued } = this.#options.store.runs.counts();
      const places = running + queued === 0 ? [] : this.all.filter((place) => place.contact.lost === null && changes(place));
      Promise.all(places.map((place) => place.look().catch((cause: unknown) => this.#suffer(place, cause))))
        .then(() => {
          this.#clear();
          this.publish();
          this.#options.onRoom();
        })
        .catch(this.#options.onError)
        .finally(() => this.#lookLater());
    });
  }

  #suffer(place: Place, cause: unknown): void {
    if (isUnreachable(cause)) place.contact.fail(cause);
    else this.#options.onError(cause);
  }
}

/** Whether what a target has to give changes by others' doing. */
function changes({ setting, slots }: Place): boolean {
  return setting !== null || slots.capacity.devices.length > 0;
}
