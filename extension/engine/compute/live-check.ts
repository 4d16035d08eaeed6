/** Tries a target from end to end, as a run will use it: reach it, look at it, execute one second of work there, bring its result back. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { CheckStep, LiveCheck } from "../../protocol/target.ts";
import type { Capacity, Compute, Containment, Job, JobRef, JobState } from "./compute.ts";

/** In the order in which they are reported. */
type Step = "reach" | "gpus" | "disk" | "write" | "run" | "python" | "results";

export interface LiveCheckOptions {
  compute: Compute;
  /** Of a job that nobody else has. */
  id: string;
  /** As runs there have them. */
  prelude: string;
  containment: Containment | null;
  variables: Record<string, string>;
  /** Seconds after which a job that did not end is given up; absent: 60, or 300 where a cluster decides when it begins. */
  patience?: number;
  signal?: AbortSignal;
  /** Hears of each step as soon as it is known. */
  tell: (step: CheckStep) => void;
}

const LEAST_DISK_GIB = 1;
const RESULT = "result.txt";

/** Works for a second, in plain shell, and says which Python is there. */
const COMMAND = `end=$(($(date +%s) + 1))
until [ "$(date +%s)" -gt "$end" ]; do :; done
echo '{"check": 1}' >> "$PROVING_GROUND_METRICS"
echo "$PROVING_GROUND_RUN" > ${RESULT}
python3 --version 2>&1 || echo "no python3"`;

/** Reports the steps up to the first that makes the next ones impossible, and leaves nothing behind. */
export async function liveCheck(options: LiveCheckOptions): Promise<LiveCheck> {
  const steps: CheckStep[] = [];
  const tell = (step: Step, ok: boolean, detail: string) => {
    steps.push({ step, ok, detail });
    options.tell({ step, ok, detail });
    return ok;
  };
  const at: { step: Step } = { step: "reach" };
  const folder = await mkdtemp(join(tmpdir(), "proving-ground-check-"));
  try {
    await check(options, folder, at, tell);
  } catch (error) {
    tell(at.step, false, inWords(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ok: steps.every(({ ok }) => ok) && steps.at(-1)?.step === ("results" satisfies Step), steps };
}

async function check(
  options: LiveCheckOptions,
  folder: string,
  at: { step: Step },
  tell: (step: Step, ok: boolean, detail: string) => boolean,
): Promise<void> {
  const { compute, id, signal } = options;
  const capacity = await compute.probe();
  if (!tell("reach", capacity.problem === null, capacity.problem ?? machine(capacity))) return;
  tell("gpus", true, gpus(capacity));
  const { disk } = capacity;
  tell("disk", disk === null || disk >= LEAST_DISK_GIB, disk === null ? "unknown" : `${disk.toFixed(disk < 10 ? 1 : 0)} GiB free`);
  signal?.throwIfAborted();

  at.step = "write";
  const ref: JobRef = { id, directory: join(folder, "job") };
  let ended = false;
  try {
    await compute.submit({ ...jobOf(options, capacity), ...ref });
    tell("write", true, await compute.folder(ref));

    at.step = "run";
    const begun = performance.now();
    const state = await over(options, ref, options.patience ?? (capacity.managed ? 300 : 60));
    ended = state.state === "ended" || state.state === "lost";
    const log = Buffer.from((await compute.tail(ref, 0, 4096)).bytes)
      .toString()
      .trim();
    if (!tell("run", ...outcome(state, (performance.now() - begun) / 1000, log))) return;

    at.step = "python";
    const python = log.split("\n").at(-1) ?? "";
    const found = python.startsWith("Python 3");
    tell(
      "python",
      found,
      found ? python : "no python3 on the PATH of a run: say in the target's `prelude` how it is found, if runs need it",
    );

    at.step = "results";
    await compute.collect(ref, join(folder, "results"));
    const result = await readFile(join(folder, "results", RESULT), "utf8");
    tell("results", result.trim() === id, result.trim() === id ? "came back whole" : `came back as "${result.trim()}"`);
  } finally {
    await leaveNothing(compute, ref, ended);
  }
}

async function over({ compute, signal }: Pick<LiveCheckOptions, "compute" | "signal">, ref: JobRef, patience: number): Promise<JobState> {
  const deadline = performance.now() + patience * 1000;
  let wake: () => void = () => undefined;
  const stop = compute.watch?.(ref, [], () => wake());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const [state = { state: "absent" }] = await compute.poll([ref]);
      if (state.state === "ended" || state.state === "lost" || performance.now() > deadline) return state;
      signal?.throwIfAborted();
      await Promise.race([changed, pause(compute.pace, undefined, { ref: false })]);
    }
  } finally {
    stop?.();
  }
}

function outcome(state: JobState, seconds: number, log: string): [boolean, string] {
  const took = `${seconds.toFixed(1)} s`;
  switch (state.state) {
    case "ended": {
      const { code, reason } = state.exit;
      if (code === 0 && reason === "exited") return [true, `one second of work in ${took}`];
      return [false, `ended with exit code ${code} (${reason})${log === "" ? "" : `: ${log.split("\n").at(-1) ?? ""}`}`];
    }
    case "lost":
      return [false, `lost: ${state.reason}`];
    case "absent":
      return [false, `it was accepted, and did not begin within ${took}`];
    case "waiting":
      return [false, `still waiting after ${took}: the target has no place for it now`];
    case "running":
      return [false, `still running after ${took}`];
  }
}

/** Ends and removes the job; a target that does not answer by now has said so already. */
async function leaveNothing(compute: Compute, ref: JobRef, ended: boolean): Promise<void> {
  try {
    if (!ended) {
      await compute.cancel(ref);
      await over({ compute }, ref, 30);
    }
    await compute.discard([ref]);
  } catch (error) {
    if (ProvingGroundError.from(error).code !== "unreachable") throw error;
  }
}

function jobOf({ prelude, containment, variables }: LiveCheckOptions, capacity: Capacity): Omit<Job, "id" | "directory"> {
  return {
    ...{ cwd: ".", command: COMMAND, prelude, variables, data: [], outputs: [RESULT], containment },
    // A cluster shows so that it hands out GPUs; elsewhere somebody may be using them.
    resources: { gpus: capacity.managed && capacity.kind === "gpu" ? 1 : 0, gpuMemory: null, cpus: 1, memory: null, nodes: 1 },
    ...{ processes: 256, requeue: false, timeout: 60, grace: 1 },
  };
}

function machine({ cpus, memory }: Capacity): string {
  return `${cpus} processors, ${memory.toFixed(0)} GiB of memory`;
}

function gpus({ devices }: Capacity): string {
  const names = new Map<string, number>();
  for (const { name, memory } of devices) {
    const full = memory === null ? name : `${name} (${memory.toFixed(0)} GiB)`;
    names.set(full, (names.get(full) ?? 0) + 1);
  }
  return names.size === 0 ? "none: runs use the processors" : [...names].map(([name, count]) => `${count} × ${name}`).join(", ");
}

function inWords(thrown: unknown): string {
  const { message, hint } = ProvingGroundError.from(thrown);
  return hint === undefined ? message : `${message}. ${hint}`;
}
