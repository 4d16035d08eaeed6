import path from "node:path";
import { describe, expect, it } from "vitest";
import { composeMessages, numbered } from "../../../extension/engine/ideator/compose.ts";
import type { PromptFacts } from "../../../extension/engine/ideator/compose.ts";
import { describeResult, describeTrajectory, fenced } from "../../../extension/engine/ideator/trajectory.ts";
import { Prompts } from "../../../extension/engine/models/prompts.ts";
import { crashed, manifest, worked } from "./environment.ts";

const bundled = new Prompts([path.join(import.meta.dirname, "../../../extension/engine/ideator/prompts")]);
const facts: PromptFacts = {
  manifest,
  baseline: { value: 0.7, published: true },
  files: [{ path: "train.py", text: 'OPTIMIZER = "sgd"\nRATE = 1\n' }],
  base: null,
  strategy: "fresh",
  trajectories: [],
  avoid: [],
  instructions: "",
  count: 10,
};
const asText = async (more: Partial<PromptFacts>) =>
  (await composeMessages(bundled, { ...facts, ...more })).map(({ role, content }) => `[${role}]\n${content}\n`).join("\n");

describe("what a model is told", () => {
  it("for fresh ideas is the environment, the code and what the batch already holds", async () => {
    await expect(await asText({ avoid: ["Use Adam", "Train longer"] })).toMatchFileSnapshot("golden/fresh.txt");
  });

  it("for exploit is the chosen parents with results and diffs", async () => {
    const text = await asText({
      strategy: "exploit",
      base: 3,
      trajectories: [worked, { ...worked, idea: 7, seeds: 1, metric: 0.65 }],
      count: 5,
    });
    await expect(text).toMatchFileSnapshot("golden/exploit.txt");
  });

  it("for explore is what was tried, failures as failures", async () => {
    const text = await asText({ strategy: "explore", trajectories: [crashed, worked], instructions: "Only the\nschedule.", count: 1 });
    await expect(text).toMatchFileSnapshot("golden/explore.txt");
  });

  it("numbers the lines of files, wide enough for all", () => {
    const text = Array.from({ length: 10 }, (_, line) => `line${line}`).join("\n");
    expect(numbered({ path: "a.py", text })).toContain("\n 1 | line0\n");
    expect(numbered({ path: "a.py", text })).toContain("\n10 | line9\n```");
  });

  it("compares a result with the unchanged code in the metric's direction", () => {
    const base = { value: 0.7, published: false };
    const result = (metric: number | null) => describeResult({ metric, seeds: 1, failure: null }, manifest, base);
    expect(result(0.6)).toBe("val_loss 0.6, better than the unchanged code by 0.1");
    expect(result(0.8)).toBe("val_loss 0.8, worse than the unchanged code by 0.1");
    expect(result(0.7)).toBe("val_loss 0.7, the same as the unchanged code");
    expect(result(null)).toBe("FAILED: it gave no result");
  });

  it("tells of an idea that was stopped early where it stood, not as a failure", () => {
    const base = { value: 0.7, published: false };
    const reason =
      "Stopped early: its best val_loss by 2 s of its training clock was 0.913, worse than the median 0.701 of 6 runs at that point.";
    const said = describeResult({ metric: null, seeds: 0, failure: reason, stopped: true }, manifest, base);
    expect(said).toBe(`no final result, because it was clearly worse than others. ${reason}`);
  });

  it("shortens a diff that would fill the prompt, and says so", () => {
    const diff = Array.from({ length: 2000 }, (_, line) => `+line ${line}`).join("\n");
    const text = describeTrajectory({ ...worked, diff }, manifest, { value: null, published: false });
    expect(text.length).toBeLessThan(13_000);
    expect(text).toMatch(/… \d+ more lines\n```$/);
  });

  it("keeps code with fences of its own inside one fence", () => {
    expect(fenced("md", "```\nx\n```")).toBe("````md\n```\nx\n```\n````");
  });
});
