/**
 * `npm test`: installs what the tests need, then runs every kind of check, fastest first, and stops at the first that fails.
 *
 *     npm test -- [--only NAME,NAME…]
 */
import path from "node:path";
import { parseArgs } from "node:util";
import type { Outcome } from "./steps/outcome.ts";
import { report } from "./steps/outcome.ts";
import { runStep, type Step, type StepCommand } from "./steps/run-step.ts";
import { installedCodeServer } from "./workbench/install.ts";
import { packaged } from "./workbench/packaged.ts";
import { ensurePrerequisites } from "./workbench/prerequisites.ts";
import { offlineInstalls, pythonTests, rayPython } from "./workbench/python.ts";

const root = path.resolve(import.meta.dirname, "..");

/** A program of the root's packages. */
const tool = (name: string, args: readonly string[], env?: Readonly<Record<string, string>>): StepCommand => ({
  command: path.join(root, "node_modules/.bin", name),
  args,
  ...(env === undefined ? {} : { env }),
});

const vitest = (project: string, env?: Readonly<Record<string, string>>, ...files: string[]) =>
  tool("vitest", ["run", "--project", project, "--reporter=default", ...files], env);

const always = (...commands: StepCommand[]) => Promise.resolve(commands);

const steps: readonly Step[] = [
  { name: "format", commands: () => always(tool("prettier", ["--check", "."])) },
  { name: "lint", commands: () => always(tool("eslint", ["."])) },
  { name: "types", commands: () => always(tool("tsc", ["--build"])) },
  { name: "unit", runner: "vitest", commands: () => always(vitest("unit")) },
  {
    name: "build",
    commands: async () => {
      await packaged();
      return [];
    },
  },
  {
    name: "integration",
    runner: "vitest",
    commands: async () => {
      ensurePrerequisites(["environment", "clusters"]);
      await rayPython();
      return [vitest("integration", await offlineInstalls())];
    },
  },
  {
    name: "faults",
    whenAsked: true,
    runner: "vitest",
    commands: async () => {
      ensurePrerequisites(["environment", "clusters"]);
      await packaged();
      await rayPython();
      return [vitest("integration", { FAULTS: "all" }, "test/integration/scheduler/faults")];
    },
  },
  {
    name: "environments",
    runner: "pytest",
    atOnce: true,
    commands: async () => {
      ensurePrerequisites(["environment"]);
      const args = ["-m", "pytest", "-p", "no:cacheprovider"];
      const through = { ...vitest("environments", await offlineInstalls()), runner: "vitest" } as const;
      return [through, ...(await pythonTests()).map(({ python, folder }) => ({ command: python, args, cwd: folder }))];
    },
  },
  {
    name: "e2e",
    runner: "playwright",
    commands: async () => {
      ensurePrerequisites(["environment", "browser"]);
      await installedCodeServer();
      return [tool("playwright", ["test", "--reporter=list"], await offlineInstalls())];
    },
  },
];

function chosenSteps(): readonly Step[] {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  if (values.only === undefined) return steps.filter(({ whenAsked }) => whenAsked !== true);
  const wanted = values.only.split(",");
  const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(", ")}. There are ${steps.map((step) => step.name).join(", ")}.`);
    process.exit(2);
  }
  return steps.filter((step) => wanted.includes(step.name));
}

const chosen = chosenSteps();
const outcomes: Outcome[] = [];
for (const step of chosen) {
  console.log(`\n── ${step.name} ──`);
  const outcome = await runStep(step, root, () => performance.now());
  outcomes.push(outcome);
  if (outcome.state === "failed") break;
}
const left = chosen
  .slice(outcomes.length)
  .map(({ name }) => ({ name, state: "not run", seconds: 0, summary: [], passed: 0, failed: 0 }) as const);
console.log(report([...outcomes, ...left]));
process.exitCode = outcomes.every((outcome) => outcome.state === "passed") ? 0 : 1;
