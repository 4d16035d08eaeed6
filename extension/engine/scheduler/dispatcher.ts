/** Takes runs from the queue as soon as a target has room for them, makes them ready and begins them. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import { ENDED, type Run } from "../../protocol/run.ts";
import { Recurring } from "../recurring.ts";
import type { Lane } from "../store/run-queue.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { isUnreachable } from "./contact.ts";
import type { Insist } from "./insist.ts";
import { needOf, refusal, type Launch, type Launcher } from "./launcher.ts";
import { type Place, REFUSED } from "./place.ts";
import type { Plan } from "./plan.ts";
import type { Records } from "./records.ts";
import type { Grant } from "./slots.ts";
import { STOPPED, type Verdict } from "./verdict.ts";

export interface DispatcherOptions {
  store: Store;
  launcher: Launcher;
  records: Records;
  /** Targets that a run may go to, those it should go to first first. @param asked name of the only one; null: any */
  places: (asked: string | null) => readonly Place[];
  /** The target of a name as it is set up now. */
  current: (name: string) => Place | undefined;
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
/** Runs whose code is made ready before they have a place. */
const READY = 8;

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
  #closed = false;

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
    this.#closed = true;
  }

  /** Whether a run is being made ready or begun. */
  has(id: number): boolean {
    return this.#launching.has(id);
  }

  /** Whether a run is being begun and can only be stopped as a job. */
  submitted(id: number): boolean {
    return this.#launching.get(id)?.submitted === true;
  }

  /** Starts what there is room for, in the queue's order, once the caller's own turn is over. */
  pump(): void {
    if (this.#open) this.#filling.ask();
  }

  /** Hands a job to its target until the target has it for sure: it may not answer for hours, and takes each job once. */
  async submit(run: Run, plan: Plan, place: Place): Promise<void> {
    const ref = this.#options.records.ref(run.id);
    // The target may be set up anew meanwhile.
    const target = () => this.#options.current(place.name) ?? place;
    for (;;) {
      if (this.#closed || ENDED.has(this.#options.store.runs.get(run.id).state)) return;
      const { compute, contact } = target();
      try {
        await compute.submit({ ...plan.job, directory: ref.directory });
        break;
      } catch (cause) {
        if (!isUnreachable(cause)) throw cause;
        contact.fail(cause);
        await contact.whenBack();
      }
    }
    await target().underWay.attach(run, ref, plan);
  }

  async #fill(): Promise<void> {
    const { store, launcher, places, end } = this.#options;
    // Runs of one kind wait for the first of that kind, so that a large one is not passed over for ever.
    const blocked = new Set<string>();
    let lanes: Lane[] = store.queue.lanes();
    while (this.#open && lanes.length > 0) {
      const able = lanes.filter(({ asked }) => places(asked === "" ? null : asked).some((place) => hasRoom(place, blocked)));
      const heads = able.flatMap((lane) => ({ lane, run: store.queue.head(lane) })).filter(isThere);
      const [first] = heads.sort((a, b) => a.run.position - b.run.position || a.run.id - b.run.id);
      if (first === undefined) break;
      lanes = heads.map(({ lane }) => lane);
      let launch: Launch;
      try {
        launch = await launcher.look(first.run);
        await this.#refresh(launch);
      } catch (cause) {
        if (store.runs.get(first.run.id).state === "queued") end(first.run, refusal(cause));
        continue;
      }
      // Somebody may have stopped it meanwhile.
      if (store.runs.get(first.run.id).state !== "queued") continue;
      if (!this.#place(launch, blocked)) lanes = lanes.filter((lane) => lane !== first.lane);
    }
    await this.#makeReady();
  }

  /** Makes the code of those ready that will be first when a place is free. */
  async #makeReady(): Promise<void> {
    const { store, launcher } = this.#options;
    // What begins now does not wait for what is next.
    if (this.#launching.size > 0) return;
    const next = store.queue.next(READY);
    launcher.ahead.keepOnly(new Set(next.map(({ id }) => id)));
    for (const run of next) {
      if (!this.#open || !launcher.ahead.wants(run.id)) continue;
      // Whoever cannot be made ready is told when it is to begin.
      const launch = await launcher.look(run).catch(() => null);
      if (launch !== null && store.runs.get(run.id).state === "queued") launcher.ahead.begin(launch);
    }
  }

  /** Others may have taken accelerators since they were last looked at. */
  async #refresh({ run, manifest }: Launch): Promise<void> {
    if (manifest.resources.gpus === 0) return;
    const stale = this.#options.places(run.asked).filter((place) => place.stale && place.closed === null);
    await Promise.all(stale.map((place) => place.look().catch((cause: unknown) => place.contact.fail(cause))));
  }

  /** @returns whether the run left the queue */
  #place(launch: Launch, blocked: Set<string>): boolean {
    const { store, places, end, endSurely, onTaken } = this.#options;
    const { run, manifest } = launch;
    const need = needOf(manifest);
    const { timeout } = manifest.resources;
    const kind = need.gpus > 0 ? "gpu" : "cpu";
    const eligible = places(run.asked);
    const open = eligible.filter((place) => place.closed === null);
    const never = open.map((place) => place.slots.never(need));
    const [why] = never;
    if (why != null && open.length === eligible.length && never.every((reason) => reason !== null)) {
      const where = open.length === 1 && open[0]?.setting === null ? "on this machine" : `on ${open.map(({ name }) => name).join(", ")}`;
      end(run, { state: "failed", failure: "launch", reason: `It cannot run ${where}: ${why}.`, metric: null });
      return true;
    }
    for (const place of open) {
      const key = `${place.name} ${kind}`;
      const grant = blocked.has(key) ? null : place.take(run.id, need, timeout);
      if (grant === null) {
        blocked.add(key);
        continue;
      }
      const contained = place.setting?.container === undefined ? place.slots.capacity.containment : "container";
      try {
        store.runs.starting(run.id, { target: place.name, contained, gpus: need.gpus * need.nodes });
      } catch (cause) {
        place.release(run.id);
        throw cause;
      }
      onTaken();
      const phase = { submitted: false };
      this.#launching.set(run.id, phase);
      this.#launch(launch, grant, place, phase)
        .catch(async (cause: unknown) => {
          const { code } = ProvingGroundError.from(cause);
          if (code === "unreachable" && !phase.submitted) {
            place.contact.fail(cause);
            this.#takeBack(run, place, `${place.title} did not answer while it was made ready.`);
          } else if (code === "no-slot" || (code === "disk-full" && place.setting !== null)) {
            await this.#refused(run, place, cause);
          } else {
            endSurely(run, refusal(cause));
            place.underWay.tidy([this.#options.records.ref(run.id)]);
          }
        })
        .finally(() => {
          this.#launching.delete(run.id);
          this.pump();
        });
      return true;
    }
    return false;
  }

  /** It stays first in the queue, and its target, which has no room for any, is asked again later; a human hears of a full disk once. */
  async #refused(run: Run, place: Place, cause: unknown): Promise<void> {
    const { after, records, onNotice } = this.#options;
    const { code, message, hint = "" } = ProvingGroundError.from(cause);
    const first = place.pause(message);
    if (first && code === "disk-full") {
      onNotice({ level: "error", message: `${place.title} takes no more runs: ${message}. ${hint}` });
    }
    after(REFUSED, () => this.pump());
    // What had room is in the way there. It may not answer any more; then it stays until the run is sent again.
    await place.compute.discard([records.ref(run.id)]).catch(() => undefined);
    this.#takeBack(run, place, null);
  }

  /** Its target cannot take it now: it goes back to its place in the queue. */
  #takeBack(run: Run, place: Place, why: string | null): void {
    const { store, insist } = this.#options;
    insist.on(() => {
      if (store.runs.get(run.id).state !== "starting") return;
      if (store.runs.isStopAsked(run.id)) {
        this.#options.end(run, STOPPED);
        return;
      }
      store.runs.requeue(run.id, why);
      place.release(run.id);
      this.pump();
    });
  }

  async #launch(launch: Launch, grant: Grant, place: Place, phase: { submitted: boolean }): Promise<void> {
    const { store, launcher, records } = this.#options;
    const { run } = launch;
    const goOn = () => this.#open && store.runs.get(run.id).state === "starting";
    const plan = await launcher.prepare(launch, grant, place, records.ref(run.id), goOn);
    if (plan === null) return;
    if (plan.restored.length > 0) this.#tellRestored(run, plan.restored);
    phase.submitted = true;
    await this.submit(run, plan, place);
    place.took();
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

const isThere = (head: { lane: Lane; run: Run | null }): head is { lane: Lane; run: Run } => head.run !== null;

/** Whether some run might find room on a target. */
function hasRoom(place: Place, blocked: ReadonlySet<string>): boolean {
  if (place.closed !== null || (blocked.has(`${place.name} gpu`) && blocked.has(`${place.name} cpu`))) return false;
  return !place.slots.full();
}
