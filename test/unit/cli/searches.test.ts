/** `search` and `waiting` as far as they need no engine: what options mean, what is refused, what is printed. */
import { Command, CommanderError } from "commander";
import { describe, expect, it, test } from "vitest";
import { addIdeaCommands } from "../../../extension/cli/commands/ideas.ts";
import { addSearchCommands } from "../../../extension/cli/commands/searches.ts";
import { addWaitingCommands, waitingTable } from "../../../extension/cli/commands/waiting.ts";
import type { Context } from "../../../extension/cli/context.ts";
import { changeable, changeFrom, planFrom, startable } from "../../../extension/cli/search-options.ts";
import type { StartOptions } from "../../../extension/cli/search-options.ts";
import { happenings, searchTable, searchText } from "../../../extension/cli/searches.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { SearchPlan, UNATTENDED } from "../../../extension/protocol/search.ts";
import { waitingIn } from "../../../extension/protocol/waiting.ts";
import { cells } from "../../fixtures/terminal.ts";
import { ideaFixture, labFixture, runFixture } from "../../fixtures/lab.ts";
import { NOW, searchFixture } from "../../fixtures/search.ts";

/** What the options of a command come to. */
function options(add: (command: Command) => Command, ...typed: string[]): object {
  const command = add(new Command("start"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(typed, { from: "user" }).opts();
}
const plan = (...typed: string[]) =>
  SearchPlan.extend({ seed: SearchPlan.shape.seed.optional() }).parse(planFrom(options(startable, ...typed) as StartOptions));

describe("search start", () => {
  it("without options is ten epochs of six ideas by operators, unattended and without caps", () => {
    expect(plan()).toEqual({
      ...{ algorithm: "evolutionary", source: "operators", implementer: null, samples: 1, instructions: "", size: 6, epochs: 10 },
      ...{
        exploit: null,
        base: "baseline",
        memory: "environment",
        ideasOf: null,
        contextTokens: 12_000,
        seeds: [0],
        gates: UNATTENDED,
        repeats: "skip",
        target: null,
        priority: "normal",
        earlyStop: { rule: "off", grace: 0.5 },
      },
      ...{ judge: null, caps: { dollars: 0, tokens: 0, hours: 0, minutes: 0 } },
    });
  });

  it("takes every part of a plan", () => {
    const typed = [
      ...["--algorithm", "steady-state", "--source", "env/m", "--implementer", "env/coder", "--samples", "4", "--judge", "env/judge"],
      ...["--size", "20", "--epochs", "3", "--exploit", "0.7", "--base", "parent", "--seeds", "0,1,2", "--seed", "7"],
      ...["--ask", "ideas,diffs", "--max-dollars", "2.5", "--max-tokens", "1,000,000", "--max-hours", "4", "--max-minutes", "90"],
      ...[
        "--repeats",
        "ask",
        "--memory",
        "search",
        "--instructions",
        "schedules",
        "--target",
        "gpubox",
        "--priority",
        "low",
        "--early-stop",
        "median",
      ],
      ...["--early-stop-after", "0.4"],
    ];
    expect(plan(...typed)).toEqual({
      ...{
        algorithm: "steady state",
        source: "env/m",
        implementer: "env/coder",
        samples: 4,
        instructions: "schedules",
        size: 20,
        epochs: 3,
      },
      ...{
        exploit: 0.7,
        base: "parent",
        memory: "search",
        ideasOf: null,
        contextTokens: 12_000,
        seeds: [0, 1, 2],
        seed: 7,
        repeats: "ask",
        target: "gpubox",
        priority: "low",
        earlyStop: { rule: "median", grace: 0.4 },
      },
      ...{ judge: "env/judge", gates: { ...UNATTENDED, ideas: "ask", diffs: "ask" } },
      caps: { dollars: 2.5, tokens: 1_000_000, hours: 4, minutes: 90 },
    });
  });

  it.each([
    [["--ask", "all"], { gates: { ideas: "ask", diffs: "ask", runs: "ask", parents: "ask" } }],
    [["--ask", "none"], { gates: UNATTENDED }],
    [["--exploit", "schedule"], { exploit: null }],
    [["--algorithm", "best of n"], { algorithm: "best of n" }],
    [["--algorithm", "Random"], { algorithm: "random" }],
  ])("reads %j", (typed, expected) => expect(plan(...typed)).toMatchObject(expected));

  it.each([
    [["--algorithm", "annealing"], "one of evolutionary, steady-state, best-of-n, random"],
    [["--ask", "diffs,nothing"], "some of ideas,diffs,runs,parents, or all, or none"],
    [["--exploit", "1.5"], "between 0 and 1, or schedule"],
    [["--size", "0"], "a whole number from 1 to 200"],
    [["--epochs", "ten"], "a whole number from 1 to 1000"],
    [["--max-dollars", "-1"], "a number of 0 or more"],
    [["--max-tokens", "1.5"], "a whole number of 0 or more"],
    [["--base", "child"], "Allowed choices are parent, baseline"],
    [["--early-stop", "always"], "Allowed choices are off, median, parents, halving"],
    [["--early-stop-after", "1"], "a number from 0.05 to 0.95"],
    [["--repeats", "never"], "Allowed choices are skip, ask, keep"],
    [["--memory", "none"], "Allowed choices are environment, search"],
    [["--samples", "21"], "between 1 and 20"],
    [["--seeds", "0,x"], "a whole number"],
  ])("refuses %j and says what it takes", (typed, message) => {
    expect(() => plan(...typed)).toThrow(message);
    expect(() => plan(...typed)).toThrow(CommanderError);
  });

  it.each([
    [["--algorithm", "random", "--source", "env/m"], "its source must be operators"],
    [["--size", "200", "--epochs", "51"], "10,200"],
    [["--algorithm", "steady-state", "--ask", "parents"], "has no epochs"],
    [["--algorithm", "best-of-n", "--exploit", "0.5"], "builds on no parents"],
  ])("refuses %j, which no search could be", (typed, message) => {
    expect(() => plan(...typed)).toThrow(message);
    expect(() => plan(...typed)).toThrow(ProvingGroundError);
  });
});

describe("search change", () => {
  const change = (...typed: string[]) => changeFrom(options(changeable, ...typed), "evolutionary");
  it("says what is named, and nothing else", () => {
    expect(change()).toEqual({});
    expect(change("--epochs", "12", "--exploit", "schedule")).toEqual({ epochs: 12, exploit: null });
    expect(change("--max-dollars", "0")).toEqual({ caps: { dollars: 0 } });
    expect(change("--ask", "diffs")).toEqual({ gates: { ...UNATTENDED, diffs: "ask" } });
    expect(changeFrom(options(changeable, "--ask", "none"), "random")).toEqual({ gates: { ideas: "auto", diffs: "auto", runs: "auto" } });
  });
});

describe("a command line", () => {
  /** How far a command came: refused by the command line, by us before any engine was asked for, or asking for one. */
  async function reached(...typed: string[]): Promise<string> {
    const asked = new Error("an engine is asked for");
    const context: Context = {
      output: { out: () => undefined, err: () => undefined, write: () => Promise.resolve() },
      exitCode: 0,
      signal: new AbortController().signal,
      lab: () => Promise.reject(asked),
    };
    const program = new Command("proving-ground").exitOverride().configureOutput({ writeErr: () => undefined });
    for (const add of [addIdeaCommands, addSearchCommands, addWaitingCommands]) add(program, context);
    // Commands below the top have an end of their own.
    const quiet = (command: Command) => {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
      command.commands.forEach(quiet);
    };
    quiet(program);
    try {
      await program.parseAsync(typed, { from: "user" });
      return "done";
    } catch (thrown) {
      if (thrown === asked) return "engine";
      return thrown instanceof CommanderError ? "usage" : ProvingGroundError.from(thrown).code;
    }
  }

  it.each([
    ["search start --dry-run"],
    ["search start --wait --json"],
    ["search list --json"],
    ["search show 3"],
    ["search pause 3"],
    ["search resume #3"],
    ["search stop 3 --json"],
    ["search go-on 3"],
    ["search change 3 --epochs 12"],
    ["search replay 3"],
    ["waiting --env tinylm --json"],
    ["ideas pin 1 2,3"],
    ["ideas ban #4 --json"],
    ["ideas unmark 4"],
    ["ideas admit 4 5"],
    ["ideas rebase 4 --base baseline"],
    ["ideas rebase 4 --base #3"],
    ["ideas add --title Lion --search 3"],
  ])("“%s” is understood", async (line) => expect(await reached(...line.split(" "))).toBe("engine"));

  it.each([
    ["search"],
    ["search start --algorithm annealing"],
    ["search show"],
    ["search pause three"],
    ["search change 3"],
    ["search replay"],
    ["ideas pin"],
    ["ideas admit x"],
    ["ideas rebase 4"],
    ["ideas rebase 4 --base parent"],
    ["search start --algorithm random --source env/m"],
  ])("“%s” is wrong usage, and nothing is started for it", async (line) => expect(await reached(...line.split(" "))).toBe("usage"));
});

const lab = (changes: Partial<Snapshot> = {}): Snapshot => ({ ...labFixture(0), runs: [], parents: {}, ...changes });

describe("what is printed", () => {
  const ideas = [ideaFixture(1, { title: "Cosine", search: 3, status: "done", metric: 1.842 }), ideaFixture(2, { search: 3 })];
  const search = searchFixture(3, {
    plan: { caps: { dollars: 2, tokens: 0, hours: 0, minutes: 0 } },
    spent: { dollars: 0.31, tokens: 0, hours: 0 },
  });

  it("of searches: where they are, and the best so far", () => {
    const ended = searchFixture(4, { state: "ended", reason: "All was tried." });
    expect(cells(searchTable([search, ended], lab({ ideas })))).toMatchObject([
      { search: "3", algorithm: "evolutionary", state: "running", progress: "epoch 3 of 10 · 18 of 60 ideas", best: "1.842" },
      { search: "4", state: "ended", best: "–", note: "All was tried." },
    ]);
    expect(searchTable([], lab())).toBe("no searches");
  });

  it("of one: its plan, its caps and what it used", () => {
    const text = searchText(search, lab({ ideas }), NOW + 60_000);
    expect(text).toMatch(/^plan +10 epochs of 6 ideas by operators$/m);
    expect(text).toMatch(/^used +\$0\.31 of \$2\.00, 60 s of wall time$/m);
    expect(text).toMatch(/^best +1\.842, #1 Cosine$/m);
    expect(text).not.toContain("waits for");
  });

  it("of what waits: the command that answers it", () => {
    const attended = searchFixture(3, {
      plan: { gates: { ...UNATTENDED, ideas: "ask", diffs: "ask", runs: "ask" } },
      asksForParents: true,
    });
    const list = waitingIn(
      lab({
        searches: [attended, searchFixture(5, { state: "paused", reason: "The disk is full." })],
        ideas: [
          ideaFixture(1, { title: "Lion", search: 3, status: "in review", change: { files: 1, added: 31, removed: 12 } }),
          ideaFixture(2, { title: "Decay", search: 3 }),
          ideaFixture(4, { title: "Tied", search: 3, status: "approved", commit: "c" }),
        ],
        runs: [runFixture(7, 2, { state: "failed", failure: "implausible", reason: "too good", metric: null })],
      }),
    );
    expect(cells(waitingTable(list))).toEqual([
      { what: "Parents of epoch 4", about: "0 chosen, go on?", detail: "evolutionary search 3", answer: "search go-on 3" },
      { what: "Paused", about: "The disk is full.", detail: "evolutionary search 5", answer: "search resume 5" },
      { what: "Review", about: "Lion", detail: "+31 −12", answer: "diff 1; approve 1" },
      { what: "Let in", about: "Decay", answer: "ideas admit 2" },
      { what: "Run", about: "Tied", answer: "ideas admit 4" },
      { what: "Quarantined", about: "too good", detail: "Decay", answer: "runs log 7" },
    ]);
    expect(waitingTable([])).toBe("nothing waits for you");
  });
});

describe("what happens in a search", () => {
  const at = (epoch: number, ...ideas: Parameters<typeof ideaFixture>[1][]) =>
    lab({
      searches: [searchFixture(3, { epoch, ideas: ideas.length, plan: { gates: { ...UNATTENDED, diffs: "ask" } } })],
      ideas: ideas.map((changes, index) => ideaFixture(index + 1, { title: `Idea ${index + 1}`, search: 3, ...changes })),
    });

  test("is told a line each: states, epochs, ideas, and what waits", () => {
    const first = at(0, { status: "implementing" });
    expect(happenings(3, null, first)).toEqual(["running", "epoch 1 of 10 · 1 of 60 ideas", "#1 Idea 1 · implementing"]);
    const second = at(0, { status: "in review" });
    expect(happenings(3, first, second)).toEqual(["#1 Idea 1 · in review", "waits for you: Review: Idea 1"]);
    const third = at(1, { status: "done", metric: 1.842 }, { status: "failed", problem: "exit code 1: no module scipy" });
    expect(happenings(3, second, third)).toEqual([
      "epoch 2 of 10 · 2 of 60 ideas",
      "#1 Idea 1 · done: 1.842",
      "#2 Idea 2 · failed: exit code 1: no module scipy",
    ]);
    const ended = { ...third, searches: [{ ...third.searches[0]!, state: "ended" as const, reason: "All was tried." }] };
    expect(happenings(3, third, ended)).toEqual(["ended: All was tried."]);
  });

  test("is nothing while nothing changes, and nothing of other searches", () => {
    const now = at(0, { status: "running" });
    expect(happenings(3, now, now)).toEqual([]);
    expect(happenings(4, null, now)).toEqual([]);
    expect(happenings(3, now, { ...now, ideas: [...now.ideas, ideaFixture(9, { search: 4 }), ideaFixture(10)] })).toEqual([]);
  });
});
