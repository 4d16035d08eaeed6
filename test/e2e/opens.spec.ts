/** The package installs into a real VS Code, its views are there, and an idea in words needs no model to become code. */
import { gitIn } from "./harness/lab-content.ts";
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });

test("the window opens with Proving Ground in the activity bar", async ({ window }) => {
  await window.openProvingGround();
  for (const view of ["Composer", "Waiting for You", "Ideas", "Runs", "Compute"]) await expect(window.view(view)).toBeVisible();
});

test("the palette knows its commands", async ({ window }) => {
  await window.page.keyboard.press("F1");
  await window.quickInput().fill(">Proving Ground");
  await expect(window.page.locator(".quick-input-widget .monaco-list-row", { hasText: "Proving Ground" }).first()).toBeVisible();
  await window.page.keyboard.press("Escape");
});

test("it is drawn in light and dark", async ({ window }, info) => {
  await window.screenshot("opens", info);
});

test("without a model an idea in words opens for the human to write", async ({ window }) => {
  const composer = await window.webview("proving-ground-composer");
  await composer.getByRole("button", { name: "Write one" }).click();
  await expect(window.codeEditor()).toBeVisible();
  await window.page.keyboard.press("Control+A");
  await window.page.keyboard.insertText("# Look further back\n\nAgreement spans more than five characters.\n");
  await window.page.keyboard.press("Control+S");
  await window.clickRowMenu("Ideas", "Look further back", "Implement");
  await expect(window.line("CONTEXT = 5")).toHaveCount(1);
  await expect(window.treeRow("Ideas", "Look further back")).toContainText("in review");
});

test("an environment that comes along is added, committed, and found with its variants", async ({ window }, info) => {
  const { workspace } = window.lab;
  await window.runCommand("Proving Ground: Add Environment…");
  await window.pick("Tiny language model");
  await expect(window.notifications().filter({ hasText: "there is already a folder `tinylm`" })).toBeVisible();
  await window.runCommand("Proving Ground: Add Environment…");
  await expect(window.quickInput()).toBeVisible();
  await window.page.screenshot({ path: info.outputPath("add-environment.png") });
  await window.pick("GRPO post-training");
  await expect(window.dialog()).toContainText("Add GRPO post-training to");
  await window.answerDialog("Add and Commit");
  await expect(window.line("name: grpo")).toBeVisible();
  expect(gitIn(workspace, "log", "-1", "--format=%s")).toBe("Add the grpo environment");
  await expect(window.statusBar("grpo-full")).toBeVisible();
  const composer = await window.webview("proving-ground-composer");
  await expect(composer.locator("vscode-option", { hasText: "grpo-cpu-smoke" })).toHaveCount(1);
  await window.screenshot("variants", info);
});
