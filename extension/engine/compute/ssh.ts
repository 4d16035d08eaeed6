/** Executes jobs on a host behind ssh, each under its own supervisor there, so that they outlive the connection and the engine. */
import type { SshTarget } from "../../protocol/target.ts";
import type { Capacity, Job, JobRef, JobState } from "./compute.ts";
import { SiteCompute } from "./site-compute.ts";
import { type FileState, SiteJobs } from "./site-jobs.ts";
import { probeMachine } from "./ssh-probe.ts";
import { SshSite } from "./ssh-site.ts";
import { FILES } from "./job-files.ts";

export interface SshComputeOptions {
  target: SshTarget;
  /** Tells this lab's jobs from those of others on the same host: letters, digits, `.`, `_` and `-`. */
  lab: string;
  /** What ssh and rsync see: PATH, and what leads to the user's agent. Nothing of it reaches a job. */
  environment: Record<string, string>;
  platform?: NodeJS.Platform;
}

/** Seconds between two looks at the files of running jobs. */
const BEAT = 1;

export class SshCompute extends SiteCompute {
  readonly pace = 5000;
  readonly #target: SshTarget;
  readonly #site: SshSite;
  readonly #sweeps = new Map<string, Promise<void>>();

  constructor({ target, lab, environment, platform }: SshComputeOptions) {
    const { host, config, directory } = target;
    const site = new SshSite({ host, config, directory, lab, environment, ...(platform === undefined ? {} : { platform }) });
    super(new SiteJobs({ site, beat: BEAT }));
    this.#target = target;
    this.#site = site;
  }

  probe(): Promise<Capacity> {
    const { host, prelude, slots, container } = this.#target;
    return probeMachine({ site: this.#site, host, prelude, slots, container });
  }

  async submit(job: Job): Promise<JobRef> {
    await this.jobs.put(job, LAUNCH);
    return { id: job.id, directory: job.directory };
  }

  async poll(refs: JobRef[]): Promise<JobState[]> {
    const states = await this.jobs.states(refs);
    this.jobs.resume();
    const gone = refs.filter((_, index) => isGone(states[index]));
    await Promise.all(gone.map((ref) => this.#sweep(ref)));
    return states.map(stateOf);
  }

  cancel(ref: JobRef): Promise<void> {
    return this.jobs.terminate(ref);
  }

  /** Ends what a supervisor that is gone left behind. */
  #sweep(ref: JobRef): Promise<void> {
    const under = this.#sweeps.get(ref.id) ?? this.jobs.sweep(ref).finally(() => this.#sweeps.delete(ref.id));
    this.#sweeps.set(ref.id, under);
    return under;
  }
}

/**
 * Starts the supervisor in a session of its own, away from the connection, and waits until it took the job, so that the next look finds
 * it running. On a machine that needs longer than that to start a process, the job counts as not begun until it does.
 */
const LAUNCH = `if command -v setsid > /dev/null 2>&1; then
  setsid /bin/sh "$PWD/${FILES.script}" < /dev/null > /dev/null 2>&1 &
else
  perl -MPOSIX -e 'POSIX::setsid() > 0 or die; exec { $ARGV[0] } @ARGV or die' /bin/sh "$PWD/${FILES.script}" < /dev/null > /dev/null 2>&1 &
fi
n=0
while [ ! -e ${FILES.started} ] && [ ! -e ${FILES.exit} ] && [ "$n" -lt 500 ]; do
  sleep 0.01 2> /dev/null || { sleep 1; n=$((n + 100)); }
  n=$((n + 1))
done`;

function isGone(state: FileState | undefined): boolean {
  return state?.kind === "started" && !state.alive;
}

function stateOf(state: FileState): JobState {
  switch (state.kind) {
    case "absent":
    case "ready":
      return { state: "absent" };
    case "ended":
      return { state: "ended", exit: state.exit };
    case "unreadable":
      return { state: "lost", reason: `the record of its end, ${FILES.exit}, cannot be read` };
    case "started":
      return state.alive
        ? { state: "running" }
        : { state: "lost", reason: "its supervisor ended without a record: killed by hand, out of memory, or the machine went down" };
  }
}
