/** A search that is left alone: the window closed, the engine killed, the window opened again; and one that asks and is answered in bulk. */
import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import path from "node:path";
import type { Frame } from "@playwright/test";
import { shortenBudget } from "./harness/lab-content.ts";
import { expect, test } from "./harness/test.ts";
import type { Window } from "./harness/window.ts";

test.describe.configure({ mode: "serial" });
test.use({ labOptions: { prepare: (workspace) => shortenBudget(workspace, 1) } });

const composerOf = (window: Window): Promise<Frame> => window.webview("proving-ground-composer");

/** What the lab's records say, read as a colleague would who does not trust the window. */
function recorded(workspace: string): { ideas: number; done: number; runs: number; ofSearch: number } {
  const database = new DatabaseSync(path.join(workspace, ".proving-ground/lab.db"), { readOnly: true });
  const row = database
    .prepare(
      `SELECT (SELECT count(*) FROM ideas) AS ideas, (SELECT count(DISTINCT idea) FROM runs WHERE state = 'succeeded') AS done,
        (SELECT count(*) FROM runs WHERE idea IS NOT NULL) AS runs, (SELECT count(*) FROM ideas WHERE search IS NOT NULL) AS ofSearch`,
    )
    .get() as ReturnType<typeof recorded>;
  database.close();
  return { ...row };
}

async function chooseIn(composer: Frame, field: string, option: string): Promise<void> {
  await composer.getByRole("combobox", { name: field }).click();
  await composer.getByRole("option", { name: option }).click();
}

test("the form says what a search would take before it begins", async ({ window }, info) => {
  await window.openProvingGround();
  const composer = await composerOf(window);
  await composer.getByRole("textbox", { name: "Number of ideas" }).fill("4");
  await composer.locator("summary", { hasText: "Search" }).click();
  await chooseIn(composer, "Algorithm", "Evolutionary");
  await composer.getByRole("textbox", { name: "Epochs" }).fill("3");
  await chooseIn(composer, "Written on", "The parent's commit");
  // It is to be left alone.
  for (const gate of ["diffs", "parents"]) await composer.locator("vscode-checkbox", { hasText: gate }).click();
  await composer.getByRole("textbox", { name: "Cap on minutes" }).fill("30");
  await expect(composer.getByText("= 12 ideas")).toBeVisible();
  await expect(composer.getByText("12 runs")).toBeVisible();
  await window.screenshot("search-form", info);
});

test("it goes on with the window closed, through the death of its engine, and is found as it is", async ({ window }, info) => {
  const { lab, page } = window;
  const composer = await composerOf(window);
  await composer.getByRole("button", { name: "Start search" }).click();
  await expect(window.statusBar("epoch")).toBeVisible();
  await expect.poll(() => recorded(lab.workspace).done, { timeout: 60_000 }).toBeGreaterThan(1);

  await page.goto("about:blank");
  const before = recorded(lab.workspace).done;
  await expect.poll(() => recorded(lab.workspace).done, { timeout: 60_000 }).toBeGreaterThan(before);
  expect(await lab.killEngine()).toBe(true);
  await window.open();
  await window.openProvingGround();

  const again = await composerOf(window);
  await expect(again.getByText("All 12 ideas are done.")).toBeVisible({ timeout: 120_000 });
  expect(recorded(lab.workspace)).toEqual({ ideas: 12, done: 12, runs: 12, ofSearch: 12 });
  const refs = execFileSync("git", ["for-each-ref", "refs/proving-ground/"], { cwd: lab.workspace, encoding: "utf8" });
  expect(refs.trim().split("\n")).toHaveLength(12);
  await window.screenshot("search-ended", info);
});

test("what it came to is analysed in the results", async ({ window }, info) => {
  await window.runCommand("Proving Ground: Open Results");
  const panel = await window.webview("proving-ground-results");
  await expect(panel.getByText("12 ideas").first()).toBeVisible();
  await panel.getByRole("tab", { name: "Analysis" }).click();
  await expect(panel.getByRole("tabpanel")).toContainText("Completion");
  await expect(panel.getByRole("tabpanel")).toContainText("12 of 12");
  await window.screenshot("analysis", info);
});

test("one that asks stops at its gates, waits in one list, and is answered in bulk", async ({ window }, info) => {
  const composer = await composerOf(window);
  await composer.locator("summary", { hasText: "Search" }).click();
  const boxes = composer.locator("vscode-checkbox");
  for (const gate of ["ideas", "diffs"]) await boxes.filter({ hasText: gate }).click();
  await composer.getByRole("textbox", { name: "Epochs" }).fill("1");
  await composer.getByRole("button", { name: "Start search" }).click();
  await window.unfold("Waiting for You");
  await expect(window.treeRow("Waiting for You", "Let in")).toHaveCount(4);
  await window.screenshot("waiting", info);
  await window.selectRows("Waiting for You", "Let in");
  await window.clickRowMenu("Waiting for You", "Let in", "Let Pass");
  await expect(window.treeRow("Waiting for You", "Review")).toHaveCount(4, { timeout: 60_000 });
  expect(recorded(window.lab.workspace).runs).toBe(12);
  await window.clickViewAction("Waiting for You", "Let All Pass");
  await window.answerDialog("Approve");
  await expect(composer.getByText("All 4 ideas are done.")).toBeVisible({ timeout: 120_000 });
  expect(recorded(window.lab.workspace)).toEqual({ ideas: 16, done: 16, runs: 16, ofSearch: 16 });
});
