/** Executes jobs on a Slurm cluster, through its commands at a site: Slurm finds the place, the supervisor keeps the record. */
import type { SlurmTarget } from "../../protocol/target.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Capacity, Job, JobRef, JobState } from "./compute.ts";
import { SiteCompute } from "./site-compute.ts";
import { COMPLETE, SiteJobs } from "./site-jobs.ts";
import type { Site } from "./site.ts";
import { jobName, SLURM_FILES } from "./slurm-batch.ts";
import { capacityScript, parseCapacity } from "./slurm-capacity.ts";
import { judge, type Look, lookScript, maybeTaken, parseLooks } from "./slurm-look.ts";
import { SlurmSubmit } from "./slurm-submit.ts";
import { isSilence, silence } from "./slurm-words.ts";
import { FILES, quote, RESERVED } from "./job-files.ts";

export interface SlurmOptions {
  /** Where Slurm's commands are, and whose folder for jobs the nodes see at the same path. */
  site: Site;
  settings: SlurmTarget;
  /** Tells this lab's jobs from others of the same user: letters, digits, `_`, `.` and `-`. */
  lab: string;
  /** Seconds between two looks at the jobs' files. */
  beat?: number;
  /**
   * Seconds that a record may take through the file system after Slurm is done with its job; eight times as long where Slurm forgot one that
   * had begun.
   */
  settle?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export class SlurmCompute extends SiteCompute {
  /** Slurm's controller serves everybody: what changes within it is seen by the files. */
  readonly pace = 15_000;
  readonly #site: Site;
  readonly #settings: SlurmTarget;
  readonly #submit: SlurmSubmit;
  readonly #name: (id: string) => string;
  readonly #settle: number;
  readonly #now: () => number;
  /** When jobs were first seen to be gone without a record, by id. */
  readonly #gone = new Map<string, number>();

  constructor({ site, settings, lab, beat = 2, settle = 8, now = Date.now }: SlurmOptions) {
    super(new SiteJobs({ site, beat }));
    this.#site = site;
    this.#settings = settings;
    this.#submit = new SlurmSubmit({ site, jobs: this.jobs, settings, lab });
    this.#name = (id) => jobName(lab, id);
    this.#settle = settle * 1000;
    this.#now = now;
  }

  async probe(): Promise<Capacity> {
    return parseCapacity((await this.#site.run(capacityScript(await this.#site.root(), this.#settings))).toString(), this.#settings);
  }

  /** @throws ProvingGroundError `no-slot` when the user's limit of jobs is reached: it can be submitted later; `usage` when Slurm refuses it */
  async submit(job: Job): Promise<JobRef> {
    await this.#submit.submit(job);
    this.#gone.delete(job.id);
    return { id: job.id, directory: job.directory };
  }

  /** While the controller is silent, what has ended is seen all the same; when nothing has, it throws `unreachable`. */
  async poll(refs: JobRef[]): Promise<JobState[]> {
    if (refs.length === 0) return [];
    const said = (await this.#site.run(lookScript(await this.#site.root(), refs, this.#name))).toString();
    const { silent, looks } = parseLooks(said, refs, this.#name);
    this.jobs.resume();
    if (silent === null) return Promise.all(refs.map((ref, index) => this.#judge(ref, looks[index])));
    if (!isSilence(silent)) throw ProvingGroundError.from(new Error(`squeue failed: ${silent.trim()}`));
    const states = looks.map(unheard);
    if (states.some(({ state }) => state === "ended")) return states;
    throw silence(silent);
  }

  /**
   * A job that has not begun is taken in its supervisor's place, so that nobody ever begins it, and its end is written; Slurm is told
   * afterwards. One that has begun is asked through its batch shell, which is the supervisor: Slurm's own way would end it after KillWait.
   */
  async cancel(ref: JobRef): Promise<void> {
    const name = quote(this.#name(ref.id));
    const said = (
      await this.#site.run(`cd ${quote(await this.folder(ref))} 2> /dev/null || exit 0
[ -e ${COMPLETE} ] || exit 0
${TAKE}
for how in --state=PENDING "--state=RUNNING --batch --signal=TERM"; do
  scancel --quiet --me --name=${name} $how 2>&1 || exit 0
done`)
    ).toString();
    if (isSilence(said)) throw silence(said);
  }

  async #judge(ref: JobRef, look: Look = NOTHING): Promise<JobState> {
    const judgement = judge(look);
    if (judgement.state !== "gone") {
      this.#gone.delete(ref.id);
      return judgement;
    }
    const begun = look.files.kind === "started";
    const since = this.#gone.get(ref.id) ?? this.#now();
    this.#gone.set(ref.id, since);
    // One that is given to Slurm again may have begun all the same: then the second leaves all to the first.
    const harmless = judgement.then.state === "absent";
    if (this.#now() - since < this.#settle * (judgement.known || harmless ? 1 : 8)) {
      return begun ? { state: "running" } : { state: "waiting", reason: "Slurm is done with it; its record is awaited" };
    }
    // Slurm ends what is left on a node where it can tell all that belongs to a job, which not every cluster has it do; here it may be this one.
    if (begun) await this.jobs.sweep(ref);
    return judgement.then;
  }
}

const NOTHING: Look = { files: { kind: "absent" }, accepted: false, stop: false, complaint: "", slurm: null };

/** A job's state by its files alone. */
function unheard({ files, stop }: Look): JobState {
  if (files.kind === "unreadable") return { state: "lost", reason: `the record of its end, ${FILES.exit}, cannot be read` };
  // Whether a supervisor that was stopped, and not by us, is begun anew, Slurm alone knows.
  if (files.kind === "ended" && (stop || !maybeTaken(files.exit))) return { state: "ended", exit: files.exit };
  if (files.kind === "started" || files.kind === "ended") return { state: "running" };
  return { state: "waiting", reason: "Slurm's controller does not answer at present" };
}

const TAKE = `[ -e ${FILES.exit} ] || : > ${SLURM_FILES.stop}
printf '0\\nnever begun\\n' > ${FILES.started}.stop
if ln ${FILES.started}.stop ${FILES.started} 2> /dev/null ||
  { [ ! -e ${FILES.started} ] && (set -C && cat ${FILES.started}.stop > ${FILES.started}) 2> /dev/null; }; then
  now=$(date +%s)000
  printf '%-${RESERVED - 1}.${RESERVED - 1}s\\n' "{\\"code\\":143,\\"signal\\":\\"TERM\\",\\"reason\\":\\"stopped\\",\\"diskFull\\":false,\\"startedAt\\":$now,\\"endedAt\\":$now,\\"left\\":[]}" 1<> ${FILES.reserve} &&
    mv -f ${FILES.reserve} ${FILES.exit}
fi
rm -f ${FILES.started}.stop`;
