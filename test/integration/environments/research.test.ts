/** The research environments as a user has them in a repository: set up, their baseline measured, an idea of a model's implemented, run and judged. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import * as z from "zod";
import { Idea } from "../../../extension/protocol/idea.ts";
import { Run } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { ideaAnswer, modelServer, says } from "../../fixtures/model-server.ts";
import { allGone, terminal } from "../../fixtures/terminal.ts";
import { cacheRoot } from "../../workbench/cache.ts";

const ENVS = path.resolve(import.meta.dirname, "../../../envs");
const Runs = z.array(Run);

interface Research {
  /** Folder below `envs`. */
  folder: string;
  environment: string;
  /** What a model changes in train.py: a line as it is, and as it makes it. */
  change: readonly [from: string, to: string];
  title: string;
}

let lab: TestLab;
afterEach(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

it.each<Research>([
  {
    folder: "nanogpt",
    environment: "nanogpt-cpu-smoke",
    title: "A larger learning rate",
    change: ["LEARNING_RATE = 0.0015", "LEARNING_RATE = 0.006"],
  },
  {
    folder: "grpo",
    environment: "grpo-cpu-smoke",
    title: "Policy gradient with the group's mean, without clipping",
    change: ['LOSS = "grpo_clip"', 'LOSS = "reinforce_with_baseline"'],
  },
])("$environment goes from its baseline to a model's idea with a reward", { timeout: 400_000 }, async (research) => {
  const { folder, environment } = research;
  // Beside the packages that uv links from its cache: on another disk it would have to copy gigabytes.
  mkdirSync(cacheRoot(), { recursive: true });
  lab = testLab({}, cacheRoot());
  const top = path.join(lab.folder, folder);
  const isSource = (file: string) => !/__pycache__|\.pytest_cache|\.venv/.test(path.relative(ENVS, file));
  cpSync(path.join(ENVS, folder), top, { recursive: true, filter: isSource });
  lab.git("add", "-A");
  lab.git("-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "-q", "-m", folder);
  await using server = await modelServer({ answer: ({ body }) => says(answerTo(JSON.stringify(body), research, top)) });
  const pg = terminal(lab.folder, { PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_MODELS: "m" });

  expect(await pg.text("env", "check", environment)).toBe(`${environment}: no problems\n`);
  const [baseline] = await pg.json(Runs, "env", "baseline", environment, "--wait");
  expect(baseline).toMatchObject({ state: "succeeded", failure: null, environment });
  expect(baseline?.metric).toEqual(expect.any(Number));

  const { ideas } = await pg.json(z.object({ ideas: z.array(Idea) }), ...words(`ideas generate -n 1 --env ${environment} --source env/m`));
  expect(ideas).toMatchObject([{ source: "model", title: research.title }]);
  const id = String(ideas[0]?.id);
  await pg.text("implement", id, "--model", "env/m");
  expect(await pg.text("diff", id)).toContain(`+${research.change[1]}`);
  await pg.text("approve", id, "--all");
  const [run] = await pg.json(Runs, "run", id, "--wait");
  expect(run).toMatchObject({ state: "succeeded", contained: baseline?.contained ?? null });
  expect(run?.metric).toEqual(expect.any(Number));
  // What was written is what was run.
  const at = path.join(lab.folder, ".proving-ground/runs", String(run?.id));
  expect(readFileSync(path.join(at, "code", folder, "train.py"), "utf8")).toContain(`\n${research.change[1]}`);
  expect(readFileSync(path.join(at, "metrics.jsonl"), "utf8")).toContain('"step"');
  const shown = await pg.json(z.array(Idea), "ideas", "list");
  expect(shown).toMatchObject([{ status: "done", environment, metric: run?.metric, seeds: 1 }]);
});

const words = (line: string) => line.split(" ");

/** What the model says: an idea when it is asked for ideas, else the idea's diff. */
function answerTo(prompt: string, { title, change: [from, to] }: Research, top: string): string {
  if (prompt.includes("<title>")) return ideaAnswer(title, "The baseline was not tuned.", `In train.py, \`${from}\` becomes \`${to}\`.`);
  const file = path.join(top, "train.py");
  const text = readFileSync(file, "utf8");
  expect(text.split(from)).toHaveLength(2);
  writeFileSync(file, text.replace(from, to));
  try {
    return `\`\`\`diff\n${execFileSync("git", ["diff", "--relative", "--", "train.py"], { cwd: top, encoding: "utf8" })}\`\`\`\n`;
  } finally {
    writeFileSync(file, text);
  }
}
