/** The queue: starts runs as soon as there is room, follows them, judges them when they end, and finds them again after a restart. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import type { Curve, LogSlice, Run, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import type { Compute, JobRef, JobState } from "../compute/compute.ts";
import { exportInto } from "../git/checkout.ts";
import type { Git } from "../git/git.ts";
import type { Actor } from "../store/database.ts";
import type { NewRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Follow } from "./follow.ts";
import { Launcher, needOf, refusal, type Launch } from "./launcher.ts";
import { type Plan, readPlan } from "./plan.ts";
import { Records } from "./records.ts";
import { Setup, type Prepared } from "./setup.ts";
import { Slots, type Grant } from "./slots.ts";
import type { Variables } from "./variables.ts";
import { lost, verdict, type Verdict } from "./verdict.ts";

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
  /** The lab's state folder. */
  folder: string;
  after: After;
  /** Room left on a folder's disk, in bytes. */
  freeSpace: (folder: string) => Promise<number>;
  onTarget: (target: Target) => void;
  onNotice: (notice: Notice) => void;
  /** What went wrong in the background. */
  onError: (cause: unknown) => void;
}

const TARGET = "local";
/** Milliseconds between looks at everything that runs, should an event have been lost. */
const LOOK_AGAIN = 5000;
/** A disk with less is full. */
const LITTLE_SPACE = 65_536;
const STOPPED: Verdict = { state: "stopped", failure: null, reason: null, metric: null };

interface Active {
  run: Run;
  ref: JobRef;
  plan: Plan;
  follow: Follow;
  finishing: boolean;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #setup: Setup;
  readonly #launcher: Launcher;
  readonly #records: Records;
  readonly #slots = new Slots();
  /** Runs being made ready; true once they can only be stopped as jobs. */
  readonly #launching = new Map<number, { submitted: boolean }>();
  readonly #active = new Map<number, Active>();
  readonly #stopAsked = new Set<number>();
  readonly #directories = new Map<string, string>();
  #cancelLook: (() => void) | null = null;
  #scratch = 0;
  /** Whether the queue is being gone through, and whether that must be done once more. */
  #filling: "no" | "yes" | "again" = "no";
  #ready = false;
  #closed = false;

  constructor(options: SchedulerOptions) {
    const { store, git, setupCompute, inherited, folder, after } = options;
    this.#options = options;
    this.#setup = new Setup({ folder: path.join(folder, "setup"), compute: setupCompute, after });
    this.#launcher = new Launcher({
      ...{ store, git, inherited, setup: this.#setup },
      directoryOf: async (name) => this.#directories.get(name) ?? (await options.environments.get(name)).directory,
    });
    this.#records = new Records(options.compute, folder);
  }

  /** Looks at the machine, takes up every run that an earlier engine left, and begins with the queue. To be called once. */
  async start(): Promise<void> {
    await mkdir(path.join(this.#options.folder, "runs"), { recursive: true });
    this.#slots.capacity = await this.#options.compute.probe();
    await this.#recover();
    this.#ready = true;
    this.#publish();
    this.#pump();
  }

  /** Looks again at what the machine has; what was granted stays granted. */
  async lookAtMachine(): Promise<void> {
    this.#slots.capacity = await this.#options.compute.probe();
    this.#publish();
    this.#pump();
  }

  /** Nothing queued and nothing under way. */
  get idle(): boolean {
    const { running, queued } = this.#options.store.runs.counts();
    return running + queued === 0;
  }

  /** Stops looking; what runs goes on without the engine. */
  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    for (const { follow } of this.#active.values()) follow.close();
  }

  /**
   * Queues runs of ideas' approved implementations, one for each idea and seed.
   * @param seeds absent: the environment's default
   * @throws ProvingGroundError `not-implemented-yet`; `no-slot` when this machine can never run it
   */
  async enqueue(actor: Actor, ideas: readonly number[], seeds?: readonly number[]): Promise<Run[]> {
    const { store, git } = this.#options;
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
      const environment = found.get(name) ?? (await this.#environment(name));
      found.set(name, environment);
      const tree = await git.treeOf(implementation.commit, environment.directory);
      if (tree === null) {
        throw new ProvingGroundError("no-commit", `commit ${implementation.commit} of idea #${id} is gone`, {
          hint: "It may have been pruned; implement the idea again.",
        });
      }
      for (const seed of seeds ?? [environment.manifest.seed.default]) {
        runs.push({ environment: name, idea: id, commit: implementation.commit, tree, seed, target: TARGET });
      }
    }
    return this.#queue(actor, runs);
  }

  /** Queues runs of the unchanged code. @throws ProvingGroundError `dirty-baseline`, `no-slot` */
  async baseline(actor: Actor, name: string, seeds?: readonly number[]): Promise<Run[]> {
    const environment = await this.#environment(name);
    const { commit, tree } = await this.#options.environments.baselineCode(environment);
    const all = seeds ?? [environment.manifest.seed.default];
    return this.#queue(
      actor,
      all.map((seed) => ({ environment: name, idea: null, commit, tree, seed, target: TARGET })),
    );
  }

  /**
   * Ends runs: at once those that have not begun; the others are asked to, and are over when the store says so. Ended ones stay as
   * they are.
   */
  async stop(ids: readonly number[], actor: Actor = "human"): Promise<Run[]> {
    const { store, compute } = this.#options;
    for (const id of ids) {
      const run = store.runs.get(id);
      if (ENDED.has(run.state)) continue;
      const active = this.#active.get(id);
      if (active === undefined && this.#launching.get(id)?.submitted !== true) {
        this.#end(run, STOPPED, actor);
        continue;
      }
      this.#stopAsked.add(id);
      if (active !== undefined) await compute.cancel(active.ref);
    }
    return ids.map((id) => store.runs.get(id));
  }

  /** Queues the same commit and seed again, as new runs. */
  retry(ids: readonly number[], actor: Actor = "human"): Run[] {
    const { runs } = this.#options.store;
    return this.#queue(
      actor,
      ids.map((id) => {
        const { environment, idea, commit, seed, target } = runs.get(id);
        return { environment, idea, commit, tree: runs.treeOf(id), seed, target };
      }),
    );
  }

  /** Puts a queued run first. */
  first(id: number): Run {
    return this.#options.store.runs.first(id);
  }

  /** Runs the environment's setup command on the baseline's code where that has not been done yet. */
  async setup(name: string, told?: (line: string) => void): Promise<Prepared> {
    const environment = await this.#environment(name);
    const { commit } = await this.#options.environments.baselineCode(environment);
    const scratch = path.join(this.#options.folder, "setup", `code-${this.#scratch++}.new`);
    try {
      await rm(scratch, { recursive: true, force: true });
      await exportInto(this.#options.git, commit, environment.directory, scratch);
      return await this.#setup.ensure(environment.manifest, path.join(scratch, environment.directory), told);
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

  async #environment(name: string): Promise<ValidEnvironment> {
    const environment = await this.#options.environments.get(name);
    this.#directories.set(name, environment.directory);
    const never = this.#ready ? this.#slots.never(needOf(environment.manifest)) : null;
    if (never === null) return environment;
    throw new ProvingGroundError("no-slot", `${name} cannot run on this machine: ${never}`, {
      hint: "Lower `resources` in the manifest, or use a machine that has what it needs.",
    });
  }

  #queue(actor: Actor, runs: NewRun[]): Run[] {
    const queued = this.#options.store.runs.enqueue(actor, runs);
    this.#pump();
    return queued;
  }

  /** Starts what there is room for, in the queue's order, once the caller's own turn is over. */
  #pump(): void {
    if (!this.#ready || this.#closed) return;
    if (this.#filling !== "no") {
      this.#filling = "again";
      return;
    }
    this.#filling = "yes";
    setImmediate(() => {
      this.#fill()
        .catch(this.#options.onError)
        .finally(() => {
          const again = this.#filling === "again";
          this.#filling = "no";
          if (again) this.#pump();
        });
    });
  }

  async #fill(): Promise<void> {
    const { runs } = this.#options.store;
    // Runs of one kind wait for the first of that kind, so that a large one is not passed over for ever.
    const full = { gpu: false, cpu: false };
    for (const queued of runs.queued()) {
      if (this.#closed || (full.gpu && full.cpu)) return;
      let launch: Launch;
      try {
        launch = await this.#launcher.look(queued);
      } catch (cause) {
        if (runs.get(queued.id).state === "queued") this.#end(queued, refusal(cause));
        continue;
      }
      // Somebody may have stopped it meanwhile.
      if (runs.get(queued.id).state === "queued") this.#place(launch, full);
    }
  }

  #place(launch: Launch, full: { gpu: boolean; cpu: boolean }): void {
    const { run, manifest } = launch;
    const need = needOf(manifest);
    const kind = need.gpus > 0 ? "gpu" : "cpu";
    if (full[kind]) return;
    const never = this.#slots.never(need);
    if (never !== null) {
      this.#end(run, { state: "failed", failure: "launch", reason: `It cannot run on this machine: ${never}.`, metric: null });
      return;
    }
    const grant = this.#slots.take(run.id, need);
    if (grant === null) {
      full[kind] = true;
      return;
    }
    this.#options.store.runs.starting(run.id);
    this.#publish();
    const phase = { submitted: false };
    this.#launching.set(run.id, phase);
    this.#launch(launch, grant, phase)
      .catch((cause: unknown) => this.#endSurely(run, refusal(cause)))
      .finally(() => this.#launching.delete(run.id));
  }

  async #launch(launch: Launch, grant: Grant, phase: { submitted: boolean }): Promise<void> {
    const { store, compute } = this.#options;
    const { run } = launch;
    const ref = this.#records.ref(run.id);
    const goOn = () => !this.#closed && store.runs.get(run.id).state === "starting";
    const plan = await this.#launcher.prepare(launch, grant, this.#slots.capacity.devices.length > 0, ref, goOn);
    if (plan === null) return;
    if (plan.restored.length > 0) this.#tellRestored(run, plan.restored);
    phase.submitted = true;
    await compute.submit({ ...plan.job, directory: ref.directory });
    store.runs.running(run.id);
    this.#attach(run, ref, plan);
    if (this.#stopAsked.has(run.id)) await compute.cancel(ref);
  }

  #tellRestored(run: Run, files: string[]): void {
    this.#options.onNotice({
      level: "warning",
      run: run.id,
      message: `Run #${run.id}: protected files differed from the baseline and were put back: ${files.join(", ")}.`,
      ...(run.idea === null ? {} : { idea: run.idea }),
    });
  }

  #attach(run: Run, ref: JobRef, plan: Plan): void {
    if (this.#closed) return;
    const { compute, after, store, onError } = this.#options;
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
      .catch(this.#options.onError);
  }

  async #seen(active: Active, state: JobState | undefined): Promise<void> {
    if (state === undefined || state.state === "running" || state.state === "waiting" || active.finishing || this.#closed) return;
    active.finishing = true;
    try {
      const found = await this.#verdict(active, state);
      this.#end(active.run, withRestored(found, active.plan));
    } catch (cause) {
      // Its record stays where it is; the next look tries again.
      active.finishing = false;
      throw cause;
    }
  }

  async #verdict({ run, plan, follow }: Active, state: JobState): Promise<Verdict> {
    const reader = await follow.finish();
    if (state.state !== "ended") {
      const { freeSpace, folder } = this.#options;
      const reason = state.state === "lost" ? state.reason : "its supervisor could not be started";
      return lost(reason, (await freeSpace(folder)) < LITTLE_SPACE);
    }
    return verdict({
      ...{ exit: state.exit, metric: plan.metric, selected: reader.selected, count: reader.count },
      log: await this.#records.logEnd(run.id),
      timeout: plan.job.timeout,
      stopAsked: this.#stopAsked.has(run.id),
    });
  }

  /** Records the end of a run and gives its place to the next. */
  #end(run: Run, found: Verdict, actor: Actor = "engine"): void {
    this.#options.store.runs.ended(run.id, found, actor);
    this.#active.get(run.id)?.follow.close();
    this.#active.delete(run.id);
    this.#stopAsked.delete(run.id);
    this.#slots.release(run.id);
    this.#publish();
    this.#pump();
  }

  /** As `#end`, again and again while even the record finds no room on the disk. */
  #endSurely(run: Run, found: Verdict): void {
    const { store, after, onError } = this.#options;
    if (this.#closed) return;
    try {
      if (!ENDED.has(store.runs.get(run.id).state)) this.#end(run, found);
    } catch (cause) {
      onError(cause);
      after(LOOK_AGAIN, () => this.#endSurely(run, found));
    }
  }

  /** Takes up the runs of an earlier engine: none is forgotten, none is started a second time. */
  async #recover(): Promise<void> {
    const { store, compute } = this.#options;
    const runs = store.runs.underWay();
    const refs = runs.map((run) => this.#records.ref(run.id));
    const plans = await Promise.all(refs.map((ref) => readPlan(ref.directory)));
    const states = await compute.poll(refs);
    for (const [index, run] of runs.entries()) {
      const plan = plans[index] ?? null;
      const ref = this.#records.ref(run.id);
      if (plan === null) {
        if (run.state === "starting") store.runs.requeue(run.id, "The engine ended before it was started.");
        else this.#end(run, lost("its folder was removed", false));
        continue;
      }
      this.#slots.adopt(run.id, plan.grant);
      try {
        // Made ready and never begun: submitting is safe, because a supervisor takes each job once.
        if (states[index]?.state === "absent") await compute.submit({ ...plan.job, directory: ref.directory });
        if (run.state === "starting") store.runs.running(run.id);
        this.#attach(run, ref, plan);
      } catch (cause) {
        this.#endSurely(run, refusal(cause));
      }
    }
  }

  #publish(): void {
    this.#options.onTarget(this.#slots.target(TARGET, "This machine"));
  }
}

function withRestored(found: Verdict, { restored }: Plan): Verdict {
  if (restored.length === 0) return found;
  const note = `Protected files were put back to the baseline's first: ${restored.join(", ")}.`;
  return { ...found, reason: found.reason === null ? note : `${found.reason} ${note}` };
}
