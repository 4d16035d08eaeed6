/** Executes what is queued: begins runs, stops them, reads them back, and finds them again after a restart. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Notice } from "../../protocol/methods.ts";
import type { Curve, LogSlice, Run, RunState, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { type CheckStep, type LiveCheck, LOCAL, type TargetSetting } from "../../protocol/target.ts";
import type { Compute } from "../compute/compute.ts";
import { liveCheck } from "../compute/live-check.ts";
import { exportInto } from "../git/checkout.ts";
import type { Git } from "../git/git.ts";
import type { Actor } from "../store/database.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EarlyStops } from "./early-stops.ts";
import { Insist } from "./insist.ts";
import { Fleet } from "./fleet.ts";
import { Launcher } from "./launcher.ts";
import { type EnvironmentSource, Queue } from "./queue.ts";
import { Records } from "./records.ts";
import { takeUp } from "./recovery.ts";
import type { Prepared } from "./setup.ts";
import type { Variables } from "./variables.ts";
import { STOPPED, type Verdict } from "./verdict.ts";

export interface SchedulerOptions {
  store: Store;
  git: Git;
  environments: EnvironmentSource;
  /** Executes runs. */
  compute: Compute;
  /** Executes setup commands, on the same machine with more variables. */
  setupCompute: Compute;
  /** What `compute` lets a run inherit. */
  inherited: Variables;
  /** Reaches another target. */
  reach: (setting: TargetSetting) => Compute;
  /** The lab's state folder. */
  folder: string;
  after: After;
  /** Milliseconds on a clock that only goes on. */
  now: () => number;
  /** Room left on a folder's disk, in bytes. */
  freeSpace: (folder: string) => Promise<number>;
  onTargets: (targets: Target[]) => void;
  onNotice: (notice: Notice) => void;
  /** What went wrong in the background. */
  onError: (cause: unknown) => void;
}

const FULL: Notice = {
  level: "error",
  message: "The disk is full: what becomes of the runs cannot be recorded. Free some space; it is made up for then, and nothing is lost.",
};
/** Why a run is over of which nobody can tell. */
const GIVEN_UP = "Its target is no longer in the settings and does not answer: whether it goes on there is not known.";
const BEGUN: ReadonlySet<RunState> = new Set(["starting", "running"]);

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #records: Records;
  readonly #insist: Insist;
  readonly #fleet: Fleet;
  readonly #dispatcher: Dispatcher;
  readonly #early: EarlyStops;
  readonly queue: Queue;
  #scratch = 0;
  #checks = 0;

  constructor(options: SchedulerOptions) {
    const { store, git, compute, after, onNotice, onError } = options;
    this.#options = options;
    this.#insist = new Insist({ after, failed: onError, full: () => onNotice(FULL) });
    this.#records = new Records((id) => {
      const { state, target } = store.runs.get(id);
      return ENDED.has(state) || target === null ? compute : (this.#fleet.get(target)?.compute ?? compute);
    }, options.folder);
    this.#early = new EarlyStops({
      ...{ store, records: this.#records, failed: onError },
      treeOf: async (name, commit) => git.treeOf(commit, await this.queue.directoryOf(name)),
      stop: (runs) => this.stop(runs, "search"),
    });
    this.#fleet = new Fleet({
      ...options,
      ...{ records: this.#records, insist: this.#insist },
      read: (run, metric, reader) => this.#early.look(run, metric, reader),
      over: (run, found) => this.#endSurely(run, found),
      takeUp: (place) =>
        takeUp(place, {
          ...{ store, records: this.#records, insist: this.#insist, dispatcher: this.#dispatcher },
          end: (run, found) => this.#end(run, found),
          endSurely: (run, found) => this.#endSurely(run, found),
        }),
      onRoom: () => this.#dispatcher.pump(),
    });
    this.#dispatcher = new Dispatcher({
      ...{ store, after, onNotice, records: this.#records, insist: this.#insist },
      places: (asked) => this.#fleet.candidates(asked),
      current: (name) => this.#fleet.get(name),
      launcher: new Launcher({
        ...{ store, git, ahead: path.join(options.folder, "ahead") },
        directoryOf: (name) => this.queue.directoryOf(name),
      }),
      onTaken: () => this.#fleet.publish(),
      end: (run, found) => this.#end(run, found),
      endSurely: (run, found) => this.#endSurely(run, found),
    });
    this.queue = new Queue({ ...options, fleet: this.#fleet, pump: () => this.#dispatcher.pump() });
  }

  /** The targets; what is asked of them by name. */
  get targets(): Pick<Fleet, "configure" | "drain" | "look" | "all"> {
    return this.#fleet;
  }

  /**
   * Tries a target out, as a run will use it.
   * @param target name of one there is, or a setting that need not be among them
   * @param tell hears of each step as soon as it is known
   */
  async check(target: string | TargetSetting, tell: (step: CheckStep) => void, signal: AbortSignal): Promise<LiveCheck> {
    const { compute, setting, close } = this.#reached(target);
    const container = setting?.container;
    try {
      return await liveCheck({
        ...{ compute, tell, signal, variables: {}, prelude: setting?.prelude ?? "" },
        id: `check-${this.#checks++}-${Math.round(this.#options.now())}`,
        containment: container === undefined ? null : { kind: "container", template: container },
      });
    } finally {
      close();
    }
  }

  /** Looks at the machine, takes up every run that an earlier engine left, and begins with the queue. To be called once. */
  async start(): Promise<void> {
    await mkdir(path.join(this.#options.folder, "runs"), { recursive: true });
    await this.#fleet.start();
    this.#dispatcher.open();
  }

  /** Looks again at what the machine has; what was granted stays granted. */
  lookAtMachine(): Promise<void> {
    return this.#fleet.look(LOCAL);
  }

  /** Nothing queued and nothing under way. */
  get idle(): boolean {
    const { running, queued } = this.#options.store.runs.counts();
    return running + queued === 0;
  }

  /** Stops looking; what runs goes on without the engine. */
  close(): void {
    this.#insist.close();
    this.#early.close();
    this.#dispatcher.close();
    this.#fleet.close();
  }

  /**
   * Ends runs: at once those that have not begun; the others are asked to, and are over when the store says so. Ended ones stay as
   * they are.
   */
  async stop(ids: readonly number[], actor: Actor = "human"): Promise<Run[]> {
    const { store } = this.#options;
    for (const id of ids) {
      const run = store.runs.get(id);
      if (ENDED.has(run.state)) continue;
      const place = this.#fleet.get(run.target ?? "");
      // One that is not being made ready here was begun by an earlier engine, and may go on where that cannot be seen at present.
      const mayGoOn = run.state !== "queued" && (!this.#dispatcher.has(id) || this.#dispatcher.submitted(id));
      if (place?.isGone === true && mayGoOn) this.#end(run, { ...STOPPED, reason: GIVEN_UP }, actor);
      else if (place !== undefined && mayGoOn) {
        this.#insist.on(() => {
          // That one is to be stopped early is recorded already.
          const { state, early } = store.runs.get(id);
          if (BEGUN.has(state) && early === null) store.runs.askStop(id, actor);
        });
        await place.underWay.stop(id);
      } else this.#end(run, STOPPED, actor);
    }
    return ids.map((id) => store.runs.get(id));
  }

  /** Runs the environment's setup command on the baseline's code where that has not been done yet. */
  async setup(name: string, told?: (line: string) => void): Promise<Prepared> {
    const environment = await this.queue.environment(name);
    const { commit } = await this.#options.environments.baselineCode(environment);
    const scratch = path.join(this.#options.folder, "setup", `code-${this.#scratch++}.new`);
    try {
      await rm(scratch, { recursive: true, force: true });
      await exportInto(this.#options.git, commit, environment.directory, scratch);
      return await this.#fleet.place(LOCAL).setup.ensure(environment.manifest, path.join(scratch, environment.directory), told);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** At most `limit` bytes of a run's log from byte `from` on. */
  log(id: number, from: number, limit: number): Promise<LogSlice> {
    return this.#records.log(id, from, limit, ENDED.has(this.#options.store.runs.get(id).state));
  }

  /** Readings of runs, each thinned to at most some two thousand. */
  curves(ids: readonly number[]): Promise<Curve[]> {
    return Promise.all(ids.map((id) => this.#records.curve(this.#options.store.runs.get(id).id)));
  }

  /** A target to be tried out: one of the fleet's, which stays open, or one of its own. */
  #reached(target: string | TargetSetting): { compute: Compute; setting: TargetSetting | null; close: () => void } {
    if (typeof target === "string") {
      const { compute, setting } = this.#fleet.place(target);
      return { compute, setting, close: () => undefined };
    }
    const compute = this.#options.reach(target);
    return { compute, setting: target, close: () => compute.close() };
  }

  /** Records the end of a run and gives its place to the next. */
  #end(run: Run, found: Verdict, actor: Actor = "engine"): void {
    const { store } = this.#options;
    const { target } = store.runs.get(run.id);
    store.runs.ended(run.id, found, actor);
    this.#early.forget(run.id);
    const place = this.#fleet.get(target ?? "");
    place?.underWay.forget(run.id);
    place?.release(run.id);
    this.#fleet.publish();
    this.#dispatcher.pump();
  }

  /** As `#end`, again and again while even the record finds no room on the disk. */
  #endSurely(run: Run, found: Verdict): void {
    this.#insist.on(() => {
      if (!ENDED.has(this.#options.store.runs.get(run.id).state)) this.#end(run, found);
    });
  }
}
