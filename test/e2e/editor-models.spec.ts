/** The editor's own models: listed beside the others, asked without a key, and what the user is told when they will not answer. */
import path from "node:path";
import type { Frame } from "@playwright/test";
import { shortenBudget } from "./harness/lab-content.ts";
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });
test.use({
  labOptions: {
    prepare: (workspace) => shortenBudget(workspace, 2),
    // Another extension brings models only where the editor has not put such features away.
    settings: {
      "chat.disableAIFeatures": false,
      "provingGround.implementer.model": "editor/fixture/scribe",
      "provingGround.implementer.samples": 1,
    },
    extension: path.resolve(import.meta.dirname, "../fixtures/editor-model"),
  },
});

const COMPOSER = "proving-ground-composer";

async function choose(composer: Frame, model: string): Promise<void> {
  await composer.getByRole("combobox", { name: "Model" }).click();
  await composer.getByRole("option", { name: model }).click();
}

test("a model that an extension brought writes an idea, streamed and counted", async ({ window }) => {
  await window.openProvingGround();
  const composer = await window.webview(COMPOSER);
  await choose(composer, "The parrot (editor)");
  await composer.getByRole("textbox", { name: "Number of ideas" }).fill("1");
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  await expect(window.treeRow("Ideas", "Adam, says the parrot")).toHaveCount(1);
  await expect(composer.getByRole("status")).toContainText("1 new idea (1,000 tokens in, 7 out).");
});

test("another one writes its code, as the settings say", async ({ window }) => {
  await window.clickRowMenu("Ideas", "Adam, says the parrot", "Implement");
  await expect(window.treeRow("Ideas", "Adam, says the parrot")).toContainText("in review", { timeout: 60_000 });
  await window.clickRowMenu("Ideas", "Adam, says the parrot", "Show Attempts");
  await expect(window.line("by: editor/fixture/scribe")).toHaveCount(1);
});

test("one that the editor blocks says why and what to do", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  await choose(composer, "The pauper (editor)");
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  await expect(composer.getByRole("alert")).toContainText("the quota of this month is used up");
  await expect(composer.getByRole("alert")).toContainText("choose another model");
});

test("cancelling reaches the model", async ({ window }) => {
  const composer = await window.webview(COMPOSER);
  await choose(composer, "The mumbler (editor)");
  await composer.getByRole("button", { name: "Generate ideas" }).click();
  await expect(composer.getByLabel("Text written so far")).toContainText("Let me think.");
  await composer.getByRole("button", { name: "Cancel" }).click();
  await expect(composer.getByText("Cancelled.")).toBeVisible();
  await expect(window.notifications().filter({ hasText: "The mumbler was interrupted." })).toHaveCount(1);
});
