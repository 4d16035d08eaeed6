/** Which changes count as hyper-parameters: only other values of settings that were there. */
import { expect, test } from "vitest";
import { kindOf } from "../../../extension/engine/implementer/kind.ts";
import type { Knob } from "../../../extension/protocol/manifest.ts";

const CODE = 'LR = 1e-3  # rate\nNORM = "none"\nself.decay: float = 0.1\nmodel = Net(width=64, bias=True)\nif x == 3:\n    step(0.5)\n';
const NORM: Knob = {
  name: "norm",
  title: "norm",
  file: "train.py",
  place: '^NORM = "(.*)"$',
  kind: "algorithmic",
  choices: ["none", "rms"],
  when: {},
  why: {},
};

test.each([
  ["another number", CODE.replace("1e-3", "3e-4"), "hyper-parameter"],
  ["a negative number and a comment", CODE.replace("1e-3  # rate", "-2  # turned"), "hyper-parameter"],
  ["another truth value in a call that is assigned", CODE.replace("bias=True", "bias=False"), "hyper-parameter"],
  ["several settings at once", CODE.replace("0.1", "0.2").replace("64", "128"), "hyper-parameter"],
  ["a comment alone beside a setting", CODE.replace("0.1", "0.2").replace("LR", "# faster\nLR"), "hyper-parameter"],
  ["a new line", `${CODE}x = 1\n`, "algorithmic"],
  ["a removed line", CODE.replace("LR = 1e-3  # rate\n", ""), "algorithmic"],
  ["another name", CODE.replace("Net(", "WideNet("), "algorithmic"],
  ["an expression in place of a number", CODE.replace("0.1", "0.1 * 2"), "algorithmic"],
  ["a number in a condition", CODE.replace("== 3", "== 4"), "algorithmic"],
  ["an argument of a call whose result nobody keeps", CODE.replace("step(0.5)", "step(0.7)"), "hyper-parameter"],
  ["a knob that the manifest calls algorithmic", CODE.replace("none", "rms"), "algorithmic"],
])("%s", (_, after, kind) => {
  expect(kindOf([{ path: "train.py", before: CODE, after }], [NORM])).toBe(kind);
});

test("new and deleted files are algorithmic", () => {
  expect(kindOf([{ path: "new.py", before: null, after: "x = 1\n" }], [])).toBe("algorithmic");
  expect(kindOf([{ path: "old.py", before: "x = 1\n", after: null }], [])).toBe("algorithmic");
});

/** One line before and after. */
const HYPER: readonly (readonly [string, string, string])[] = [
  ["a default argument", "def block(x, dropout=0.1):", "def block(x, dropout=0.2):"],
  [
    "a default argument with its type",
    "    def __init__(self, p: float = 0.1) -> None:",
    "    def __init__(self, p: float = 0.0) -> None:",
  ],
  ["a default of a lambda", "f = lambda x, p=0.1: x * p", "f = lambda x, p=0.3: x * p"],
  ["a keyword in a call that is assigned", "opt = torch.optim.AdamW(ps, lr=1e-3)", "opt = torch.optim.AdamW(ps, lr=3e-4)"],
  ["a keyword in a call that is not", "torch.optim.AdamW(model.parameters(), lr=1e-3)", "torch.optim.AdamW(model.parameters(), lr=3e-4)"],
  ["a positional argument", "clip_grad_norm_(model.parameters(), 1.0)", "clip_grad_norm_(model.parameters(), 0.5)"],
  ["a keyword on a line of its own", "        weight_decay=0.1,  # usual", "        weight_decay=0.05,"],
  ["a call that is returned", "    return F.dropout(x, p=0.1)", "    return F.dropout(x, p=0.2)"],
  ["a coefficient that is returned", "    return ce + 0.01 * z", "    return ce + 0.001 * z"],
  ["a factor", "loss *= 0.5", "loss *= 0.25"],
  ["a list of widths", "WIDTHS = [64, 128]", "WIDTHS = [64, 256]"],
  ["a longer list of widths", "WIDTHS = [64, 128]", "WIDTHS = [64, 128, 256]"],
  ["a tuple inside a call", "Adam(ps, betas=(0.9, 0.95))", "Adam(ps, betas=(0.9, 0.99))"],
  ["a line of a list", "    64, 128,", "    64, 512,"],
  ["a string option", 'sched = make("cosine", steps)', 'sched = make("linear", steps)'],
  ["a string with a comment sign in it", 'TAG = "a#1"', 'TAG = "a#2"'],
  ["an entry of a dictionary", 'cfg = {"lr": 1e-3, "wd": 0.1}', 'cfg = {"lr": 3e-4, "wd": 0.1}'],
  ["an entry on a line of its own", '    "lr": 1e-3,', '    "lr": 3e-4,'],
  ["what is set by its key", 'cfg["lr"] = 1e-3', 'cfg["lr"] = 3e-4'],
  ["how often something is done", "for _ in range(3):", "for _ in range(5):"],
  ["a named constant", "Block(causal=True)", "Block(causal=False)"],
  ["a number that was absent", "Block(window=None)", "Block(window=256)"],
  ["a line of YAML", "learning_rate: 0.001", "learning_rate: 0.003"],
  ["a flag of a command", "python train.py --lr 0.1 --name=a", "python train.py --lr 0.3 --name=a"],
  ["a variable of a shell", "export VALUE=50", "export VALUE=60"],
  ["a comment", "x = f(y)  # quickly", "x = f(y)  # slowly"],
  ["a line that is a comment", "# one", "# two\n# three"],
  ["what is only said", 'print(f"step {step}")', 'print(f"at {step}")'],
];
const ALGORITHMIC: readonly (readonly [string, string, string])[] = [
  ["another index", "x = heads[0]", "x = heads[1]"],
  ["another slice", "x = tokens[:, 1:]", "x = tokens[:, 2:]"],
  ["another key that is read", 'x = batch["tokens"]', 'x = batch["labels"]'],
  ["another key of a dictionary", 'opt = {"lr": 0.1}', 'opt = {"wd": 0.1}'],
  ["a key more", 'opt = {"lr": 0.1}', 'opt = {"lr": 0.1, "wd": 0.1}'],
  ["another number in a condition", "if step % 2 == 0:", "if step % 2 == 1:"],
  ["another number in a condition with a call", "while norm(x, 2) > limit:", "while norm(x, 1) > limit:"],
  ["a keyword more", "Adam(ps, lr=0.1)", "Adam(ps, lr=0.1, fused=True)"],
  ["a keyword less", "Adam(ps, lr=0.1, fused=True)", "Adam(ps, lr=0.1)"],
  ["another keyword", "Adam(ps, lr=0.1)", "Adam(ps, eps=0.1)"],
  ["a name in place of a number", "Adam(ps, lr=0.1)", "Adam(ps, lr=rate)"],
  ["a computed number", "LR = 0.1", "LR = 0.1 / 2"],
  ["another function", "x = relu(x)", "x = gelu(x)"],
  ["another operator", "x = a + 1", "x = a * 1"],
  ["another order", "f(a, b)", "f(b, a)"],
  ["a statement that was commented out", "# x = norm(x)", "x = norm(x)"],
  ["a line less", "x = 1\ny = 2", "x = 1"],
];

test.each(HYPER)("a hyper-parameter: %s", (_, before, after) => {
  expect(kindOf([{ path: "a.py", before, after }], [])).toBe("hyper-parameter");
});
test.each(ALGORITHMIC)("algorithmic: %s", (_, before, after) => {
  expect(kindOf([{ path: "a.py", before, after }], [])).toBe("algorithmic");
});
