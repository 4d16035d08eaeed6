/** How long a large patch takes: 200 files of 2,000 lines with 20 hunks each, with right numbers and with none. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Random } from "../../extension/engine/models/random.ts";
import { applyToFolder } from "../../extension/engine/implementer/patch/folder.ts";
import { packaged } from "../workbench/packaged.ts";

const FILES = 200;
const LINES = 2000;
const HUNKS = 20;

const root = path.resolve(import.meta.dirname, "../..");

/** Seconds of wall time, in this process and from the command line, program start included. */
export async function largePatch(): Promise<{ what: string; seconds: number }[]> {
  await packaged();
  const size = `${FILES} files of ${LINES.toLocaleString("en")} lines, ${HUNKS} hunks each`;
  return [
    { what: `${size}, right numbers`, seconds: measured(true, inProcess) },
    { what: `${size}, no numbers`, seconds: measured(false, inProcess) },
    { what: `${size}, right numbers, \`proving-ground patch apply\``, seconds: measured(true, fromCommandLine) },
    { what: `${size}, no numbers, \`proving-ground patch apply\``, seconds: measured(false, fromCommandLine) },
  ];
}

function measured(numbers: boolean, apply: (folder: string, answer: string, top: string) => void): number {
  const top = mkdtempSync(path.join(tmpdir(), "large-patch-"));
  try {
    const folder = path.join(top, "folder");
    const answer = prepare(folder, numbers);
    writeFileSync(path.join(top, "answer.diff"), answer);
    const start = performance.now();
    apply(folder, answer, top);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function inProcess(folder: string, answer: string): void {
  applyToFolder(folder, answer, { protected: [] });
}

function fromCommandLine(folder: string, _answer: string, top: string): void {
  execFileSync(process.execPath, [path.join(root, "dist/cli.mjs"), "patch", "apply", folder, path.join(top, "answer.diff")], {
    stdio: "ignore",
  });
}

/** Writes the files and returns a patch of them. */
function prepare(folder: string, numbers: boolean): string {
  const random = new Random(1);
  const parts: string[] = [];
  mkdirSync(folder);
  for (let file = 0; file < FILES; file++) {
    const name = `module_${file}.py`;
    const lines = Array.from({ length: LINES }, (_, at) =>
      at % 10 === 0
        ? ""
        : at % 10 === 1
          ? `def step_${at}(state):`
          : `    state.value_${random.below(400)} += ${at} * state.rate_${random.below(50)}`,
    );
    writeFileSync(path.join(folder, name), `${lines.join("\n")}\n`);
    parts.push(`--- a/${name}\n+++ b/${name}\n`);
    for (let hunk = 0; hunk < HUNKS; hunk++) {
      const at = hunk * (LINES / HUNKS) + 40;
      const old = lines.slice(at, at + 7);
      parts.push(numbers ? `@@ -${at + 1},7 +${at + 1 + hunk},8 @@\n` : "@@\n");
      parts.push(
        ...old.slice(0, 3).map((line) => ` ${line}\n`),
        `-${old[3] ?? ""}\n`,
        `+    state.scale = ${hunk}\n`,
        `+    state.drift = ${file}\n`,
      );
      parts.push(...old.slice(4).map((line) => ` ${line}\n`));
    }
  }
  return parts.join("");
}
