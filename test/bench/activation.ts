/** What the extension costs the extension host before anyone uses it: the time that a real VS Code records for its activation. */
import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "@playwright/test";
import { chromiumFlags } from "../e2e/harness/browser.ts";
import { installPackage, openLab } from "../e2e/harness/lab.ts";
import { Window } from "../e2e/harness/window.ts";
import { chromiumPath } from "../workbench/prerequisites.ts";
import type { Figure } from "./figure.ts";

const WINDOWS = 7;
const BUNDLE = path.resolve(import.meta.dirname, "../../dist/extension.cjs");

/**
 * Opens windows on a workspace with an environment, each with an extension host of its own, and reads from VS Code's list of running
 * extensions how long loading the code and calling `activate` took.
 */
export async function activation(): Promise<Figure[]> {
  const extensions = await mkdtemp(path.join(tmpdir(), "pg-ext-"));
  await installPackage(extensions);
  const lab = await openLab(extensions);
  const executablePath = chromiumPath();
  const browser = await chromium.launch({ args: [...chromiumFlags], ...(executablePath === undefined ? {} : { executablePath }) });
  try {
    const times: number[] = [];
    const peers: number[] = [];
    for (let count = 0; count < WINDOWS; count++) {
      // As high as the whole list, which draws only what is in sight.
      const page = await browser.newPage({ viewport: { width: 1400, height: 2000 } });
      const window = new Window(page, lab);
      await window.open();
      await window.runCommand("Developer: Show Running Extensions");
      const recorded = async (name: RegExp) => {
        const row = page.locator(".runtime-extensions-editor .monaco-list-row", { has: page.locator(".name", { hasText: name }) });
        const shown = await row.locator(".activation-time", { hasText: /\d+ms/ }).innerText({ timeout: 60_000 });
        return Number(/([\d.]+)ms/.exec(shown)?.[1]);
      };
      times.push(await recorded(/^Proving Ground$/));
      peers.push(await recorded(/^Git$/));
      await page.close();
    }
    // The first window reads everything from disk; the others are what a user has day by day.
    const [first = NaN, ...others] = times;
    return [
      { what: "activation in the extension host, median of windows", measured: median(others), unit: "ms", budget: 50 },
      { what: "activation in the first window after installing", measured: first, unit: "ms", budget: 50 },
      {
        what: "  VS Code's own Git extension in the same windows (no budget)",
        measured: median(peers.slice(1)),
        unit: "ms",
        budget: Infinity,
      },
      { what: "  code loaded for it (no budget)", measured: statSync(BUNDLE).size / 1000, unit: "kB", budget: Infinity },
    ];
  } finally {
    await browser.close();
    await lab.dispose();
    await rm(extensions, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
