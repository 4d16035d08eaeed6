/** The same work by OpenEvolve, from PyPI: its own loop, with its evaluation as a process and a model that answers at once. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { json, modelServer } from "../../fixtures/model-server.ts";
import { cached, hashOfFiles } from "../../workbench/cache.ts";
import { runCommand } from "../../workbench/commands.ts";

const here = import.meta.dirname;
const REQUIREMENTS = path.join(here, "requirements.txt");

/** As it is pinned. */
export function peerName(): string {
  const [, version = "?"] = /^openevolve==(.*)$/m.exec(readFileSync(REQUIREMENTS, "utf8")) ?? [];
  return `OpenEvolve ${version}`;
}

/** Interpreter of a virtual environment that holds it, made outside the clone where it is missing. */
async function interpreter(): Promise<string> {
  const version = runCommand("python3", ["-c", "import sys; print(sys.version, sys.base_prefix)"], { cwd: here });
  const folder = await cached(`openevolve-${await hashOfFiles([REQUIREMENTS], version)}`, (attempt) => {
    console.error("Installing OpenEvolve, once on this machine…");
    runCommand("python3", ["-m", "venv", attempt], { cwd: here });
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
    runCommand(path.join(attempt, "bin/python"), install, { cwd: here, show: true });
    return Promise.resolve();
  });
  return path.join(folder, "bin/python");
}

/**
 * Evolves a program of one line for so many iterations.
 * @param command what each evaluation executes, for `sh -c`
 * @returns when each evaluation ended, in milliseconds since 1970, earliest first; the initial program's is left out
 */
export async function evolve(command: string, iterations: number, atOnce: number): Promise<number[]> {
  const python = await interpreter();
  const folder = await mkdtemp(path.join(tmpdir(), "pg-openevolve-"));
  let answers = 1;
  await using server = await modelServer({ answer: () => completion(`\`\`\`python\nVALUE = ${++answers}\n\`\`\``) });
  try {
    const ends = path.join(folder, "ends");
    const args = [path.join(here, "run.py"), server.baseURL, String(iterations), String(atOnce), folder];
    const env = { ...process.env, BENCH_COMMAND: command, BENCH_ENDS: ends };
    const { stderr } = await promisify(execFile)(python, args, { cwd: folder, env, maxBuffer: 2 ** 26 });
    const times = existsSync(ends) ? readFileSync(ends, "utf8").trim().split("\n").map(Number) : [];
    if (times.length !== iterations + 1)
      throw new Error(`OpenEvolve evaluated ${times.length} of ${iterations + 1} programs: ${stderr.slice(-2000)}`);
    return times.sort((a, b) => a - b).slice(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An answer in one piece, with what it took. */
const completion = (content: string) =>
  json({
    ...{ id: "bench", object: "chat.completion", created: 0, model: "bench" },
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
    usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
  });
