/**
 * Suites over real git, processes and SQLite: unit (nothing built needed), integration (may start dist/engine.mjs), and the research environments,
 * which keep one processor busy for minutes and run beside their own tests.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    passWithNoTests: false,
    restoreMocks: true,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: ["test/integration/environments/**"],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      { test: { name: "environments", include: ["test/integration/environments/**/*.test.ts"], testTimeout: 400_000 } },
    ],
  },
});
