/** Slurm's reasons, states and refusals in words that say what they mean for a run. */
import { ProvingGroundError } from "../../protocol/errors.ts";

/** Complaints of Slurm's commands that tell nothing about the job: the controller was not heard. */
const SILENT =
  /Unable to contact slurm controller|Unable to connect|Connection refused|Socket timed out|Zero Bytes were transmitted|Communication connection failure|Slurm backup controller in standby|temporarily unable to accept job|(?:slurm_load_jobs|slurm_load_partitions|slurm_load_node) error|Protocol authentication error|munge/i;

/** Refusals that pass: as many jobs as this user may have there are there. */
const FULL = /MaxSubmit|MaxJobs?(?:Per|Limit)|job submit limit|Maximum number of jobs/i;
const FULL_FOR = /QOS\w*MaxSubmit\w*|Assoc\w*MaxSubmit\w*|MaxSubmit\w*|MaxJobs\w*/;

/** True when a complaint means that Slurm did not answer. */
export const isSilence = (complaint: string) => SILENT.test(complaint);

/** The error for a controller that does not answer. @param complaint of a Slurm command */
export function silence(complaint: string): ProvingGroundError {
  return new ProvingGroundError("unreachable", `Slurm's controller does not answer: ${said(complaint)}`, {
    hint: "Jobs go on without it; it is asked again.",
  });
}

/**
 * The error for a job that `sbatch` did not take: `unreachable`, `no-slot` where the user's limit of submitted jobs is reached
 * (it is no fault of the job, which can be submitted later), else `usage`.
 */
export function refusalOf(id: string, complaint: string): ProvingGroundError {
  if (isSilence(complaint)) return silence(complaint);
  // "Job violates accounting/QOS policy (job submit limit, …)" names every limit; the line before it names the one.
  const limit = complaint.includes("violates accounting") ? FULL_FOR.test(complaint) : FULL.test(complaint);
  if (limit) {
    return new ProvingGroundError("no-slot", `Slurm takes no more jobs of yours at present: ${said(complaint)}`, {
      hint: "Lower `slots` of the target to what Slurm's limits allow.",
    });
  }
  if (/not found|No such file or directory.*sbatch/.test(complaint) && complaint.includes("sbatch")) {
    return new ProvingGroundError("usage", `Slurm's commands are missing there: ${said(complaint)}`, {
      hint: "Set `host` of the target to a login node, or see to it that `sbatch` is on the PATH.",
    });
  }
  return new ProvingGroundError("usage", `Slurm did not take run ${id}: ${said(complaint)}`, {
    hint: "Change partition, account, qos, gres or directives of the target, or `resources` in the manifest.",
  });
}

/** What a command complained of, on one line and without the names of programs. */
function said(complaint: string): string {
  const lines = complaint
    .split(/[\n\t]/)
    .map((line) => line.replace(/^\s*(?:sh: \d+: )?(?:\w+: )?(?:error: |fatal: )?/, "").trim())
    .filter((line) => line !== "");
  return lines.length === 0 ? "without a word" : [...new Set(lines)].join("; ");
}

const RIGHTS = "the limit of its account or QOS is reached";

/** Reasons of pending jobs, by Slurm's name or the beginning of it; the first that fits. */
const WAITING: readonly (readonly [RegExp, string])[] = [
  [/^None$|^$/, "Slurm has not looked at it yet"],
  [/^Priority$/, "other jobs go first"],
  [/^Resources$/, "no node has what it needs free at present"],
  [/^BeginTime$/, "Slurm holds it back for a while before it begins"],
  [/^Dependency/, "it depends on another job"],
  [/^PartitionDown$/, "the partition is down"],
  [/^PartitionInactive$/, "the partition takes no jobs at present"],
  [/^PartitionNodeLimit$/, "it asks for more nodes than the partition allows, or they are down"],
  [/^PartitionTimeLimit$/, "it asks for more time than the partition allows"],
  [/^PartitionConfig$/, "the partition cannot give what it asks for"],
  [/^ReqNodeNotAvail/, "nodes that it needs are not available: down, drained or reserved"],
  [/^NodeDown$|^Nodes_required_for_job_are_DOWN/, "nodes that it needs are down or drained"],
  [/^Reservation/, "it waits for its reservation"],
  [/^Licenses$/, "it waits for a licence"],
  [/^JobHeldUser$/, "it was held by hand: `scontrol release` lets it go"],
  [/^JobHeldAdmin$/, "an administrator holds it"],
  [
    /^(?:launch_failed_requeued_held|JobHoldMaxRequeue)/i,
    "it could not be launched several times, and Slurm holds it: ask the administrator",
  ],
  [/^BadConstraints$/, "no node can ever meet what it asks for"],
  [/^(?:InvalidAccount|InvalidQOS)$/, "its account or QOS is not valid"],
  [/^(?:QOS|Assoc).*(?:GRES|GrpTRES|MaxTRES|MaxGRES|Gres)/i, `${RIGHTS}: of GPUs or other resources in use`],
  [/^(?:QOS|Assoc).*(?:Cpu|Mem|Node|Minutes|RunMin)/i, `${RIGHTS}: of processors, memory, nodes or time in use`],
  [/^(?:QOS|Assoc).*(?:Jobs|Submit)/i, `${RIGHTS}: of jobs at a time`],
  [/^(?:QOS|Assoc).*(?:Wall|Time)/i, `${RIGHTS}: of time for a job`],
  [/^(?:QOS|Assoc)/, RIGHTS],
  [/^(?:Prolog|Cleaning|JobArrayTaskLimit)/, "Slurm tidies up first"],
];

/** Why a job waits. @param reason of Slurm, such as `Priority` */
export function waitingFor(reason: string): string {
  const name = reason.replace(/^\((.*)\)$/, "$1").trim();
  const words = WAITING.find(([pattern]) => pattern.test(name))?.[1];
  if (words === undefined) return `Slurm says ${name}`;
  return name === "" || name === "None" ? words : `${words} (Slurm: ${name})`;
}

const ENDS: Readonly<Record<string, string>> = {
  BOOT_FAIL: "its node did not boot",
  CANCELLED: "it was cancelled in Slurm",
  DEADLINE: "its deadline in Slurm has passed",
  NODE_FAIL: "its node failed",
  OUT_OF_MEMORY: "it used more memory than Slurm gave it; state `memory` under `resources` in the manifest",
  PREEMPTED: "Slurm gave its node to another job",
  REVOKED: "Slurm revoked it",
  TIMEOUT: "Slurm's time limit ended it",
};

/** Ends by which Slurm took the node away, whatever the supervisor still had time to write. */
const TAKEN = new Set(["BOOT_FAIL", "DEADLINE", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"]);

export const isTaken = (state: string | null) => state !== null && TAKEN.has(state);

/** How a job that left no record ended. @param state of Slurm; null when it has forgotten the job @param complaint a line of its log */
export function endedBy(state: string | null, complaint: string): string {
  const words = state === null ? undefined : ENDS[state];
  const quoted = complaint === "" ? "" : `: ${complaint.replace(/^\w[\w.-]*: error: /, "")}`;
  if (words !== undefined) return `${words}${quoted}`;
  if (state !== null) return `Slurm says ${state}, and it left no record${quoted}`;
  return `Slurm no longer knows it, and it left no record${quoted}`;
}

/** The state that a line of Slurm's in a job's log stands for; null for any other. */
export function stateIn(complaint: string): string | null {
  if (complaint.includes("DUE TO TIME LIMIT")) return "TIMEOUT";
  if (complaint.includes("DUE TO PREEMPTION")) return "PREEMPTED";
  if (complaint.includes("DUE TO NODE FAILURE")) return "NODE_FAIL";
  if (/oom[-_ ]kill/i.test(complaint)) return "OUT_OF_MEMORY";
  return complaint.includes("CANCELLED AT") ? "CANCELLED" : null;
}
