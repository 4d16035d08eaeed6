/**
 * Hands jobs to Slurm, all that are wanted within a moment in one call to the site. Each is an `sbatch` of its own and not a task of an array:
 * that costs a few milliseconds more, and buys that each has its own name to be found again by, its own resources, and its own fate when it is
 * requeued.
 */
import type { SlurmTarget } from "../../protocol/target.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Job } from "./compute.ts";
import { completing, type SiteJobs } from "./site-jobs.ts";
import type { Site } from "./site.ts";
import { batchOptions, batchScript, jobName, SLURM_FILES } from "./slurm-batch.ts";
import { queueScript } from "./slurm-look.ts";
import { refusalOf, silence } from "./slurm-words.ts";
import { FILES, quote } from "./job-files.ts";

/** Milliseconds in which jobs gather. */
const MOMENT = 20;
const MARK = "--";
/** Seconds for the first job of a call, and for each more. */
const PATIENCE = { first: 90, each: 5 };

/** What a shell of the site passes on to `sbatch`, and so to jobs: nothing else of a user's environment, in which there may be secrets. */
const PASSED_ON = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "MODULEPATH", "MODULESHOME"],
  ...["SLURM_CONF", "SLURM_CLUSTERS", "SBATCH_ACCOUNT", "SBATCH_PARTITION", "SBATCH_QOS"],
];

interface Waiting {
  job: Job;
  resolve: () => void;
  reject: (cause: unknown) => void;
}

export interface SlurmSubmitOptions {
  site: Site;
  jobs: SiteJobs;
  settings: SlurmTarget;
  lab: string;
}

export class SlurmSubmit {
  readonly #options: SlurmSubmitOptions;
  #waiting: Waiting[] = [];

  constructor(options: SlurmSubmitOptions) {
    this.#options = options;
  }

  /** Resolves once Slurm has taken the job, or it is seen to have begun. @throws ProvingGroundError as `refusalOf` */
  submit(job: Job): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#waiting.length > 1) return;
      setTimeout(() => {
        const together = this.#waiting;
        this.#waiting = [];
        this.#hand(together).catch((cause: unknown) => {
          for (const one of together) one.reject(cause);
        });
      }, MOMENT);
    });
  }

  async #hand(all: readonly Waiting[]): Promise<void> {
    const { site, jobs, settings, lab } = this.#options;
    const root = await site.root();
    const folder = (job: Job) => `${root}/${job.id}`;
    const states = await jobs.stage(
      all.map(({ job }) => job),
      (job) => ({ [SLURM_FILES.script]: batchScript(job, settings, folder(job)) }),
    );
    const open: Waiting[] = [];
    for (const [index, one] of all.entries()) {
      const kind = states[index]?.kind;
      if (kind === "absent" || kind === "ready") open.push(one);
      else one.resolve();
    }
    if (open.length === 0) return;
    const script = [
      queueScript(
        open.map(({ job }) => jobName(lab, job.id)),
        "",
        "%j|%i",
      ),
      OFFER,
      ...open.map(({ job }) => {
        const options = batchOptions(job, settings, lab, folder(job)).map(quote).join(" ");
        return `(\n${completing(folder(job))}\noffer ${quote(jobName(lab, job.id))} ${options}\n) 2>&1\necho ${MARK}`;
      }),
    ].join("\n");
    const said = (await site.run(script, PATIENCE.first + PATIENCE.each * open.length)).toString().split(`${MARK}\n`);
    for (const [index, { job, resolve, reject }] of open.entries()) {
      const answer = said[index] ?? "no answer";
      const [verdict = "", ...rest] = answer.split("\n");
      const complaint = rest.join("\n");
      if (verdict === "taken") resolve();
      else if (verdict === "silent") reject(silence(complaint));
      else if (verdict === "refused") reject(refusalOf(job.id, complaint));
      else reject(ProvingGroundError.from(new Error(`run ${job.id} could not be put at its target: ${answer.trim()}`)));
    }
  }
}

// Without a process more than it needs: there may be a hundred jobs.
const OFFER = `newline='
'
# Submits the job of this folder, unless it has begun, or Slurm has it already: the answer to an earlier call may have got lost.
offer() {
  if [ -e ${FILES.started} ] || [ -e ${FILES.exit} ]; then echo taken; return; fi
  if [ "$heard" != 0 ]; then echo silent; printf '%s\\n' "$queue"; return; fi
  known=$newline$queue
  case $known in
    *"$newline$1|"*)
      number=\${known#*"$newline$1|"}
      number=\${number%%"$newline"*}
      ;;
    *)
      shift
      said=$(env -i ${PASSED_ON.map((name) => `\${${name}+"${name}=$${name}"}`).join(" ")} sbatch --parsable "$@" ${SLURM_FILES.script} 2>&1 < /dev/null) || {
        echo refused
        printf '%s\\n' "$said"
        return
      }
      # What it warned of comes before; a cluster's name may follow.
      number=\${said##*"$newline"}
      number=\${number%%;*}
      ;;
  esac
  echo "$number" > ${SLURM_FILES.number} && echo taken
}`;
