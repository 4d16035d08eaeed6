/** A review under everyday mishaps: the focus elsewhere, a save under way, another tool at work, line ends of two kinds. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cli, stopEngine } from "../workbench/lab.ts";
import { gitIn } from "./harness/lab-content.ts";
import type { Lab } from "./harness/lab.ts";
import { expect, test } from "./harness/test.ts";
import type { Window } from "./harness/window.ts";

const TITLES = ["Seen from afar", "Typed in haste", "Edited elsewhere", "Of two systems"];

const idea = (title: string) => `# ${title}

Adam reaches the same loss in fewer steps.

## Changes

- \`context\`: 8
- \`optimizer\`: adam
`;

/** An idea of each title, in review before the window opens. */
function propose(workspace: string): Promise<void> {
  const run = (args: string[], input?: string) => execFileSync(process.execPath, [cli, ...args], { cwd: workspace, input, stdio: "pipe" });
  for (const title of TITLES) run(["ideas", "add", "--file", "-"], idea(title));
  run(["implement", ...TITLES.map((_, index) => String(index + 1))]);
  stopEngine(workspace);
  return Promise.resolve();
}

// Nothing is saved by itself: what reaches the disk is what the review saw to.
test.use({ labOptions: { settings: { "files.autoSave": "off", "diffEditor.renderSideBySide": false }, prepare: propose } });

const trainOf = ({ workspace }: Lab, id: number) => path.join(workspace, `.proving-ground/proposals/${id}/tinylm/train.py`);

async function review(window: Window, title: string): Promise<void> {
  await window.openProvingGround();
  await window.clickRowAction("Ideas", title, "Review");
  await expect(window.page.locator(".tab.active", { hasText: `Review: ${title}` })).toBeVisible();
  await expect(window.codeLens("2 undecided")).toBeVisible();
}

async function approve(window: Window, title: string): Promise<void> {
  await window.clickEditorAction("Approve");
  await window.answerDialog("Approve");
  await expect(window.treeRow("Ideas", title)).toContainText("approved");
}

const committed = (window: Window, id: number) => gitIn(window.lab.workspace, "show", `refs/proving-ground/${id}:tinylm/train.py`);

test("hunks have their lenses although the focus leaves the review as it opens", async ({ window }) => {
  await window.page.evaluate(() => {
    const leave = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || target.closest(".monaco-diff-editor") === null) return;
      document.removeEventListener("focusin", leave);
      queueMicrotask(() => target.blur());
    };
    document.addEventListener("focusin", leave);
  });
  await review(window, "Seen from afar");
  await expect(window.codeLens(/^Accept$/)).toHaveCount(2);
});

test("what is typed while a save is under way is approved too", async ({ window }) => {
  const { page } = window;
  await review(window, "Typed in haste");
  await window.line("BATCH = 32").click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  for (const letter of "# Ada was here") {
    await page.keyboard.press("Control+S");
    await page.keyboard.insertText(letter);
  }
  await expect(window.line("# Ada was here")).toHaveCount(1);
  await approve(window, "Typed in haste");
  expect(committed(window, 2)).toContain("\n# Ada was here\n");
});

test("what another tool writes into the proposal is shown, and approved as shown", async ({ window }) => {
  await review(window, "Edited elsewhere");
  await window
    .codeLens(/^Accept$/)
    .first()
    .click();
  await expect(window.codeLens("✓ Accepted")).toHaveCount(1);
  const file = trainOf(window.lab, 3);
  writeFileSync(file, readFileSync(file, "utf8").replace('OPTIMIZER = "adam"', 'OPTIMIZER = "lion"'));
  await expect(window.line('OPTIMIZER = "lion"')).toHaveCount(1);
  await expect(window.codeLens("✓ Accepted")).toHaveCount(1);
  await approve(window, "Edited elsewhere");
  expect(committed(window, 3)).toContain('OPTIMIZER = "lion"');
});

test("a file whose lines end in two ways is approved as it is on the disk", async ({ window }) => {
  const file = trainOf(window.lab, 4);
  writeFileSync(file, readFileSync(file, "utf8").replace(/(CONTEXT = 8.*)\n/, "$1\r\n"));
  await review(window, "Of two systems");
  await approve(window, "Of two systems");
  expect(committed(window, 4)).toMatch(/CONTEXT = 8.*\r\n.*[^\r]\n/);
});
