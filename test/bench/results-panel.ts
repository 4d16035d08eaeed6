/** How fast the results panel is with 10,000 ideas, in a real browser, beside the budgets of the design. */
import { chromium } from "@playwright/test";
import type { Page } from "@playwright/test";
import type { Figure } from "./figure.ts";
import { labExtension } from "../fixtures/lab-extension.ts";
import { labFixture } from "../fixtures/lab.ts";
import { bundle, openWebview } from "../fixtures/webview-page.ts";

const IDEAS = 10_000;
const BROWSER = process.env.PROVING_GROUND_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** Opens the panel and measures first paint, sort, filter, a live change, and scrolling. */
export async function resultsPanel(ideas = IDEAS): Promise<Figure[]> {
  const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  try {
    const view = await bundle("results");
    const { page } = await openWebview(browser, view, {
      theme: "dark",
      width: 1100,
      height: 870,
      extension: `${labExtension(labFixture(ideas))}\n${PAINTED}`,
    });
    const paint = await page.evaluate<number>("painted");
    await page.evaluate("globalThis.settled()");
    return [
      { what: `first paint of ${ideas} ideas, from loaded script`, measured: paint, unit: "ms", budget: 500 },
      { what: "sort by metric, other way", measured: await worst(page, "click", '[data-column="metric"] .sort'), unit: "ms", budget: 100 },
      { what: "sort by title", measured: await worst(page, "click", '[data-column="idea"] .sort'), unit: "ms", budget: 100 },
      { what: "filter", measured: await worst(page, "filter", "momentum op"), unit: "ms", budget: 100 },
      { what: "filter cleared", measured: await worst(page, "filter", ""), unit: "ms", budget: 100 },
      { what: "live change of a running run", measured: await worst(page, "delta", ""), unit: "ms", budget: 100 },
      { what: "scrolling", measured: await page.evaluate<number>("globalThis.scrolling()"), unit: "frames/s", budget: -50 },
    ];
  } finally {
    await browser.close();
  }
}

/** The slowest of a few, from the event until the frame after it is drawn. */
async function worst(page: Page, action: "click" | "filter" | "delta", argument: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < (action === "filter" ? 1 : 3); round++) {
    times.push(await page.evaluate<number>(`globalThis.timed(${JSON.stringify(action)}, ${JSON.stringify(argument)})`));
    await page.evaluate("globalThis.settled()");
  }
  return Math.max(...times);
}

const PAINTED = `{
  const frame = () => new Promise(requestAnimationFrame);
  // A frame is drawn when a task queued in its callback runs.
  const drawn = async () => { await frame(); await new Promise((resolve) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = resolve; port2.postMessage(0); }); };
  globalThis.painted = new Promise((resolve) => {
    const look = async () => {
      if (document.querySelector(".line.idea") === null) return void requestAnimationFrame(look);
      await drawn();
      const script = performance.getEntriesByType("resource").find((entry) => entry.name.endsWith("results.js"));
      resolve(performance.now() - script.responseEnd);
    };
    requestAnimationFrame(look);
  });
  globalThis.settled = () => new Promise((resolve) => requestIdleCallback(resolve));
  let seq = 1;
  const actions = {
    click: (selector) => document.querySelector(selector).click(),
    filter: (text) => { const field = document.querySelector(".filter"); field.value = text; field.dispatchEvent(new Event("input")); },
    delta: () => {
      const { snapshot, send } = globalThis.extension;
      const run = snapshot.runs.find((one) => one.state === "running");
      seq += 1;
      dispatchEvent(new MessageEvent("message", { data: { type: "delta", delta: { seq, changes: [{ kind: "run", run: { ...run, live: { value: 2 + seq / 100, step: seq, seconds: 1 } } }] } } }));
    },
  };
  globalThis.timed = async (action, argument) => {
    await drawn();
    const start = performance.now();
    actions[action](argument);
    await drawn();
    return performance.now() - start;
  };
  globalThis.scrolling = async () => {
    const grid = document.querySelector(".grid");
    grid.scrollTop = 0;
    await drawn();
    const start = performance.now();
    let frames = 0;
    while (performance.now() - start < 3000) {
      grid.scrollTop += frames % 100 === 99 ? 40000 : 90;
      await frame();
      frames += 1;
    }
    return (1000 * frames) / (performance.now() - start);
  };
}`;

if (import.meta.main) {
  for (const { what, measured, unit, budget } of await resultsPanel()) {
    const kept = budget > 0 ? measured <= budget : measured >= -budget;
    const limit = `${budget > 0 ? "at most" : "at least"} ${Math.abs(budget)} ${unit}`;
    console.log(`${what.padEnd(50)} ${measured.toFixed(0).padStart(6)} ${unit.padEnd(9)} ${limit}${kept ? "" : "  OVER BUDGET"}`);
  }
}
