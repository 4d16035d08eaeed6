/** Where runs are executed, as a user meets it: the queue put in order by hand, drained and resumed, targets set up, tried out and lost. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { startSshd, type Sshd } from "../fixtures/sshd.ts";
import { cli } from "../workbench/lab.ts";
import { shortenBudget } from "./harness/lab-content.ts";
import { expect, test } from "./harness/test.ts";
import type { Window } from "./harness/window.ts";

test.describe.configure({ mode: "serial" });
const settings = { "provingGround.local.slots": 1, "provingGround.compute.target": "local" };
test.use({ labOptions: { settings, prepare: (workspace) => shortenBudget(workspace, 1) } });

const TARGETS = "provingGround.compute.targets";
let sshd: Sshd;
test.beforeAll(async () => {
  sshd = await startSshd();
});
test.afterAll(() => sshd.end());

/** Titles of the queued runs in the order in which they are shown. */
async function queue(window: Window): Promise<string[]> {
  const rows = await window.treeRows("Runs");
  const from = rows.findIndex((row) => row.startsWith("Queued"));
  return from < 0 ? [] : rows.slice(from + 1, from + 4).map((row) => row.slice(0, 20));
}

/** The row of a target; what is the matter with it, in the row below, may name it too. */
const target = (window: Window, name: string) => window.treeRow("Compute", name).first();

const contained = (window: Window) => window.treeRow("Compute", /Runs are (not )?contained/);

test("this machine is shown with what it has and whether runs on it are contained; it is drained by its row", async ({ window }) => {
  await window.openProvingGround();
  await window.unfold("Compute");
  // Rows that are out of sight are not drawn.
  await window.view("Composer").locator(".pane-header").click();
  await expect(window.treeRow("Compute", "This machine")).toContainText("0 of 1 slot busy");
  await expect(contained(window)).toHaveCount(1);
  await window.clickRowAction("Compute", "This machine", "Drain Target");
  await expect(window.treeRow("Compute", "This machine")).toContainText("drained");
});

test("runs are asked about before they are queued where something stands against them", async ({ window }) => {
  const { workspace } = window.lab;
  const say = (...words: string[]) => execFileSync(process.execPath, [cli, ...words], { cwd: workspace, stdio: "pipe" });
  say("ideas", "generate", "--count", "3", "--seed", "1");
  say("implement", "1", "2", "3");
  say("approve", "1", "2", "3", "--all");
  await expect(window.treeRow("Ideas", "approved")).toHaveCount(3);
  await window.selectRows("Ideas", "approved");
  await window.treeRow("Ideas", "approved").first().click({ button: "right" });
  await window.contextMenu("Run");
  await expect(window.dialog()).toContainText("Queue 3 runs?");
  await expect(window.dialog()).toContainText(/3 runs × \d.* = .* of runs, done about /);
  await expect(window.dialog()).toContainText("This machine: it is drained");
  await window.answerDialog("Run");
  await expect(window.treeRow("Runs", "drained: this machine")).toHaveCount(3);
});

test("so is a measurement of the baseline, and nothing is queued by who would rather not", async ({ window }, info) => {
  await window.clickViewAction("Runs", "Measure Baseline");
  await expect(window.dialog()).toContainText("Queue 1 run?");
  await expect(window.dialog()).toContainText("done about");
  await expect(window.dialog()).toContainText("This machine: it is drained");
  await window.page.screenshot({ path: info.outputPath("baseline-forecast.png") });
  await window.answerDialog("Cancel");
  await expect(window.treeRow("Runs", "drained: this machine")).toHaveCount(3);
});

test("a queued run is dragged before another, moved by menu and by keyboard", async ({ window }) => {
  const { page } = window;
  const [a, b, c] = (await queue(window)) as [string, string, string];
  const row = (title: string) => window.treeRow("Runs", title);
  await row(c).dragTo(row(a));
  await expect.poll(() => queue(window)).toEqual([c, a, b]);

  await window.clickRowMenu("Runs", c, "Move Down in the Queue");
  await expect.poll(() => queue(window)).toEqual([a, c, b]);
  await window.clickRowMenu("Runs", a, "Run Last");
  await expect.poll(() => queue(window)).toEqual([c, b, a]);

  await row(a).click();
  await page.keyboard.press("Alt+ArrowUp");
  await expect.poll(() => queue(window)).toEqual([c, a, b]);
  await page.keyboard.press("Alt+Home");
  await expect.poll(() => queue(window)).toEqual([a, c, b]);
});

test("why a run waits is answered in words", async ({ window }) => {
  const [, second] = await queue(window);
  await window.clickRowMenu("Runs", second ?? "", "Why Is This Waiting?");
  await expect(window.dialog()).toContainText("is waiting");
  await expect(window.dialog()).toContainText(/drained/);
  await window.answerDialog("Run First");
  await expect.poll(async () => (await queue(window))[0]).toBe(second);
});

test("a target is set up step by step; one that does not work is kept only when the user says so", async ({ window }) => {
  await window.clickViewAction("Compute", "Add Target");
  await window.pick("A host behind ssh");
  await window.enter("Add an ssh host (1/2)", "ssh://127.0.0.1:1");
  await window.enter("Add an ssh host (2/2)", "nowhere");
  const list = window.page.locator(".quick-input-widget:visible");
  await expect(list).toContainText("nowhere does not work yet: reach", { timeout: 60_000 });
  await expect(list).toContainText("refused");
  await list.locator(".monaco-list-row", { hasText: "Save nowhere anyway" }).click();
  await expect(target(window, "nowhere")).toContainText("no answer since");
  const written = await Promise.all(
    ["User", "Machine"].map((place) => readFile(path.join(window.lab.userData, place, "settings.json"), "utf8")),
  );
  expect(written.join("")).toContain('"name": "nowhere"');

  await window.clickRowMenu("Compute", "nowhere", "Remove Target");
  await expect(window.notifications().filter({ hasText: "nowhere is no longer a target." })).toHaveCount(1);
  await expect(window.treeRow("Compute", "nowhere")).toHaveCount(0);
});

test("a host behind ssh is tried out, takes a queued run when told to, and says so when it does not answer", async ({ window }, info) => {
  const box = { kind: "ssh", name: "gpu-box", host: sshd.host, config: sshd.config, directory: path.join(sshd.folder, "jobs") };
  await window.configure({ [TARGETS]: [box, { kind: "ssh", name: "broken" }] });
  await expect(window.notifications().filter({ hasText: /entry 2 of .*: host is missing/ })).toHaveCount(1);
  await expect(target(window, "gpu-box")).toContainText(/busy/, { timeout: 60_000 });
  await window.clickRowMenu("Compute", "gpu-box", "Check Target");
  const list = window.page.locator(".quick-input-widget:visible");
  await expect(list).toContainText("gpu-box works", { timeout: 60_000 });
  await list.locator(".monaco-list-row", { hasText: "Close" }).click();

  await window.clickRowAction("Compute", "gpu-box", "Drain Target");
  await expect(target(window, "gpu-box")).toContainText("drained");
  const [first] = await queue(window);
  await window.clickRowMenu("Runs", first ?? "", "Move to Target…");
  await window.pick("gpu-box");
  await expect(window.treeRow("Runs", "drained: gpu-box")).toHaveCount(1);
  await window.runCommand("Notifications: Clear All Notifications");
  await expect(window.notifications()).toHaveCount(0);
  await window.screenshot("compute", info);

  sshd.kill();
  await window.clickRowAction("Compute", "gpu-box", "Look Again");
  await expect(target(window, "gpu-box")).toContainText("no answer since", { timeout: 60_000 });
  await expect(window.treeRow("Runs", "no answer from gpu-box")).toHaveCount(1);
  await window.clickRowMenu("Runs", "no answer from gpu-box", "Move to Target…");
  await window.pick("This machine");
  await expect(window.treeRow("Runs", "no answer from gpu-box")).toHaveCount(0);
});

test("a machine that is resumed takes the queue in its order", async ({ window }) => {
  const order = await queue(window);
  await window.clickRowAction("Compute", "This machine", "Resume Target");
  // Setting up Python, then the runs, one at a time.
  await expect(window.treeRow("Runs", /^.*Ended/)).toContainText("3", { timeout: 90_000 });
  const rows = await window.treeRows("Runs");
  const ended = rows.slice(rows.findIndex((row) => row.startsWith("Ended")) + 1, rows.length).map((row) => row.slice(0, 20));
  expect(ended).toEqual(order.toReversed());
});
