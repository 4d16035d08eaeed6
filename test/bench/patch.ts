/**
 * `npm run bench:patch`: what becomes of every answer of the corpus, by our reader, `git apply --recount` and
 * `patch -p1 --fuzz 3`; and how long a large patch takes. `--seed N --times N` makes another, larger corpus.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { applyToFolder } from "../../extension/engine/implementer/patch/folder.ts";
import { PatchRefusal } from "../../extension/engine/implementer/patch/refusal.ts";
import type { Case } from "../fixtures/patch-corpus/case.ts";
import { corpus } from "../fixtures/patch-corpus/corpus.ts";
import { judge, type Applier, type Verdict } from "../fixtures/patch-corpus/judge.ts";
import { largePatch } from "./large-patch.ts";

type Tally = Record<Verdict, number>;

const VERDICTS: readonly Verdict[] = ["exact", "refused", "wrong", "dirty"];

/** Programs beside each other. The others protect nothing and read neither prose nor blocks; they get the answer as it is. */
const PROGRAMS: Readonly<Record<string, Applier>> = {
  ours: (folder, { answer, protected: globs }) => {
    try {
      applyToFolder(folder, answer, { protected: globs });
      return true;
    } catch (cause) {
      if (cause instanceof PatchRefusal) return false;
      throw cause;
    }
  },
  "git apply --recount": (folder, { answer }) => run("git", ["apply", "--recount", "-p1", "-"], folder, answer),
  "patch -p1 --fuzz 3": (folder, { answer }) =>
    run("patch", ["-p1", "--fuzz", "3", "--batch", "--forward", "--no-backup-if-mismatch"], folder, answer),
};

const { values } = parseArgs({ options: { seed: { type: "string", default: "0" }, times: { type: "string", default: "1" } } });
const cases = corpus(Number(values.seed), Number(values.times));
const tallies = new Map<string, Tally[]>();
for (const one of cases) {
  const row = tallies.get(one.kind) ?? Object.keys(PROGRAMS).map(noTally);
  tallies.set(one.kind, row);
  Object.values(PROGRAMS).forEach((apply, index) => {
    const tally = row[index];
    if (tally !== undefined) tally[judge(one, apply)]++;
  });
}

const width = Math.max(...[...tallies.keys()].map((kind) => kind.length)) + 2;
const heads = Object.keys(PROGRAMS);
console.log(`${"".padEnd(width)}${heads.map((head) => head.padEnd(26)).join("")}`);
console.log("exact / refused / wrong / left dirty");
for (const [kind, row] of tallies) console.log(line(kind, row));
console.log();
console.log(
  line(
    "ALL THAT MUST APPLY",
    sum((one) => one.expected !== null),
  ),
);
console.log(
  line(
    "ALL THAT MUST BE REFUSED",
    sum((one) => one.expected === null),
  ),
);
const mine = sum(() => true)[0] ?? noTally();
const must = cases.filter((one) => one.expected !== null).length;
console.log(
  `\n${cases.length} answers. Ours: ${((100 * mine.exact) / must).toFixed(1)}% of ${must} exact, ${mine.wrong} wrong, ${mine.dirty} left dirty.`,
);
for (const { what, seconds } of await largePatch()) console.log(`${what}: ${seconds.toFixed(2)} s`);

function run(program: string, options: string[], folder: string, input: string): boolean {
  return spawnSync(program, options, { cwd: folder, input, stdio: ["pipe", "ignore", "ignore"], timeout: 10_000 }).status === 0;
}

function noTally(): Tally {
  return { exact: 0, refused: 0, wrong: 0, dirty: 0 };
}

function line(name: string, row: readonly Tally[]): string {
  return (
    name.padEnd(width) +
    row
      .map((tally) =>
        VERDICTS.map((verdict) => String(tally[verdict]).padStart(4))
          .join(" /")
          .padEnd(26),
      )
      .join("")
  );
}

function sum(counts: (one: Case) => boolean): Tally[] {
  const kinds = new Set(cases.filter(counts).map((one) => one.kind));
  const total = Object.keys(PROGRAMS).map(noTally);
  for (const [kind, row] of tallies) {
    if (!kinds.has(kind)) continue;
    row.forEach((tally, index) => {
      for (const verdict of VERDICTS) {
        const sums = total[index];
        if (sums !== undefined) sums[verdict] += tally[verdict];
      }
    });
  }
  return total;
}
