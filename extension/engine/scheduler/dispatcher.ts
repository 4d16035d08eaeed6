/** Takes runs from the queue as soon as there is room for them, makes them ready and begins them. */
import type { Notice } from "../../protocol/methods.ts";
import type { Run } from "../../protocol/run.ts";
import type { Compute } from "../compute/compute.ts";
import { Recurring } from "../recurring.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import type { Insist } from "./insist.ts";
import { needOf, refusal, type Launch, type Launcher } from "./launcher.ts";
import type { Records } from "./records.ts";
import type { Grant, Slots } from "./slots.ts";
import type { UnderWay } from "./under-way.ts";
import type { Verdict } from "./verdict.ts";

export interface DispatcherOptions {
  store: Store;
  compute: Compute;
  launcher: Launcher;
  records: Records;
  slots: Slots;
  underWay: UnderWay;
  after: After;
  insist: Insist;
  /** A place was taken. */
  onTaken: () => void;
  /** A run ends that was never begun. */
  end: (run: Run, found: Verdict) => void;
  /** As `end`, for a run that has its place already and whose end must be recorded whatever comes. */
  endSurely: (run: Run, found: Verdict) => void;
  onNotice: (notice: Notice) => void;
}

/** Milliseconds before a queue that could not be gone through is tried again. */
const AGAIN = 5000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Runs being made ready; true once they can only be stopped as jobs. */
  readonly #launching = new Map<number, { submitted: boolean }>();
  readonly #filling = new Recurring(
    () => this.#fill(),
    (cause) => {
      this.#options.insist.tell(cause);
      this.#options.after(AGAIN, () => this.pump());
    },
  );
  #open = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** From now on runs are begun. */
  open(): void {
    this.#open = true;
    this.pump();
  }

  /** Begins no more runs. */
  close(): void {
    this.#open = false;
  }

  /** Whether a run is being begun and can only be stopped as a job. */
  submitted(id: number): boolean {
    return this.#launching.get(id)?.submitted === true;
  }

  /** Starts what there is room for, in the queue's order, once the caller's own turn is over. */
  pump(): void {
    if (this.#open) this.#filling.ask();
  }

  async #fill(): Promise<void> {
    const { store, slots, launcher, end } = this.#options;
    if (slots.full()) return;
    // Runs of one kind wait for the first of that kind, so that a large one is not passed over for ever.
    const full = { gpu: false, cpu: false };
    for (const queued of store.runs.queued()) {
      if (!this.#open || slots.full() || (full.gpu && full.cpu)) return;
      let launch: Launch;
      try {
        launch = await launcher.look(queued);
      } catch (cause) {
        if (store.runs.get(queued.id).state === "queued") end(queued, refusal(cause));
        continue;
      }
      // Somebody may have stopped it meanwhile.
      if (store.runs.get(queued.id).state === "queued") this.#place(launch, full);
    }
  }

  #place(launch: Launch, full: { gpu: boolean; cpu: boolean }): void {
    const { store, slots, end, endSurely, onTaken } = this.#options;
    const { run, manifest } = launch;
    const need = needOf(manifest);
    const kind = need.gpus > 0 ? "gpu" : "cpu";
    if (full[kind]) return;
    const never = slots.never(need);
    if (never !== null) {
      end(run, { state: "failed", failure: "launch", reason: `It cannot run on this machine: ${never}.`, metric: null });
      return;
    }
    const grant = slots.take(run.id, need);
    if (grant === null) {
      full[kind] = true;
      return;
    }
    try {
      store.runs.starting(run.id);
    } catch (cause) {
      slots.release(run.id);
      throw cause;
    }
    onTaken();
    const phase = { submitted: false };
    this.#launching.set(run.id, phase);
    this.#launch(launch, grant, phase)
      .catch((cause: unknown) => endSurely(run, refusal(cause)))
      .finally(() => this.#launching.delete(run.id));
  }

  async #launch(launch: Launch, grant: Grant, phase: { submitted: boolean }): Promise<void> {
    const { store, compute, launcher, records, slots, underWay } = this.#options;
    const { run } = launch;
    const ref = records.ref(run.id);
    const goOn = () => this.#open && store.runs.get(run.id).state === "starting";
    const plan = await launcher.prepare(launch, grant, slots.capacity.devices.length > 0, ref, goOn);
    if (plan === null) return;
    if (plan.restored.length > 0) this.#tellRestored(run, plan.restored);
    phase.submitted = true;
    await compute.submit({ ...plan.job, directory: ref.directory });
    await underWay.attach(run, ref, plan);
  }

  #tellRestored(run: Run, files: string[]): void {
    this.#options.onNotice({
      level: "warning",
      run: run.id,
      message: `Run #${run.id}: protected files differed from the baseline and were put back: ${files.join(", ")}.`,
      ...(run.idea === null ? {} : { idea: run.idea }),
    });
  }
}
