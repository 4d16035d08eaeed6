/** One look at many jobs: what Slurm says of them and what their files say, in one script, and what follows from both. */
import type { Exit, JobRef, JobState } from "./compute.ts";
import { type FileState, parseStates, statesScript } from "./site-jobs.ts";
import { SLURM_FILES } from "./slurm-batch.ts";
import { endedBy, isTaken, stateIn, waitingFor } from "./slurm-words.ts";
import { FILES, quote } from "./job-files.ts";

/** What there is to know of one job. */
export interface Look {
  files: FileState;
  /** Slurm took it once. */
  accepted: boolean;
  /** We were asked to end it. */
  stop: boolean;
  /** Slurm's last complaint in its log; empty when there is none. */
  complaint: string;
  /** What Slurm says now; null when it does not know the job. */
  slurm: { state: string; reason: string } | null;
}

/**
 * A job's state, or that it is gone from Slurm without a record of its end, which may still be on its way through a shared file system.
 * `known`: Slurm says that it is over; a controller that lost its memory may not know a job that goes on.
 */
export type Judgement = JobState | { state: "gone"; known: boolean; then: JobState };

const MARK = "--";

/**
 * Asks Slurm first and looks at the files afterwards: a job that Slurm has done with has left its record.
 * @param name of a job in Slurm, by its id
 */
export function lookScript(root: string, refs: readonly JobRef[], name: (id: string) => string): string {
  const ids = refs.map(({ id }) => id);
  // Its complaints come with what it says, because a controller that is silent does not make the files silent.
  return `${queueScript(ids.map(name), "--states=all", "%T|%r|%j")}
if [ "$heard" = 0 ]; then echo heard; else echo silent; fi
printf '%s\\n${MARK}\\n' "$queue"
${statesScript(root, refs)}
for id in ${ids.map(quote).join(" ")}; do
  accepted= stop= complaint=
  [ ! -e "$id/${SLURM_FILES.number}" ] || accepted=accepted
  [ ! -e "$id/${SLURM_FILES.stop}" ] || stop=stop
  [ ! -s "$id/${SLURM_FILES.log}" ] || complaint=$(tail -c 4096 "$id/${SLURM_FILES.log}" | grep -a 'error: ' | tail -n 1)
  printf '%s|%s|%s\\n' "$accepted" "$stop" "$complaint"
done`;
}

/** Leaves in $queue what `squeue` says of jobs by these names, or complains of, and in $heard whether it answered (0). */
export const queueScript = (names: readonly string[], states: string, format: string) =>
  `queue=$(squeue --noheader --me ${states} --name=${quote(names.join(","))} --format=${quote(format)} 2>&1)
heard=$?`;

/** What `lookScript` printed. @returns the looks in the order of `refs`, or Slurm's complaint beside looks without its word */
export function parseLooks(said: string, refs: readonly JobRef[], name: (id: string) => string): { silent: string | null; looks: Look[] } {
  const [heard = "", ...rest] = said.split("\n");
  const mark = rest.indexOf(MARK);
  const silent = heard === "heard" ? null : rest.slice(0, mark).join("\n");
  const queue = silent === null ? parseQueue(rest.slice(0, mark)) : new Map<string, { state: string; reason: string }>();
  const files = rest.slice(mark + 1);
  const states = parseStates(files, refs.length);
  const looks = refs.map((ref, index): Look => {
    const [, accepted, stop, complaint = ""] = /^([^|]*)\|([^|]*)\|(.*)$/.exec(files[refs.length + index] ?? "") ?? [];
    return {
      files: states[index] ?? { kind: "absent" },
      ...{ accepted: accepted === "accepted", stop: stop === "stop", complaint },
      slurm: queue.get(name(ref.id)) ?? null,
    };
  });
  return { silent, looks };
}

/** By name; where there are several of one name, the one that is most alive. */
function parseQueue(lines: readonly string[]): Map<string, { state: string; reason: string }> {
  const found = new Map<string, { state: string; reason: string }>();
  for (const line of lines) {
    const [, state, reason, name] = /^([^|]*)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    if (state === undefined || reason === undefined || name === undefined) continue;
    const before = found.get(name);
    if (before === undefined || vigour(state) > vigour(before.state)) found.set(name, { state, reason });
  }
  return found;
}

const WAITING = new Set(["PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"]);
const RUNNING = new Set(["RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"]);

function vigour(state: string): number {
  if (RUNNING.has(state)) return 2;
  return WAITING.has(state) ? 1 : 0;
}

/** What follows from a look at which Slurm answered. */
export function judge(look: Look): Judgement {
  const { files, slurm } = look;
  if (files.kind === "unreadable") return { state: "lost", reason: `the record of its end, ${FILES.exit}, cannot be read` };
  if (files.kind === "ended") return judgeRecord(look, files);
  const begun = files.kind === "started";
  if (slurm !== null && WAITING.has(slurm.state)) {
    const reason = waitingFor(slurm.reason);
    return { state: "waiting", reason: begun ? `Slurm took it off its node and begins it anew: ${reason}` : reason };
  }
  if (slurm !== null && RUNNING.has(slurm.state))
    return begun ? { state: "running" } : { state: "waiting", reason: "its node is being made ready" };
  if (!begun && !look.accepted) return { state: "absent" };
  // Where it runs on the site's own machine, its supervisor can be seen.
  if (files.kind === "started" && files.alive) return { state: "running" };
  return { state: "gone", known: slurm !== null || look.complaint !== "", then: goneThen(look, begun) };
}

/** What a job is when Slurm is done with it and no record has come. */
function goneThen({ slurm, complaint, stop }: Look, begun: boolean): JobState {
  const state = slurm?.state ?? stateIn(complaint);
  if (begun) return { state: "lost", reason: state === "COMPLETED" ? TWICE : endedBy(state, complaint) };
  // Slurm lost it before it began, and without a trace: nothing keeps it from being submitted again.
  if (state === null && !stop) return { state: "absent" };
  return { state: "lost", reason: `it never began: ${endedBy(state, complaint)}` };
}

const TWICE =
  "its supervisor was killed; where that was Slurm, which then began it a second time, the second left it alone, since it runs once only";

/**
 * Whether a record may be of a job that Slurm ended, by a signal to all its processes: its supervisor writes the same as when somebody
 * stopped it, or, where the command was the first to die, that a signal ended the command.
 */
export const maybeTaken = ({ reason, signal }: Exit) =>
  reason === "stopped" || (reason === "exited" && (signal === "TERM" || signal === "KILL"));

/** The record is the truth, but for the kind that Slurm's own signals bring about: it knows whether the job begins anew, and why it ended. */
function judgeRecord({ slurm, stop, complaint }: Look, { exit }: Extract<FileState, { kind: "ended" }>): JobState {
  if (stop || !maybeTaken(exit)) return { state: "ended", exit };
  if (slurm !== null && WAITING.has(slurm.state)) {
    return { state: "waiting", reason: `Slurm took it off its node and begins it anew: ${waitingFor(slurm.reason)}` };
  }
  if (slurm !== null && RUNNING.has(slurm.state)) return { state: "running" };
  const said = [slurm?.state ?? null, stateIn(complaint)];
  const taken = said.find(isTaken);
  if (taken !== undefined) return { state: "lost", reason: endedBy(taken, complaint) };
  return { state: "ended", exit: said.includes("CANCELLED") ? { ...exit, reason: "stopped" } : exit };
}
