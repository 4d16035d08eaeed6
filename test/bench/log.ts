/** What a log of a gigabyte costs in a real VS Code: opening it, and following it while it grows by 200 MB. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { chromium, type CDPSession, expect, type Page } from "@playwright/test";
import { chromiumFlags } from "../e2e/harness/browser.ts";
import { installPackage, type Lab, openLab } from "../e2e/harness/lab.ts";
import { onlyTold, steps, ToldRun } from "../e2e/harness/told.ts";
import { Window } from "../e2e/harness/window.ts";
import { chromiumPath } from "../workbench/prerequisites.ts";
import { enginePid } from "../workbench/lab.ts";
import type { Figure } from "./figure.ts";
import { openHeapByPort } from "./heap.ts";

const MEGABYTE = steps(0, 34_000).slice(0, 1_000_000);
const SIZE_MB = 1000;
const MORE_MB = 200;
/** How fast it grows while it is followed. */
const MB_PER_SECOND = 10;
const OPENINGS = 7;
/** MB that each process may grow by while it follows. */
const BOUND = 40;
/** MB until the code is compiled and the editor has taken the room it will have. */
const WARM_UP_MB = 50;

export async function largeLog(): Promise<Figure[]> {
  const extensions = await mkdtemp(path.join(tmpdir(), "pg-ext-"));
  await installPackage(extensions);
  const lab = await openLab(extensions, { prepare: onlyTold });
  const executablePath = chromiumPath();
  const browser = await chromium.launch({ args: [...chromiumFlags], ...(executablePath === undefined ? {} : { executablePath }) });
  try {
    const viewport = { width: 1400, height: 900 };
    const page = await browser.newPage({ viewport });
    const window = new Window(page, lab);
    await window.open();
    await window.openProvingGround();
    await window.welcome("Runs").getByRole("button", { name: "Measure Baseline" }).click();
    await window.treeRow("Runs", /Baseline.*at most/).waitFor({ timeout: 60_000 });
    const run = new ToldRun(lab.workspace, 1);
    for (let megabyte = 0; megabyte < SIZE_MB; megabyte++) await run.prints(MEGABYTE);
    await run.prints("\nthe last line\n");
    const times: number[] = [];
    for (let opening = 0; opening < OPENINGS; opening++) times.push(await opened(window));
    const [first = NaN, ...others] = times;
    const growth = await followed(window, run, lab);
    await page.close();
    const anyFile = await openedFile(new Window(await browser.newPage({ viewport }), lab));
    return [
      { what: "a 1 GB log: opens, from the click to its last line in view, median", measured: median(others), unit: "ms", budget: 300 },
      { what: "a 1 GB log: opens as the first editor of a window (no budget)", measured: first, unit: "ms", budget: Infinity },
      { what: "  README.md, two lines, as the first editor of a window (no budget)", measured: anyFile, unit: "ms", budget: Infinity },
      ...growth,
    ];
  } finally {
    await browser.close();
    await lab.dispose();
    await rm(extensions, { recursive: true, force: true });
  }
}

/** Opens a small file as the first of a window: what an editor costs by itself. */
async function openedFile(window: Window): Promise<number> {
  const { page } = window;
  await window.open();
  await page.evaluate(watch("keydown", "# A lab"));
  await window.openFile("README.md");
  return page.evaluate<number>("globalThis.opened");
}

/** Opens the log by its button and closes it again. @returns milliseconds until its last line is drawn */
async function opened(window: Window): Promise<number> {
  const { page } = window;
  await page.evaluate(watch("mousedown", "the last line"));
  await window.clickRowAction("Runs", "Baseline", "Open Log");
  const time = await page.evaluate<number>("globalThis.opened");
  await expect(window.editorLines().first()).toBeVisible();
  if ((await window.editorTitles()).length > 0) await window.runCommand("View: Close All Editors");
  await expect(page.locator(".part.editor .tab")).toHaveCount(0);
  return time;
}

/** Lets the log grow with its end in view, and looks at the memory of all three processes before and after. */
async function followed(window: Window, run: ToldRun, lab: Lab): Promise<Figure[]> {
  const { page } = window;
  await window.clickRowAction("Runs", "Baseline", "Open Log");
  await window.line("the last line").waitFor();
  const session = await page.context().newCDPSession(page);
  const hosts = [...((await lab.logs()).get("remoteexthost.log") ?? "").matchAll(/Extension host with pid (\d+) started/g)];
  const host = await openHeapByPort(Number(hosts.at(-1)?.[1]));
  const engine = (await enginePid(lab.workspace)) ?? NaN;
  await grows(run, WARM_UP_MB);
  await said(page, run, "warm");
  const before = { window: await alive(session), host: await host.alive(), resident: host.resident(), engine: resident(engine) };
  await grows(run, MORE_MB);
  const lag = await said(page, run, "done");
  const grown = (what: string, measured: number, budget = BOUND) => ({
    ...{ what: `  following ${MORE_MB} MB more at ${MB_PER_SECOND} MB/s: ${what}, growth`, unit: "MB" },
    ...{ measured, budget },
  });
  const figures = [
    { what: `a 1 GB log: a new line is in view, after ${MORE_MB} MB at ${MB_PER_SECOND} MB/s`, measured: lag, unit: "ms", budget: 1000 },
    grown("extension host, resident (no budget)", host.resident() - before.resident, Infinity),
    grown("extension host, alive after a collection", (await host.alive()) - before.host),
    grown("engine, resident", resident(engine) - before.engine),
    grown("window, alive after a collection", (await alive(session)) - before.window),
  ];
  host.close();
  return figures;
}

async function grows(run: ToldRun, megabytes: number): Promise<void> {
  for (let megabyte = 0; megabyte < megabytes; megabyte++) {
    await run.prints(MEGABYTE);
    await later(1000 / MB_PER_SECOND);
  }
}

/** @returns milliseconds from writing a line until it is in view */
async function said(page: Page, run: ToldRun, word: string): Promise<number> {
  const start = performance.now();
  await run.prints(`\n${word}\n`);
  await page.locator(".view-line", { hasText: new RegExp(`^${word}$`) }).waitFor();
  return performance.now() - start;
}

/** MB of a page's JavaScript objects after a full collection. */
async function alive(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize / 1e6;
}

/** MB of a process as the system sees it. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Script that looks at every frame, from the newest event of a kind on, until a line is drawn. */
const watch = (event: "mousedown" | "keydown", line: string) => `{
  let began = 0;
  const note = ({ timeStamp }) => { began = timeStamp; };
  addEventListener("${event}", note, { capture: true });
  globalThis.opened = new Promise((resolve) => {
    const look = () => {
      const drawn = [...document.querySelectorAll(".view-line")].some((one) => one.textContent.replaceAll("\\u00a0", " ") === ${JSON.stringify(line)});
      if (!drawn) return void requestAnimationFrame(look);
      removeEventListener("${event}", note, { capture: true });
      resolve(performance.now() - began);
    };
    look();
  });
} undefined`;
