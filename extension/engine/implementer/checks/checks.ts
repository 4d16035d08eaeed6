/** What a change must pass before it becomes a proposal: the environment's Python can read it, and its smoke command ends well. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "../../../protocol/manifest.ts";
import { writeChanges } from "../patch/folder.ts";
import type { Tree } from "../patch/tree.ts";
import { Turns } from "../queue.ts";
import { runCommand, type CommandEnd } from "./command.ts";
import { CheckFailure } from "./failure.ts";
import { checkPython } from "./python.ts";

/** Code as an answer would leave it. */
export interface Candidate {
  manifest: Manifest;
  /** Pristine working copy of the base: nothing in it is changed. */
  stage: string;
  /** The environment's folder in it. */
  directory: string;
  /** The files before the change. */
  tree: Tree;
  /** New contents by path in the environment's folder; null for a deleted file. */
  changes: ReadonlyMap<string, string | null>;
}

export interface ChecksOptions {
  /** What the environment's commands inherit. */
  inherited: Readonly<Record<string, string>>;
  /** The folder that the environment's setup command fills, filling it where that was not done yet; null where there is none. */
  setup: (environment: string, told: (line: string) => void) => Promise<string | null>;
}

/** Smoke commands at the same time: they share the machine with the runs that count. */
const SMOKES_AT_ONCE = 2;
const LINES_SHOWN = 30;

export class Checks {
  readonly #options: ChecksOptions;
  readonly #turns = new Turns(SMOKES_AT_ONCE);
  #copies = 0;

  constructor(options: ChecksOptions) {
    this.#options = options;
  }

  /**
   * @param told what is going on, in a few words
   * @throws CheckFailure, or ProvingGroundError `setup`, `disk-full`, `cancelled`
   */
  async pass(candidate: Candidate, signal: AbortSignal, told: (what: string) => void): Promise<void> {
    const { manifest, stage, directory, tree, changes } = candidate;
    const sources = [...changes].flatMap(([path, after]) => (after === null ? [] : [{ path, before: tree.read(path), after }]));
    if (manifest.smoke === undefined && !sources.some(({ path }) => path.endsWith(".py"))) return;
    const setup = await this.#options.setup(manifest.name, told);
    const variables = {
      ...this.#options.inherited,
      ...(setup === null ? {} : { PROVING_GROUND_SETUP: setup }),
      [manifest.seed.variable]: String(manifest.seed.default),
    };
    told("checking");
    await checkPython({ python: manifest.python, folder: join(stage, directory), variables, sources }, signal);
    if (manifest.smoke !== undefined) await this.#smoke(candidate, manifest.smoke, variables, signal, told);
  }

  async #smoke(
    { stage, directory, changes }: Candidate,
    { command, timeout }: NonNullable<Manifest["smoke"]>,
    variables: Readonly<Record<string, string>>,
    signal: AbortSignal,
    told: (what: string) => void,
  ): Promise<void> {
    await this.#turns.take(signal, async () => {
      told("trying it out");
      // Below the stage's own name, so that what an engine that dies leaves behind is found and taken away with it.
      const copy = `${stage.replace(/\.new$/, "")}.${this.#copies++}.new`;
      try {
        await cp(stage, copy, { recursive: true, verbatimSymlinks: true });
        const folder = join(copy, directory);
        writeChanges(folder, changes);
        const metrics = join(copy, "metrics.jsonl");
        const end = await runCommand(
          { command, cwd: folder, variables: { ...variables, PROVING_GROUND_METRICS: metrics }, timeout: timeout * 1000 },
          signal,
        );
        if (end.code !== 0 || end.timedOut) throw smokeFailure(end, timeout, folder);
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    });
  }
}

function smokeFailure({ code, timedOut, output }: CommandEnd, timeout: number, folder: string): CheckFailure {
  // The copy's own path means nothing to whoever reads this.
  const lines = output.replaceAll(`${folder}/`, "").trimEnd().split("\n");
  const last = lines.findLast((line) => line.trim() !== "")?.trim() ?? "";
  const how = timedOut ? `did not end within ${timeout} s` : code === null ? "was ended by a signal" : `ended with exit code ${code}`;
  const message = `the smoke command ${how}${last === "" ? "" : `: ${last.slice(0, 300)}`}`;
  const at = [...output.matchAll(/File "([^"]+)", line (\d+)/g)].findLast(([, file]) => file?.startsWith(`${folder}/`));
  return new CheckFailure("smoke", message, {
    detail: `The smoke command ${how}. The end of what it printed:\n${lines.slice(-LINES_SHOWN).join("\n")}`,
    ...(at?.[1] === undefined ? {} : { place: { file: at[1].slice(folder.length + 1), line: Number(at[2]) } }),
  });
}
