/** The package installs into a real VS Code, and its views are there. */
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });

test("the window opens with Proving Ground in the activity bar", async ({ window }) => {
  await window.openProvingGround();
  for (const view of ["Composer", "Ideas", "Runs", "Compute"]) await expect(window.view(view)).toBeVisible();
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
