/** Playwright's `test` with a window on a fresh lab for each test file; the tests of one file go on in the same window. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BrowserContext, test as base } from "@playwright/test";
import { installPackage, type Lab, type LabOptions, openLab } from "./lab.ts";
import { Window } from "./window.ts";

interface Current {
  readonly file: string;
  readonly lab: Lab;
  readonly window: Window;
  readonly context: BrowserContext;
}

/** The lab of the test file that is running. */
class Bench {
  readonly #extensions: string;
  #current: Current | undefined;

  constructor(extensions: string) {
    this.#extensions = extensions;
  }

  async windowFor(file: string, options: LabOptions, newContext: () => Promise<BrowserContext>): Promise<Window> {
    if (this.#current?.file === file) return this.#current.window;
    await this.clear();
    const lab = await openLab(this.#extensions, options);
    const context = await newContext();
    const window = new Window(await context.newPage(), lab);
    this.#current = { file, lab, window, context };
    await window.open();
    return window;
  }

  async clear(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    await current.context.close();
    await current.lab.dispose();
  }
}

interface TestFixtures {
  labOptions: LabOptions;
  window: Window;
}

interface WorkerFixtures {
  bench: Bench;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  labOptions: [{}, { option: true }],

  bench: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's needs from this pattern
    async ({}, use) => {
      const extensions = await mkdtemp(path.join(tmpdir(), "pg-ext-"));
      await installPackage(extensions);
      const bench = new Bench(extensions);
      await use(bench);
      await bench.clear();
      await rm(extensions, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 120_000 },
  ],

  window: async ({ bench, browser, labOptions }, use, info) => {
    const window = await bench.windowFor(info.file, labOptions, () => browser.newContext({ viewport: { width: 1400, height: 900 } }));
    await use(window);
    if (info.status === info.expectedStatus) return;
    await info.attach("window", { body: await window.page.screenshot(), contentType: "image/png" });
    await window.page.screenshot({ path: info.outputPath("failure.png") });
    for (const [name, body] of await window.lab.logs()) await info.attach(name, { body, contentType: "text/plain" });
  },
});

export { expect } from "@playwright/test";
