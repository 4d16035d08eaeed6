/** The part of `run.sh` that makes a job's surroundings: its data, its variables, its container or sandbox, the commands before its own. */
import type { DataFolder, Job } from "./compute.ts";
import { inheritancePatterns } from "./inheritance.ts";
import { FILES, quote } from "./job-files.ts";
import type { Sandbox } from "./sandbox.ts";

/** Threads count as processes for the system's own limit, which stops what the watch is too slow for. */
const THREADS_PER_PROCESS = 8;

/** Defines `folders`, which makes the job's data appear; false when it cannot, and the log says why. */
export function dataCalls(data: readonly DataFolder[]): string {
  const calls = data.map(({ name, source, path }) => `  data ${[name, source, path].map(quote).join(" ")} || return 1`);
  return ["folders() {", "  :", ...calls, "}"].join("\n");
}

/**
 * Defines `begin`, which becomes the job's command, or what contains it, with the words given as its variables, and `inside`, which becomes
 * the command within a container.
 */
export function launchers(job: Job, sandbox: Sandbox | null): string {
  const { secret, allowed } = inheritancePatterns(job.purpose ?? "run");
  const variables = Object.entries(job.variables).map(([name, value]) => `    ${quote(`${name}=${value}`)} \\`);
  return [
    "secret() {",
    `  case $1 in ${secret}) return 0 ;; esac`,
    "  return 1",
    "}",
    "allowed() {",
    `  case $1 in ${allowed}) return 0 ;; esac`,
    "  return 1",
    "}",
    "begin() {",
    '  session env -i "$@" \\',
    ...variables,
    `    PROVING_GROUND_RUN="$id" PROVING_GROUND_METRICS="$dir/${FILES.metrics}" PROVING_GROUND_JOB="$dir/" \\`,
    `    ${contained(job, sandbox)}`,
    "}",
    "inside() {",
    '  cd -- "$cwd" || exit 126',
    ...exported(job).map((line) => `  ${line}`),
    `  export PROVING_GROUND_RUN="$id" PROVING_GROUND_METRICS="$dir/${FILES.metrics}" PROVING_GROUND_JOB="$dir/"`,
    "  shell",
    `  exec "$shell" -c ${quote(commands(job, null))}`,
    "}",
    // People write `source` and `module load`, which not every sh knows.
    "shell() {",
    "  shell=/bin/sh",
    ...(job.prelude === "" ? [] : ["  if command -v bash > /dev/null 2>&1; then shell=$(command -v bash); fi"]),
    "}",
  ].join("\n");
}

/** The program and its words that execute the job, as the shell reads them. */
function contained(job: Job, sandbox: Sandbox | null): string {
  if (job.containment?.kind === "container") {
    const words = job.containment.template
      .split(/(\{command\}|\{directory\})/)
      .map((part) => (part === "{command}" ? '"sh $folder/run.sh command"' : part === "{directory}" ? '"$folder"' : quote(part)));
    return `/bin/sh -c ${words.join("")}`;
  }
  const command = `"$shell" -c ${quote(commands(job, sandbox))}`;
  if (sandbox === null) return command;
  return `${[sandbox.program, ...sandbox.words].map(quote).join(" ")} -- ${command}`;
}

/** What one shell executes: the commands before, the job's variables once more, for they win, and the job's command. */
function commands(job: Job, sandbox: Sandbox | null): string {
  const lines: string[] = [];
  if (sandbox !== null) {
    const tasks = tasksOf(job, sandbox);
    lines.push(`ulimit -u ${tasks} 2>/dev/null || ulimit -p ${tasks} 2>/dev/null`);
  }
  if (job.prelude !== "") lines.push(BEFORE_PRELUDE, job.prelude, AFTER_PRELUDE, ...exported(job));
  return [...lines, job.command].join("\n");
}

/** Processes and threads for which the system stops a job; more than the watch lets it have. */
export function tasksOf(job: Job, { bounds }: Sandbox): number {
  return Math.min(job.processes * THREADS_PER_PROCESS, bounds.tasks);
}

function exported(job: Job): string[] {
  const names = Object.entries(job.variables).filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
  return names.map(([name, value]) => `export ${name}=${quote(value)}`);
}

const BEFORE_PRELUDE = `command -v source > /dev/null 2>&1 || source() { . "$@"; }
if ! command -v module > /dev/null 2>&1; then
  for init in "\${LMOD_PKG-}/init/bash" "\${MODULESHOME-}/init/bash" /etc/profile.d/lmod.sh /etc/profile.d/z00_lmod.sh /etc/profile.d/modules.sh; do
    if [ -r "$init" ]; then
      . "$init"
      break
    fi
  done
  unset init
fi`;

/** The last command's status decides, as in any script. */
const AFTER_PRELUDE = `set -- $?
if [ "$1" -ne 0 ]; then
  echo "proving-ground: the commands before the run (\\\`prelude\\\` of its target) failed with exit code $1, so it was not begun" >&2
  exit "$1"
fi
set --`;

/** Defines `launch` and `data`. */
export const LAUNCH = `
# Becomes the job, with no more of the variables around than it may inherit. Their names are read from what the shell says of them; a
# line of a value that looks like one names a variable that either is inherited anyway or is none.
launch() {
  cd -- "$cwd" || exit 126
  case $dir in
    *[!A-Za-z0-9_./+@:-]*) folder="'$(printf '%s\\n' "$dir" | sed "s/'/'\\\\\\\\''/g")'" ;;
    *) folder=$dir ;;
  esac
  # The system's first choice when memory runs out.
  if [ -n "$contained" ]; then { echo 500 > /proc/self/oom_score_adj; } 2>/dev/null; fi
  if [ -n "$group" ]; then { echo 0 > "$group/cgroup.procs"; } 2>/dev/null; fi
  shell
  set -f
  IFS='
'
  set --
  for line in $(export -p); do
    name=\${line#export }
    name=\${name#declare -x }
    name=\${name#typeset -x }
    name=\${name%%=*}
    case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) continue ;; esac
    if secret "$name" || ! allowed "$name"; then continue; fi
    eval "[ -z \\"\\\${$name+set}\\" ] || set -- \\"\\$@\\" \\"$name=\\\${$name}\\""
  done
  unset IFS
  set +f
  # A job that runs jobs finds what they started by its own mark too.
  [ -z "\${PROVING_GROUND_JOB-}" ] || set -- "$@" "PROVING_GROUND_WITHIN=\${PROVING_GROUND_WITHIN-} PROVING_GROUND_JOB=$PROVING_GROUND_JOB"
  begin "$@"
}

# Makes a control group that bounds the number of the job's processes, named in $group, where the system lets it.
bound() {
  [ -n "$groups" ] || return 0
  group=$groups/proving-ground.$$
  mkdir "$group" 2>/dev/null && { echo "$tasks" > "$group/pids.max"; } 2>/dev/null || group=
}

# Removes control group $1, which is possible when the last in it is really gone.
unbound() {
  n=0
  while [ -d "$1" ] && ! rmdir "$1" 2>/dev/null && [ "$n" -lt 50 ]; do
    pause
    n=$((n + 1))
  done
}

# Makes the folder of data named $1, at $2 on this machine, appear at $3 in the job's code.
data() {
  source=$2
  case $source in "~/"*) source=\${HOME-}/\${source#??} ;; esac
  if [ ! -d "$source" ]; then
    say "the data folder $1 is missing: there is no folder $source on $(uname -n). Say where it is, for this target in the setting \\\`provingGround.compute.targets\\\` -> \\\`data\\\`, or for all in environment.yaml: \\\`data\\\` -> \\\`from\\\`."
    return 1
  fi
  at=$cwd
  rest=$3
  while :; do
    case $rest in */*) ;; *) break ;; esac
    at=$at/\${rest%%/*}
    rest=\${rest#*/}
    if [ -L "$at" ] || { [ -e "$at" ] && [ ! -d "$at" ]; } || { [ ! -d "$at" ] && ! mkdir "$at" 2>/dev/null; }; then
      say "the data folder $1 cannot appear at $3: in the code, \${at#"$cwd"/} is no folder, or none can be made there"
      return 1
    fi
  done
  at=$at/$rest
  # Begun anew in the same folder.
  if [ -L "$at" ] && [ "$at" -ef "$source" ]; then return 0; fi
  if [ -e "$at" ] || [ -L "$at" ]; then
    say "the data folder $1 cannot appear at $3: the code has something there already. Remove it there, or change \\\`data\\\` -> \\\`path\\\` in environment.yaml."
    return 1
  fi
  ln -s -- "$source" "$at" 2>/dev/null || { say "the data folder $1 cannot appear at $3: the link cannot be made"; return 1; }
}
`;
