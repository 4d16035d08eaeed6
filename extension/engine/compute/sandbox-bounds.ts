/** What the system itself can be told of a sandbox's most processes: a hard stop for what is faster than any watch. */
import { access, constants, readFile } from "node:fs/promises";
import { totalmem } from "node:os";

export interface Bounds {
  /** Processes and threads that the system has room for in one job. */
  tasks: number;
  /** Folder of control groups in which one that bounds them can be made; null where a user's own limit does it, or nothing can. */
  group: string | null;
  /** KiB of memory where the job does not say. */
  memory: number;
}

/** Share of the memory that a job may take which names no limit: the machine stays usable. */
const MOST_OF_MEMORY = 0.9;
const KIB = 2 ** 10;
const ANY = 32768;

/** The bounds of this machine. For root, whom no user's limit holds, they need control groups. */
export async function boundsHere(): Promise<Bounds> {
  const most = Number(await text("/proc/sys/kernel/pid_max")) || ANY;
  const found = process.getuid?.() === 0 ? taskGroups(await text("/proc/self/mounts")) : [];
  let group: string | null = null;
  for (const { path, controls } of found) {
    const enabled = controls === null || (await text(controls)).split(/\s/).includes("pids");
    if (group === null && enabled && (await writable(path))) group = path;
  }
  return { tasks: Math.floor(most / 2), group, memory: Math.floor((totalmem() / KIB) * MOST_OF_MEMORY) };
}

interface TaskGroups {
  path: string;
  controls: string | null;
}

/**
 * Where control groups that count processes may be made. Pure.
 * @param mounts content of /proc/self/mounts
 * @returns the folders; `controls`: a file that must name `pids` for it to be so
 */
export function taskGroups(mounts: string): TaskGroups[] {
  return mounts.split("\n").flatMap((line): TaskGroups[] => {
    const [, path = "", kind, options = ""] = line.split(" ");
    if (kind === "cgroup" && options.split(",").includes("pids")) return [{ path, controls: null }];
    return kind === "cgroup2" ? [{ path, controls: `${path}/cgroup.subtree_control` }] : [];
  });
}

function text(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

async function writable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
