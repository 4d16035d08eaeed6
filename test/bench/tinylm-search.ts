/** Searches over the example environment in a real engine: each in a lab of its own, all runs real, the best so far after every run. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { connectEngine } from "../../extension/protocol/connect.ts";
import * as methods from "../../extension/protocol/methods.ts";
import type { Algorithm } from "../../extension/protocol/search.ts";
import { Watched } from "../fixtures/engine-lab.ts";
import { offlineInstalls } from "../workbench/python.ts";
import { numberText } from "./interval.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** Ideas in an epoch: six epochs of a search of sixty. */
const EPOCH = 10;

export interface TinylmSearches {
  algorithm: Algorithm;
  baseline: number;
  /** Best result of each seed. */
  best: number[];
  /** Best so far after each run, by seed. */
  curve: number[][];
}

/**
 * One search per algorithm and seed, all algorithms with one seed before the next seed.
 * @param seconds of work that a run may do
 * @param say is told of each search that has ended
 */
export async function tinylmSearches(
  algorithms: readonly Algorithm[],
  seeds: readonly number[],
  runs: number,
  seconds: number,
  say: (line: string) => void,
): Promise<TinylmSearches[]> {
  Object.assign(process.env, await offlineInstalls());
  const found = algorithms.map((algorithm): TinylmSearches => ({ algorithm, baseline: NaN, best: [], curve: [] }));
  for (const seed of seeds) {
    for (const all of found) {
      const { baseline, results } = await oneSearch(all.algorithm, seed, runs, seconds);
      const best = Math.min(...results);
      all.baseline = baseline;
      all.curve.push(results.map((_, at) => Math.min(baseline, ...results.slice(0, at + 1))));
      all.best.push(best);
      say(`seed ${seed}, ${all.algorithm}: ${numberText(best)} after ${results.length} runs`);
    }
  }
  return found;
}

async function oneSearch(algorithm: Algorithm, seed: number, runs: number, seconds: number) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "pg-bench-")));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder });
  cpSync(path.join(root, "envs/tinylm"), path.join(folder, "tinylm"), { recursive: true });
  const budget = path.join(folder, "tinylm/budget.py");
  writeFileSync(budget, readFileSync(budget, "utf8").replace(/^TOTAL_WORK_SECONDS = .*$/m, `TOTAL_WORK_SECONDS = ${seconds}`));
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=Bench", "-c", "user.email=bench@localhost", "commit", "-q", "-m", "baseline");
  const connection = await connectEngine({
    ...{ repository: folder, execPath: process.execPath, version: "0.1.0", log: () => undefined },
    engineScript: fileURLToPath(new URL("../../dist/engine.mjs", import.meta.url)),
  });
  try {
    const watched = await Watched.of(connection);
    const plan = { algorithm, source: "operators", size: EPOCH, epochs: runs / EPOCH, seed, base: "parent" as const };
    const { id } = await connection.request(methods.searchStart, { environment: "tinylm", plan });
    const { ideas, runs: done } = await watched.until((snapshot) =>
      snapshot.searches.find((one) => one.id === id)?.state === "ended" ? snapshot : null,
    );
    const baseline = done.find(({ idea }) => idea === null)?.metric ?? NaN;
    const ended = done.filter(({ idea }) => ideas.some((one) => one.id === idea)).sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
    return { baseline, results: ended.map(({ metric }) => metric ?? Infinity) };
  } finally {
    await connection.request(methods.engineStop, {});
    connection.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
