/** An environment as prompts describe it, for the tests of this room. */
import { Manifest } from "../../../extension/protocol/manifest.ts";
import type { IdeationRequest } from "../../../extension/engine/ideator/sources.ts";
import type { Trajectory } from "../../../extension/engine/ideator/trajectory.ts";

export const manifest = Manifest.parse({
  name: "toy",
  title: "A toy model",
  objective: "Lower the loss.",
  metric: {
    name: "val_loss",
    title: "validation loss",
    unit: "nats",
    direction: "minimize",
    from: { metrics: "val_loss" },
    plausible: { min: 0.4 },
    target: 0.5,
  },
  baseline: { value: 0.7 },
  files: { context: ["train.py"], editable: ["train.py"], protected: ["evaluate.py"] },
  rules: ["Only NumPy."],
  run: { command: "python train.py" },
  budget: { seconds: 8, clock: "cpu" },
  resources: { timeout: 60 },
  seed: { variable: "SEED" },
  knobs: [
    {
      name: "rate",
      title: "rate",
      file: "train.py",
      place: "^RATE = (.+)$",
      kind: "hyper-parameter",
      range: { min: 0.1, max: 10, scale: "log" },
    },
  ],
});

export const worked: Trajectory = {
  idea: 3,
  title: "Use Adam",
  description: "Steps of its own size for each weight.",
  changes: "- `optimizer`: sgd → adam",
  metric: 0.6123456,
  seeds: 2,
  failure: null,
  diff: 'diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1,2 +1,2 @@\n-OPTIMIZER = "sgd"\n+OPTIMIZER = "adam"\n RATE = 1\n',
};
export const crashed: Trajectory = {
  idea: 4,
  title: "Use a bigger network",
  description: "More room.",
  changes: "",
  metric: null,
  seeds: 0,
  failure: "it used more memory than there is",
  diff: null,
};

export const ideation = (more: Partial<IdeationRequest> = {}): IdeationRequest => ({
  manifest,
  baseline: { value: 0.7, published: true },
  baselineValues: { rate: 1 },
  files: [{ path: "train.py", text: 'OPTIMIZER = "sgd"\nRATE = 1\n' }],
  base: null,
  strategy: "fresh",
  count: 2,
  instructions: "",
  earlier: [],
  parents: [],
  sample: [],
  seed: 1,
  search: null,
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...more,
});
