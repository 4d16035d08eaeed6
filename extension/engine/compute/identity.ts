/** Tells a process from a later one that got the same number. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Identities of living processes: boot and start time, as `run.sh` writes them down.
 * @param pids process numbers of this machine
 * @returns one entry for each that lives; zombies count as dead
 */
export async function processIdentities(pids: number[]): Promise<Map<number, string>> {
  if (pids.length === 0) return new Map();
  return existsSync("/proc/self/stat") ? fromProc(pids) : fromPs(pids);
}

async function fromProc(pids: number[]): Promise<Map<number, string>> {
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const found = new Map<number, string>();
  await Promise.all(
    pids.map(async (pid) => {
      let stat: string;
      try {
        stat = await readFile(`/proc/${pid}/stat`, "utf8");
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT" || code === "ESRCH") return;
        throw error;
      }
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state, started] = [fields[0], fields[19]];
      if (started !== undefined && state !== "Z" && state !== "X") found.set(pid, `${boot} ${started}`);
    }),
  );
  return found;
}

async function fromPs(pids: number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  let stdout: string;
  try {
    ({ stdout } = await run("ps", ["-o", "pid=,stat=,lstart=", "-p", pids.join(",")], { env: { ...process.env, LC_ALL: "C" } }));
  } catch (thrown) {
    // ps ends with 1 when none of them lives.
    if ((thrown as { code?: unknown }).code === 1) return found;
    throw thrown;
  }
  for (const line of stdout.split("\n")) {
    const match = /^\s*(\d+)\s+(\S+)\s+(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[3] !== undefined && match[2]?.startsWith("Z") === false) found.set(Number(match[1]), match[3]);
  }
  return found;
}
