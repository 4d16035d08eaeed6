/** The part of `run.sh` that is a job's timer and, where it is contained, looks at its processes and memory. */

/**
 * Defines `limit`. Without containment it only sleeps. A sandbox is looked at every second through its own /proc, with nothing started
 * but the sleep between two looks; a container every five, by its job's mark. Resident memory counts what processes share several times, and
 * files that could be dropped: only when it is above the limit are the true shares added up, which costs more. Files in the sandbox's
 * memory are counted besides.
 */
export const WATCH = `
# Ends the job as $1 says, for the reason told in $2.
exceeded() {
  identify "$supervisor"
  [ "$identity" != "$known" ] || kill -s "$1" "$supervisor"
  [ "$contained" != sandbox ] || kill -s KILL "$init" 2>/dev/null
  say "$2"
}

# Says the same with nothing but what the shell itself can do.
crowded() {
  kill -s ALRM "$supervisor" 2>/dev/null
  if [ "$contained" = sandbox ] && first "$watched"; then kill -s KILL "$init" 2>/dev/null; fi
  say "the run had so many processes that the system had room for no more (it may have $processes: \\\`resources.processes\\\`), and was ended"
}

# Adds up, in KiB in $true, what the processes in the folders given hold: their shares of what is shared, and the files in memory.
shares() {
  set -- $(cat "$@" 2>/dev/null | awk '/^Pss:/ { all += $2 } /^Pss_Anon:/ { known = 1; own += $2 } /^SwapPss:/ { own += $2; all += $2 }
    /^Pss_Shmem:/ { shared += $2 } END { if (known) print own + 0, shared + 0; else print all + 0, 0 }')
  true=\${1:-0}
  if [ "\${2:-0}" -gt "$space" ]; then true=$((true + $2)); else true=$((true + space)); fi
}

# In $space, KiB of the files that the sandbox keeps in memory.
files_in_memory() {
  space=0
  [ "$contained" = sandbox ] || return 0
  IFS='
'
  for line in $(spaces); do
    unset IFS
    set -- $line
    case \${1-}\${2-}\${3-} in '' | *[!0-9]*) ;; *) space=$((space + ($1 - $2) * ($3 / 512) / 2)) ;; esac
  done
  unset IFS
}

# False once the job has too much.
look() {
  if [ "$contained" = sandbox ]; then
    first "$watched" || return 0
    set -- "/proc/$init/root/proc/"[0-9]*
    # Without bubblewrap's own.
    count=$(($# - 1))
  else
    left || return 0
    set --
    for pid in $pids; do set -- "$@" "/proc/$pid"; done
    count=$#
  fi
  [ -e "\${1-}" ] || return 0
  if [ "$count" -gt "$processes" ]; then
    exceeded ALRM "the run had $count processes, more than the $processes it may have (\\\`resources.processes\\\`), and was ended"
    return 1
  fi
  [ -n "$memory" ] || return 0
  looks=$((looks + 1))
  resident=0
  for at; do
    if { read -r line pages line < "$at/statm"; } 2>/dev/null; then resident=$((resident + pages)); fi
  done
  resident=$((resident * page))
  files_in_memory
  if [ $((resident + space)) -gt "$memory" ] && { [ $((resident + space)) -gt "$near" ] || [ "$looks" -ge "$again" ]; }; then
    for at; do
      set -- "$@" "$at/smaps_rollup"
      shift
    done
    shares "$@"
    if [ "$true" -gt "$memory" ]; then
      exceeded USR2 "the run had $((true / 1024)) MiB of memory, more than the $((memory / 1024)) MiB it may have (\\\`resources.memory\\\`), and was ended"
      return 1
    fi
    # Above this it may have become too much.
    near=$((resident + space + memory - true))
    again=$((looks + 5))
  fi
}

# Watches over the job of supervisor $1 with identity $2 in process $3 and control group $4 until its time is over or it has too much.
limit() {
  supervisor=$1 known=$2 watched=$3 group=$4
  if [ -z "$contained" ]; then
    sleep "$timeout" || return 0
  else
    ticking
    end=$((ticks + allowed))
    beat=100
    [ "$contained" = sandbox ] || beat=500
    # Nothing else bounds what root's job starts.
    if [ "$contained" = sandbox ] && [ -z "$group" ] && [ -w / ]; then beat=25; fi
    # A shell that finds no room for another process dies: so too many are there already.
    trap 'crowded' EXIT
    page=$(getconf PAGESIZE 2>/dev/null) || page=4096
    page=$((page / 1024))
    looks=0 near=0 again=0 space=0
    while ticking && [ "$ticks" -lt "$end" ]; do
      rest=$((end - ticks))
      [ "$rest" -lt "$beat" ] || rest=$beat
      part=$((rest % 100))
      [ "$part" -gt 9 ] || part=0$part
      sleep "$((rest / 100)).$part" 2>/dev/null || sleep 1
      if ! look; then
        trap - EXIT
        return 0
      fi
    done
    trap - EXIT
  fi
  identify "$supervisor"
  # Should the supervisor be gone, the limit holds all the same.
  if [ -n "$identity" ] && [ "$identity" = "$known" ]; then kill -s USR1 "$supervisor"; else sweep; fi
}
`;
