/** Looks at a machine through its shell: processors, memory, accelerators, disk, and whether jobs can be kept there. */
import { byTemplate } from "./by-template.ts";
import type { Capacity } from "./compute.ts";
import { parseDevices, QUERY } from "./devices.ts";
import type { Site } from "./site.ts";
import { quote } from "./job-files.ts";

export interface ProbeOptions {
  site: Site;
  /** As the user says it, for messages. */
  host: string;
  /** Shell commands before every run there; they may be what brings `nvidia-smi`. */
  prelude: string;
  slots: number | undefined;
  /** Command of the setting that contains jobs. */
  container: string | undefined;
}

const KIB_PER_GIB = 2 ** 20;

/** @throws ProvingGroundError `unreachable` */
export async function probeMachine({ site, host, prelude, slots, container }: ProbeOptions): Promise<Capacity> {
  const said = await site.run(script(await site.root(), prelude), 60);
  const facts = new Map<string, string[]>();
  for (const line of said.toString().split("\n")) {
    const [, name = "", value = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    facts.set(name, [...(facts.get(name) ?? []), value]);
  }
  const number = (name: string) => Number(/\d+/.exec(facts.get(name)?.[0] ?? "")?.[0] ?? Number.NaN);
  const devices = parseDevices((facts.get("gpu") ?? []).join("\n"));
  const cpus = Math.max(1, number("cpus") || 1);
  const disk = number("disk");
  return {
    kind: devices.length > 0 ? "gpu" : "cpu",
    slots: slots ?? (devices.length > 0 ? devices.length : cpus),
    fixed: slots !== undefined,
    managed: false,
    cpus,
    memory: (number("memory") || 0) / KIB_PER_GIB,
    devices,
    disk: Number.isNaN(disk) ? null : disk / KIB_PER_GIB,
    ...byTemplate(container),
    problem: problemOf(host, facts),
  };
}

function problemOf(host: string, facts: ReadonlyMap<string, string[]>): string | null {
  const unwritable = facts.get("unwritable");
  if (unwritable !== undefined) return `no file can be written in the folder for jobs on ${host}: ${unwritable.join(" ")}`;
  if (facts.has("sessionless")) return `${host} has neither setsid nor perl, one of which runs need to outlive the connection`;
  const smi = facts.get("smi");
  return smi === undefined ? null : `nvidia-smi failed on ${host}: ${smi[0] ?? ""}`;
}

/** One fact a line, its name first. Memory and disk in KiB. */
const script = (root: string, prelude: string) => `cd -- ${quote(root)} || exit 1
echo "cpus $(nproc 2> /dev/null || getconf _NPROCESSORS_ONLN 2> /dev/null || sysctl -n hw.ncpu 2> /dev/null)"
if [ -r /proc/meminfo ]; then echo "memory $(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
else echo "memory $(($(sysctl -n hw.memsize 2> /dev/null || echo 0) / 1024))"
fi
echo "disk $(df -Pk . | awk 'END { print $4 }')"
command -v setsid > /dev/null || command -v perl > /dev/null || echo "sessionless -"
if said=$( { echo > ".probe.$$" && rm -f ".probe.$$"; } 2>&1); then :; else echo "$said" | sed 's/^/unwritable /'; fi
prelude=${quote(prelude)}
if (eval "$prelude") > /dev/null 2>&1; then eval "$prelude" > /dev/null 2>&1; fi
command -v nvidia-smi > /dev/null || exit 0
if command -v timeout > /dev/null; then limit='timeout 10'; else limit=; fi
if said=$($limit nvidia-smi ${QUERY.map(quote).join(" ")} 2>&1); then echo "$said" | sed 's/^/gpu /'; else echo "$said" | sed 's/^/smi /'; fi`;
