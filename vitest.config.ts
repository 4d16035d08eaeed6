/** Two suites over real git, processes and SQLite: unit (nothing built needed) and integration (may start dist/engine.mjs). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    passWithNoTests: false,
    restoreMocks: true,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 90_000, hookTimeout: 90_000 } },
    ],
  },
});
