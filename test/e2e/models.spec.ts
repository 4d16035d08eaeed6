/** The loop with a language model: endpoint and key, streamed ideas, bad answers, a revised implementation, a result, the next epoch. */
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Frame } from "@playwright/test";
import { busy, cut, ideaAnswer, modelServer, type ModelServer, piece, refusesSchema, says, stepped } from "../fixtures/model-server.ts";
import { commitAll, gitIn, shortenBudget } from "./harness/lab-content.ts";
import { filesWith, framesWith, processes, repositoryHas } from "./harness/secrets.ts";
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });
test.use({
  labOptions: {
    // The script answers in order.
    settings: { "provingGround.implementer.samples": 1 },
    prepare: async (workspace) => {
      await shortenBudget(workspace, 2);
      await printVariables(workspace);
    },
  },
});

const KEY = "sk-end-to-end-7f3a9c51d2e84b60";
const COMPOSER = "proving-ground-composer";

/** Lets a run write into its log what variables it has. */
async function printVariables(workspace: string): Promise<void> {
  const file = path.join(workspace, "tinylm/budget.py");
  await writeFile(file, `${await readFile(file, "utf8")}\nprint("variables", sorted(os.environ.items()))\n`);
  commitAll(workspace, "Runs tell their variables");
}

const ADAM = ideaAnswer("Adam instead of plain steps", "Scaling each step needs fewer of them.", "OPTIMIZER becomes adam.");
const COSINE = ideaAnswer("A cosine schedule", "The end settles.", "SCHEDULE becomes cosine.");
const DIFF = `The optimizer is a setting.

\`\`\`diff
--- a/train.py
+++ b/train.py
@@ -26,3 +26,3 @@
 BATCH = 32  # characters guessed per step
-OPTIMIZER = "sgd"  # sgd, momentum, rmsprop, adam, lion
+OPTIMIZER = "adam"  # sgd, momentum, rmsprop, adam, lion
 LEARNING_RATE = 1  # times the optimizer's usual rate, below
\`\`\`
`;

let server: ModelServer;
test.beforeAll(async () => {
  server = await modelServer({ models: ["tiny-1", "tiny-2"], key: KEY });
});
test.afterAll(() => server[Symbol.asyncDispose]());

const asked = () => server.completions.at(-1);
const promptOf = (request: (typeof server.completions)[number] | undefined) =>
  (request?.body.messages as { content: string }[]).map(({ content }) => content).join("\n");

async function choose(composer: Frame, model: string): Promise<void> {
  await composer.getByRole("combobox", { name: "Model" }).click();
  await composer.getByRole("option", { name: model }).click();
  await expect(composer.locator("proving-ground-choice", { hasText: "Operators" }).locator(".selected-value")).toHaveText(model);
}

test("an endpoint and its key are added by commands", async ({ window }) => {
  await window.openProvingGround();
  const composer = await window.webview(COMPOSER);
  await window.runCommand("Proving Ground: Add Model Endpoint");
  await window.enter("(1/3)", server.baseURL);
  await window.enter("(2/3)", "lab");
  await window.enter("(3/3)", "");
  await window.inputBox("API key of lab").waitFor();
  await window.page.keyboard.press("Escape");
  // Without its key the endpoint is there, and says that it is not ready.
  const models = composer.getByRole("combobox", { name: "Model" });
  await models.click();
  await expect(composer.getByRole("option", { name: "lab (not ready)" })).toBeVisible();
  await models.press("Escape");

  await window.runCommand("Proving Ground: Set API Key");
  await window.pick("lab");
  await expect(window.inputBox("API key of lab").locator("input[type=password]")).toBeVisible();
  await window.enter("API key of lab", KEY);
  await choose(composer, "tiny-1 (lab)");
  await composer.getByRole("textbox", { name: "Number of ideas" }).fill("2");
});

test("a malformed answer is told, in sight, with what the model said", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  server.script(refusesSchema(), says("I would rather not."), says("No."), says("I am only a poem."));
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  const alert = composer.getByRole("alert");
  await expect(alert).toContainText("lab/tiny-1 gave no usable idea");
  await expect(alert).toContainText("It began: “I am only a poem.”");
  await expect(alert).toBeInViewport();
  expect(server.completions.map(({ body }) => "response_format" in body)).toEqual([true, false, false, false]);
});

test("an answer is shown while it is written, and cancelling ends the connection", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  const answer = stepped();
  server.script(answer.reply);
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  const request = await answer.asked;
  const status = composer.getByRole("status");
  const text = composer.getByLabel("Text written so far");
  await answer.say(ADAM.slice(0, 60));
  await expect(status).toContainText("lab/tiny-1 writes idea 1 of 2");
  await expect(text).toContainText("• Adam instead of plain steps");
  await answer.say(ADAM.slice(60) + COSINE.slice(0, -40));
  await expect(status).toContainText("lab/tiny-1 writes idea 2 of 2");
  await expect(text).toContainText("The end settles.");
  await expect(text).toBeInViewport();
  await composer.getByRole("button", { name: "Cancel" }).click();
  await request.closed;
  await expect(composer.getByText("Cancelled.")).toBeInViewport();
  await expect(window.treeRow("Ideas", "Epoch 0")).toHaveCount(0);
});

test("a server that is busy is waited for, a connection that is cut is made again, and the user is told of both", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  server.script(busy(1), cut(piece({ role: "assistant" }), piece({ content: "<idea><title>Half" })), says(`${ADAM}\n${COSINE}`));
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  await expect(window.treeRow("Ideas", "Epoch 0")).toContainText("2 ideas");
  const told = composer.getByRole("status");
  await expect(told).toContainText("2 new ideas (11 tokens in, 4 out).");
  await expect(told).toContainText("Lab asks to slow down (429); trying again in 1 s");
  await expect(told).toContainText("The answer was cut");
  await expect(told).toBeInViewport();
});

test("an idea is implemented by the model, revised once, reviewed and approved", async ({ window }) => {
  const answer = stepped();
  server.script(says("I shall use Adam."), answer.reply);
  await window.clickRowMenu("Ideas", "Adam", "Implement");
  const request = await answer.asked;
  await expect(window.notifications().filter({ hasText: "lab/tiny-1 revises" })).toBeVisible();
  expect(promptOf(request)).toContain("Your change was not taken, and nothing of it is applied. The reason:");
  await answer.say(DIFF);
  await answer.end();
  // The change is checked with the environment's Python, which is set up first.
  await expect(window.treeRow("Ideas", "Adam")).toContainText("in review", { timeout: 60_000 });
  await window.clickRowAction("Ideas", "Adam", "Review");
  await window.answerNotification(/inline/i, "Use Inline Layout Here");
  await window.codeLens(/^Accept$/).click();
  await expect(window.codeLens("✓ Accepted")).toHaveCount(1);
  await window.clickEditorAction("Approve");
  await expect(window.treeRow("Ideas", "Adam")).toContainText("approved");
  expect(gitIn(window.lab.workspace, "diff", "-U0", "main", "refs/proving-ground/1")).toContain('+OPTIMIZER = "adam"');
});

test("its run has a result and never the key", async ({ window }) => {
  await window.clickRowAction("Ideas", "Adam", "Run");
  await expect.poll(async () => (await processes()).having("PROVING_GROUND_RUN").length, { timeout: 60_000 }).toBeGreaterThan(0);
  expect((await processes()).texts.filter((text) => text.includes(KEY))).toEqual([]);
  await expect(window.treeRow("Ideas", "Adam")).toContainText(/\d\.\d{3}/, { timeout: 60_000 });
  const log = readFileSync(path.join(window.lab.workspace, ".proving-ground/runs/1/stdout.log"), "utf8");
  expect(log).toContain("('PROVING_GROUND_RUN', '1')");
  expect(log).not.toContain(KEY);
});

test("the next epoch shows the model the parent's result and diff, and what was tried", async ({ window }) => {
  await window.clickRowMenu("Ideas", "Adam", "Use as Parents");
  await expect(window.treeRow("Ideas", "parent")).toHaveCount(1);
  const row = await window.treeRow("Ideas", "Adam").first().innerText();
  const metric = /\d\.\d{2}/.exec(row)?.[0] ?? "no metric";
  server.script(says(ideaAnswer("Adam with a warm-up")), says(ideaAnswer("Two layers")));
  const composer = await window.webview(COMPOSER);
  await composer.getByRole("button", { name: "Next epoch" }).click();
  await expect(window.treeRow("Ideas", "Epoch 1")).toContainText("2 ideas");
  const [exploit, explore] = server.completions.slice(-2).map(promptOf);
  expect(exploit).toContain("What worked");
  expect(exploit).toContain('+OPTIMIZER = "adam"');
  expect(exploit).toContain(metric);
  expect(explore).toContain("What was tried");
  expect(explore).toContain("Adam instead of plain steps");
});

test("an idea's code is written by hand, and no model replaces that work unasked", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  await choose(composer, "Operators (no model)");
  await window.clickRowMenu("Ideas", "A cosine schedule", "Implement");
  await window.pick("By hand");
  await window.line("SCHEDULE =").click();
  await window.page.keyboard.press("End");
  await window.page.keyboard.insertText(" by Ada");
  await expect(window.codeLens(/^Reject$/)).toHaveCount(1);

  const before = server.completions.length;
  await window.clickRowMenu("Ideas", "A cosine schedule", "Implement Again");
  await expect(window.dialog()).toContainText("It was edited or reviewed by hand.");
  await window.answerDialog("Cancel");
  await expect(window.line("by Ada")).toHaveCount(1);
  expect(server.completions.length).toBe(before);

  server.script(says(DIFF));
  await window.clickRowMenu("Ideas", "A cosine schedule", "Implement Again");
  await window.answerDialog("Replace");
  await window.pick("tiny-2");
  await window.answerNotification("1 proposal is ready for review", "Review");
  await expect(window.line('OPTIMIZER = "adam"')).toHaveCount(1);
  await expect(window.line("by Ada")).toHaveCount(0);
  expect(asked()?.body.model).toBe("tiny-2");
});

test("the key is still there after the window was reloaded", async ({ window }) => {
  await window.reload();
  await window.openProvingGround();
  const before = server.completions.length;
  server.script(says(ideaAnswer("A wider layer")), says(ideaAnswer("A longer context")));
  const composer = await window.webview(COMPOSER);
  // Without the key the endpoint would not say which models it has.
  await choose(composer, "tiny-1 (lab)");
  await composer.getByRole("button", { name: "Next epoch" }).click();
  await expect(window.treeRow("Ideas", "Epoch 2")).toContainText("2 ideas");
  expect(server.completions.length).toBe(before + 2);
  expect(server.completions.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true);
  expect(asked()?.body.model).toBe("tiny-1");
});

test("the key is nowhere: no file, no commit, no process, no prompt, no page", async ({ window }) => {
  const { workspace } = window.lab;
  const { read, found } = await filesWith(KEY, path.dirname(workspace));
  expect(found).toEqual([]);
  expect(read).toBeGreaterThan(50);
  expect(repositoryHas(KEY, workspace)).toBe(false);
  expect((await processes()).texts.filter((text) => text.includes(KEY))).toEqual([]);
  expect(await framesWith(KEY, window.page)).toEqual([]);
  expect(JSON.stringify(server.requests.map(({ body }) => body))).not.toContain(KEY);
});
