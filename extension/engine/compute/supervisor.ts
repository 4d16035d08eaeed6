/**
 * Writes `run.sh`, the POSIX supervisor that executes one job without the engine: time limit, signals, nothing left behind,
 * and a record of the end that is written even on a full disk.
 */
import type { Job } from "./compute.ts";

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

/**
 * The supervisor of one job, complete: it needs nothing but a POSIX shell and `setsid`, or `perl` where that is missing (macOS).
 * `sh run.sh` executes the command, once for ever; `sh run.sh sweep` ends whatever a supervisor that was killed left behind.
 */
export function supervisorScript(job: Job): string {
  const variables = Object.entries(job.variables).map(([name, value]) => `  export ${name}=${quote(value)}`);
  return [
    "#!/bin/sh",
    "# Supervises one job of Proving Ground: see job.json beside it.",
    `id=${quote(job.id)}`,
    `cwd=${quote(job.cwd)}`,
    `command=${quote(job.command)}`,
    `timeout=${job.timeout}`,
    `rounds=${Math.max(1, Math.round(job.grace * 10))}`,
    "variables() {",
    "  :",
    ...variables,
    "}",
    BODY,
  ].join("\n");
}

/** Defines `identify`, by which a supervisor's identity is written down and later compared. */
export const IDENTIFY = `# In $identity, what tells process $1 from a later one with the same number; empty when there is none.
identify() {
  identity=
  if [ -r /proc/self/stat ]; then
    read -r line 2>/dev/null < "/proc/$1/stat" || return 0
    read -r boot < /proc/sys/kernel/random/boot_id
    set -- \${line##*) }
    # Dead, and only not yet asked after.
    case $1 in [ZX]) return 0 ;; esac
    shift 19
    identity="$boot $1"
  else
    identity=$(LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null)
  fi
}`;

const BODY = `
cd -P -- "\${0%/*}" || exit 70
dir=$PWD
mark="PROVING_GROUND_JOB=$dir/"
main= timer= pids=

# Milliseconds since 1970 in $now; whole seconds where date knows no finer.
clock() {
  now=$(date +%s%3N)
  case $now in *[!0-9]*) now=$(date +%s)000 ;; esac
}

${IDENTIFY}
# Becomes the given command in a session of its own.
session() {
  if command -v setsid > /dev/null 2>&1; then exec setsid "$@"; fi
  exec perl -MPOSIX -e 'POSIX::setsid() > 0 or die "setsid: $!"; exec { $ARGV[0] } @ARGV or die "exec: $!"' -- "$@"
}

# True while a process of this job lives; their numbers in $pids. Found by session, group, or the mark in its environment.
left() {
  pids=
  if [ -r /proc/self/environ ]; then
    for at in $(grep -lsF -e "$mark" /proc/[0-9]*/environ 2>/dev/null); do
      at=\${at#/proc/}
      pids="$pids \${at%%/*}"
    done
    [ -z "$main" ] || pids="$pids $(sed -n -e "s/^\\([0-9]*\\) (.*) [^ZX] [0-9]* $main .*/\\1/p" \\
      -e "s/^\\([0-9]*\\) (.*) [^ZX] [0-9]* [0-9]* $main .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null)"
  else
    pids=$(LC_ALL=C ps -axEww -o pid=,pgid=,stat=,command= 2>/dev/null | awk -v main="$main" -v mark="$mark" -v self="$$" \\
      '$3 !~ /^Z/ && $1 != self && ($2 == main || (index($0, mark) && $4 != "awk")) { print $1 }')
  fi
  case $pids in *[0-9]*) return 0 ;; esac
  return 1
}

pause() { sleep 0.1 2>/dev/null || sleep 1; }

# Ends everything the job started: asks, waits the grace, forces. What cannot be ended stays in $pids.
sweep() {
  left || return 0
  [ -z "$main" ] || kill -s TERM -- "-$main" 2>/dev/null
  kill -s TERM $pids 2>/dev/null
  kill -s CONT $pids 2>/dev/null
  n=0
  while [ "$n" -lt "$rounds" ] && left; do
    pause
    n=$((n + 1))
  done
  n=0
  while [ "$n" -lt 100 ] && left; do
    [ -z "$main" ] || kill -s KILL -- "-$main" 2>/dev/null
    kill -s KILL $pids 2>/dev/null
    [ "$n" -eq 0 ] || pause
    n=$((n + 1))
  done
}

# Writes the record into the room reserved for it and gives it its name.
record() {
  clock
  full=false
  { printf '%4096s' ' ' > exit.probe; } 2>/dev/null || full=true
  rm -f exit.probe "${FILES.started}.$$"
  signal=null
  if [ "$code" -gt 128 ]; then
    signal=$(kill -l "$code" 2>/dev/null) && signal="\\"$signal\\"" || signal=null
  fi
  list=
  for pid in $pids; do list="$list\${list:+,}$pid"; done
  printf '%-${RESERVED - 1}.${RESERVED - 1}s\\n' "{\\"code\\":$code,\\"signal\\":$signal,\\"reason\\":\\"$reason\\",\\"diskFull\\":$full,\\"startedAt\\":$began,\\"endedAt\\":$now,\\"left\\":[$list]}" 1<> ${FILES.reserve} &&
    mv -f ${FILES.reserve} ${FILES.exit}
}

case \${1-} in
  sweep)
    sweep
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
    sleep "$timeout" || exit 0
    identify "$2"
    # Should the supervisor be gone, the limit holds all the same.
    if [ -n "$identity" ] && [ "$identity" = "$3" ]; then kill -s USR1 "$2"; else sweep; fi
    exit 0
    ;;
esac

over=
reason=exited
trap '[ -n "$over" ] || reason=stopped' TERM INT HUP
trap '[ -n "$over" ] || reason=timeout' USR1
clock
began=$now
identify $$

# Whoever makes the link executes the job; nobody else ever does.
if (printf '%s\\n%s\\n' "$$" "$identity" > "${FILES.started}.$$") 2>/dev/null; then
  ln "${FILES.started}.$$" ${FILES.started} 2>/dev/null
  mine=$?
  # A file system without links.
  [ "$mine" -eq 0 ] || [ -e ${FILES.started} ] || { (set -C && printf '%s\\n%s\\n' "$$" "$identity" > ${FILES.started}) 2>/dev/null && mine=0; }
  # The winner's own file goes with the record: one process less before the command begins.
  [ "$mine" -eq 0 ] || { rm -f "${FILES.started}.$$"; exit 0; }
else
  rm -f "${FILES.started}.$$"
  [ ! -e ${FILES.started} ] || exit 0
  code=126 reason=launch
  record
  exit 0
fi

(export PROVING_GROUND_LIMIT="$dir/" && session sh "$dir/${FILES.script}" limit "$$" "$identity") > /dev/null 2>&1 < /dev/null &
timer=$!
(
  cd -- "$cwd" || exit 126
  variables
  export PROVING_GROUND_RUN="$id" PROVING_GROUND_METRICS="$dir/${FILES.metrics}" PROVING_GROUND_JOB="$dir/"
  session sh -c "$command"
) >> ${FILES.log} 2>&1 < /dev/null &
main=$!

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
`;
