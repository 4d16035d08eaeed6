/** What the lab asks of runs: queues them, stops them, reads them back, and finds them again after a restart. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import type { Curve, LogSlice, Run, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import type { RunsForecast, Search } from "../../protocol/search.ts";
import { type CheckStep, type LiveCheck, LOCAL, type TargetSetting } from "../../protocol/target.ts";
import type { Compute, JobState } from "../compute/compute.ts";
import { liveCheck } from "../compute/live-check.ts";
import { exportInto } from "../git/checkout.ts";
import type { Git } from "../git/git.ts";
import type { Actor } from "../store/database.ts";
import type { NewRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EarlyStops } from "./early-stops.ts";
import { Insist } from "./insist.ts";
import { BY_HAND, places } from "./fair.ts";
import { Fleet } from "./fleet.ts";
import { isUnreachable } from "./contact.ts";
import { forecastRuns } from "./forecast.ts";
import { Launcher, needOf, refusal } from "./launcher.ts";
import type { Place } from "./place.ts";
import { type Plan, readPlan } from "./plan.ts";
import { Records } from "./records.ts";
import type { Prepared } from "./setup.ts";
import type { Variables } from "./variables.ts";
import { lost, type Verdict } from "./verdict.ts";

/** What the scheduler asks of the catalogue of environments. */
export interface EnvironmentSource {
  get(name: string): Promise<ValidEnvironment>;
  baselineCode(environment: ValidEnvironment): Promise<{ commit: string; tree: string }>;
}

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
const STOPPED: Verdict = { state: "stopped", failure: null, reason: null, metric: null };

/** Where and for whom runs are queued. */
export interface Queueing {
  /** Absent: the environment's default. */
  seeds?: readonly number[] | undefined;
  /** Name of the only target that may take them; null: any. */
  target?: string | null;
  /** The search that queues them and its share of the queue; null: a human does. */
  search?: Pick<Search, "id" | "plan"> | null;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #records: Records;
  readonly #insist: Insist;
  readonly #fleet: Fleet;
  readonly #dispatcher: Dispatcher;
  readonly #early: EarlyStops;
  /** Where environments lie and how many GPUs a run of theirs needs, as far as they were looked at. */
  readonly #known = new Map<string, { directory: string; gpus: number }>();
  #scratch = 0;
  #checks = 0;
  #ready = false;

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
      treeOf: async (name, commit) => git.treeOf(commit, await this.#directoryOf(name)),
      stop: (runs) => this.stop(runs, "search"),
    });
    this.#fleet = new Fleet({
      ...options,
      ...{ records: this.#records, insist: this.#insist },
      read: (run, metric, reader) => this.#early.look(run, metric, reader),
      over: (run, found) => this.#endSurely(run, found),
      takeUp: (place) => this.#takeUp(place),
      onRoom: () => this.#dispatcher.pump(),
    });
    this.#dispatcher = new Dispatcher({
      ...{ store, after, onNotice, records: this.#records, insist: this.#insist },
      places: (asked) => this.#fleet.candidates(asked),
      current: (name) => this.#fleet.get(name),
      launcher: new Launcher({
        ...{ store, git, ahead: path.join(options.folder, "ahead") },
        directoryOf: (name) => this.#directoryOf(name),
      }),
      onTaken: () => this.#fleet.publish(),
      end: (run, found) => this.#end(run, found),
      endSurely: (run, found) => this.#endSurely(run, found),
    });
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
    this.#ready = true;
    this.#dispatcher.open();
  }

  /** Looks again at what the machine has; what was granted stays granted. */
  lookAtMachine(): Promise<void> {
    return this.#fleet.look(LOCAL);
  }

  /**
   * Runs of an environment that can go on at the same time, others set aside; at least 1.
   * @param target name of the only target that may take them; null: any
   * @throws ProvingGroundError `no-slot` when no target can ever run it
   */
  async width(name: string, target: string | null = null): Promise<number> {
    const { manifest } = await this.#environment(name, target);
    const need = needOf(manifest);
    const able = this.#fleet.candidates(target).filter((place) => place.slots.never(need) === null);
    return Math.max(
      1,
      able.reduce((sum, place) => sum + place.slots.width(need), 0),
    );
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
   * Queues runs of ideas' approved implementations, one for each idea and seed.
   * @throws ProvingGroundError `not-implemented-yet`; `no-slot` when no target can ever run it
   */
  async enqueue(actor: Actor, ideas: readonly number[], how: Queueing = {}): Promise<Run[]> {
    const { store, git } = this.#options;
    const { seeds, target = null } = how;
    const found = new Map<string, ValidEnvironment>();
    const runs: NewRun[] = [];
    for (const id of ideas) {
      const { environment: name } = store.ideas.get(id);
      const implementation = store.implementations.implementation(id);
      if (implementation === null) {
        throw new ProvingGroundError("not-implemented-yet", `idea #${id} has no approved implementation`, {
          hint: "Implement it, then approve its proposal.",
        });
      }
      const environment = found.get(name) ?? (await this.#environment(name, target));
      found.set(name, environment);
      const tree = await git.treeOf(implementation.commit, environment.directory);
      if (tree === null) {
        throw new ProvingGroundError("no-commit", `commit ${implementation.commit} of idea #${id} is gone`, {
          hint: "It may have been pruned; implement the idea again.",
        });
      }
      for (const seed of seeds ?? [environment.manifest.seed.default]) {
        runs.push({ environment: name, idea: id, commit: implementation.commit, tree, seed, target, watched: how.search != null });
      }
    }
    return this.#queue(actor, runs, how);
  }

  /**
   * Queues runs of the unchanged code.
   * @param of a commit to take it from; absent: the newest, which must be all there is
   * @throws ProvingGroundError `dirty-baseline`, `no-commit`, `no-slot`
   */
  async baseline(actor: Actor, name: string, how: Queueing = {}, of?: string): Promise<Run[]> {
    const { seeds, target = null } = how;
    const environment = await this.#environment(name, target);
    const { commit, tree } =
      of === undefined ? await this.#options.environments.baselineCode(environment) : await this.#codeAt(of, environment);
    const all = seeds ?? [environment.manifest.seed.default];
    return this.#queue(
      actor,
      all.map((seed) => ({ environment: name, idea: null, commit, tree, seed, target })),
      how,
    );
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
      const underWay = this.#fleet.get(run.target ?? "")?.underWay;
      if (underWay !== undefined && (underWay.has(id) || this.#dispatcher.submitted(id))) await underWay.stop(id);
      else this.#end(run, STOPPED, actor);
    }
    return ids.map((id) => store.runs.get(id));
  }

  /** Queues the same commit and seed again, as new runs, which nothing stops early where a human asks for them. @param target absent: the one that each was queued for; null: any */
  retry(ids: readonly number[], actor: Actor = "human", target?: string | null): Run[] {
    if (target != null) this.#fleet.place(target);
    const { runs } = this.#options.store;
    return this.#queue(
      actor,
      ids.map((id) => {
        const { environment, idea, commit, seed, asked } = runs.get(id);
        const watched = actor === "search" && this.#options.store.early.isWatched(id);
        return { environment, idea, commit, tree: runs.treeOf(id), seed, target: target === undefined ? asked : target, watched };
      }),
    );
  }

  /** Puts queued runs, in the order given, before another queued one, or at the end. @returns those that were still queued */
  reorder(ids: readonly number[], before: number | null): Run[] {
    const moved = this.#options.store.runs.reorder(ids, before);
    this.#dispatcher.pump();
    return moved;
  }

  /** Queues queued runs for another target; null: for any. @returns those that were still queued */
  move(ids: readonly number[], target: string | null): Run[] {
    if (target !== null) this.#fleet.place(target);
    const moved = this.#options.store.runs.ask(ids, target);
    this.#dispatcher.pump();
    return moved;
  }

  /** What runs of ideas would take; nothing is queued. @throws ProvingGroundError as `enqueue` */
  async forecast(ideas: readonly number[], { seeds, target = null }: Queueing = {}): Promise<RunsForecast> {
    const { store } = this.#options;
    const names = [...new Set(ideas.map((id) => store.ideas.get(id).environment))];
    const [name] = names;
    if (name === undefined || names.length > 1) throw new ProvingGroundError("usage", "a forecast is of ideas of one environment");
    const { manifest } = await this.#environment(name, target);
    const places = this.#fleet.candidates(target);
    const waits = places.map((place) => place.obstacle(needOf(manifest), manifest.resources.timeout));
    const { running, queued } = store.runs.counts();
    return forecastRuns(ideas.length * (seeds?.length ?? 1), manifest, {
      seconds: store.runs.meanSeconds(name),
      slots: await this.width(name, target),
      before: running + queued,
      obstacles: places.length === 0 ? [this.#noTarget(target)] : waits.includes(null) ? [] : waits.flatMap((reason) => reason ?? []),
    });
  }

  /** Why a run waits, in words, one reason an entry; none when it does not. */
  async why(id: number): Promise<string[]> {
    const { store } = this.#options;
    const run = store.runs.get(id);
    if (run.state === "starting") return [run.reason ?? "It is being made ready."];
    if (run.state !== "queued") return [];
    const { manifest } = await this.#options.environments.get(run.environment);
    const places = this.#fleet.candidates(run.asked);
    if (places.length === 0) return [this.#noTarget(run.asked)];
    const waits = places.map((place) => {
      const why = place.waits(needOf(manifest), manifest.resources.timeout) ?? "it has room";
      return `${place.title}: ${why}${why.endsWith(".") ? "" : "."}`;
    });
    const ahead = store.runs.queued().findIndex((other) => other.id === id);
    return ahead <= 0 ? waits : [`${ahead === 1 ? "One run is" : `${ahead} runs are`} before it in the queue.`, ...waits];
  }

  /** Runs the environment's setup command on the baseline's code where that has not been done yet. */
  async setup(name: string, told?: (line: string) => void): Promise<Prepared> {
    const environment = await this.#environment(name);
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

  /** Folder of an environment, from the repository's top. */
  async #directoryOf(name: string): Promise<string> {
    return (this.#known.get(name) ?? (await this.#options.environments.get(name))).directory;
  }

  async #codeAt(commit: string, { directory }: ValidEnvironment): Promise<{ commit: string; tree: string }> {
    const tree = await this.#options.git.treeOf(commit, directory);
    if (tree !== null) return { commit, tree };
    throw new ProvingGroundError("no-commit", `the commit ${commit.slice(0, 10)} is gone, or has no folder ${directory}`, {
      hint: "It may have been pruned; start a new search.",
    });
  }

  /** @param target name of the only target that may take its runs; null: any */
  async #environment(name: string, target: string | null = null): Promise<ValidEnvironment> {
    const environment = await this.#options.environments.get(name);
    const need = needOf(environment.manifest);
    this.#known.set(name, { directory: environment.directory, gpus: need.gpus * need.nodes });
    if (target !== null) this.#fleet.place(target);
    if (!this.#ready) return environment;
    // A target that is away now may be able to when it is back.
    const reasons = this.#fleet.candidates(target).map((place) => {
      const { problem } = place.slots.capacity;
      const why = place.contact.lost === null ? (place.slots.never(need) ?? (place.setting === null ? problem : null)) : null;
      return why === null ? null : `${place.setting === null ? "on this machine" : `on ${place.name}`}: ${why}`;
    });
    if (reasons.length === 0 || reasons.includes(null)) return environment;
    throw new ProvingGroundError("no-slot", `${name} cannot run ${reasons.join("; ")}`, {
      hint: "Lower `resources` in the manifest, or set up a target that has what it needs.",
    });
  }

  #noTarget(asked: string | null): string {
    return asked === null
      ? "Every target is drained: resume one in the Compute view."
      : `There is no target ${asked} any more: name it in \`provingGround.compute.targets\` again, or move the run to another.`;
  }

  #queue(actor: Actor, runs: NewRun[], { search = null }: Queueing = {}): Run[] {
    const { store } = this.#options;
    const [first] = runs;
    if (first === undefined) return [];
    const id = search?.id ?? null;
    const seconds = Math.max(1, store.runs.meanSeconds(first.environment) ?? 1);
    const cost = seconds * Math.max(1, this.#known.get(first.environment)?.gpus ?? 1);
    const at = places(runs.length, {
      ...{ cost, priority: search?.plan.priority ?? BY_HAND },
      left: store.runs.position(),
      last: store.runs.lastPosition(id),
    });
    const queued = store.runs.enqueue(
      actor,
      runs.map((run, nth) => ({ ...run, position: at[nth] ?? 0 })),
    );
    this.#dispatcher.pump();
    return queued;
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

  /** Takes up the runs that an earlier engine left on a target: none is forgotten, none is started a second time. */
  async #takeUp(place: Place): Promise<void> {
    const { store } = this.#options;
    const runs = store.runs.underWay(place.name).filter(({ id }) => !this.#dispatcher.has(id));
    const plans = new Map<Run, Plan>();
    for (const run of runs) {
      const plan = await readPlan(this.#records.ref(run.id).directory);
      if (plan === null) {
        this.#insist.on(() => {
          const { state } = store.runs.get(run.id);
          if (state === "starting") store.runs.requeue(run.id, "The engine ended before it was started.");
          else if (!ENDED.has(state)) this.#end(run, lost("its folder was removed", false));
        });
        continue;
      }
      place.adopt(run.id, plan.grant, plan.job.resources, plan.job.timeout);
      plans.set(run, plan);
    }
    const states = await this.#statesOf([...plans.keys()], place);
    for (const [index, [run, plan]] of [...plans].entries()) {
      try {
        // Made ready and never begun: submitting is safe, because a supervisor takes each job once. What is gone from another
        // machine after it had begun there is not sent again.
        const again = states[index]?.state === "absent" && (place.setting === null || run.state === "starting");
        if (again) await this.#dispatcher.submit(run, plan, place);
        else await place.underWay.attach(run, this.#records.ref(run.id), plan);
      } catch (cause) {
        this.#endSurely(run, refusal(cause));
      }
    }
  }

  /** States of jobs, once their target answers. */
  async #statesOf(runs: readonly Run[], place: Place): Promise<JobState[]> {
    for (;;) {
      try {
        return runs.length === 0 ? [] : await place.compute.poll(runs.map(({ id }) => this.#records.ref(id)));
      } catch (cause) {
        if (!isUnreachable(cause)) throw cause;
        place.contact.fail(cause);
        await place.contact.whenBack();
      }
    }
  }
}
