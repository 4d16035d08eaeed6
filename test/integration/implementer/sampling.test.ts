/** Several samples of one idea, and what a change must pass before it is a proposal: syntax, imports, the smoke command. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { block, DIRECTORY, go, lab, RAISE, scripted, TRAIN, type Lab } from "./lab.ts";

const smoke = (command: string, timeout = 20) => ({ manifest: `smoke: { command: ${JSON.stringify(command)}, timeout: ${timeout} }\n` });
const kinds = ({ store }: Lab, id: number) =>
  store.implementations.attempts(id).map(({ sample, number, outcome }) => [sample, number, outcome]);
const UNFIT = block("train.py", "NOTHING = 1", "x = 1");

describe("of three samples", () => {
  test("the first that passes is the proposal; the others are called off, recorded as overtaken, and end their requests", async () => {
    const made = lab();
    const id = made.idea();
    const calledOff: number[] = [];
    const waiting = (_: unknown, signal: AbortSignal) =>
      new Promise<string>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          calledOff.push(1);
          reject(new Error("the connection was closed"));
        });
      });
    const { model } = scripted(waiting, RAISE, waiting);
    expect(await made.implementer.implement([id], { ...go(), model, samples: 3 })).toMatchObject([{ status: "in review" }]);
    expect(calledOff).toHaveLength(2);
    expect(kinds(made, id)).toEqual([
      [1, 1, "overtaken"],
      [2, 1, "applied"],
      [3, 1, "overtaken"],
    ]);
    expect(made.read(id, "train.py")).toBe(TRAIN.replace("0.1", "0.3"));
    expect(readdirSync(made.root)).toEqual([String(id)]);
    expect(made.store.ideas.get(id)).toMatchObject({ status: "in review", problem: null });
  });

  test("each is revised on its own; when none passes, the idea says how many were tried", async () => {
    const made = lab();
    const id = made.idea();
    const { model, requests } = scripted(...Array.from({ length: 9 }, () => UNFIT));
    const [result] = await made.implementer.implement([id], { ...go(), model, samples: 3 });
    expect(result).toMatchObject({ status: "not implemented", reason: expect.stringContaining("none of 3 samples passed") as string });
    expect(requests).toHaveLength(9);
    expect(
      kinds(made, id)
        .map(([sample, number]) => `${sample}.${number}`)
        .sort(),
    ).toEqual([1, 2, 3].flatMap((sample) => [1, 2, 3].map((number) => `${sample}.${number}`)));
    expect(made.store.ideas.get(id).status).toBe("not implemented");
  });

  test("cancelling ends all of them as cancelled, and leaves nothing behind", async () => {
    const made = lab();
    const id = made.idea();
    const whole = new AbortController();
    let asked = 0;
    const waiting = (_: unknown, signal: AbortSignal) =>
      new Promise<string>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("the connection was closed")));
        asked += 1;
        if (asked === 2) whole.abort();
      });
    const { model } = scripted(waiting, waiting);
    await made.implementer.implement([id], { signal: whole.signal, model, samples: 2 });
    expect(made.store.implementations.attempts(id).map(({ outcome }) => outcome)).not.toContain("applied");
    expect(made.store.implementations.attempts(id).map(({ outcome }) => outcome)).not.toContain("overtaken");
    expect(readdirSync(made.root)).toEqual([]);
  });
});

describe("a change that applies", () => {
  test("with a syntax error is revised with the line; the place is recorded", async () => {
    const made = lab();
    const id = made.idea();
    const { model, requests } = scripted(block("train.py", "LR = 0.1", "LR = (0.3"), RAISE);
    expect(await made.implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(kinds(made, id)).toEqual([
      [1, 1, "syntax"],
      [1, 2, "applied"],
    ]);
    expect(made.store.implementations.attempts(id)[0]).toMatchObject({
      reason: expect.stringMatching(/^train\.py:\d+: /) as string,
      place: { file: "train.py", line: expect.any(Number) as number },
    });
    expect(requests[1]?.messages.at(-1)?.content).toMatch(/train\.py:2: .*\n2 \| LR = \(0\.3/);
  });

  test("with an import that the environment does not have is refused before anything runs; guarded, own and old ones are none", async () => {
    const made = lab({ [`${DIRECTORY}/local.py`]: "X = 1\n" });
    const id = made.idea();
    const imports = (lines: string) => block("train.py", "# Settings.", `${lines}\n# Settings.`);
    const fine = "import json, local\ntry:\n    import apex\nexcept ImportError:\n    apex = None";
    const { model } = scripted(imports("import surely_not_installed.sub"), imports(fine));
    expect(await made.implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(made.store.implementations.attempts(id)[0]).toMatchObject({
      outcome: "import",
      reason: "train.py:1: imports surely_not_installed, which the environment does not have",
    });
  });

  test("that fails the smoke command is revised with the end of what it printed", async () => {
    const made = lab({}, smoke("python3 train.py"));
    const id = made.idea();
    const { model, requests } = scripted(block("train.py", "    return x * x", "    return x / 0"), RAISE);
    expect(await made.implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(kinds(made, id)).toEqual([
      [1, 1, "smoke"],
      [1, 2, "applied"],
    ]);
    const [first] = made.store.implementations.attempts(id);
    expect(first).toMatchObject({
      reason: "the smoke command ended with exit code 1: ZeroDivisionError: float division by zero",
      place: { file: "train.py", line: 8 },
    });
    expect(requests[1]?.messages.at(-1)?.content).toContain("return x / 0");
    expect(readdirSync(made.root)).toEqual([String(id)]);
  });

  test("by an operator is tried out where its search asks for that, and then costs no run", async () => {
    const made = lab({}, smoke("! grep -q 'LR = 0.5' train.py"));
    const ideas = [made.idea({ knobs: { lr: 0.5 } }), made.idea({ knobs: { lr: 0.3 } }), made.idea({ knobs: { lr: 0.5 } })] as const;
    const states = async (id: number, of: { smoke?: boolean }) =>
      (await made.implementer.implement([id], { ...go(), model: null, ...of }))[0]?.status;
    expect(await states(ideas[0], { smoke: true })).toBe("not implemented");
    expect(made.store.ideas.get(ideas[0])).toMatchObject({ outcome: "smoke", problem: expect.stringMatching(/^the smoke command ended/) });
    expect(await states(ideas[1], { smoke: true })).toBe("in review");
    expect(await states(ideas[2], {})).toBe("in review");
  });

  test("whose smoke command hangs is ended with all it started, and what the command wrote is no part of the proposal", async () => {
    const made = lab({}, smoke("touch made-by-smoke; sleep 1000 & if grep -q 0.5 train.py; then sleep 1000; fi", 0.3));
    const id = made.idea();
    const { model } = scripted(block("train.py", "LR = 0.1", "LR = 0.5"), RAISE);
    expect(await made.implementer.implement([id], { ...go(), model })).toMatchObject([{ status: "in review" }]);
    expect(made.store.implementations.attempts(id)[0]).toMatchObject({
      outcome: "smoke",
      reason: expect.stringContaining("did not end within 0.3 s") as string,
    });
    expect((await made.proposals.view(id)).files.map(({ path }) => path)).toEqual([`${DIRECTORY}/train.py`]);
  });
});

describe("the model is told", () => {
  test("the diff of the parent it builds on, why earlier attempts failed, and the human's remark", async () => {
    const made = lab();
    const parent = made.idea({ title: "Parent" });
    await made.implementer.implement([parent], { ...go(), model: scripted(RAISE).model });
    await made.proposals.approve(parent, { undecided: "accept" });
    const child = made.idea({ title: "Child", base: parent });
    await made.implementer.implement([child], { ...go(), model: scripted(UNFIT, UNFIT, UNFIT).model });
    const { model, requests } = scripted(block("train.py", "STEPS = 100", "STEPS = 50"));
    expect(await made.implementer.implement([child], { ...go(), model, note: "Halve the steps, please." })).toMatchObject([
      { status: "in review" },
    ]);
    const asked = requests[0]?.messages[0]?.content ?? "";
    expect(asked).toContain(`How experiment #${parent} had changed it`);
    expect(asked).toContain("-LR = 0.1\n+LR = 0.3");
    expect(asked).toMatch(/Earlier attempts at this idea failed:\n\n- train\.py: hunk 1: its lines are not in the file/);
    expect(asked).toContain("The researcher remarks:\n\nHalve the steps, please.");
    expect(made.store.implementations.attempts(child).at(-1)).toMatchObject({ note: "Halve the steps, please.", outcome: "applied" });
  });
});
