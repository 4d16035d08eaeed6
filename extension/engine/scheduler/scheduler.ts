/** What the lab asks of runs: queues them, stops them, reads them back, and finds them again after a restart. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Notice } from "../../protocol/methods.ts";
import type { Curve, LogSlice, Run, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import type { Compute } from "../compute/compute.ts";
import { exportInto } from "../git/checkout.ts";
import type { Git } from "../git/git.ts";
import type { Actor } from "../store/database.ts";
import type { NewRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./clock.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Insist } from "./insist.ts";
import { Launcher, needOf, refusal } from "./launcher.ts";
import { readPlan } from "./plan.ts";
import { Records } from "./records.ts";
import { Setup, type Prepared } from "./setup.ts";
import { Slots } from "./slots.ts";
import { UnderWay } from "./under-way.ts";
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
const FULL: Notice = {
  level: "error",
  message: "The disk is full: what becomes of the runs cannot be recorded. Free some space; it is made up for then, and nothing is lost.",
};
const STOPPED: Verdict = { state: "stopped", failure: null, reason: null, metric: null };

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #setup: Setup;
  readonly #records: Records;
  readonly #slots = new Slots();
  readonly #insist: Insist;
  readonly #underWay: UnderWay;
  readonly #dispatcher: Dispatcher;
  readonly #directories = new Map<string, string>();
  #scratch = 0;
  #ready = false;

  constructor(options: SchedulerOptions) {
    const { store, git, compute, setupCompute, inherited, folder, after, freeSpace, onNotice, onError } = options;
    this.#options = options;
    this.#insist = new Insist({ after, failed: onError, full: () => onNotice(FULL) });
    this.#setup = new Setup({ folder: path.join(folder, "setup"), compute: setupCompute, after });
    this.#records = new Records(compute, folder);
    this.#underWay = new UnderWay({
      ...{ store, compute, folder, after, freeSpace, onError, records: this.#records, insist: this.#insist },
      over: (run, found) => this.#endSurely(run, found),
    });
    this.#dispatcher = new Dispatcher({
      ...{ store, compute, after, onNotice, records: this.#records, slots: this.#slots, underWay: this.#underWay, insist: this.#insist },
      launcher: new Launcher({
        ...{ store, git, inherited, setup: this.#setup },
        directoryOf: async (name) => this.#directories.get(name) ?? (await options.environments.get(name)).directory,
      }),
      onTaken: () => this.#publish(),
      end: (run, found) => this.#end(run, found),
      endSurely: (run, found) => this.#endSurely(run, found),
    });
  }

  /** Looks at the machine, takes up every run that an earlier engine left, and begins with the queue. To be called once. */
  async start(): Promise<void> {
    await mkdir(path.join(this.#options.folder, "runs"), { recursive: true });
    this.#slots.capacity = await this.#options.compute.probe();
    await this.#recover();
    this.#ready = true;
    this.#publish();
    this.#dispatcher.open();
  }

  /** Looks again at what the machine has; what was granted stays granted. */
  async lookAtMachine(): Promise<void> {
    this.#slots.capacity = await this.#options.compute.probe();
    this.#publish();
    this.#dispatcher.pump();
  }

  /**
   * Runs of an environment that can go on at the same time here, others set aside; at least 1.
   * @throws ProvingGroundError `no-slot` when this machine can never run it
   */
  async width(name: string): Promise<number> {
    return this.#slots.width(needOf((await this.#environment(name)).manifest));
  }

  /** Nothing queued and nothing under way. */
  get idle(): boolean {
    const { running, queued } = this.#options.store.runs.counts();
    return running + queued === 0;
  }

  /** Stops looking; what runs goes on without the engine. */
  close(): void {
    this.#insist.close();
    this.#dispatcher.close();
    this.#underWay.close();
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

  /**
   * Queues runs of the unchanged code.
   * @param of a commit to take it from; absent: the newest, which must be all there is
   * @throws ProvingGroundError `dirty-baseline`, `no-commit`, `no-slot`
   */
  async baseline(actor: Actor, name: string, seeds?: readonly number[], of?: string): Promise<Run[]> {
    const environment = await this.#environment(name);
    const { commit, tree } =
      of === undefined ? await this.#options.environments.baselineCode(environment) : await this.#codeAt(of, environment);
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
    const { store } = this.#options;
    for (const id of ids) {
      const run = store.runs.get(id);
      if (ENDED.has(run.state)) continue;
      if (this.#underWay.has(id) || this.#dispatcher.submitted(id)) await this.#underWay.stop(id);
      else this.#end(run, STOPPED, actor);
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

  async #codeAt(commit: string, { directory }: ValidEnvironment): Promise<{ commit: string; tree: string }> {
    const tree = await this.#options.git.treeOf(commit, directory);
    if (tree !== null) return { commit, tree };
    throw new ProvingGroundError("no-commit", `the commit ${commit.slice(0, 10)} is gone, or has no folder ${directory}`, {
      hint: "It may have been pruned; start a new search.",
    });
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
    this.#dispatcher.pump();
    return queued;
  }

  /** Records the end of a run and gives its place to the next. */
  #end(run: Run, found: Verdict, actor: Actor = "engine"): void {
    this.#options.store.runs.ended(run.id, found, actor);
    this.#underWay.forget(run.id);
    this.#slots.release(run.id);
    this.#publish();
    this.#dispatcher.pump();
  }

  /** As `#end`, again and again while even the record finds no room on the disk. */
  #endSurely(run: Run, found: Verdict): void {
    this.#insist.on(() => {
      if (!ENDED.has(this.#options.store.runs.get(run.id).state)) this.#end(run, found);
    });
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
        this.#insist.on(() => {
          const { state } = store.runs.get(run.id);
          if (state === "starting") store.runs.requeue(run.id, "The engine ended before it was started.");
          else if (!ENDED.has(state)) this.#end(run, lost("its folder was removed", false));
        });
        continue;
      }
      this.#slots.adopt(run.id, plan.grant);
      try {
        // Made ready and never begun: submitting is safe, because a supervisor takes each job once.
        if (states[index]?.state === "absent") await compute.submit({ ...plan.job, directory: ref.directory });
        await this.#underWay.attach(run, ref, plan);
      } catch (cause) {
        this.#endSurely(run, refusal(cause));
      }
    }
  }

  #publish(): void {
    this.#options.onTarget(this.#slots.target(TARGET, "This machine"));
  }
}
