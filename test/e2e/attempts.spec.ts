/** What became of an idea's attempts, as its author sees it: a protected file, a place that is not there, another try with a note. */
import { modelServer, type ModelServer, ideaAnswer, says } from "../fixtures/model-server.ts";
import { gitIn, shortenBudget } from "./harness/lab-content.ts";
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });
test.use({
  labOptions: {
    settings: { "provingGround.implementer.samples": 1, "provingGround.prices": { "lab/*": { input: 10, output: 1000 } } },
    prepare: (workspace) => shortenBudget(workspace, 2),
  },
});

let server: ModelServer;
test.beforeAll(async () => {
  server = await modelServer({ models: ["scribe"] });
});
test.afterAll(() => server[Symbol.asyncDispose]());

const diff = (file: string, ...lines: string[]) => `\`\`\`diff\n--- a/${file}\n+++ b/${file}\n@@ @@\n${lines.join("\n")}\n\`\`\`\n`;

/** Touches what judges it. */
const CHEATS = diff("evaluate.py", '-"""', '+"""Kind.');
/** Written for code that is not there: line 27 of train.py is another. */
const MISSES = diff(
  "train.py",
  " BATCH = 32  # characters guessed per step",
  '-OPTIMIZER = "adagrad"  # the usual one',
  '+OPTIMIZER = "lion"',
);
const WORKS = diff(
  "train.py",
  '-OPTIMIZER = "sgd"  # sgd, momentum, rmsprop, adam, lion',
  '+OPTIMIZER = "lion"  # sgd, momentum, rmsprop, adam, lion',
);

const lastPrompt = () => JSON.stringify(server.completions.at(-1)?.body.messages);

test("an idea whose every answer is refused says why in its row", async ({ window }) => {
  await window.configure({
    "provingGround.models": [{ name: "lab", baseURL: server.baseURL, models: ["scribe"] }],
    "provingGround.implementer.model": "lab/scribe",
  });
  await window.openProvingGround();
  const composer = await window.webview("proving-ground-composer");
  await composer.getByRole("combobox", { name: "Model" }).click();
  await composer.getByRole("option", { name: "scribe (lab)" }).click();
  await composer.getByRole("textbox", { name: "Number of ideas" }).fill("1");
  server.script(says(ideaAnswer("Lion instead of plain steps")));
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  await expect(window.treeRow("Ideas", "Lion instead")).toHaveCount(1);

  server.script(says(CHEATS), says(MISSES), says(CHEATS));
  await window.clickRowMenu("Ideas", "Lion instead", "Implement");
  await expect(window.treeRow("Ideas", "Lion instead")).toContainText("not implemented: protected file");
  expect(lastPrompt()).toContain("its lines are not in the file");
  expect(gitIn(window.lab.workspace, "status", "--porcelain")).toBe("");
});

test("its attempts can be looked through: reason, place, cost and answer of each", async ({ window }, info) => {
  await window.clickRowMenu("Ideas", "Lion instead", "Show Attempts");
  await expect(window.line("3 attempts: 2 protected file, 1 would not apply")).toHaveCount(1);
  await expect(window.line("Attempt 1: protected file")).toHaveCount(1);
  await expect(window.line("evaluate.py: is protected.").first()).toBeVisible();
  await expect(window.line("Attempt 2 (revision 1): would not apply")).toHaveCount(1);
  // 11 tokens in at $10 and 4 out at $1,000 a million.
  await expect(window.line("- cost: $0.0041").first()).toBeVisible();
  await expect(window.line("- tokens: 11 in, 4 out").first()).toBeVisible();
  await expect(window.codeLens("Open Beside the File").first()).toBeVisible();
  await window.screenshot("attempts", info);
});

test("a refused answer opens beside the file, at the place it was meant for", async ({ window }, info) => {
  await expect(window.codeLens("Open Beside the File")).toHaveCount(3);
  await window.codeLens("Open Beside the File").nth(1).click();
  await expect.poll(async () => (await window.editorTitles()).length).toBe(3);
  const groups = window.page.locator(".editor-group-container");
  await expect(groups).toHaveCount(2);
  const [file, answer] = [groups.first(), groups.last()];
  await expect(file.locator(".view-line", { hasText: "OPTIMIZER" }).first()).toBeVisible();
  await expect(answer.locator(".view-line", { hasText: "adagrad" })).toBeVisible();
  await window.screenshot("beside", info);
});

test("trying again with a note tells the model what the human says and what failed before", async ({ window }, info) => {
  server.script(says(WORKS));
  await window.clickRowMenu("Ideas", "Lion instead", "Try Again with a Note");
  await window.enter("Try again", "Only the OPTIMIZER line of train.py, please.");
  await expect(window.treeRow("Ideas", "Lion instead")).toContainText("in review", { timeout: 60_000 });
  expect(lastPrompt()).toContain("Only the OPTIMIZER line of train.py, please.");
  expect(lastPrompt()).toContain("evaluate.py: is protected");
  await window.clickRowMenu("Ideas", "Lion instead", "Show Attempts");
  await expect(window.line("4 attempts in 2 tries")).toHaveCount(1);
  await expect(window.line("> Only the OPTIMIZER line")).toHaveCount(1);
  await expect(window.codeLens("Open the Answer").first()).toBeVisible();
  await window.screenshot("again", info);
  await window.clickRowAction("Ideas", "Lion instead", "Review");
  await expect(window.line('OPTIMIZER = "lion"')).toHaveCount(1);
});
