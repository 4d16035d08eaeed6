/** In a workspace that is not trusted nothing is executed, and every view says why. */
import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "./harness/test.ts";

test.use({ labOptions: { askForTrust: true, settings: { "security.workspace.trust.startupPrompt": "never" } } });

test("nothing runs until the folder is trusted", async ({ window }) => {
  await window.openProvingGround();
  for (const view of ["Waiting for You", "Ideas", "Runs", "Compute"]) {
    await window.unfold(view);
    await expect(window.welcome(view)).toContainText("This workspace is not trusted");
  }
  const composer = await window.webview("proving-ground-composer");
  await expect(composer.getByText(/not trusted/)).toBeVisible();
  await window.runCommand("Proving Ground: Generate Ideas");
  await expect(window.notifications().filter({ hasText: "not trusted" })).toBeVisible();
  expect(existsSync(path.join(window.lab.workspace, ".proving-ground"))).toBe(false);
});
