/** A lab of its own for a test: a real repository with a toy environment in shell, a real store, real processes. */
import { mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { Environments } from "../../../extension/engine/environments/catalogue.ts";
import { Git } from "../../../extension/engine/git/git.ts";
import { realAfter } from "../../../extension/engine/scheduler/clock.ts";
import { Scheduler, type SchedulerOptions } from "../../../extension/engine/scheduler/scheduler.ts";
import type { NewIdea } from "../../../extension/engine/store/ideas.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { Notice } from "../../../extension/protocol/methods.ts";
import { ENDED, type Run, type Target } from "../../../extension/protocol/run.ts";
import { repository, type TestRepository } from "../git/repository.ts";

export interface Toy {
  /** Content of train.sh. */
  train?: string;
  /** More of the manifest, as YAML. */
  more?: string;
  timeout?: number;
  slots?: number;
  path?: string;
}

export const REPORT = `echo '{"step": 1, "seconds": 0.1, "loss": 1.5}' >> "$PROVING_GROUND_METRICS"`;

/** The repository of a lab. */
export function toyRepository({ train = REPORT, more = "", timeout = 30 }: Toy = {}): TestRepository {
  return repository({
    ".gitignore": ".proving-ground\n",
    "toy/environment.yaml": `
name: toy
title: Toy
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss }, plausible: { min: 0.5, max: 9 } }
files: { context: [train.sh], editable: [train.sh], protected: [evaluate.sh, checks/**] }
run: { command: sh train.sh }
resources: { timeout: ${timeout} }
seed: { variable: SEED, default: 3 }
${more}`,
    "toy/train.sh": train,
    "toy/evaluate.sh": "echo honest\n",
    "toy/checks/one.sh": "echo one\n",
  });
}

/** An engine's part of a lab: scheduler and store, opened on a repository that may have been used before. */
export function engineOf(repo: TestRepository, { slots, path }: Toy = {}, more: Partial<SchedulerOptions> = {}) {
  const folder = join(repo.top, ".proving-ground");
  mkdirSync(folder, { recursive: true });
  const store = new Store(join(folder, "lab.db"), Date.now);
  const git = new Git(repo.top);
  const inherited = { PATH: path ?? process.env.PATH ?? "" };
  const targets: Target[][] = [];
  const notices: Notice[] = [];
  const errors: unknown[] = [];
  const scheduler = new Scheduler({
    ...{ store, git, folder, inherited, after: realAfter, now: () => performance.now() },
    environments: new Environments(git, repo.top, store),
    compute: new LocalCompute({ environment: inherited, slots }),
    setupCompute: new LocalCompute({ environment: inherited }),
    freeSpace: async (at) => {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    },
    onTargets: (shown) => targets.push(shown),
    reach: (setting) => {
      throw new Error(`no test reaches ${setting.name} here`);
    },
    onNotice: (notice) => notices.push(notice),
    onError: (cause) => errors.push(cause),
    ...more,
  });
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    scheduler.close();
    store.close();
  };
  onTestFinished(close);

  /** Resolves once `wanted` is true of a run; hears of every change in the store. */
  const until = (id: number, wanted: (run: Run) => boolean): Promise<Run> =>
    new Promise((resolve) => {
      const look = () => {
        const run = store.runs.get(id);
        if (!wanted(run)) return;
        end();
        resolve(run);
      };
      const end = store.onTouched(({ runs }) => {
        if (runs.has(id)) look();
      });
      look();
    });
  return {
    ...{ repo, folder, store, scheduler, targets, notices, errors, close, until },
    over: (id: number) => until(id, (run) => ENDED.has(run.state)),
    running: (id: number) => until(id, (run) => run.state === "running"),
    runFolder: (id: number) => join(folder, "runs", String(id)),
    /** An approved idea whose commit has these files, on the baseline or on another idea's. */
    idea(
      files: Record<string, string>,
      base: { id: number; commit: string } | null = null,
      more: Partial<NewIdea> = {},
    ): { id: number; commit: string } {
      const head = repo.git("rev-parse", "HEAD");
      const parent = base?.commit ?? head;
      repo.git("checkout", "-q", "--detach", parent);
      for (const [name, content] of Object.entries(files)) repo.write(name, content);
      const commit = repo.commit("idea");
      repo.git("checkout", "-q", "main");
      const [added] = store.ideas.add("human", [
        {
          ...{ environment: "toy", epoch: 0, source: "human", model: null, strategy: "fresh", kind: null, knobs: null },
          ...{ base: base?.id ?? null, parents: [], seed: null },
          text: { title: "Try", description: "", changes: "" },
          ...more,
        },
      ]);
      if (added === undefined) throw new Error("no idea");
      const change = { files: 1, added: 1, removed: 1 };
      store.implementations.approve("human", { idea: added.id, base: parent, commit, change, kind: null });
      return { id: added.id, commit };
    },
  };
}

export type Lab = ReturnType<typeof engineOf>;

/** A lab whose scheduler has started. */
export async function lab(toy: Toy = {}): Promise<Lab> {
  const made = engineOf(toyRepository(toy), toy);
  await made.scheduler.start();
  return made;
}

/** The only run of the unchanged code. */
export async function baselineRun(of: Lab): Promise<Run> {
  const [run] = await of.scheduler.baseline("human", "toy");
  if (run === undefined) throw new Error("no run");
  return run;
}
