/** End-to-end tests: a real VS Code (code-server) in Debian's Chromium, one window at a time. */
import { defineConfig } from "@playwright/test";
import { chromiumFlags } from "./test/e2e/harness/browser.ts";
import { chromiumPath } from "./test/workbench/prerequisites.ts";

const executablePath = chromiumPath();

export default defineConfig({
  testDir: "test/e2e",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results/e2e",
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: "list",
  use: {
    actionTimeout: 20_000,
    viewport: { width: 1400, height: 900 },
    launchOptions: { args: [...chromiumFlags], ...(executablePath === undefined ? {} : { executablePath }) },
  },
});
