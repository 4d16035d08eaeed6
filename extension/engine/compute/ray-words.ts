/** What Ray says of a job and of its machines, in words for people. Pure. */
import type { Resources } from "./ray-api.ts";

/** What a job needs of one machine; memory in GiB. */
export interface Need {
  gpus: number;
  cpus: number;
  memory: number | null;
}

const GIB = 2 ** 30;

/** The last line that says something; of a Python traceback, the error. */
export function lastLine(said: string): string {
  const lines = said.split(/[\r\n]+/).flatMap((line) => (/\w/.test(line) ? [line.trim()] : []));
  const error = lines.findLast((line) => /^[\w.]+(Error|Exception|Timeout)\b/.test(line));
  const line = (error ?? lines.at(-1) ?? "it did not say why").replace(/^(?:ValueError|RuntimeError|TypeError): /, "");
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/**
 * Why a job waits in Ray's queue.
 * @param machines what each has in all
 * @param taken what is taken of all together; null where nobody knows
 */
export function waitingFor(need: Need, machines: readonly Resources[], taken: Resources | null): string {
  const wanted = inWords(need);
  if (machines.length === 0) return "Ray has no machine that is up";
  if (!machines.some((machine) => fits(need, machine))) {
    return `no machine of Ray's has ${wanted}; ${largest(need, machines)}; it waits until one joins that has`;
  }
  const free = (name: string, wants: number) => taken !== null && sum(machines, name) - (taken[name] ?? 0) >= wants;
  if (free("GPU", need.gpus) && free("CPU", need.cpus)) return `Ray is about to begin it, or no single machine has ${wanted} free`;
  const busy = (["GPU", "CPU"] as const).flatMap((name) => {
    const all = sum(machines, name);
    const used = taken?.[name];
    return used === undefined || all === 0 || (name === "GPU" && need.gpus === 0)
      ? []
      : [`${round(used)} of ${round(all)} ${name}s are taken`];
  });
  return [`it waits in Ray's queue for ${wanted}`, ...busy].join("; ");
}

/** Why a job that Ray is done with left no record. */
export function goneWords(job: { status: string; message?: string | null | undefined } | undefined, began: boolean): string {
  const never = began ? "" : "it never began: ";
  if (job === undefined) return `${never}Ray no longer knows it, as after its head was started anew; it went with the old one`;
  const said = job.message ?? "";
  if (job.status === "STOPPED") return `${never}somebody stopped it in Ray`;
  if (job.status === "SUCCEEDED") return `${never}Ray says that it ended well, and no record of that came`;
  if (/cannot open|No such file or directory|can't open/.test(said) && !began) {
    return `${never}${lastLine(said)}: the folder of the target must be at the same path on all of Ray's machines`;
  }
  return `${never}Ray says: ${lastLine(firstPart(said))}`;
}

/** Ray explains the death of an actor over several lines; what matters comes first. */
function firstPart(said: string): string {
  return /actor died|could not be scheduled|runtime_env setup failed/.test(said) ? (said.split("\n")[0] ?? "") : said;
}

function fits(need: Need, machine: Resources): boolean {
  return (
    (machine.GPU ?? 0) >= need.gpus &&
    (machine.CPU ?? 0) >= need.cpus &&
    (need.memory === null || (machine.memory ?? 0) >= need.memory * GIB)
  );
}

function inWords({ gpus, cpus, memory }: Need): string {
  const parts = [
    ...(gpus > 0 ? [plural(gpus, "GPU")] : []),
    plural(cpus, "CPU"),
    ...(memory === null ? [] : [`${round(memory)} GiB of memory`]),
  ];
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${String(parts.at(-1))}` : parts.join("");
}

function largest(need: Need, machines: readonly Resources[]): string {
  const most = (name: string) => Math.max(...machines.map((machine) => machine[name] ?? 0));
  return `the most that one has is ${inWords({
    gpus: need.gpus > 0 ? most("GPU") : 0,
    cpus: most("CPU"),
    memory: need.memory === null ? null : most("memory") / GIB,
  })}`;
}

export function sum(machines: readonly Resources[], name: string): number {
  return machines.reduce((total, machine) => total + (machine[name] ?? 0), 0);
}

const round = (value: number) => String(Math.round(value * 10) / 10);
const plural = (count: number, what: string) => `${round(count)} ${what}${count === 1 ? "" : "s"}`;
