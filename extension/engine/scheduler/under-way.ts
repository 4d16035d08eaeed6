/** Runs that were begun: follows each as it goes on, and judges it when it is over. */
import type { Run } from "../../protocol/run.ts";
import type { Compute, JobRef, JobState } from "../compute/compute.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Follow } from "./follow.ts";
import type { Insist } from "./insist.ts";
import type { Plan } from "./plan.ts";
import type { Records } from "./records.ts";
import { lost, verdict, type Verdict } from "./verdict.ts";

export interface UnderWayOptions {
  store: Store;
  compute: Compute;
  records: Records;
  /** The lab's state folder. */
  folder: string;
  after: After;
  insist: Insist;
  /** Room left on a folder's disk, in bytes. */
  freeSpace: (folder: string) => Promise<number>;
  /** A run is over, said once; it is forgotten by `forget`. */
  over: (run: Run, found: Verdict) => void;
  onError: (cause: unknown) => void;
}

/** Milliseconds between looks at everything that runs, should an event have been lost. */
const LOOK_AGAIN = 5000;
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
  readonly #stopAsked = new Set<number>();
  #cancelLook: (() => void) | null = null;
  #closed = false;

  constructor(options: UnderWayOptions) {
    this.#options = options;
  }

  has(id: number): boolean {
    return this.#active.has(id);
  }

  /** Follows a run whose job was submitted: it runs, whether that can be recorded at once or not. */
  async attach(run: Run, ref: JobRef, plan: Plan): Promise<void> {
    if (this.#closed) return;
    const { compute, after, insist, store, onError } = this.#options;
    insist.on(() => {
      if (store.runs.get(run.id).state === "starting") store.runs.running(run.id);
    });
    const follow = new Follow({
      ...{ compute, ref, settings: plan.metric, after },
      changed: (reader) => store.runs.setLive(run.id, reader.live),
      over: () => this.#look([run.id]),
      failed: onError,
    });
    this.#active.set(run.id, { run, ref, plan, follow, finishing: false });
    follow.look();
    this.#look([run.id]);
    this.#cancelLook ??= after(LOOK_AGAIN, () => this.#lookAtAll());
    if (this.#stopAsked.has(run.id)) await compute.cancel(ref);
  }

  /** Asks a run to end, as soon as it is followed where it is only being submitted. */
  async stop(id: number): Promise<void> {
    this.#stopAsked.add(id);
    const active = this.#active.get(id);
    if (active !== undefined) await this.#options.compute.cancel(active.ref);
  }

  forget(id: number): void {
    this.#active.get(id)?.follow.close();
    this.#active.delete(id);
    this.#stopAsked.delete(id);
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
    for (const { follow } of this.#active.values()) follow.look();
    this.#look([...this.#active.keys()]);
    this.#cancelLook = this.#options.after(LOOK_AGAIN, () => this.#lookAtAll());
  }

  #look(ids: number[]): void {
    const active = ids.flatMap((id) => this.#active.get(id) ?? []);
    this.#options.compute
      .poll(active.map(({ ref }) => ref))
      .then((states) => Promise.all(active.map((one, index) => this.#seen(one, states[index]))))
      .catch((cause: unknown) => this.#options.insist.tell(cause));
  }

  async #seen(active: Active, state: JobState | undefined): Promise<void> {
    if (state === undefined || state.state === "running" || state.state === "waiting" || active.finishing || this.#closed) return;
    active.finishing = true;
    try {
      const found = await this.#verdict(active, state);
      this.#options.over(active.run, withRestored(found, active.plan));
    } catch (cause) {
      // What it left stays where it is; the next look tries again.
      active.finishing = false;
      throw cause;
    }
  }

  async #verdict({ run, plan, follow }: Active, state: JobState): Promise<Verdict> {
    const reader = await follow.finish();
    if (state.state !== "ended") {
      // A stop that comes at once can end the supervisor before it is able to record anything.
      if (this.#stopAsked.has(run.id)) return { state: "stopped", failure: null, reason: null, metric: null };
      const { freeSpace, folder } = this.#options;
      const reason = state.state === "lost" ? state.reason : "its supervisor could not be started";
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
