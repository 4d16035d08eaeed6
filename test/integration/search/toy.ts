/** A repository with a toy environment and all that generates ideas in it, models at a scripted server: for tests of novelty. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Environments } from "../../../extension/engine/environments/catalogue.ts";
import { Git } from "../../../extension/engine/git/git.ts";
import { Ideator } from "../../../extension/engine/ideator/ideator.ts";
import { Models } from "../../../extension/engine/models/catalogue.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { Generation } from "../../../extension/engine/search/generation.ts";
import { Judge } from "../../../extension/engine/search/judge.ts";
import { Novelty } from "../../../extension/engine/search/novelty.ts";
import type { NewIdea } from "../../../extension/engine/store/ideas.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { Idea } from "../../../extension/protocol/idea.ts";
import { ideasGenerate, type Generated } from "../../../extension/protocol/methods.ts";
import type { ModelServer } from "../../fixtures/model-server.ts";
import { testTime } from "../../fixtures/model-surroundings.ts";
import { HERE } from "../../fixtures/lab.ts";

const MANIFEST = `
name: toy
title: Toy
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss } }
files: { context: [train.py], editable: [train.py], protected: [environment.yaml] }
run: { command: "true" }
resources: { timeout: 60 }
seed: { variable: SEED }
knobs:
  - { name: rate, title: rate, file: train.py, place: '^RATE = (.+)$', kind: hyper-parameter, range: { min: 0.1, max: 10, scale: log } }
`;
const prompts = (room: string) => path.join(import.meta.dirname, `../../../extension/engine/${room}/prompts`);

export class Toy {
  readonly top = mkdtempSync(path.join(tmpdir(), "pg-toy-"));
  readonly store = new Store(":memory:", () => 1);
  readonly git = new Git(this.top);
  readonly models: Models;
  readonly novelty: Novelty;
  readonly generation: Generation;
  readonly judge: Judge;
  readonly environments: Environments;

  constructor() {
    mkdirSync(path.join(this.top, "toy"));
    writeFileSync(path.join(this.top, "toy/environment.yaml"), MANIFEST);
    writeFileSync(path.join(this.top, "toy/train.py"), "RATE = 1\nrun(RATE)\n");
    this.inside("init", "-q");
    this.inside("add", "-A");
    this.inside("commit", "-qm", "base");
    const { store, git } = this;
    this.models = new Models(testTime(), store.calls);
    this.novelty = new Novelty({ store, models: this.models });
    this.environments = new Environments(git, this.top, store);
    const asked = new Prompts([prompts("ideator"), prompts("implementer")]);
    const parts = { store, git, models: this.models, environments: this.environments };
    this.generation = new Generation({ ...parts, ideator: new Ideator(asked), novelty: this.novelty, drawSeed: () => 42 });
    this.judge = new Judge({ ...parts, prompts: asked });
  }

  inside(...args: string[]): string {
    const all = ["-C", this.top, "-c", "user.name=t", "-c", "user.email=t@t", ...args];
    return execFileSync("git", all, { encoding: "utf8" }).trim();
  }

  /** Says that models `lab/…` are served there. */
  serve(server: ModelServer, more: Partial<Parameters<Models["configure"]>[1]> = {}): void {
    this.models.configure("window", { providers: [{ name: "lab", baseURL: server.baseURL, models: [] }], keys: {}, ...more });
  }

  generate(more: object = {}, signal = new AbortController().signal): Promise<Generated> {
    const params = ideasGenerate.params.parse({ environment: "toy", source: "lab/m", count: 10, ...more });
    return this.generation.generate(params, { signal, report: () => undefined });
  }

  /** Writes ideas down as a model would have. */
  written(...ideas: (Partial<NewIdea> & Pick<NewIdea, "text">)[]): Idea[] {
    const as = { environment: "toy", epoch: 0, source: "model", model: "lab/m", strategy: "fresh" } as const;
    return this.store.ideas.add(
      "model",
      ideas.map((idea) => ({ ...as, kind: null, knobs: null, base: null, parents: [], seed: null, ...idea })),
    );
  }

  /** Commits an idea's code, and records one run with its result; null for one that failed. */
  executed(idea: number, metric: number | null, code = `RATE = ${idea + 1}\nrun(RATE)\n`): void {
    writeFileSync(path.join(this.top, "toy/train.py"), code);
    this.inside("commit", "-qam", `#${idea}`);
    const commit = this.inside("rev-parse", "HEAD");
    const base = this.inside("rev-parse", "HEAD~1");
    this.inside("reset", "-q", "--hard", base);
    const { implementations, runs } = this.store;
    implementations.approve("human", { idea, base, commit, change: { files: 1, added: 1, removed: 1 }, kind: "hyper-parameter" });
    const [run] = runs.enqueue("human", [{ environment: "toy", idea, commit, tree: "t", seed: 0, target: "local" }]);
    runs.starting(run!.id, HERE);
    runs.running(run!.id);
    const failed = { state: "failed", failure: "crash", reason: "it divided by zero", metric: null } as const;
    runs.ended(run!.id, metric === null ? failed : { state: "succeeded", failure: null, reason: null, metric });
  }

  [Symbol.dispose](): void {
    this.store.close();
    rmSync(this.top, { recursive: true });
  }
}
