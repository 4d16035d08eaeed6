/**
 * Writes `run.sh`, the POSIX supervisor that executes one job without the engine: what the job sees, its limits, signals, nothing
 * left behind, and a record of the end that is written even on a full disk.
 */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Job } from "./compute.ts";
import { FILES, quote, RESERVED } from "./job-files.ts";
import type { Sandbox } from "./sandbox.ts";
import { IDENTIFY, PROCESSES } from "./supervisor-processes.ts";
import { dataCalls, LAUNCH, launchers, tasksOf } from "./supervisor-launch.ts";
import { WATCH } from "./supervisor-watch.ts";

const KIB_PER_GIB = 2 ** 20;

/**
 * The supervisor of one job, complete: it needs nothing but a POSIX shell and `setsid`, or `perl` where that is missing (macOS).
 * `sh run.sh` executes the command, once for ever; `sh run.sh sweep` ends whatever a supervisor that was killed left behind;
 * `sh run.sh command` is what a container executes.
 * @param sandbox how bubblewrap is called for a job that is to be contained so
 * @throws ProvingGroundError `unsupported-platform` for such a job without it
 */
export function supervisorScript(job: Job, sandbox: Sandbox | null = null): string {
  if (job.containment?.kind === "sandbox" && sandbox === null) {
    throw new ProvingGroundError("unsupported-platform", `run ${job.id} is to be contained by a sandbox, and its target has none`, {
      hint: "Only runs on this machine have one. On other targets give `container` in the setting `provingGround.compute.targets`.",
    });
  }
  const memory = job.resources.memory === null ? (sandbox?.bounds.memory ?? null) : Math.round(job.resources.memory * KIB_PER_GIB);
  return [
    "#!/bin/sh",
    "# Supervises one job of Proving Ground: see job.json beside it.",
    `id=${quote(job.id)}`,
    `cwd=${quote(job.cwd)}`,
    `contained=${job.containment?.kind ?? ""}`,
    `timeout=${job.timeout}`,
    "# Hundredths of a second; the most processes and KiB of memory, which are looked at where it is contained.",
    `allowed=${Math.max(1, Math.round(job.timeout * 100))}`,
    `processes=${job.processes}`,
    `memory=${memory ?? ""}`,
    `groups=${quote(sandbox?.bounds.group ?? "")}`,
    `tasks=${sandbox === null ? "" : tasksOf(job, sandbox)}`,
    `rounds=${Math.max(1, Math.round(job.grace * 10))}`,
    dataCalls(job.data),
    launchers(job, sandbox),
    // Not df, which looks up where its arguments lead out here.
    `spaces() {\n  stat -f -c '%b %f %S' ${(sandbox?.scratch ?? []).map((path) => `"/proc/$init/root"${quote(path)}`).join(" ")} 2>/dev/null\n}`,
    START,
    IDENTIFY,
    PROCESSES,
    RECORD,
    LAUNCH,
    WATCH,
    MAIN,
  ].join("\n");
}

const START = `
cd -P -- "\${0%/*}" || exit 70
dir=$PWD
mark="PROVING_GROUND_JOB=$dir/"
main= timer= pids= init= over= group= literally=
reason=exited

# In $began, milliseconds since 1970 now; whole seconds where date knows no finer.
clock() {
  began=$(date +%s%3N)
  case $began in *[!0-9]*) began=$(date +%s)000 ;; esac
}

# In $ticks, hundredths of a second by a clock that nobody sets; by the one of the wall where there is no other.
ticking() {
  if { read -r ticks line < /proc/uptime; } 2>/dev/null; then
    ticks=\${ticks%.*}\${ticks#*.}
    ticks=\${ticks#0}
  else
    ticks=$(date +%s)00
  fi
}

# Tells the reader of the log.
say() {
  { printf 'proving-ground: %s\\n' "$1" >> "$dir/${FILES.log}"; } 2>/dev/null
}
`;

const RECORD = `
# Removes what has done its part, with what an engine that was killed left half written.
tidy() {
  rm -f "$dir/${FILES.started}.$$" "$dir/${FILES.script}".* "$dir/${FILES.job}".*
}

# Writes the record into the room reserved for it and gives it its name.
record() {
  ticking
  lasted=$((ticks - start))
  [ "$lasted" -ge 0 ] || lasted=0
  part=$((lasted % 100))
  [ "$part" -gt 9 ] || part=0$part
  # Whether there is room for a block more; nobody reads on in that file.
  full=false
  { [ -e ${FILES.started} ] && printf '%4096s' ' ' >> ${FILES.started}; } 2>/dev/null || full=true
  [ ! -e "${FILES.started}.$$" ] || tidy
  signal=null
  if [ "$code" -gt 128 ]; then
    signal=$(kill -l "$code" 2>/dev/null) && signal="\\"$signal\\"" || signal=null
  fi
  list=
  for pid in $pids; do list="$list\${list:+,}$pid"; done
  printf '%-${RESERVED - 1}.${RESERVED - 1}s\\n' "{\\"code\\":$code,\\"signal\\":$signal,\\"reason\\":\\"$reason\\",\\"diskFull\\":$full,\\"startedAt\\":$began,\\"endedAt\\":$((began + lasted * 10)),\\"seconds\\":$((lasted / 100)).$part,\\"left\\":[$list]}" 1<> ${FILES.reserve} &&
    mv -f ${FILES.reserve} ${FILES.exit}
}
`;

const MAIN = `
case \${1-} in
  command)
    inside
    exit 126
    ;;
  sweep)
    sweep
    read -r pid 2>/dev/null < ${FILES.started} && [ -n "$groups" ] && unbound "$groups/proving-ground.$pid"
    # And the timer that watched over it.
    mark="PROVING_GROUND_LIMIT=$dir/"
    n=0
    while [ -r /proc/self/environ ] && [ "$n" -lt 20 ] && left; do
      kill -s KILL $pids 2>/dev/null
      pause
      n=$((n + 1))
    done
    exit 0
    ;;
  limit)
    limit "$2" "$3" "$4" "$5"
    exit 0
    ;;
esac

trap '[ -n "$over" ] || reason=stopped' TERM INT HUP
trap '[ -n "$over" ] || reason=timeout' USR1
trap '[ -n "$over" ] || reason=processes' ALRM
trap '[ -n "$over" ] || reason=memory' USR2
clock
ticking
start=$ticks
identify $$

# Whoever makes the link executes the job; nobody else ever does.
if { printf '%s\\n%s\\n' "$$" "$identity" > "${FILES.started}.$$"; } 2>/dev/null; then
  ln "${FILES.started}.$$" ${FILES.started} 2>/dev/null
  mine=$?
  # A file system without links.
  [ "$mine" -eq 0 ] || [ -e ${FILES.started} ] || { (set -C && printf '%s\\n%s\\n' "$$" "$identity" > ${FILES.started}) 2>/dev/null && mine=0; }
  # The winner's own file goes when the timer has begun: one process less before the command does.
  [ "$mine" -eq 0 ] || { rm -f "${FILES.started}.$$"; exit 0; }
else
  rm -f "${FILES.started}.$$"
  [ ! -e ${FILES.started} ] || exit 0
  code=126 reason=launch
  record
  exit 0
fi

if ! folders; then
  code=126 reason=launch
  record
  exit 0
fi

# Some shells tell of every child that a signal ended.
exec 2> /dev/null

timer() {
  (tidy; export PROVING_GROUND_LIMIT="$dir/" && session sh "$dir/${FILES.script}" limit "$$" "$identity" "$main" "$group") > /dev/null 2>&1 < /dev/null &
  timer=$!
}

# The timer comes first, so that whatever begins has a limit; a sandbox ends with the supervisor anyway, and its timer looks into it.
[ "$contained" = sandbox ] || timer
bound
(launch) >> ${FILES.log} 2>&1 < /dev/null &
main=$!
[ "$contained" != sandbox ] || timer

while [ "$reason" = exited ]; do
  wait "$main"
  code=$?
  # 127: already waited for. A wait that a signal cut short leaves the process there.
  if [ "$code" -eq 127 ] || ! kill -0 "$main" 2>/dev/null; then
    over=yes
    break
  fi
done
sweep
if [ -z "$over" ]; then
  over=yes
  wait "$main"
  code=$?
fi

# The timer may not be in its own group yet, so it is ended by both its names, and its sleep after it.
kill -s KILL -- "-$timer" 2>/dev/null
kill -s KILL "$timer" 2>/dev/null
wait "$timer" 2>/dev/null
kill -s KILL -- "-$timer" 2>/dev/null
record
[ -z "$group" ] || unbound "$group"
`;
