/** An environment whose runs do nothing until they are told to end: what they print is written by the test, as a run would. */
import { appendFile, rm, mkdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { commitAll } from "./lab-content.ts";

const MANIFEST = `name: told
title: Told what to print
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss }, plausible: { min: 0, max: 100 } }
files: { context: [train.sh], editable: [train.sh], protected: [evaluate.sh] }
run: { command: sh train.sh }
resources: { timeout: 600 }
seed: { variable: SEED }
`;
const TRAIN = ". ./evaluate.sh\n";
const EVALUATE = `folder=$(dirname "$PROVING_GROUND_METRICS")
until [ -e "$folder/end" ]; do sleep 0.1; done
printf '{"step": 1, "loss": 2}\\n' >> "$PROVING_GROUND_METRICS"
`;

/** Makes it the only environment of a workspace. */
export async function onlyTold(workspace: string): Promise<void> {
  await rm(path.join(workspace, "tinylm"), { recursive: true });
  const folder = path.join(workspace, "told");
  await mkdir(folder);
  for (const [file, text] of Object.entries({ "environment.yaml": MANIFEST, "train.sh": TRAIN, "evaluate.sh": EVALUATE })) {
    await writeFile(path.join(folder, file), text);
  }
  commitAll(workspace, "An environment that is told what to print");
}

/** A run of it, by its number. */
export class ToldRun {
  /** The file that its log is. */
  readonly log: string;
  readonly #folder: string;

  constructor(workspace: string, run: number) {
    this.#folder = path.join(workspace, ".proving-ground/runs", String(run));
    this.log = path.join(this.#folder, "stdout.log");
  }

  async prints(text: string | Uint8Array): Promise<void> {
    await appendFile(this.log, text);
  }

  /** Makes its log so many bytes long: emptier, or longer by a hole that reads as zeros. */
  async resizes(bytes: number): Promise<void> {
    await truncate(this.log, bytes);
  }

  async ends(): Promise<void> {
    await writeFile(path.join(this.#folder, "end"), "");
  }
}

/** Lines as a training loop prints them. */
export function steps(start: number, end: number): string {
  return Array.from({ length: end - start }, (_, i) => `step ${start + i} train_loss ${(3 - (start + i) / 1e6).toFixed(4)}\n`).join("");
}
