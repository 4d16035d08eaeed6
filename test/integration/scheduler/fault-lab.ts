/** A lab that is treated badly: a real engine that is killed at any moment, and what its runs did as an outside witness saw it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as later } from "node:timers/promises";
import type { Exit } from "../../../extension/engine/compute/compute.ts";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { ENDED, type Run } from "../../../extension/protocol/run.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";

/** A place for runs that the faults are tried on; a target is added by one more of these. */
export interface FaultTarget {
  name: string;
  /** @param base folder in which it keeps all it needs, the jobs' folders among them */
  open(base: string): Promise<OpenTarget>;
}

export interface OpenTarget {
  /** What runs are queued for; null: any. */
  name: string | null;
  /** Folder of the jobs of all labs on the target; null where each is in its run's own folder. */
  jobs: string | null;
  /** Whether it has a queue of its own, so that a short run may be over before anybody saw it run. */
  queues: boolean;
  /** What is in a run's own folder once it has ended well. */
  complete: readonly string[];
  /** Tells an engine, fresh or not, to use it for all runs, so many at once. */
  configure(client: EngineConnection, slots: number): Promise<void>;
  close(): Promise<void>;
}

/** Of a run's folder on this machine, wherever it was executed. */
export const BROUGHT_BACK = ["code", "exit.json", "job.json", "metrics.jsonl", "plan.json", "run.sh", "stdout.log"];

export const LOCAL: FaultTarget = {
  name: "local",
  open: () =>
    Promise.resolve({
      name: null,
      jobs: null,
      queues: false,
      complete: [...BROUGHT_BACK, "started"].sort(),
      configure: async (client, slots) => {
        await client.request(methods.engineConfigure, { slots, sandbox: "off" });
      },
      close: () => Promise.resolve(),
    }),
};

export interface FaultLabOptions {
  target: FaultTarget;
  slots: number;
  /** What a run executes in a shell that knows $SEED; `note WORD` is written down, with the run's number, in the folder $WITNESS. */
  command: string;
  /** Seconds. */
  timeout: number;
  /** Folder in which the repository is made; absent: beside the witness. */
  within?: string;
}

export class FaultLab {
  readonly repository: TestLab;
  /** Folder of what is seen from outside; the repository lies in it too, unless it was asked for elsewhere. */
  readonly witness: string;
  readonly target: OpenTarget;
  /** Everything that engines told a connected client. */
  readonly notices: methods.Notice[] = [];
  readonly #slots: number;
  /** Clients whose engine was killed while it started: each finds the next one, or is told that there is none. */
  readonly #early: Promise<unknown>[] = [];
  #disposed = false;
  watched!: Watched;
  client!: EngineConnection;

  private constructor(base: string, target: OpenTarget, { slots, command, timeout, within }: FaultLabOptions) {
    this.witness = base;
    this.target = target;
    this.#slots = slots;
    const note = `WITNESS='${base}'\nnote() { echo "$1 $PROVING_GROUND_RUN" >> "$WITNESS/ledger"; }\n`;
    const report = `printf '{"step": 1, "loss": %s}\\n' "$VALUE" >> "$PROVING_GROUND_METRICS"\n`;
    this.repository = testLab(
      {
        "environment.yaml": `name: tiny
title: Tiny
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss }, plausible: { min: 0, max: 100 } }
files: { context: [train.sh], editable: [train.sh], protected: [evaluate.sh] }
run: { command: sh train.sh }
resources: { timeout: ${timeout} }
seed: { variable: SEED }
knobs:
  - { name: value, title: the value, file: train.sh, place: '^VALUE=(\\d+)$', kind: hyper-parameter, range: { min: 1, max: 99, integer: true } }
`,
        // Code then goes through git's own processes, which outlive an engine that is killed.
        ".gitattributes": "*.sh text=auto\n",
        "evaluate.sh": `${note}${command}\n${report}note end\n`,
      },
      within ?? base,
    );
  }

  static async make(options: FaultLabOptions): Promise<FaultLab> {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), "pg-faults-")));
    return new FaultLab(base, await options.target.open(base), options);
  }

  /** Connects as a client does, starting the engine when there is none, and says how many runs may go on at once. */
  async connect(): Promise<void> {
    this.client = await this.repository.connect();
    await Promise.all(this.#early.splice(0));
    this.client.onNotification(methods.notice, (notice) => this.notices.push(notice));
    await this.target.configure(this.client, this.#slots);
    this.watched = await Watched.of(this.client);
  }

  /** Queues one idea's run for each of so many seeds; @returns their numbers */
  async queue(runs: number): Promise<number[]> {
    const text = { title: "Smaller", description: "", changes: "- `value`: 40" };
    const { id } = await this.client.request(methods.ideasAdd, { environment: "tiny", text });
    await this.client.request(methods.implement, { ideas: [id] });
    await this.client.request(methods.proposalApprove, { idea: id, undecided: "accept" });
    const seeds = Array.from({ length: runs }, (_, seed) => seed);
    return (await this.client.request(methods.runsEnqueue, { ideas: [id], seeds, target: this.target.name })).map((run) => run.id);
  }

  /** Kills the engine so many milliseconds from now, wherever it is then. */
  async killAfter(milliseconds: number): Promise<void> {
    await later(milliseconds);
    await this.repository.kill();
    await this.#engineGone();
  }

  /** Has a client start an engine and kills that so many milliseconds after its process began, ready or not. */
  async killWhileStarting(milliseconds: number): Promise<void> {
    const told = (cause: unknown) => {
      if (!(cause instanceof ProvingGroundError && cause.code === "engine-unreachable")) throw cause;
    };
    this.#early.push(this.repository.connect().catch(told));
    let engine: number | undefined;
    while ((engine = this.#engines()[0]) === undefined) await later(1);
    await later(milliseconds);
    end(engine);
    await this.#engineGone();
  }

  /** Resolves with every run once all have ended. */
  allEnded(): Promise<Run[]> {
    return this.watched.until(({ runs }) => (runs.every((run) => ENDED.has(run.state)) ? runs : null));
  }

  /** How often each run did what it notes as this word, as the witness wrote it down. */
  noted(word: string): Map<number, number> {
    const lines = existsSync(path.join(this.witness, "ledger")) ? readFileSync(path.join(this.witness, "ledger"), "utf8").split("\n") : [];
    const found = new Map<number, number>();
    for (const line of lines) {
      const [said, run] = line.split(" ");
      if (said === word) found.set(Number(run), (found.get(Number(run)) ?? 0) + 1);
    }
    return found;
  }

  /** Resolves once so many runs have noted a word; the test's own time limit ends a wait in vain. */
  async hasNoted(word: string, runs: number): Promise<void> {
    while (this.noted(word).size < runs && !this.#disposed) await later(5);
  }

  /** Numbers of living processes that bear the mark of a job of this lab, or of one of them: its command and all it started. */
  living(job?: number): number[] {
    const roots = [this.witness, this.repository.folder];
    const bears = (one: string) =>
      /^PROVING_GROUND_(JOB|LIMIT)=/.test(one) &&
      roots.some((root) => one.includes(root)) &&
      (job === undefined || `${one}/`.includes(`/${job}/`));
    return processes("environ", (variables) => variables.some(bears));
  }

  /** Looks at a run's processes in the moment its supervisor's record appears, engine or not; @returns those that live then */
  async leftAtItsEnd(run: number): Promise<number[]> {
    while (this.exitOf(run) === null && !this.#disposed) await later(5);
    return this.living(run);
  }

  /** Resolves once no process of any job lives; the test's own time limit ends a wait in vain. */
  async allGone(): Promise<void> {
    while (this.living().length > 0) await later(20);
  }

  runFolder(run: number): string {
    return path.join(this.repository.folder, ".proving-ground/runs", String(run));
  }

  /** Folder of a run's job on its target, while it is there. */
  farFolder(run: number): string {
    return this.kept().find((folder) => path.basename(folder) === String(run)) ?? this.runFolder(run);
  }

  /** Files of the folder of a run, those of its code left out. */
  filesOf(run: number): string[] {
    return readdirSync(this.runFolder(run)).sort();
  }

  /** Record that a run's supervisor left, on its target or brought back; null while there is none. */
  exitOf(run: number): Exit | null {
    for (const folder of [this.farFolder(run), this.runFolder(run)]) {
      try {
        return JSON.parse(readFileSync(path.join(folder, "exit.json"), "utf8")) as Exit;
      } catch {
        // It is not there yet, or on its way from the target to this machine.
      }
    }
    return null;
  }

  /** Folders of jobs that the target keeps apart from those of their runs. */
  kept(): string[] {
    const { jobs } = this.target;
    if (jobs === null || !existsSync(jobs)) return [];
    return readdirSync(jobs).flatMap((lab) => readdirSync(path.join(jobs, lab)).map((job) => path.join(jobs, lab, job)));
  }

  /** What the lab's database holds, read from outside. */
  inDatabase(sql: string): Record<string, unknown>[] {
    const database = new DatabaseSync(path.join(this.repository.folder, ".proving-ground/lab.db"), { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  /** Kinds of a run's events, in the order they were written. */
  eventsOf(run: number): string[] {
    return this.inDatabase(`SELECT kind FROM events WHERE run = ${run} ORDER BY seq`).map(({ kind }) => String(kind));
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.repository.dispose();
    await this.target.close();
    for (const pid of this.living()) end(pid);
    rmSync(this.witness, { recursive: true, force: true, maxRetries: 5 });
  }

  #engines(): number[] {
    return processes("cmdline", (words) => words[words.indexOf("--repository") + 1] === this.repository.folder);
  }

  async #engineGone(): Promise<void> {
    while (this.#engines().length > 0) await later(1);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}

/** Numbers of living processes whose command line or environment looks as wanted. */
function processes(file: "cmdline" | "environ", wanted: (words: string[]) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return wanted(readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0"));
      } catch {
        return false; // it has just ended, or belongs to somebody else
      }
    })
    .map(Number);
}
