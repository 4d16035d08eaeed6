/** From proposals to commits: what the human left standing is committed, guarded once more, on a base that still stands. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recoverImplementer } from "../../../extension/engine/implementer/recovery.ts";
import { hunksOf } from "../../../extension/protocol/review.ts";
import { block, DIRECTORY, go, lab, RAISE, scripted, TRAIN, type Lab } from "./lab.ts";

const TWO = `${RAISE}${block("train.py", "    return x * x", "    return abs(x)")}`;
const PATH = `${DIRECTORY}/train.py`;

/** An idea in review. */
async function proposed(made: Lab, answer = TWO, base?: number): Promise<number> {
  const id = made.idea(base === undefined ? {} : { base });
  const results = await made.implementer.implement([id], { ...go(), model: scripted(answer).model });
  expect(results).toMatchObject([{ status: "in review" }]);
  return id;
}

const all = { undecided: "accept" } as const;

describe("approving", () => {
  test("commits under the idea's ref, on the base, by whoever git says, and removes the working copy", async () => {
    const made = lab();
    const id = await proposed(made);
    const idea = await made.proposals.approve(id, all);
    expect(idea).toMatchObject({ status: "approved", kind: "algorithmic", change: { files: 1, added: 2, removed: 2 } });
    const { git } = made.repo;
    expect(git("rev-parse", `refs/proving-ground/${id}`)).toBe(idea.commit);
    expect(git("log", "-1", "--format=%P|%an|%B", idea.commit!)).toBe(
      `${git("rev-parse", "HEAD")}|Proving Ground|Raise the rate\n\nBecause it is low.\n\nProving-Ground-Idea: ${id}`,
    );
    expect(git("log", "-1", "--format=%(trailers:key=Proving-Ground-Idea,valueonly)", idea.commit!)).toBe(String(id));
    expect(git("show", `${idea.commit}:README.md`)).toBe("outside");
    expect(readdirSync(made.root)).toEqual([]);
    expect(git("status", "--porcelain")).toBe("");
    expect(await made.proposals.diff(id)).toContain("+    return abs(x)");
    await expect(made.proposals.view(id)).rejects.toMatchObject({ code: "no-proposal" });
  });

  test("leaves rejected hunks out and takes the human's own edits in", async () => {
    const made = lab();
    const id = await proposed(made);
    writeFileSync(
      made.copy(id, "train.py"),
      made.read(id, "train.py").replace("STEPS = 100", "STEPS = 77").replace("# Settings.", "# Mine."),
    );
    writeFileSync(made.copy(id, "mine.py"), "X = 1\n");
    writeFileSync(made.copy(id, "noise.log"), "ignored\n");
    const view = await made.proposals.view(id);
    expect(view).toMatchObject({ idea: id, title: "Raise the rate", folder: join(made.root, String(id)) });
    expect(view.files.map(({ path }) => path)).toEqual([`${DIRECTORY}/mine.py`, PATH]);
    const hunks = view.files.flatMap(hunksOf);
    const rejected = hunks.find(({ proposedLines }) => proposedLines.join("").includes("abs"))!;
    await expect(made.proposals.approve(id)).rejects.toMatchObject({ code: "undecided-hunks" });
    const idea = await made.proposals.approve(id, { reject: [rejected.id], ...all });
    expect(await made.git.fileAt(idea.commit!, PATH)).toBe(
      TRAIN.replace("0.1", "0.3").replace("100", "77").replace("# Settings.", "# Mine."),
    );
    expect(await made.git.fileAt(idea.commit!, `${DIRECTORY}/mine.py`)).toBe("X = 1\n");
    expect(await made.git.fileAt(idea.commit!, `${DIRECTORY}/noise.log`)).toBeNull();
  });

  test("takes only what was seen: a file changed behind the reviewer's back is refused, and stays as it is", async () => {
    const made = lab();
    const id = await proposed(made);
    const seen = (await made.proposals.view(id)).files.flatMap(hunksOf).map((hunk) => hunk.id);
    const behind = made.read(id, "train.py").replace("abs(x)", "abs(x) + 1");
    writeFileSync(made.copy(id, "train.py"), behind);
    await expect(made.proposals.approve(id, { ...all, seen })).rejects.toMatchObject({ code: "proposal-changed" });
    await expect(made.proposals.approve(id, { ...all, seen: [] })).rejects.toMatchObject({ code: "proposal-changed" });
    expect(made.read(id, "train.py")).toBe(behind);
    writeFileSync(made.copy(id, "train.py"), behind.replace("abs(x) + 1", "abs(x)"));
    expect(await made.proposals.approve(id, { ...all, seen })).toMatchObject({ status: "approved" });
  });

  test("goes by the recorded decisions, and forgets those on hunks that changed", async () => {
    const made = lab();
    const id = await proposed(made);
    const hunks = (await made.proposals.view(id)).files.flatMap(hunksOf);
    await made.proposals.decide(id, Object.fromEntries(hunks.map((hunk) => [hunk.id, "accepted" as const])));
    expect((await made.proposals.view(id)).decisions).toEqual(Object.fromEntries(hunks.map((hunk) => [hunk.id, "accepted"])));
    writeFileSync(made.copy(id, "train.py"), made.read(id, "train.py").replace("abs(x)", "abs(x) + 1"));
    await expect(made.proposals.approve(id)).rejects.toMatchObject({ message: `1 of 2 hunks of idea #${id} are undecided` });
    writeFileSync(made.copy(id, "train.py"), made.read(id, "train.py").replace("abs(x) + 1", "abs(x)"));
    expect(await made.proposals.approve(id)).toMatchObject({ status: "approved" });
  });

  test("with every hunk rejected, or nothing left on disk, is refused as empty; a hunk that is not there as wrong", async () => {
    const made = lab();
    const id = await proposed(made);
    const hunks = (await made.proposals.view(id)).files.flatMap(hunksOf);
    await expect(made.proposals.approve(id, { reject: hunks.map((hunk) => hunk.id) })).rejects.toMatchObject({ code: "empty-change" });
    await expect(made.proposals.approve(id, { reject: ["0000"] })).rejects.toMatchObject({ code: "usage" });
    writeFileSync(made.copy(id, "train.py"), TRAIN);
    await expect(made.proposals.approve(id, all)).rejects.toMatchObject({ code: "empty-change" });
    expect(made.store.ideas.get(id).status).toBe("in review");
    expect(await made.git.refs()).toEqual(new Map());
  });

  test.each([
    ["a protected file", "protected-path", (made: Lab, id: number) => writeFileSync(made.copy(id, "evaluate.py"), "TRUTH = 0\n")],
    ["a deleted protected file", "protected-path", (made: Lab, id: number) => rmSync(made.copy(id, "evaluate.py"))],
    ["a file that is not editable", "protected-path", (made: Lab, id: number) => writeFileSync(made.copy(id, "run.sh"), "x\n")],
    ["a symbolic link", "outside-path", (made: Lab, id: number) => symlinkSync("/etc/passwd", made.copy(id, "link.py"))],
    ["a binary file", "patch", (made: Lab, id: number) => writeFileSync(made.copy(id, "x.py"), Buffer.from([0, 1, 255]))],
    ["a file too large", "patch", (made: Lab, id: number) => writeFileSync(made.copy(id, "x.py"), "x".repeat(4_000_001))],
  ])("refuses %s that the human put there", async (_, code, put) => {
    const made = lab();
    const id = await proposed(made);
    put(made, id);
    await expect(made.proposals.approve(id, all)).rejects.toMatchObject({ code });
    expect(made.store.ideas.get(id).status).toBe("in review");
  });

  test("names the kind: literals in assignments are hyper-parameters, a knob is what the manifest calls it", async () => {
    const made = lab();
    const ids = [made.idea({ knobs: { lr: 0.3 } }), made.idea({ knobs: { optimizer: "lion" } })];
    await made.implementer.implement(ids, { ...go(), model: null });
    const raised = await proposed(made, RAISE);
    const kinds = await Promise.all([...ids, raised].map(async (id) => (await made.proposals.approve(id, all)).kind));
    expect(kinds).toEqual(["hyper-parameter", "algorithmic", "hyper-parameter"]);
  });
});

describe("the base", () => {
  test("may go on where the environment is not touched, and has moved where it is", async () => {
    const made = lab();
    const [first, second] = [await proposed(made), await proposed(made)];
    made.repo.write("README.md", "new words\n");
    made.repo.commit("elsewhere");
    expect(await made.proposals.approve(first, all)).toMatchObject({ status: "approved" });
    made.repo.write(PATH, TRAIN.replace("STEPS = 100", "STEPS = 200"));
    made.repo.commit("in the environment");
    await expect(made.proposals.approve(second, all)).rejects.toMatchObject({
      code: "base-moved",
      hint: expect.stringContaining("again") as string,
    });
    expect(made.store.ideas.get(second).status).toBe("in review");
  });

  test("of a child is its parent's commit, whatever the baseline does, unless the parent is rejected", async () => {
    const made = lab();
    const parent = await proposed(made, RAISE);
    await expect(made.implementer.implement([made.idea({ base: parent })], { ...go(), model: null })).rejects.toMatchObject({
      code: "model",
    });
    const { commit } = await made.proposals.approve(parent, all);
    const children = [
      await proposed(made, block("train.py", "LR = 0.3", "LR = 0.9"), parent),
      await proposed(made, block("train.py", "STEPS = 100", "STEPS = 10"), parent),
    ];
    made.repo.write(PATH, "rewritten\n");
    made.repo.commit("the baseline goes on");
    const child = await made.proposals.approve(children[0]!, all);
    expect(made.repo.git("rev-parse", `${child.commit}^`)).toBe(commit);
    made.store.ideas.reject("human", [parent], false);
    await expect(made.proposals.approve(children[1]!, all)).rejects.toMatchObject({ code: "base-moved" });
    await expect(
      made.implementer.implement([made.idea({ base: parent, knobs: { lr: 0.2 } })], { ...go(), model: null }),
    ).rejects.toMatchObject({
      code: "base-moved",
    });
  });
});

test("discarding makes a draft again and leaves no files", async () => {
  const made = lab();
  const id = await proposed(made);
  expect(await made.proposals.discard(id)).toMatchObject({ status: "draft" });
  expect(readdirSync(made.root)).toEqual([]);
  await expect(made.proposals.discard(id)).rejects.toMatchObject({ code: "no-proposal" });
  await expect(made.proposals.diff(id)).rejects.toMatchObject({ code: "no-proposal" });
});

describe("after an engine that was killed", () => {
  const recover = (made: Lab) => recoverImplementer(made.git, made.store, made.folders);

  test("while a first proposal was written: nothing is left of it, the attempt is closed", async () => {
    const made = lab();
    const id = made.idea();
    made.store.implementations.startAttempt({ idea: id, sample: 1, number: 1, by: "test/scripted", note: null });
    mkdirSync(join(made.root, `${id}.new`));
    mkdirSync(join(made.root, String(id)));
    await recover(made);
    expect(readdirSync(made.root)).toEqual([]);
    expect(made.store.ideas.get(id)).toMatchObject({
      status: "not implemented",
      problem: expect.stringContaining("engine ended") as string,
    });
  });

  test("while a proposal was replaced: the old one is there if the new one was not recorded, else the new one", async () => {
    const made = lab();
    const [unrecorded, recorded] = [await proposed(made), await proposed(made)];
    for (const id of [unrecorded, recorded]) {
      renameSync(join(made.root, String(id)), join(made.root, `${id}.old`));
      mkdirSync(join(made.root, String(id), DIRECTORY), { recursive: true });
      writeFileSync(made.copy(id, "train.py"), "the new one\n");
    }
    made.store.implementations.startAttempt({ idea: unrecorded, sample: 1, number: 1, by: "test/scripted", note: null });
    await recover(made);
    expect(made.read(unrecorded, "train.py")).toContain("LR = 0.3");
    expect(made.store.ideas.get(unrecorded).status).toBe("in review");
    expect(made.read(recorded, "train.py")).toBe("the new one\n");
    expect(readdirSync(made.root).sort()).toEqual([String(unrecorded), String(recorded)].sort());
  });

  test("between a proposal's ref and its row: it is still in review; a lost ref comes back from its row", async () => {
    const made = lab();
    const [open, done] = [await proposed(made), await proposed(made)];
    const { commit } = await made.proposals.approve(done, all);
    await made.git.setRefs(
      new Map([
        [String(open), commit],
        [String(done), null],
        ["999", commit],
      ]),
    );
    await recover(made);
    expect([...(await made.git.refs())]).toEqual([
      [String(done), commit],
      ["999", commit],
    ]);
    expect(made.store.ideas.get(open).status).toBe("in review");
    expect(await made.proposals.approve(open, all)).toMatchObject({ status: "approved" });
  });

  test("with many refs lost: each comes back whose commit is still there", async () => {
    const made = lab();
    const ids: number[] = [];
    for (let count = 0; count < 5; count++) ids.push(await proposed(made));
    await Promise.all(ids.map((id) => made.proposals.approve(id, all)));
    const before = await made.git.refs();
    const pruned = made.idea();
    const gone = "f".repeat(40);
    const change = { files: 1, added: 1, removed: 1 };
    made.store.implementations.approve("human", { idea: pruned, base: gone, commit: gone, change, kind: null });
    await made.git.setRefs(new Map([...before.keys()].slice(1).map((name) => [name, null])));
    await recover(made);
    expect(await made.git.refs()).toEqual(before);
    expect(before.size).toBe(5);
  });

  test("files that somebody removed are no proposal", async () => {
    const made = lab();
    const id = await proposed(made);
    rmSync(join(made.root, String(id)), { recursive: true });
    await expect(made.proposals.view(id)).rejects.toMatchObject({ code: "no-proposal" });
    await recover(made);
    expect(made.store.ideas.get(id).status).toBe("draft");
    expect(existsSync(made.root)).toBe(true);
  });
});
