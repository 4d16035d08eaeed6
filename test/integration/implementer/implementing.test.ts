/** From ideas to proposals: applied to a copy of the base, revised with the reason, recorded, and never half done. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import { hunksOf } from "../../../extension/protocol/review.ts";
import { block, DIRECTORY, go, lab, RAISE, scripted, TRAIN } from "./lab.ts";

describe("a model's answer", () => {
  test("becomes a proposal: real files beside the base, and nothing of the user's touched", async () => {
    const { repo, store, implementer, idea, read, proposals, root } = lab();
    const id = idea();
    const { model, requests } = scripted(RAISE);
    const heard: string[] = [];
    const results = await implementer.implement([id], { ...go(), model, onProgress: ({ message, text }) => heard.push(text ?? message) });
    expect(results).toEqual([{ idea: id, status: "in review", reason: null, error: null }]);
    expect(read(id, "train.py")).toBe(TRAIN.replace("0.1", "0.3"));
    expect(read(id, "evaluate.py")).toBe("TRUTH = 1\n");
    expect(readdirSync(root)).toEqual([String(id)]);
    expect(existsSync(join(root, String(id), "README.md"))).toBe(false);
    expect(store.ideas.get(id)).toMatchObject({ status: "in review", change: { files: 1, added: 1, removed: 1 } });
    expect(store.implementations.attempts(id)).toMatchObject([
      { number: 1, by: "test/scripted", outcome: "applied", answer: RAISE, usage: { inputTokens: 100, outputTokens: 10 } },
    ]);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.git("worktree", "list").split("\n")).toHaveLength(1);
    expect(heard.join("")).toContain(RAISE.slice(0, 20));
    const asked = requests[0]?.messages.map(({ content }) => content).join("\n") ?? "";
    expect(asked).toContain(" 2 | LR = 0.1");
    expect(asked).toContain("`evaluate.py`, `environment.yaml`");
    expect(asked).toContain("Because it is low.");
    expect(asked).not.toMatch(/\{\{|<!--/);
    expect(await proposals.diff(id)).toContain(`--- a/${DIRECTORY}/train.py`);
  });

  test("may write the environment's folder in front of its paths, and make new files", async () => {
    const { implementer, idea, read } = lab();
    const id = idea();
    const { model } = scripted(
      `${block(`${DIRECTORY}/train.py`, "STEPS = 100", "STEPS = 50")}--- /dev/null\n+++ b/${DIRECTORY}/pkg/muon.py\n@@ -0,0 +1 @@\n+X = 1\n`,
    );
    expect(await implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(read(id, "pkg/muon.py")).toBe("X = 1\n");
  });

  test("that does not fit is revised with the exact reason and the nearest lines", async () => {
    const { store, implementer, idea } = lab();
    const id = idea();
    const { model, requests } = scripted(block("train.py", "LR = 0.2", "LR = 0.3"), "Sorry, no.", RAISE);
    expect(await implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(store.implementations.attempts(id).map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "would not apply"],
      [2, "unreadable answer"],
      [3, "applied"],
    ]);
    expect(requests[1]?.messages).toHaveLength(3);
    expect(requests[1]?.messages[2]?.content).toContain("its lines are not in the file");
    expect(requests[2]?.messages).toHaveLength(5);
  });

  test.each([
    ["never fits", block("train.py", "NOTHING = 1", "x = 1"), "would not apply", "train.py: hunk 1: its lines are not in the file"],
    ["edits a protected file", block("evaluate.py", "TRUTH = 1", "TRUTH = 0"), "protected", "evaluate.py: is protected"],
    ["edits the manifest", block("environment.yaml", "name: toy", "name: easy"), "protected", "environment.yaml: is protected"],
    [
      "edits what is not editable",
      "--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+x\n",
      "protected",
      "not among the editable files (**/*.py)",
    ],
    ["leaves the environment", "--- /dev/null\n+++ b/../../evil.py\n@@ -0,0 +1 @@\n+x\n", "outside", "leaves the environment's folder"],
    ["changes nothing", block("train.py", "LR = 0.1", "LR = 0.1"), "empty", "the change is empty"],
    ["is prose", "I would not do that.", "unreadable answer", "holds no diff"],
  ])("that %s three times is not implemented, with the reason", async (_, answer, outcome, reason) => {
    const { store, implementer, idea, root } = lab();
    const id = idea();
    const [result] = await implementer.implement([id], { ...go(), model: scripted(answer, answer, answer).model });
    expect(result).toMatchObject({ status: "not implemented", reason: expect.stringContaining(reason) as string });
    expect(store.implementations.attempts(id).map((attempt) => attempt.outcome)).toEqual([outcome, outcome, outcome]);
    expect(store.ideas.get(id)).toMatchObject({ status: "not implemented", problem: expect.stringContaining(reason) as string });
    expect(readdirSync(root)).toEqual([]);
  });

  test("that never came is a model error, and is not asked for again", async () => {
    const { store, implementer, idea } = lab();
    const id = idea();
    const { model, requests } = scripted(() => {
      throw new ProvingGroundError("model", "the endpoint answered 500 five times");
    });
    expect(await implementer.implement([id], { ...go(), model })).toMatchObject([{ reason: "the endpoint answered 500 five times" }]);
    expect(store.implementations.attempts(id)).toMatchObject([{ outcome: "model error" }]);
    expect(requests).toHaveLength(1);
  });

  test("that is cancelled while it is written is recorded as that, and an earlier proposal stays", async () => {
    const { store, implementer, idea, read } = lab();
    const id = idea();
    await implementer.implement([id], { ...go(), model: scripted(RAISE).model });
    const controller = new AbortController();
    const { model } = scripted(() => {
      controller.abort();
      throw new ProvingGroundError("cancelled", "cancelled");
    });
    expect(await implementer.implement([id], { signal: controller.signal, model })).toMatchObject([{ status: "not implemented" }]);
    expect(store.implementations.attempts(id).at(-1)).toMatchObject({ outcome: "cancelled" });
    expect(store.ideas.get(id).status).toBe("in review");
    expect(read(id, "train.py")).toContain("LR = 0.3");
  });

  test("a second time replaces the proposal", async () => {
    const { implementer, idea, read } = lab();
    const id = idea();
    const { model } = scripted(RAISE, block("train.py", "STEPS = 100", "STEPS = 10"));
    await implementer.implement([id], { ...go(), model });
    await implementer.implement([id], { ...go(), model });
    expect(read(id, "train.py")).toBe(TRAIN.replace("100", "10"));
  });
});

describe("a proposal that a human has worked on", () => {
  const again = block("train.py", "LR = 0.1", "LR = 0.5");

  test("is kept when the idea is implemented again, unless it is said to be replaced", async () => {
    const { implementer, proposals, idea, copy, read } = lab();
    const id = idea();
    const { model, requests } = scripted(RAISE, again);
    await implementer.implement([id], { ...go(), model });
    expect(await proposals.view(id)).toMatchObject({ edited: false });
    writeFileSync(copy(id, "train.py"), read(id, "train.py").replace("STEPS = 100", "STEPS = 50"));
    expect(await proposals.view(id)).toMatchObject({ edited: true });
    await expect(implementer.implement([id], { ...go(), model })).rejects.toMatchObject({ code: "proposal-edited" });
    expect(requests).toHaveLength(1);
    expect(read(id, "train.py")).toContain("STEPS = 50");
    expect(await implementer.implement([id], { ...go(), model, replace: true })).toMatchObject([{ status: "in review" }]);
    expect(read(id, "train.py")).toContain("LR = 0.5");
    expect(read(id, "train.py")).toContain("STEPS = 100");
    expect(await proposals.view(id)).toMatchObject({ edited: false });
  });

  test("is one with a decision on a hunk, too; an edit that was taken back is none", async () => {
    const { implementer, proposals, idea, copy, read } = lab();
    const id = idea();
    await implementer.implement([id], { ...go(), model: scripted(RAISE).model });
    const written = read(id, "train.py");
    writeFileSync(copy(id, "train.py"), `${written}# mine\n`);
    writeFileSync(copy(id, "train.py"), written);
    const { files, edited } = await proposals.view(id);
    expect(edited).toBe(false);
    const [hunk] = files.flatMap(hunksOf);
    await proposals.decide(id, { [hunk!.id]: "accepted" });
    expect(await proposals.view(id)).toMatchObject({ edited: true });
  });
});

describe("an operator's idea", () => {
  test("is exactly its knobs, in the quotes that stood there, and needs no model", async () => {
    const { store, implementer, idea, read } = lab();
    const id = idea({ knobs: { lr: 0.03, optimizer: "lion" } });
    expect(await implementer.implement([id], { ...go(), model: null })).toMatchObject([{ status: "in review" }]);
    expect(read(id, "train.py")).toBe(TRAIN.replace("0.1", "0.03").replace('"sgd"', '"lion"'));
    expect(store.implementations.attempts(id)).toMatchObject([{ by: "operator", outcome: "applied" }]);
  });

  test("keeps Windows line ends byte for byte", async () => {
    const { implementer, idea, read } = lab({ [`${DIRECTORY}/train.py`]: TRAIN.replaceAll("\n", "\r\n") });
    const ids = [idea({ knobs: { optimizer: "lion" } }), idea()];
    await implementer.implement(ids, { ...go(), model: scripted(RAISE).model });
    expect(read(ids[1]!, "train.py")).toBe(TRAIN.replace("0.1", "0.3").replaceAll("\n", "\r\n"));
    expect(read(ids[0]!, "train.py")).toContain('OPTIMIZER = "lion"');
    expect(read(ids[0]!, "train.py").replaceAll("\r\n", "").includes("\n")).toBe(false);
  });

  test("whose knob is not in the code any more is not implemented", async () => {
    const { store, implementer, idea } = lab({ [`${DIRECTORY}/train.py`]: TRAIN.replace("LR = 0.1", "RATE = 0.1") });
    const id = idea({ knobs: { lr: 0.3 } });
    expect(await implementer.implement([id], { ...go(), model: null })).toMatchObject([
      { reason: "knob lr: its place matches nowhere in train.py" },
    ]);
    expect(store.ideas.get(id).status).toBe("not implemented");
  });
});

describe("nothing is begun", () => {
  test("on a dirty baseline: the error names the files", async () => {
    const { repo, store, implementer, idea } = lab();
    repo.write(`${DIRECTORY}/train.py`, "changed\n");
    repo.write("README.md", "dirty, but not ours\n");
    const id = idea({ knobs: { lr: 0.3 } });
    await expect(implementer.implement([id], { ...go(), model: null })).rejects.toMatchObject({
      code: "dirty-baseline",
      message: `toy has uncommitted changes: ${DIRECTORY}/train.py`,
    });
    expect(store.ideas.get(id).status).toBe("draft");
  });

  test("without a model where one is needed; the ideas that need none go on", async () => {
    const { implementer, idea } = lab();
    const ids = [idea(), idea({ knobs: { lr: 0.3 } })];
    await expect(implementer.implement([ids[0]!], { ...go(), model: null })).rejects.toMatchObject({ code: "model" });
    expect(await implementer.implement(ids, { ...go(), model: null })).toMatchObject([
      { status: "not implemented" },
      { status: "in review" },
    ]);
  });

  test("of an idea that is rejected, approved, or being implemented", async () => {
    const { store, implementer, proposals, idea } = lab();
    const [rejected, approved, busy] = [idea(), idea({ knobs: { lr: 0.3 } }), idea()];
    store.ideas.reject("human", [rejected], false);
    await implementer.implement([approved], { ...go(), model: null });
    await proposals.approve(approved, { undecided: "accept" });
    for (const id of [rejected, approved]) {
      await expect(implementer.implement([id], { ...go(), model: null })).rejects.toMatchObject({ code: "usage" });
    }
    const { model } = scripted(async () => {
      await expect(implementer.implement([busy], { ...go(), model: null })).rejects.toMatchObject({ code: "usage" });
      return RAISE;
    });
    expect(await implementer.implement([busy], { ...go(), model })).toMatchObject([{ status: "in review" }]);
  });
});

test("several ideas go on at once, as many as are allowed, and a cancelled queue lets go", async () => {
  const { implementer, idea } = lab();
  const ids = [idea(), idea(), idea(), idea()];
  let now = 0;
  let most = 0;
  const answer = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return RAISE;
  };
  const results = await implementer.implement(ids, { ...go(), model: scripted(answer, answer, answer, answer).model });
  expect(results.every(({ status }) => status === "in review")).toBe(true);
  expect(most).toBeLessThanOrEqual(2);
  await expect(implementer.implement([idea()], { signal: AbortSignal.abort(), model: null })).rejects.toMatchObject({ code: "cancelled" });
});

test("a workspace's own prompt is used, and one with an unknown placeholder is refused by file and line", async () => {
  const { repo, implementer, idea } = lab();
  mkdirSync(join(repo.top, ".proving-ground/prompts"), { recursive: true });
  const file = join(repo.top, ".proving-ground/prompts/implement.md");
  writeFileSync(file, "Only {{idea}}.\n");
  const { model, requests } = scripted(RAISE);
  await implementer.implement([idea()], { ...go(), model });
  expect(requests[0]?.messages[0]?.content).toBe("Only Raise the rate.");
  writeFileSync(file, "Only\n{{idae}}.\n");
  await expect(implementer.implement([idea()], { ...go(), model })).rejects.toMatchObject({ code: "usage", place: { file, line: 2 } });
});
