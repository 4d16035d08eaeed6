/** A lab on a real repository with a small environment, and a model that answers what the test tells it to. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Environments } from "../../../extension/engine/environments/catalogue.ts";
import { Git } from "../../../extension/engine/git/git.ts";
import { Checks } from "../../../extension/engine/implementer/checks/checks.ts";
import { ProposalFolders } from "../../../extension/engine/implementer/folders.ts";
import { Implementer } from "../../../extension/engine/implementer/implementer.ts";
import { Proposals } from "../../../extension/engine/implementer/proposals.ts";
import { Claims } from "../../../extension/engine/implementer/queue.ts";
import type { Completion, LanguageModel } from "../../../extension/engine/models/language-model.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { KnobValue } from "../../../extension/protocol/manifest.ts";
import { repository } from "../git/repository.ts";

export const DIRECTORY = "envs/toy env";
export const TRAIN = [
  "# Settings.",
  "LR = 0.1",
  'OPTIMIZER = "sgd"',
  "STEPS = 100",
  "",
  "",
  "def loss(x):",
  "    return x * x",
  "",
  "",
  "print(loss(LR))",
  "",
].join("\n");

const MANIFEST = `
name: toy
title: Toy
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss } }
files: { context: ["*.py"], editable: ["**/*.py"], protected: ["evaluate.py"] }
run: { command: python3 train.py }
resources: { timeout: 10 }
seed: { variable: SEED }
knobs:
  - { name: lr, title: rate, file: train.py, place: '^LR = (.*)$', kind: hyper-parameter, range: { min: 0.001, max: 1, scale: log } }
  - { name: optimizer, title: optimizer, file: train.py, place: '^OPTIMIZER = (.*)$', kind: algorithmic, choices: [sgd, lion] }
`;

export const NOW = 1_750_000_000_000;

/** Answers in turn; a function sees the request and may throw. */
export function scripted(...answers: (string | ((request: Completion, signal: AbortSignal) => string | Promise<string>))[]) {
  const requests: Completion[] = [];
  const model: LanguageModel = {
    id: "test/scripted",
    async *complete(request, signal) {
      requests.push(request);
      const answer = answers[requests.length - 1];
      if (answer === undefined) throw new Error("asked more often than the test foresees");
      const text = typeof answer === "string" ? answer : await answer(request, signal);
      const half = Math.ceil(text.length / 2);
      yield { type: "text", text: text.slice(0, half) };
      yield { type: "text", text: text.slice(half) };
      yield { type: "usage", usage: { inputTokens: 100, outputTokens: 10 } };
    },
  };
  return { model, requests };
}

/** @param more lines for the end of the manifest */
export function lab(files: Record<string, string> = {}, more: { manifest?: string } = {}) {
  const repo = repository({
    [`${DIRECTORY}/environment.yaml`]: MANIFEST + (more.manifest ?? ""),
    [`${DIRECTORY}/train.py`]: TRAIN,
    [`${DIRECTORY}/evaluate.py`]: "TRUTH = 1\n",
    "README.md": "outside\n",
    ".gitignore": ".proving-ground/\n*.log\n",
    ...files,
  });
  const git = new Git(repo.top);
  const store = new Store(":memory:", () => NOW);
  const environments = new Environments(git, repo.top, store);
  const grounds = { git, store, environments };
  const root = join(repo.top, ".proving-ground/proposals");
  mkdirSync(root, { recursive: true });
  const folders = new ProposalFolders(root);
  const claims = new Claims();
  const prompts = new Prompts([
    join(repo.top, ".proving-ground/prompts"),
    join(import.meta.dirname, "../../../extension/engine/implementer/prompts"),
  ]);
  const checks = new Checks({ inherited: { PATH: process.env.PATH ?? "" }, setup: () => Promise.resolve(null) });
  return {
    ...{ repo, git, store, environments, folders, root },
    implementer: new Implementer(grounds, folders, claims, prompts, checks, 2),
    proposals: new Proposals(grounds, folders, claims, () => NOW),
    idea: (idea: { knobs?: Record<string, KnobValue>; base?: number; title?: string } = {}): number => {
      const [added] = store.ideas.add("human", [
        {
          ...{ environment: "toy", epoch: 0, model: null, strategy: "fresh", kind: null, parents: [], seed: null },
          source: idea.knobs === undefined ? "human" : "operator",
          text: { title: idea.title ?? "Raise the rate", description: "Because it is low.", changes: "" },
          knobs: idea.knobs ?? null,
          base: idea.base ?? null,
        },
      ]);
      return added?.id ?? 0;
    },
    /** Path in an idea's working copy. */
    copy: (idea: number, path: string) => join(root, String(idea), DIRECTORY, path),
    read: (idea: number, path: string) => readFileSync(join(root, String(idea), DIRECTORY, path), "utf8"),
  };
}

export type Lab = ReturnType<typeof lab>;

export const block = (path: string, search: string, by: string) =>
  `Here you are.\n\n${path}\n\`\`\`python\n<<<<<<< SEARCH\n${search}\n=======\n${by}\n>>>>>>> REPLACE\n\`\`\`\n`;
export const RAISE = block("train.py", "LR = 0.1", "LR = 0.3");

export const go = () => ({ signal: new AbortController().signal });
