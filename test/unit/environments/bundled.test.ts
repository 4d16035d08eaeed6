import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const source = (file: string) => readFileSync(new URL(`../../../envs/${file}`, import.meta.url), "utf8");

it("environments that stand alone follow their figures the same way: a change of one copy is made in the other", () => {
  expect(source("grpo/tracking.py")).toBe(source("nanogpt/tracking.py"));
  expect(source("grpo/requirements-tracking.txt")).toBe(source("nanogpt/requirements-tracking.txt"));
});
