/** Reads this machine's accelerators from `nvidia-smi`. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Device } from "./compute.ts";

const run = promisify(execFile);
/** What to ask of `nvidia-smi`. */
export const QUERY = ["--query-gpu=index,name,memory.total,memory.used,utilization.gpu", "--format=csv,noheader,nounits"];
const MIB_PER_GIB = 1024;

/**
 * The accelerators that `nvidia-smi` on the given environment's PATH knows.
 * @returns the devices, none where there is no such program; `problem` when it is there and fails, in its own words
 */
export async function nvidiaDevices(environment: Record<string, string>): Promise<{ devices: Device[]; problem: string | null }> {
  try {
    const { stdout } = await run("nvidia-smi", QUERY, {
      env: environment,
      timeout: 10_000,
      killSignal: "SIGKILL",
    });
    return { devices: parseDevices(stdout), problem: null };
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    if (error.code === "ENOENT" || error.code === "EACCES") return { devices: [], problem: null };
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}`.trim().split("\n")[0];
    return { devices: [], problem: `nvidia-smi failed: ${said === undefined || said === "" ? error.message : said}` };
  }
}

/** Devices from `nvidia-smi --query-gpu=index,name,memory.total,memory.used,utilization.gpu --format=csv,noheader,nounits`. */
export function parseDevices(csv: string): Device[] {
  return csv
    .split("\n")
    .map((line) => line.split(",").map((cell) => cell.trim()))
    .flatMap((cells) => {
      const index = Number(cells[0]);
      if (cells.length < 5 || cells[0] === "" || !Number.isInteger(index)) return [];
      const [total, used, load] = cells.slice(-3).map(figure);
      return [
        {
          index,
          name: cells.slice(1, -3).join(", "),
          memory: total === null || total === undefined ? null : total / MIB_PER_GIB,
          memoryUsed: used === null || used === undefined ? null : used / MIB_PER_GIB,
          load: load === null || load === undefined ? null : load / 100,
        },
      ];
    });
}

function figure(cell: string): number | null {
  const value = Number(cell);
  return cell === "" || Number.isNaN(value) ? null : value;
}
