/** The shell that Ray executes for a job, and the one that takes a job back before Ray got to it. */
import type { Job } from "./compute.ts";
import { FILES, quote, RESERVED } from "./job-files.ts";
import { IDENTIFY } from "./supervisor-processes.ts";

/** Beside `run.sh`: what Ray executes. */
export const ENTRY = "ray.sh";

/** Stands in `started` in place of a process number when the job was taken back. */
const WITHDRAWN = "withdrawn";

/**
 * Becomes the supervisor, under a guard. When Ray loses the actor that runs a job, it kills the process group it began, with SIGKILL: the
 * supervisor, but not the sessions under it. The guard notices within a second, on whichever machine it is, and ends those.
 * Ray leaves all GPUs visible to a job that asked for none: such a job must see none.
 */
export function entryScript(job: Job): string {
  return `#!/bin/sh
# Executes run.sh beside it for Ray.
cd -P -- "\${0%/*}" || exit 70
${IDENTIFY}
if [ "\${1-}" = guard ]; then
  supervisor=$2 known=$3
  identify "$supervisor"
  while [ -n "$identity" ] && [ "$identity" = "$known" ]; do
    sleep 1
    identify "$supervisor"
  done
  [ -e ${FILES.exit} ] || [ ! -e ${FILES.started} ] || exec sh "$PWD/${FILES.script}" sweep
  exit 0
fi
${job.resources.gpus > 0 ? ":" : "export CUDA_VISIBLE_DEVICES="}
identify $$
# Neither a child of this process nor of its group, so that it outlives both.
if command -v setsid > /dev/null 2>&1; then
  (setsid sh "$PWD/${ENTRY}" guard $$ "$identity" < /dev/null > /dev/null 2>&1 &)
fi
exec sh "$PWD/${FILES.script}"
`;
}

/**
 * Takes a job back that nobody began, by the same link that supervisors compete for, and records that it was stopped. Does nothing to one that
 * somebody took.
 */
export function withdrawScript(folder: string): string {
  return `cd -- ${quote(folder)} 2> /dev/null || exit 0
[ ! -e ${FILES.exit} ] || exit 0
mine=${FILES.started}.${WITHDRAWN}.$$
printf '${WITHDRAWN}\\n\\n' > "$mine" || exit 1
ln "$mine" ${FILES.started} 2> /dev/null || [ -e ${FILES.started} ] || (set -C; cat "$mine" > ${FILES.started}) 2> /dev/null
rm -f "$mine"
read -r by < ${FILES.started}
# Also what an earlier attempt took and did not record.
[ "$by" = ${WITHDRAWN} ] || exit 0
now=$(date +%s%3N)
case $now in *[!0-9]*) now=$(date +%s)000 ;; esac
record=exit.${WITHDRAWN}.$$
printf '%-${RESERVED - 1}s\\n' "{\\"code\\":143,\\"signal\\":\\"TERM\\",\\"reason\\":\\"stopped\\",\\"diskFull\\":false,\\"startedAt\\":$now,\\"endedAt\\":$now,\\"seconds\\":0,\\"left\\":[]}" > "$record" || exit 1
mv -f "$record" ${FILES.exit} && rm -f ${FILES.reserve}`;
}
