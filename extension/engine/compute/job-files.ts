/** The files in a job's directory, and words of a POSIX shell. */

/** Names of the files in a job's directory. */
export const FILES = {
  job: "job.json",
  script: "run.sh",
  log: "stdout.log",
  metrics: "metrics.jsonl",
  /** Exists from the moment a supervisor took the job: its process number and identity, one per line. */
  started: "started",
  /** Becomes `exit` by being renamed, so the room for the record is taken before the command can fill the disk. */
  reserve: "exit.reserve",
  exit: "exit.json",
} as const;

/** Bytes set aside for the record. */
export const RESERVED = 1024;

/** A string as one word of a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
