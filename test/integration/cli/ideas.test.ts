/** `proving-ground ideas`, `implement`, `diff` and `approve`: from a thought to a commit. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Idea, IdeaDetail } from "../../../extension/protocol/idea.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { ideaAnswer, says, scripted } from "../../fixtures/model-server.ts";
import { allGone, cells, terminal, type Terminal } from "../../fixtures/terminal.ts";

const Ideas = z.array(Idea);
const Generated = z.object({ ideas: Ideas, notes: z.array(z.string()) });
const Implemented = z.array(
  z.object({ idea: z.int(), status: z.enum(["in review", "not implemented"]), reason: z.string().nullable() }).loose(),
);
const Hunks = z.array(z.object({ id: z.string(), path: z.string(), baseLines: z.array(z.string()), proposedLines: z.array(z.string()) }));

let lab: TestLab;
let pg: Terminal;
beforeAll(() => {
  lab = testLab({ "train.sh": "VALUE=50\nSHAPE=round\n\n# What it reaches:\n\n. ./evaluate.sh\n" });
  pg = terminal(lab.folder);
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

/** An idea that turns one knob, written for one test. */
async function idea(title: string, changes: string): Promise<number> {
  return (await pg.json(Idea, "ideas", "add", "--title", title, "--changes", changes)).id;
}

describe("ideas generate", () => {
  it("has operators write them, the same ones for the same seed", async () => {
    const first = await pg.json(Generated, "ideas", "generate", "-n", "3", "--seed", "5");
    expect(first.ideas).toMatchObject([{ source: "operator", status: "draft", environment: "tiny" }, {}, {}]);
    const { code, out, err } = await pg.run(["ideas", "generate", "-n", "2", "--seed", "6"]);
    expect(code).toBe(0);
    expect(cells(out)).toMatchObject([{ source: "operator", status: "draft" }, { epoch: "0" }]);
    expect(err).toContain("(1 of 2)");
  });

  it("has a model write them that the terminal's variables name", async () => {
    await using server = await scripted(says(ideaAnswer("Wider 广 🚀 and\u001b[31m red")));
    const env = { PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_API_KEY: "sk-secret", PROVING_GROUND_MODELS: "m" };
    const { code, out } = await pg.run(["ideas", "generate", "-n", "1", "--source", "env/m", "--about", "width", "--json"], { env });
    expect({ code, out }).toMatchObject({ code: 0 });
    const { ideas } = Generated.parse(JSON.parse(out));
    expect(ideas).toMatchObject([{ source: "model", model: "env/m" }]);
    expect(server.completions[0]?.authorization).toBe("Bearer sk-secret");
    expect(JSON.stringify(server.completions[0]?.body)).toContain("width");
    // What a model wrote neither colours the terminal nor moves the columns.
    const listed = await pg.text("ideas", "list");
    expect(listed).not.toContain("\u001b");
    expect(listed).toContain("Wider 广 🚀 and");
  });

  it.each([
    ["no source", ["--source", "nobody/m"], 1, "model"],
    ["no such environment", ["--env", "tny"], 1, "unknown-environment"],
    ["too many", ["-n", "101"], 2, "usage"],
    ["not a number", ["-n", "some"], 2, "usage"],
  ] as const)("fails for %s", async (_, options, code, kind) => {
    expect((await pg.fails(code, "ideas", "generate", ...options)).error.code).toBe(kind);
  });
});

describe("ideas add, show, list and edit", () => {
  it("takes an idea from options, a file or standard input", async () => {
    const added = await pg.json(Idea, "ideas", "add", "--title", "Lower it", "--description", "It is high.", "--changes", "- `value`: 10");
    expect(added).toMatchObject({ source: "human", status: "draft", title: "Lower it", summary: "It is high." });
    const file = path.join(lab.folder, ".proving-ground/idea.md");
    writeFileSync(file, "# From a file\n\nWhy not.\n\n## Changes\n\n- `value`: 11\n");
    expect(cells(await pg.text("ideas", "add", "--file", file))).toMatchObject([{ title: "From a file", source: "human" }]);
    const { code, out } = await pg.run(["ideas", "add", "--file", "-"], { input: "# From elsewhere\n" });
    expect(code).toBe(0);
    expect(cells(out)).toMatchObject([{ title: "From elsewhere" }]);
  });

  it("shows one whole, and all in a table", async () => {
    const id = await idea("Show me", "- `value`: 12");
    const text = await pg.text("ideas", "show", `#${id}`);
    expect(text).toMatch(new RegExp(`^idea +#${id}\\nenvironment  tiny\\n`));
    expect(text).toContain("status       draft\n");
    expect(text).toContain("# Show me\n\n## Changes\n\n- `value`: 12\n\nnot implemented yet\n");
    expect(await pg.json(IdeaDetail, "ideas", "show", String(id))).toMatchObject({ idea: { id }, knobs: { value: 12 }, attempts: [] });
    const all = await pg.json(Ideas, "ideas", "list");
    expect(all.map((one) => one.id)).toContain(id);
    expect(cells(await pg.text("ideas", "list", "--env", "tiny"))).toHaveLength(all.length);
  });

  it("replaces an idea's text", async () => {
    const id = await idea("Before", "- `value`: 13");
    const { code, out } = await pg.run(["ideas", "edit", String(id), "--file", "-", "--json"], {
      input: "# After\n\n## Changes\n\nNothing.\n",
    });
    expect(code).toBe(0);
    expect(Idea.parse(JSON.parse(out))).toMatchObject({ id, title: "After" });
  });

  it.each([
    [["add", "--description", "no title"], 2, "an idea needs a title", "Give --title, or --file"],
    [["add", "--file", "nowhere.md"], 2, "there is no file nowhere.md", "Name a file"],
    [["add", "--title", "x", "--changes", "- `value`: 1000"], 2, "value cannot be 1000", "whole numbers from 1 to 99"],
    [["add", "--title", "x", "--on", "77"], 1, "there is no idea #77", "ideas list"],
    [["show", "77"], 1, "there is no idea #77", "`proving-ground ideas list`"],
    [["show", "seven"], 2, "It must be a whole number", "--help"],
    [["show", ""], 2, "It must be a whole number", "--help"],
    [["edit", "1"], 2, "required option '--file <path>' not specified", "--help"],
    [["list", "--env", "tny"], 1, "there is no environment `tny`", "There is: tiny."],
    [["reject", "77"], 1, "there is no idea #77", "ideas list"],
  ] as const)("%j is refused with what to do", async (arguments_, code, message, hint) => {
    const { err, error } = await pg.fails(code, "ideas", ...arguments_);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(error.message).toContain(message);
  });
});

it("ideas reject puts ideas aside and takes them back", async () => {
  const ids = [await idea("One", "- `value`: 14"), await idea("Two", "- `value`: 15")];
  expect(await pg.json(Ideas, "ideas", "reject", ids.join(","))).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  expect(cells(await pg.text("ideas", "reject", "--restore", ...ids.map(String)))).toMatchObject([
    { status: "draft" },
    { status: "draft" },
  ]);
});

describe("implement, diff and approve", () => {
  it("turn an idea into a commit, and the diff applies with git", async () => {
    const id = await idea("To a commit", "- `value`: 16");
    const implemented = await pg.run(["implement", String(id)]);
    expect(implemented.code).toBe(0);
    expect(cells(implemented.out)).toEqual([{ idea: `#${id}`, status: "in review" }]);
    expect(implemented.err).toContain(`#${id}: done`);
    const diff = await pg.text("diff", String(id));
    expect(diff).toContain("-VALUE=50\n+VALUE=16\n");
    execFileSync("git", ["apply", "--check", "-"], { cwd: lab.folder, input: diff });
    expect(await pg.json(z.object({ diff: z.string() }), "diff", String(id))).toEqual({ diff });
    const [hunk] = await pg.json(Hunks, "diff", String(id), "--hunks");
    expect(cells(await pg.text("diff", String(id), "--hunks"))).toEqual([
      { hunk: hunk?.id, file: "tiny/train.sh", line: "1", size: "+1 −1", decision: "undecided" },
    ]);
    const [approved] = await pg.json(Ideas, "approve", String(id), "--all");
    expect(approved).toMatchObject({ status: "approved", change: { files: 1, added: 1, removed: 1 } });
    expect(lab.git("rev-parse", `refs/proving-ground/${id}`)).toBe(approved?.commit);
    expect(await pg.text("diff", String(id))).toBe(diff);
    const tried = (await pg.text("ideas", "show", String(id))).split("\n").slice(-3).join("\n");
    expect(cells(tried)).toMatchObject([{ sample: "1", answer: "1", by: "operator", outcome: "applied", in: "–", out: "–" }]);
  });

  it("leave out the hunks that are rejected", async () => {
    const id = await idea("Two places", "- `value`: 17");
    await pg.json(Implemented, "implement", String(id));
    const { folder } = await view(id);
    writeFileSync(path.join(folder, "tiny/train.sh"), "VALUE=17\nSHAPE=round\n\n# What it reaches:\n\n. ./evaluate.sh\n# unwanted\n");
    const hunks = await pg.json(Hunks, "diff", String(id), "--hunks");
    const [, second] = hunks;
    expect(hunks).toHaveLength(2);
    await pg.json(Ideas, "approve", String(id), "--all", "--reject", String(second?.id));
    expect(lab.git("show", `refs/proving-ground/${id}:tiny/train.sh`)).toBe(
      "VALUE=17\nSHAPE=round\n\n# What it reaches:\n\n. ./evaluate.sh",
    );
  });

  it("ask for a decision on every hunk, and say how to give it here", async () => {
    const id = await idea("Undecided", "- `value`: 18");
    await pg.json(Implemented, "implement", String(id));
    const { err, error } = await pg.fails(1, "approve", String(id));
    expect(error.code).toBe("undecided-hunks");
    expect(err).toContain(`\`proving-ground diff ${id} --hunks\` lists them: leave some out with --reject, take the rest with --all.`);
    expect((await pg.fails(2, "approve", String(id), "--reject", "nothing")).err).toContain("has no hunk nothing");
  });

  it("say what was approved before one that could not be", async () => {
    const [good, bad] = [await idea("Good", "- `value`: 19"), await idea("Bad", "- `value`: 20")];
    await pg.json(Implemented, "implement", String(good));
    const { code, err } = await pg.run(["approve", String(good), String(bad), "--all"]);
    expect(code).toBe(1);
    expect(err).toBe(`error: idea #${bad} has no proposal to review\n       Implement it first. Approved before it: #${good}.\n`);
    expect((await pg.fails(1, "approve", String(good))).err).toContain(`idea #${good} is approved already`);
    expect((await pg.fails(1, "diff", String(bad))).error.code).toBe("no-proposal");
  });

  it("has a model sample several answers, told a note, and lists every attempt", async () => {
    const id = await idea("In words, twice", "Make it low.");
    await using server = await scripted(says("I would rather not."), says("No."), says("No."), says("No."), says("No."), says("No."));
    const env = { PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_API_KEY: "sk-secret", PROVING_GROUND_MODELS: "m" };
    const { code, out } = await pg.run(["implement", String(id), "--model", "env/m", "--samples", "2", "--note", "Only the value."], {
      env,
    });
    expect({ code, out }).toMatchObject({ code: 1, out: expect.stringContaining("none of 2 samples passed") as string });
    expect(server.completions).toHaveLength(6);
    expect(JSON.stringify(server.completions[0]?.body)).toContain("Only the value.");
    const tried = cells((await pg.text("ideas", "show", String(id))).split("\n").slice(-8).join("\n"));
    expect(tried.map(({ sample, answer }) => `${sample}.${answer}`).sort()).toEqual(["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]);
    expect(new Set(tried.map(({ outcome, note }) => `${outcome}; ${note}`))).toEqual(new Set(["unreadable answer; Only the value."]));
    expect((await pg.fails(2, "implement", String(id), "--samples", "21")).error.message).toContain("between 1 and 20");
  });

  it("end with 1 when an idea could not be implemented, and say why", async () => {
    const [fine, aside] = [await idea("Fine", "- `value`: 21"), await idea("Aside", "- `value`: 22")];
    await pg.json(Ideas, "ideas", "reject", String(aside));
    const { code, out } = await pg.run(["implement", String(fine), String(aside), "--json"]);
    expect(code).toBe(1);
    expect(Implemented.parse(JSON.parse(out))).toMatchObject([
      { idea: fine, status: "in review", reason: null },
      { idea: aside, status: "not implemented", reason: `idea #${aside} was rejected` },
    ]);
    const inWords = await idea("In words", "Think.");
    expect((await pg.fails(1, "implement", String(inWords))).error.code).toBe("model");
    expect((await pg.fails(1, "implement", "77")).error.code).toBe("unknown-idea");
  });
});

/** Where a proposal's files are. */
async function view(id: number): Promise<{ folder: string }> {
  const { proposalGet } = await import("../../../extension/protocol/methods.ts");
  return (await lab.connect()).request(proposalGet, { idea: id });
}
