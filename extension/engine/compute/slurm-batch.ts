/** What Slurm is given for one job: the script, which becomes the job's supervisor, and the options of `sbatch`. */
import type { SlurmTarget } from "../../protocol/target.ts";
import type { Job } from "./compute.ts";
import { FILES, quote } from "./job-files.ts";

/** Names of the files that are in a job's folder for Slurm's sake. */
export const SLURM_FILES = {
  script: "slurm.sh",
  /** What Slurm itself has to say while the job runs. */
  log: "slurm.log",
  /** Slurm's number of the job. */
  number: "slurm.number",
  /** That of the one that began it. */
  begun: "slurm.begun",
  /** We were asked to end it: it is not begun anew. */
  stop: "stop",
} as const;

/** Seconds that Slurm's limit is behind the supervisor's: for starting up, ending what does not want to, and writing the record. */
const LATE = 60;

/** The name by which a job is found again: of characters that mean nothing in lists of names. */
export const jobName = (lab: string, id: string) =>
  `pg-${lab}-${id}`.replace(/[^\w.-]/g, (character) => `=${character.codePointAt(0)?.toString(16) ?? ""}=`);

/**
 * The batch script. Where the job may be begun anew, and Slurm does so after a node failed or was given to somebody else, what the
 * first supervisor left is put out of the way of the second. Slurm begins a job of one number only when its former beginning is over; a
 * second job for the same folder has another number, and leaves all to the first.
 * @param folder of the job on the nodes
 */
export function batchScript(job: Job, { directives }: SlurmTarget, folder: string): string {
  return `#!/bin/sh
${directives.map((line) => `#SBATCH ${line}\n`).join("")}# Begins one run of Proving Ground under its supervisor, which this becomes, so that Slurm's signals reach it.
cd ${quote(folder)} || exit 70
${job.requeue ? ANEW : ""}exec /bin/sh ${quote(`${folder}/${FILES.script}`)}
`;
}

const ANEW = `begun=
[ ! -e ${SLURM_FILES.begun} ] || read -r begun < ${SLURM_FILES.begun}
if [ -e ${FILES.started} ] && [ "$begun" = "$SLURM_JOB_ID" ] && [ ! -e ${SLURM_FILES.stop} ]; then
  case $(cat ${FILES.exit} 2> /dev/null) in
    '' | *'"reason":"stopped"'* | *'"signal":"TERM"'* | *'"signal":"KILL"'*)
      /bin/sh ./${FILES.script} sweep
      [ ! -e ${FILES.exit} ] || mv -f ${FILES.exit} ${FILES.reserve}
      echo "Slurm took this run off its node and begins it anew." >> ${FILES.log}
      : > ${SLURM_FILES.log}
      rm -f ${FILES.started}
      ;;
  esac
fi
[ -e ${FILES.started} ] || echo "$SLURM_JOB_ID" > ${SLURM_FILES.begun}
`;

/** Options of `sbatch`; they have precedence over the target's directives, which are lines of the script. */
export function batchOptions(job: Job, settings: SlurmTarget, lab: string, folder: string): string[] {
  const { gpus, cpus, memory, nodes } = job.resources;
  const minutes = Math.ceil((job.timeout + job.grace + LATE) / 60);
  return [
    `--job-name=${jobName(lab, job.id)}`,
    `--chdir=${folder}`,
    // Percent signs are Slurm's own there.
    `--output=${folder.replaceAll("%", "%%")}/${SLURM_FILES.log}`,
    "--open-mode=append",
    `--nodes=${nodes}`,
    "--ntasks-per-node=1",
    `--cpus-per-task=${cpus}`,
    `--time=${minutes}`,
    ...(memory === null ? [] : [`--mem=${Math.ceil(memory * 1024)}M`]),
    ...(gpus === 0 ? [] : [`--gres=${(settings.gres ?? "gpu:{gpus}").replaceAll("{gpus}", String(gpus))}`]),
    ...(settings.partition === undefined ? [] : [`--partition=${settings.partition}`]),
    ...(settings.account === undefined ? [] : [`--account=${settings.account}`]),
    ...(settings.qos === undefined ? [] : [`--qos=${settings.qos}`]),
    job.requeue ? "--requeue" : "--no-requeue",
  ];
}
