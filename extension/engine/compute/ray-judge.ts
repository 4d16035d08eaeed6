/** What follows for a job from what its files and Ray say. Pure. */
import type { JobState } from "./compute.ts";
import type { RayJob } from "./ray-api.ts";
import { goneWords, type Need } from "./ray-words.ts";
import type { FileState } from "./site-jobs.ts";

/** Key of Ray's metadata under which a job's need is kept. */
export const NEED = "proving_ground_need";

export type Judgement =
  | JobState
  /** In Ray's queue. */
  | { state: "queued" }
  /** Ray is done with it and there is no record of its end, which may still be on its way through a shared file system. */
  | { state: "gone"; then: JobState };

/** How long a record may be on its way that its supervisor wrote, in milliseconds. */
const RECORD_UNDER_WAY = 60_000;

/** Ray gave up on it after a quarter of an hour in the queue. */
const GAVE_UP = "JOB_SUPERVISOR_ACTOR_START_TIMEOUT";

/**
 * @param files the truth, once they hold a record; `alive` is a supervisor on this machine
 * @param job as Ray knows it
 * @param now milliseconds since 1970
 */
export function judge(files: FileState, job: RayJob | undefined, now: number): Judgement {
  switch (files.kind) {
    case "ended":
      return { state: "ended", exit: files.exit };
    case "unreadable":
      return { state: "lost", reason: "the record of its end, exit.json, cannot be read" };
    case "absent":
      return { state: "absent" };
    case "ready":
      return judgeReady(job);
    case "started":
      return files.alive ? { state: "running" } : judgeStarted(job, now);
  }
}

function judgeReady(job: RayJob | undefined): Judgement {
  if (job === undefined || job.error_type === GAVE_UP) return { state: "absent" };
  if (job.status === "PENDING") return { state: "queued" };
  if (job.status === "RUNNING") return { state: "waiting", reason: "Ray is starting it" };
  return { state: "gone", then: { state: "lost", reason: goneWords(job, false) } };
}

/** A supervisor took it that is not, or no longer, on this machine. */
function judgeStarted(job: RayJob | undefined, now: number): Judgement {
  if (job?.status === "PENDING" || job?.status === "RUNNING") return { state: "running" };
  if (job?.status === "SUCCEEDED" && now - (job.end_time ?? 0) < RECORD_UNDER_WAY) return { state: "running" };
  return { state: "gone", then: { state: "lost", reason: goneWords(job, true) } };
}

/** What a job needs, as it was told to Ray. */
export function needOf(job: RayJob | undefined): Need {
  const told = job?.metadata?.[NEED];
  return told === undefined ? { gpus: 0, cpus: 1, memory: null } : (JSON.parse(told) as Need);
}
