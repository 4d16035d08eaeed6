/** What a Slurm cluster, or one partition of it, has and has in use. */
import { byTemplate } from "./by-template.ts";
import type { SlurmTarget } from "../../protocol/target.ts";
import type { Capacity, Device } from "./compute.ts";
import { isSilence, silence } from "./slurm-words.ts";
import { quote } from "./job-files.ts";

/** Runs at a time where the user sets no number: Slurm finds the places, this keeps its queue short. */
const SLOTS = 16;
const MARK = "--";
const FIELDS = ["Partition:65", "NodeHost:65", "StateLong:33", "CPUs:9", "Memory:13", "Gres:161", "GresUsed:161"];

/** Prints what the nodes have, the partitions there are, and the disk of a folder. */
export const capacityScript = (root: string, { partition }: SlurmTarget) => `command -v sbatch > /dev/null || echo missing
nodes=$(sinfo --noheader --Node${partition === undefined ? "" : ` --partition=${quote(partition)}`} --Format=${quote(FIELDS.join(","))} 2>&1)
heard=$?
printf '%s\\n${MARK}\\n' "$nodes"
[ "$heard" != 0 ] || sinfo --noheader --format='%R|%a' 2>&1
echo ${MARK}
df -Pk ${quote(root)} 2> /dev/null | tail -n 1 || :`;

interface Node {
  partition: string;
  host: string;
  state: string;
  cpus: number;
  /** GiB. */
  memory: number;
  gpus: Map<string, { all: number; used: number }>;
}

/** What `capacityScript` printed, in words and numbers. */
export function parseCapacity(said: string, settings: SlurmTarget): Capacity {
  const [nodesSaid = "", partitionsSaid = "", disk = ""] = said.split(`${MARK}\n`);
  const nodes = distinct(nodesOf(nodesSaid.split("\n"), settings.partition));
  const devices = devicesOf(nodes);
  return {
    kind: devices.length > 0 ? "gpu" : "cpu",
    slots: settings.slots ?? SLOTS,
    fixed: true,
    managed: true,
    cpus: sum(nodes.map(({ cpus }) => cpus)),
    memory: sum(nodes.map(({ memory }) => memory)),
    devices,
    disk: freeOf(disk),
    ...byTemplate(settings.container),
    problem: problemOf(nodesSaid, partitionsSaid, nodes, settings),
  };
}

function problemOf(nodesSaid: string, partitionsSaid: string, nodes: readonly Node[], { partition }: SlurmTarget): string | null {
  if (nodesSaid.startsWith("missing\n")) {
    return "Slurm's commands are not on the PATH there: set `host` of the target to a login node, or install Slurm's client";
  }
  if (isSilence(nodesSaid)) return `${silence(nodesSaid).message}; jobs that are there go on, new ones wait`;
  const partitions = partitionsSaid.split("\n").flatMap((line) => {
    const [name, state] = line.split("|");
    return name === undefined || state === undefined ? [] : [{ name, state }];
  });
  if (partitions.length === 0) return `\`sinfo\` names no partition: ${nodesSaid.trim().slice(0, 400) || "it says nothing"}`;
  const names = partitions.map(({ name }) => name).join(", ");
  if (partition !== undefined && !partition.split(",").every((one) => partitions.some(({ name }) => name === one))) {
    return `there is no partition ${partition}; there are: ${names}`;
  }
  const used = partition?.split(",") ?? [];
  const shut = partitions.filter(({ name, state }) => used.includes(name) && state !== "up");
  if (used.length > 0 && shut.length === used.length)
    return `the partition ${used.join(", ")} is ${shut[0]?.state ?? "down"}: jobs wait there`;
  if (partition === undefined && nodes.length === 0)
    return `Slurm has no default partition: set \`partition\` of the target to one of ${names}`;
  return null;
}

/** Nodes of the target's partition, or of the default one, which has a star. */
function nodesOf(lines: readonly string[], partition: string | undefined): Node[] {
  return lines.flatMap((line): Node[] => {
    const [name = "", host, state, cpus, memory, gres, used] = line.trim().split(/\s+/);
    if (host === undefined || state === undefined || used === undefined || gres === undefined) return [];
    if (partition === undefined && !name.endsWith("*")) return [];
    const busy = new Map(parseGres(used));
    const gpus = new Map(parseGres(gres).map(([kind, all]) => [kind, { all, used: busy.get(kind) ?? 0 }]));
    return [{ partition: name.replace(/\*$/, ""), host, state, cpus: Number(cpus), memory: Number(memory) / 1024, gpus }];
  });
}

/** A node that is in several partitions counts once. */
function distinct(nodes: readonly Node[]): Node[] {
  return [...new Map(nodes.map((node) => [node.host, node])).values()];
}

/** GPUs by their kind (`gpu` where Slurm names none). @param text such as `gpu:a100:4(S:0-1),shard:8` or `gpu:2(IDX:0-1)` */
export function parseGres(text: string): [string, number][] {
  const found = new Map<string, number>();
  for (const [, kind, count] of text.matchAll(/(?:^|,)gpu(?::([A-Za-z][^:,()]*))?(?::(\d+))?(?=[,(]|$)/g)) {
    found.set(kind ?? "gpu", (found.get(kind ?? "gpu") ?? 0) + Number(count ?? 1));
  }
  return [...found];
}

const OUT = /^(?:down|drain|fail|maint|not_?resp|power|reboot|unk|future|planned_down|reserved)/i;

/** One line for each kind of GPU: how many there are on nodes that can be used, and the share of them that is in use. */
function devicesOf(nodes: readonly Node[]): Device[] {
  const kinds = new Map<string, { all: number; used: number; nodes: number; out: number }>();
  for (const { state, gpus } of nodes) {
    for (const [kind, { all, used }] of gpus) {
      const line = kinds.get(kind) ?? { all: 0, used: 0, nodes: 0, out: 0 };
      kinds.set(kind, line);
      line.nodes += 1;
      if (OUT.test(state)) line.out += 1;
      else line.all += all;
      line.used += used;
    }
  }
  return [...kinds].map(([kind, { all, used, nodes: count, out }], index) => {
    const where = `${count} node${count === 1 ? "" : "s"}${out === 0 ? "" : `, ${out} out of service`}`;
    return {
      index,
      name: `${all} × ${kind === "gpu" ? "GPU" : kind} on ${where}`,
      ...{ memory: null, memoryUsed: null, load: all === 0 ? null : Math.min(1, used / all) },
    };
  });
}

/** GiB, of a line of `df -Pk`. */
function freeOf(line: string): number | null {
  const blocks = Number(line.trim().split(/\s+/).at(-3));
  return Number.isFinite(blocks) ? blocks / 2 ** 20 : null;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
