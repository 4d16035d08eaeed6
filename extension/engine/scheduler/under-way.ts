/** Runs that were begun on one target: follows each as it goes on, and judges it when it is over. */
import type { Run } from "../../protocol/run.ts";
import type { Compute, JobRef, JobState } from "../compute/compute.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { type Contact, isUnreachable } from "./contact.ts";
import { Follow } from "./follow.ts";
import type { Insist } from "./insist.ts";
import type { MetricReader, MetricSettings } from "./metric.ts";
import type { Plan } from "./plan.ts";
import type { Records } from "./records.ts";
import { lost, STOPPED, verdict, type Verdict } from "./verdict.ts";

export interface UnderWayOptions {
  store: Store;
  compute: Compute;
  contact: Pick<Contact, "fail" | "lost">;
  /** Whether the target has a scheduler of its own, so that a job that was submitted may not have begun for long. */
  queues: boolean;
  records: Records;
  /** The lab's state folder. */
  folder: string;
  after: After;
  insist: Insist;
  /** A run has a new reading. */
  read: (run: Run, metric: MetricSettings, reader: MetricReader) => void;
  /** Room left on a folder's disk, in bytes. */
  freeSpace: (folder: string) => Promise<number>;
  /** A run is over, said once; it is forgotten by `forget`. */
  over: (run: Run, found: Verdict) => void;
  /** The same target before its setting was changed: what was asked of it still is. */
  before?: UnderWay | undefined;
}

/** Milliseconds in which looks at a cluster's jobs are gathered. */
const GATHER = 200;
/** A disk with less is full. */
const LITTLE_SPACE = 65_536;

interface Active {
  run: Run;
  ref: JobRef;
  plan: Plan;
  follow: Follow;
  finishing: boolean;
}

export class UnderWay {
  readonly #options: UnderWayOptions;
  readonly #active = new Map<number, Active>();
  readonly #stopAsked: Set<number>;
  /** Of ended runs, which the target could not be told to forget. */
  readonly #kept: JobRef[] = [];
  /** Runs to be looked at in the next look. */
  #wanted = new Set<number>();
  #cancelLook: (() => void) | null = null;
  #closed = false;

  constructor(options: UnderWayOptions) {
    this.#options = options;
    this.#stopAsked = options.before === undefined ? new Set() : options.before.#stopAsked;
  }

  has(id: number): boolean {
    return this.#active.has(id);
  }

  /** Follows a run whose job was submitted: it runs, whether that can be recorded at once or not. */
  async attach(run: Run, ref: JobRef, plan: Plan): Promise<void> {
    if (this.#closed || this.#active.has(run.id)) return;
    const { compute, after, store, queues, read } = this.#options;
    if (!queues) this.#begun(run.id);
    const follow = new Follow({
      ...{ compute, ref, settings: plan.metric, after },
      changed: (reader) => {
        store.runs.setLive(run.id, reader.live);
        read(run, plan.metric, reader);
      },
      over: () => this.#look([run.id]),
      failed: (cause) => this.#suffer(cause),
    });
    this.#active.set(run.id, { run, ref, plan, follow, finishing: false });
    follow.look();
    this.#look([run.id]);
    this.#cancelLook ??= after(compute.pace, () => this.#lookAtAll());
    // An engine may have ended between saying that a run is to be stopped and stopping it.
    if (store.runs.get(run.id).early !== null || store.runs.isStopAsked(run.id)) this.#stopAsked.add(run.id);
    if (this.#stopAsked.has(run.id)) await this.#cancel(ref);
  }

  /** Asks a run to end, as soon as it is followed where it is only being submitted. */
  async stop(id: number): Promise<void> {
    this.#stopAsked.add(id);
    const active = this.#active.get(id);
    if (active !== undefined) await this.#cancel(active.ref);
  }

  /** Forgets a run whose end is recorded; its target may too. */
  forget(id: number): void {
    const active = this.#active.get(id);
    active?.follow.close();
    this.#active.delete(id);
    this.#stopAsked.delete(id);
    if (active !== undefined) this.tidy([active.ref]);
  }

  /** Has the target forget ended runs: now, or when it answers again. */
  tidy(refs: readonly JobRef[]): void {
    if (refs.length === 0 || this.#closed) return;
    this.#options.compute.discard([...refs]).catch((cause: unknown) => {
      if (isUnreachable(cause)) this.#kept.push(...refs);
      this.#suffer(cause);
    });
  }

  /** Looks at everything at once: the target answers again. */
  lookAgain(): void {
    this.#cancelLook?.();
    for (const id of this.#stopAsked) {
      const active = this.#active.get(id);
      if (active !== undefined) this.#cancel(active.ref).catch((cause: unknown) => this.#suffer(cause));
    }
    this.tidy(this.#kept.splice(0));
    this.#lookAtAll();
  }

  /** Stops looking; what runs goes on. */
  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    for (const { follow } of this.#active.values()) follow.close();
  }

  #lookAtAll(): void {
    this.#cancelLook = null;
    if (this.#active.size === 0 || this.#closed) return;
    // While it does not answer, somebody else tries.
    if (this.#options.contact.lost === null) {
      for (const { follow } of this.#active.values()) follow.look();
      this.#look([...this.#active.keys()]);
    }
    this.#cancelLook = this.#options.after(this.#options.compute.pace, () => this.#lookAtAll());
  }

  /** Looks at runs soon: many that begin or end together are one call. */
  #look(ids: readonly number[]): void {
    const first = this.#wanted.size === 0;
    for (const id of ids) this.#wanted.add(id);
    if (!first || this.#wanted.size === 0) return;
    const look = () => {
      const wanted = this.#wanted;
      this.#wanted = new Set();
      if (!this.#closed) this.#lookAt([...wanted]);
    };
    if (this.#options.queues) this.#options.after(GATHER, look);
    else setImmediate(look);
  }

  #lookAt(ids: readonly number[]): void {
    const active = ids.flatMap((id) => this.#active.get(id) ?? []);
    if (active.length === 0) return;
    this.#options.compute
      .poll(active.map(({ ref }) => ref))
      .then((states) => Promise.all(active.map((one, index) => this.#seen(one, states[index]))))
      .catch((cause: unknown) => this.#suffer(cause));
  }

  async #seen(active: Active, state: JobState | undefined): Promise<void> {
    const { run } = active;
    if (state === undefined || active.finishing || this.#closed || !this.#active.has(run.id)) return;
    if (state.state === "waiting") {
      this.#options.store.runs.setWaits(run.id, state.reason ?? null);
      return;
    }
    if (state.state === "absent" && this.#options.queues && this.#options.store.runs.get(run.id).state === "starting") {
      await this.#submitAgain(active);
      return;
    }
    this.#options.store.runs.setWaits(run.id, null);
    if (state.state === "running") {
      this.#begun(run.id);
      return;
    }
    active.finishing = true;
    try {
      const found = await this.#verdict(active, state);
      await this.#options.compute.collect(active.ref, active.ref.directory);
      this.#options.over(run, withRestored(found, active.plan));
    } catch (cause) {
      // What it left stays where it is; the next look tries again.
      active.finishing = false;
      throw cause;
    }
  }

  /** A cluster that forgot a job before it began, as a restart or a limit on waiting makes them do, is given it again. */
  async #submitAgain(active: Active): Promise<void> {
    const { run, ref, plan } = active;
    active.finishing = true;
    try {
      this.#options.store.runs.setWaits(run.id, "its target forgot it before it began, and is given it again");
      await this.#options.compute.submit({ ...plan.job, directory: ref.directory });
    } finally {
      active.finishing = false;
    }
  }

  #begun(id: number): void {
    const { insist, store } = this.#options;
    insist.on(() => {
      if (store.runs.get(id).state === "starting") store.runs.running(id);
    });
  }

  /** A target that does not answer is asked again when it does: `lookAgain`. */
  async #cancel(ref: JobRef): Promise<void> {
    try {
      await this.#options.compute.cancel(ref);
    } catch (cause) {
      if (!isUnreachable(cause)) throw cause;
      this.#options.contact.fail(cause);
    }
  }

  #suffer(cause: unknown): void {
    if (this.#closed) return;
    if (isUnreachable(cause)) this.#options.contact.fail(cause);
    else this.#options.insist.tell(cause);
  }

  async #verdict({ run, plan, follow }: Active, state: JobState): Promise<Verdict> {
    const reader = await follow.finish();
    if (state.state !== "ended") {
      // A stop that comes at once can end the supervisor before it is able to record anything.
      if (this.#stopAsked.has(run.id)) return STOPPED;
      const { freeSpace, folder, queues } = this.#options;
      const reason =
        state.state === "lost" ? state.reason : queues ? "its target does not know it any more" : "its supervisor could not be started";
      return lost(reason, (await freeSpace(folder)) < LITTLE_SPACE);
    }
    return verdict({
      ...{ exit: state.exit, metric: plan.metric, selected: reader.selected, count: reader.count },
      log: await this.#options.records.logEnd(run.id),
      timeout: plan.job.timeout,
      stopAsked: this.#stopAsked.has(run.id),
    });
  }
}

function withRestored(found: Verdict, { restored }: Plan): Verdict {
  if (restored.length === 0) return found;
  const note = `Protected files were put back to the baseline's first: ${restored.join(", ")}.`;
  return { ...found, reason: found.reason === null ? note : `${found.reason} ${note}` };
}
