/** What the implementer's model is asked, as golden text: read the files beside this test as the model does. */
import { expect, test } from "vitest";
import type { Job } from "../../../extension/engine/implementer/job.ts";
import { treeOf } from "../../../extension/engine/implementer/patch/tree.ts";
import { firstMessages, revised } from "../../../extension/engine/implementer/request.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { environmentFixture } from "../../fixtures/lab.ts";

const prompts = new Prompts([new URL("../../../extension/engine/implementer/prompts", import.meta.url).pathname]);
const environment = environmentFixture();
const tree = treeOf(
  new Map([
    ["train.py", 'RATE = 0.1\nDOC = """\n```\n"""\n'],
    ["evaluate.py", "TRUTH = 1\n"],
  ]),
);

function job(base: number | null): Job {
  return {
    record: {
      ...{ id: 12, epoch: 0, source: "model" },
      environment: environment.name,
      text: { title: "Raise the rate", description: "The loss still falls at the end.\n", changes: "- RATE: 0.1 to 0.3" },
      knobs: null,
      base,
      search: null,
      repeats: false,
      rejected: false,
    },
    environment,
    base: "0123456789",
    stage: "/stage",
    folder: "/stage/envs/tiny",
    rules: { editable: ["**/*.py"], protected: ["evaluate.py", "environment.yaml"], regions: [] },
    finishing: () => undefined,
  };
}

test("an idea on the unchanged code", async () => {
  const messages = await firstMessages(prompts, job(null), tree, { parentDiff: null, failures: [], note: null, crash: null });
  await expect(messages.map(({ role, content }) => `[${role}]\n${content}\n`).join("\n")).toMatchFileSnapshot("golden/implement-fresh.txt");
});

test("an idea on a parent, after failures, with a remark, and its revision", async () => {
  const background = {
    parentDiff: "--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-RATE = 0.05\n+RATE = 0.1\n",
    failures: ["train.py: hunk 1: its lines are not in the file", "the smoke command ended with exit code 1: NameError"],
    note: "Keep the warm-up as it is.",
    crash: {
      diff: "--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-RATE = 0.1\n+RATE = rate\n",
      reason: "exit 1",
      log: "NameError: name 'rate'\n",
    },
  };
  const first = await firstMessages(prompts, job(7), tree, background);
  const messages = await revised(prompts, first, "RATE = 0.3", "train.py:1: invalid syntax\n1 | RATE = = 0.3");
  await expect(messages.map(({ role, content }) => `[${role}]\n${content}\n`).join("\n")).toMatchFileSnapshot(
    "golden/implement-revised.txt",
  );
});
