/** The part of `run.sh` that tells one process from another, finds those of a job, and ends them. */

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

/**
 * Defines `session`, `left`, `pause` and `sweep`. A sandbox has a namespace of processes of its own, whose first one, bubblewrap's, ends
 * when the command does and takes the rest with it: while it lives it is the list of what is left, and ending it ends everything.
 */
export const PROCESSES = `
# Becomes the given command in a session of its own.
session() {
  if command -v setsid > /dev/null 2>&1; then exec setsid "$@"; fi
  exec perl -MPOSIX -e 'POSIX::setsid() > 0 or die "setsid: $!"; exec { $ARGV[0] } @ARGV or die "exec: $!"' -- "$@"
}

# In $init, the first process of the sandbox that process $1 made, by its number out here; false while there is none.
first() {
  [ -n "$1" ] || return 1
  found=
  { read -r found line < "/proc/$1/task/$1/children"; } 2>/dev/null
  [ -n "$found" ] || [ -r "/proc/$1/task/$1/children" ] ||
    found=$(sed -n -e "s/^\\([0-9]*\\) (.*) [^ZX] $1 .*/\\1/p" /proc/[0-9]*/stat 2>/dev/null)
  init=\${found:-$init}
  # A child of what only becomes the sandbox's maker, or a later process of that number, is in no sandbox: with it, all of this machine would be.
  [ -z "$init" ] || [ ! "/proc/$init/ns/pid" -ef /proc/self/ns/pid ] || init=
  [ -n "$init" ]
}

# In $pattern, text $1 as grep finds it letter by letter.
literal() {
  [ "$literally" != "$1" ] || return 0
  literally=$1
  pattern=
  rest=$1
  while [ -n "$rest" ]; do
    letter=\${rest%"\${rest#?}"}
    rest=\${rest#?}
    case $letter in
      '[' | ']' | '\\' | '.' | '*' | '^' | '$') pattern="$pattern\\\\$letter" ;;
      *) pattern=$pattern$letter ;;
    esac
  done
}

# True while a process of this job lives; their numbers in $pids. Found by session, group, or the mark in its environment.
left() {
  pids=
  if [ "$contained" = sandbox ] && [ -n "$main" ] && [ -z "$over" ]; then
    first "$main" && for at in /proc/[0-9]*; do
      [ "$at/ns/pid" -ef "/proc/$init/ns/pid" ] && [ "$at" != "/proc/$init" ] && pids="$pids \${at#/proc/}"
    done
    # Nobody in it yet, or no longer: the process that makes it.
    if [ -z "$pids" ] && read -r line 2>/dev/null < "/proc/$main/stat"; then
      case \${line##*) } in [ZX]*) ;; *) pids=$main ;; esac
    fi
  elif [ -r /proc/self/environ ]; then
    literal "$mark"
    set -- -e "$pattern"
    # By group and by session; and the first of them, which may not have left for its own yet.
    [ -z "$main" ] || [ "$contained" = sandbox ] || [ -n "$over" ] || set -- "$@" -e "^$main (.*) [^ZX] "
    [ -z "$main" ] || [ "$contained" = sandbox ] ||
      set -- "$@" -e "^[0-9]* (.*) [^ZX] [0-9]* $main " -e "^[0-9]* (.*) [^ZX] [0-9]* [0-9]* $main " /proc/[0-9]*/stat
    for at in $(LC_ALL=C grep -ls "$@" /proc/[0-9]*/environ 2>/dev/null); do
      at=\${at#/proc/}
      at=\${at%%/*}
      case " $pids " in *" $at "*) ;; *) pids="$pids $at" ;; esac
    done
  else
    pids=$(LC_ALL=C ps -axEww -o pid=,pgid=,stat=,command= 2>/dev/null | awk -v main="$main" -v over="$over" -v mark="$mark" -v self="$$" \\
      '$3 !~ /^Z/ && $1 != self && ($2 == main || ($1 == main && over == "") || (index($0, mark) && $4 != "awk")) { print $1 }')
  fi
  case $pids in *[0-9]*) return 0 ;; esac
  return 1
}

pause() { sleep 0.1 2>/dev/null || sleep 1; }

# Asks all that is left to end, and waits the grace.
ask() {
  [ -z "$main" ] || [ "$contained" = sandbox ] || kill -s TERM -- "-$main" 2>/dev/null
  kill -s TERM $pids 2>/dev/null
  kill -s CONT $pids 2>/dev/null
  n=0
  while [ "$n" -lt "$rounds" ] && left; do
    pause
    n=$((n + 1))
  done
}

# Ends everything the job started: asks, waits the grace, forces. What cannot be ended stays in $pids.
sweep() {
  # Too many to be asked, or too large; and what outlives the command of a sandbox is being ended by the system.
  case $reason-$contained-$over in
    processes-* | memory-*)
      # Without a pause, for there may be no room for a process of our own until they are gone.
      n=0
      while [ "$n" -lt 500 ] && left; do
        kill -s KILL $init $pids 2>/dev/null
        n=$((n + 1))
      done
      ;;
    *-sandbox-yes) left || return 0 ;;
    *)
      left || return 0
      ask
      ;;
  esac
  n=0
  while [ "$n" -lt 100 ] && left; do
    [ -z "$main" ] || kill -s KILL -- "-$main" 2>/dev/null
    kill -s KILL $init $pids 2>/dev/null
    [ "$n" -eq 0 ] || pause
    n=$((n + 1))
  done
}
`;
