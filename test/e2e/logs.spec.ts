/** The log of a run in an editor: it follows, it stays where somebody reads, it opens at its end whatever its size. */
import { expect, test } from "./harness/test.ts";
import { onlyTold, steps, ToldRun } from "./harness/told.ts";
import type { Window } from "./harness/window.ts";

test.describe.configure({ mode: "serial" });
test.use({ labOptions: { prepare: onlyTold } });

const GIGABYTE = 1_000_000_000;
const runOf = (window: Window) => new ToldRun(window.lab.workspace, 1);
const says = (window: Window, text: string | RegExp) => window.page.locator(".codelens-decoration", { hasText: text });
const groupOf = (window: Window, group: number) => window.page.locator(".editor-group-container").nth(group).locator(".view-line");
const firstLine = (window: Window) => window.editorLines().first().innerText();

test("of a run that has written nothing is empty and says so", async ({ window }, info) => {
  await window.openProvingGround();
  await window.welcome("Runs").getByRole("button", { name: "Measure Baseline" }).click();
  await expect(window.treeRow("Runs", "Baseline")).toContainText("at most", { timeout: 60_000 });
  await window.clickRowAction("Runs", "Baseline", "Open Log");
  await expect(says(window, "nothing written yet")).toBeVisible();
  await window.screenshot("log-empty", info);
});

test("shows lines as they come", async ({ window }) => {
  const run = runOf(window);
  await run.prints("step 0 of many\n");
  await expect(window.line("step 0 of many")).toBeVisible();
  await run.prints(steps(1, 200));
  await expect(window.line("step 199 ")).toBeVisible();
  await run.prints("step 200 of many\n");
  await expect(window.line("step 200 of many")).toBeVisible();
});

test("shows progress bars and colours as a terminal leaves them", async ({ window }, info) => {
  const run = runOf(window);
  await run.prints("\u001b[1;32mepoch 1\u001b[0m begins\n  1%|▏         | 1/100\r 50%|█████     | 50/100");
  await expect(window.line("50/100")).toBeVisible();
  await run.prints("\r100%|██████████| 100/100\n");
  await expect(window.line("100%|██████████| 100/100")).toBeVisible();
  await expect(window.line("50/100")).toHaveCount(0);
  await expect(window.line("epoch 1 begins")).toHaveText("epoch\u00a01\u00a0begins");
  await run.prints(Buffer.from([0x61, 0, 0xff, 0xfe, 0x62, 10]));
  await expect(window.line("a␀\ufffd\ufffdb")).toBeVisible();
  await run.prints(`${"a very long line ".repeat(4000)}\nshort again\n`);
  await expect(window.line("short again")).toBeVisible();
  await window.screenshot("log-following", info);
});

test("stays where somebody reads, while another editor of it follows", async ({ window }) => {
  const run = runOf(window);
  await run.prints(steps(1000, 3000));
  await expect(window.line("step 2999 ")).toBeVisible();
  await window.page.keyboard.press("Control+Backslash");
  const [reader, follower] = [groupOf(window, 0), groupOf(window, 1)];
  await expect(follower.first()).toBeVisible();
  await reader.first().click();
  for (let page = 0; page < 3; page++) await window.page.keyboard.press("PageUp");
  await expect(reader.filter({ hasText: "2999" })).toHaveCount(0);
  const seen = await reader.allInnerTexts();
  // So much that the oldest lines go, and in another text each time.
  for (let step = 3000; step < 7000; step += 1000) {
    await run.prints(steps(step, step + 1000));
    await expect(follower.filter({ hasText: `${step + 999}` })).toBeVisible();
  }
  expect(await reader.allInnerTexts()).toEqual(seen);
  await window.page.keyboard.press("Control+End");
  await expect(reader.filter({ hasText: "6999" })).toBeVisible();
});

test("is left alone while nobody sees its end, and followed again from there on", async ({ window }) => {
  const run = runOf(window);
  await groupOf(window, 1).first().click();
  await window.page.keyboard.press("Control+W");
  await window.page.keyboard.press("Control+Home");
  await expect(says(window, "stays as it is until its last line is in view")).toBeVisible();
  await run.prints(steps(7000, 7100));
  await window.page.keyboard.press("Control+End");
  await expect(window.line("step 7099 ")).toBeVisible();
  await run.prints(steps(7100, 7200));
  await expect(window.line("step 7199 ")).toBeVisible();
});

test("keeps a selection that somebody is about to copy", async ({ window }) => {
  const run = runOf(window);
  await window.line("step 7199 ").click();
  await window.page.keyboard.press("Home");
  await window.page.keyboard.press("Shift+End");
  await run.prints(steps(7200, 7300));
  await window.page.keyboard.press("Control+C");
  await window.page.keyboard.press("Control+End");
  await expect(window.line("step 7299 ")).toBeVisible();
});

test("is found in", async ({ window }) => {
  await window.page.keyboard.press("Control+F");
  await window.page.keyboard.insertText("step 7299 ");
  await expect(window.page.locator(".find-widget .matchesCount")).toHaveText(/of 1$/);
  await window.page.keyboard.press("Escape");
  await window.runCommand("Go to the End of the Log and Follow It");
  await expect(window.line("step 7299 ")).toBeVisible();
});

test("begins anew with one that was written anew, and goes on when the engine was away", async ({ window }) => {
  const run = runOf(window);
  await run.resizes(0);
  await run.prints("from the start\n");
  await expect(window.line("from the start")).toBeVisible();
  await expect(window.line("step 7299 ")).toHaveCount(0);
  await window.lab.killEngine();
  await run.prints("written while no engine ran\n");
  await expect(window.line("written while no engine ran")).toBeVisible({ timeout: 40_000 });
});

test("of a gigabyte opens at its end, goes on, and shows earlier parts", async ({ window }, info) => {
  const run = runOf(window);
  await window.page.keyboard.press("Control+W");
  await run.resizes(GIGABYTE);
  await run.prints(`\n${steps(0, 100_000)}`);
  await window.clickRowAction("Runs", "Baseline", "Open Log");
  await expect(window.line("step 99999 ")).toBeVisible();
  await run.prints(steps(100_000, 100_010));
  await expect(window.line("step 100009 ")).toBeVisible();
  await window.page.keyboard.press("Control+Home");
  await expect(window.codeLens(/Show Earlier \(1\.0 GB before this\)/)).toBeVisible();
  const top = await firstLine(window);
  await window.screenshot("log-gigabyte", info);
  await window.codeLens("Show Earlier").click();
  // What was first is still in view, with the line before it above.
  await expect(window.line(top.trim())).toBeVisible();
  const step = Number(/step\s(\d+)/.exec(top)?.[1]);
  await window.page.keyboard.press("ArrowUp");
  await expect(window.line(`step ${step - 1} `)).toBeVisible();
  await window.page.keyboard.press("Control+End");
  await run.prints(steps(100_010, 100_020));
  await expect(window.line("step 100019 ")).toBeVisible();
});

test("of ten megabytes a second is followed to its end", async ({ window }) => {
  const run = runOf(window);
  for (let megabyte = 0; megabyte < 30; megabyte++) await run.prints(steps(200_000 + megabyte * 30_000, 230_000 + megabyte * 30_000));
  await run.prints("the last word\n");
  await expect(window.line("the last word")).toBeVisible();
});

test("of a run that ends while it is open shows its last words and says how it ended", async ({ window }) => {
  const run = runOf(window);
  await run.prints("good bye");
  await run.ends();
  await expect(window.treeRow("Runs", /Baseline.*2\.0/)).toBeVisible();
  await expect(window.line("good bye")).toBeVisible();
  await window.page.keyboard.press("Control+Home");
  await expect(says(window, /Succeeded · 1\.0 GB/)).toBeVisible();
});

test("is there again after a reload", async ({ window }) => {
  await window.reload();
  await expect(
    window
      .line("good bye")
      .or(window.editorLines().filter({ hasText: "step" }).first())
      .first(),
  ).toBeVisible({ timeout: 40_000 });
});
