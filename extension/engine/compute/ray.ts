/** Executes jobs on a Ray cluster through its Jobs REST API; their files are in a folder that this machine and all of Ray's see. */
import { mkdir, statfs, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { RayTarget } from "../../protocol/target.ts";
import type { Capacity, Device, Job, JobRef, JobState } from "./compute.ts";
import { byTemplate } from "./by-template.ts";
import { LocalSite } from "./local-site.ts";
import { RayApi, type RayJob, type Resources, type Submission } from "./ray-api.ts";
import { judge, type Judgement, needOf, NEED } from "./ray-judge.ts";
import { ENTRY, entryScript, withdrawScript } from "./ray-scripts.ts";
import { sum, waitingFor } from "./ray-words.ts";
import { SiteCompute } from "./site-compute.ts";
import { type FileState, SiteJobs } from "./site-jobs.ts";
import { quote } from "./job-files.ts";

export interface RayComputeOptions {
  target: RayTarget;
  /** Tells this lab's jobs from those of others on the same cluster: letters, digits, `.`, `_` and `-`. */
  lab: string;
  /** The lab's own folder for jobs of this target, where the setting names none. Absolute. */
  folder: string;
  /** What the scripts here see that look after files. Needs PATH. Nothing of it reaches a job. */
  environment: Record<string, string>;
  /** Milliseconds that one answer of Ray's may take. */
  patience?: number;
  /** Milliseconds until the second look at a job that Ray is done with and that left no record. */
  secondLook?: number;
}

/** Seconds between two looks at the files of running jobs. */
const BEAT = 1;
const SLOTS = 16;
const GIB = 2 ** 30;
/** Seconds that Ray waits beyond a job's grace after asking it to end, for its supervisor to force what is left and to write the record. */
const BEYOND_GRACE = 15;
const FORGOTTEN_AT_ONCE = 8;
/** Milliseconds between two tries. */
const FORGET_AGAIN = 250;
const FORGET_TRIES = 20;

export class RayCompute extends SiteCompute {
  readonly pace = 5000;
  readonly #target: RayTarget;
  readonly #lab: string;
  readonly #site: LocalSite;
  readonly #api: RayApi;
  readonly #secondLook: number;

  constructor({ target, lab, folder, environment, patience = 10_000, secondLook = 2000 }: RayComputeOptions) {
    const root = target.directory === undefined ? folder : join(target.directory.replace(/^~(?=\/)/, homedir()), lab);
    const site = new LocalSite({ root, environment });
    super(new SiteJobs({ site, beat: BEAT }));
    this.#target = target;
    this.#lab = lab;
    this.#site = site;
    this.#api = new RayApi(target.address, patience);
    this.#secondLook = secondLook;
  }

  async probe(): Promise<Capacity> {
    const { slots, container } = this.#target;
    const common = {
      ...{ slots: slots ?? SLOTS, fixed: true, managed: true },
      ...byTemplate(container),
    };
    try {
      const root = await this.#site.root();
      const { bavail, bsize } = await statfs(root);
      await this.#api.version();
      const machines = await this.#api.nodes();
      const devices = devicesOf(machines);
      return {
        ...common,
        ...{ kind: devices.length > 0 ? "gpu" : "cpu", devices, disk: (bavail * bsize) / GIB },
        ...{ cpus: sum(machines, "CPU"), memory: sum(machines, "memory") / GIB },
        problem: machines.length === 0 ? "Ray answers, and none of its machines is up" : null,
      };
    } catch (cause) {
      const { message, hint } = ProvingGroundError.from(cause);
      const problem = hint === undefined ? message : `${message}. ${hint}`;
      return { ...common, kind: "cpu", cpus: 0, memory: 0, devices: [], disk: null, problem };
    }
  }

  async submit(job: Job): Promise<JobRef> {
    const ref = { id: job.id, directory: job.directory };
    if (job.resources.nodes > 1) {
      throw new ProvingGroundError("internal", `run ${job.id} needs ${job.resources.nodes} machines, and a job of Ray's begins on one`, {
        hint: "Set `resources.nodes` to 1 and let the run ask Ray for the rest, or choose a Slurm target.",
      });
    }
    try {
      await mkdir(job.directory, { recursive: true });
      await writeFile(join(job.directory, ENTRY), entryScript(job));
    } catch (cause) {
      throw ProvingGroundError.from(cause);
    }
    const folder = await this.jobs.put(job);
    if (await this.#isReady(ref)) await this.#hand(ref, this.#submission(job, folder));
    return ref;
  }

  async poll(refs: JobRef[]): Promise<JobState[]> {
    const first = await this.#look(refs);
    this.jobs.resume();
    const gone = refs.filter((_, index) => first[index]?.state === "gone");
    if (gone.length === 0) return this.#states(refs, first);
    // A record may need a moment through a shared file system.
    await pause(this.#secondLook);
    const again = await this.#look(gone);
    await Promise.all(gone.filter((_, index) => again[index]?.state === "gone").map((ref) => this.jobs.sweep(ref)));
    const second = new Map(gone.map((ref, index) => [ref.id, again[index]]));
    return this.#states(
      refs,
      first.map((judgement, index) => second.get(refs[index]?.id ?? "") ?? judgement),
    );
  }

  /**
   * A supervisor on this machine is asked directly; one elsewhere through Ray, which asks all processes under it as well. A job that waits is
   * taken back: Ray has no way to end it before its turn, and finds nothing to do then.
   */
  async cancel(ref: JobRef): Promise<void> {
    const [files] = await this.jobs.states([ref]);
    if (files?.kind === "started" && files.alive) return this.jobs.terminate(ref);
    if (files?.kind !== "started" && files?.kind !== "ready") return;
    await this.#api.stop(this.#name(ref));
    if (files.kind === "ready") await this.#site.run(withdrawScript(await this.jobs.folder(ref)));
  }

  override async discard(refs: JobRef[]): Promise<void> {
    const left = refs.values();
    const forgetOnAndOn = async () => {
      for (const ref of left) await this.#forget(this.#name(ref));
    };
    await Promise.all(Array.from({ length: FORGOTTEN_AT_ONCE }, forgetOnAndOn));
    const folders = await Promise.all(refs.map((ref) => this.jobs.folder(ref)));
    // Where jobs run in the folders that they were submitted from, there is nothing else to remove.
    await super.discard(refs.filter(({ directory }, index) => resolve(directory) !== folders[index]));
  }

  override close(): void {
    super.close();
    this.#api.close();
  }

  #name({ id }: JobRef): string {
    return `pg-${this.#lab}-${id}`;
  }

  #submission({ id, resources, grace }: Job, folder: string): Submission {
    const { runtimeEnv } = this.#target;
    const { gpus, cpus, memory } = resources;
    return {
      submission_id: `pg-${this.#lab}-${id}`,
      entrypoint: `exec sh ${quote(`${folder}/${ENTRY}`)}`,
      entrypoint_num_cpus: cpus,
      entrypoint_num_gpus: gpus,
      ...(memory === null ? {} : { entrypoint_memory: Math.round(memory * GIB) }),
      runtime_env: {
        ...runtimeEnv,
        env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(Math.ceil(grace) + BEYOND_GRACE), ...(runtimeEnv.env_vars ?? {}) },
      },
      metadata: { job_name: `Proving Ground run ${id}`, proving_ground_lab: this.#lab, [NEED]: JSON.stringify({ gpus, cpus, memory }) },
    };
  }

  /** Ray learns a moment after the record that a job is over. One that still waits for its turn, taken back, it keeps. */
  async #forget(id: string): Promise<void> {
    for (let tries = 0; tries < FORGET_TRIES && !(await this.#api.forget(id)); tries++) {
      if ((await this.#api.job(id))?.status === "PENDING") return;
      await pause(FORGET_AGAIN);
    }
  }

  async #isReady(ref: JobRef): Promise<boolean> {
    const [files] = await this.jobs.states([ref]);
    return files?.kind === "ready";
  }

  /** Gives a job to Ray that is ready and that Ray may have already. */
  async #hand(ref: JobRef, submission: Submission): Promise<void> {
    const id = submission.submission_id;
    for (let first = true; ; first = false) {
      const answer = await this.#api.submit(submission);
      if (answer.taken) return;
      const known = await this.#api.job(id);
      if (known === undefined) throw this.#api.refused(`take run ${ref.id}`, answer.refusal);
      if (!first || !isOver(known) || !(await this.#isReady(ref))) return;
      // It gave up on it before it began, after a quarter of an hour in the queue: anew.
      await this.#api.forget(id);
    }
  }

  async #look(refs: readonly JobRef[]): Promise<(Judgement & { job?: RayJob | undefined })[]> {
    const files = await this.jobs.states(refs);
    const open = refs.filter((_, index) => isOpen(files[index]));
    const known = await this.#known(open);
    return refs.map((ref, index) => {
      const job = known.get(this.#name(ref));
      return { ...judge(files[index] ?? { kind: "absent" }, job, Date.now()), job };
    });
  }

  /** What Ray says of jobs: one call for one, and one for many. */
  async #known(refs: readonly JobRef[]): Promise<Map<string, RayJob>> {
    const [ref] = refs;
    if (ref === undefined) return new Map();
    if (refs.length > 1) return this.#api.jobs();
    const job = await this.#api.job(this.#name(ref));
    return new Map(job === undefined ? [] : [[this.#name(ref), job]]);
  }

  async #states(refs: readonly JobRef[], judgements: readonly (Judgement & { job?: RayJob | undefined })[]): Promise<JobState[]> {
    const queued = judgements.some(({ state }) => state === "queued");
    const [machines, taken] = queued ? await Promise.all([this.#api.nodes(), this.#api.taken()]) : [[], null];
    return refs.map((_, index): JobState => {
      const judgement = judgements[index];
      if (judgement === undefined) return { state: "absent" };
      const { job, ...state } = judgement;
      if (state.state === "queued") return { state: "waiting", reason: waitingFor(needOf(job), machines, taken) };
      return state.state === "gone" ? state.then : state;
    });
  }
}

function isOpen(files: FileState | undefined): boolean {
  return files?.kind === "ready" || (files?.kind === "started" && !files.alive);
}

const isOver = ({ status }: RayJob) => status !== "PENDING" && status !== "RUNNING";

function devicesOf(machines: readonly Resources[]): Device[] {
  const names = machines.flatMap((machine) => {
    const type = Object.keys(machine).find((name) => name.startsWith("accelerator_type:"));
    return Array.from({ length: Math.floor(machine.GPU ?? 0) }, () => type?.slice("accelerator_type:".length) ?? "GPU");
  });
  return names.map((name, index) => ({ index, name, memory: null, memoryUsed: null, load: null }));
}
