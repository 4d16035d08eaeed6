/** The package installs into a real VS Code, its views are there, and an idea in words needs no model to become code. */
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
