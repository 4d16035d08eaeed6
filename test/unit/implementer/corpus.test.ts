/** The promise over the corpus: never a wrong file, hardly anything refused that has one place, everything refused that must be. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyEdits } from "../../../extension/engine/implementer/patch/apply.ts";
import { parseAnswer } from "../../../extension/engine/implementer/patch/parse.ts";
import { PatchRefusal } from "../../../extension/engine/implementer/patch/refusal.ts";
import { treeOf } from "../../../extension/engine/implementer/patch/tree.ts";
import type { Case } from "../../fixtures/patch-corpus/case.ts";
import { corpus } from "../../fixtures/patch-corpus/corpus.ts";
import { ANSWERS, pages } from "../../fixtures/patch-corpus/pages.ts";

/** What the answer makes of the files; a refusal where it is refused. Symbolic links are for folders, not for memory. */
function outcomeOf({ files, answer, protected: globs }: Case): Record<string, string> | PatchRefusal {
  try {
    const changed = applyEdits(treeOf(new Map(Object.entries(files))), parseAnswer(answer), { protected: globs });
    const result = new Map<string, string | null>([...Object.entries(files), ...changed]);
    return Object.fromEntries([...result].filter((entry): entry is [string, string] => entry[1] !== null));
  } catch (cause) {
    if (cause instanceof PatchRefusal) return cause;
    throw cause;
  }
}

const cases = corpus().filter((one) => one.links === undefined);
const outcomes = cases.map((one) => ({ one, outcome: outcomeOf(one) }));
const must = outcomes.filter(({ one }) => one.expected !== null);

test("there are at least 300 answers that must apply, and every kind has some", () => {
  expect(must.length).toBeGreaterThan(300);
  expect(new Set(cases.map((one) => one.kind)).size).toBeGreaterThan(70);
});

test("what is applied is what was meant, byte for byte", () => {
  for (const { one, outcome } of must) if (!(outcome instanceof PatchRefusal)) expect(outcome, one.kind).toEqual(one.expected);
});

test("at least 99 of 100 that have one place are applied", () => {
  const refused = must.filter(({ outcome }) => outcome instanceof PatchRefusal).map(({ one }) => one.kind);
  expect(refused.length / must.length, refused.join(", ")).toBeLessThanOrEqual(0.01);
});

test("what must be refused is, and the refusal names what it is about in one line", () => {
  for (const { one, outcome } of outcomes) {
    if (one.expected !== null) continue;
    expect(outcome, `${one.kind}: ${one.answer.slice(0, 200)}`).toBeInstanceOf(PatchRefusal);
    const { message } = outcome as PatchRefusal;
    expect(message).not.toContain("\n");
    for (const name of one.names ?? []) expect(message, one.kind).toContain(name);
  }
});

test("the answers on file are those that the script makes", () => {
  for (const { name, text } of pages(corpus())) expect(text, name).toBe(readFileSync(join(ANSWERS, name), "utf8"));
});
