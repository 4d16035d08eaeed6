/** Searches in the Composer: from form to plan, the forecast that follows it, the card, and what may be changed. */
import { describe, expect, it } from "vitest";
import { composerState } from "../../../extension/client/sidebar/composer-state.ts";
import type { Known } from "../../../extension/client/sidebar/composer-state.ts";
import { Forecasts } from "../../../extension/client/sidebar/forecasts.ts";
import type { Question } from "../../../extension/client/sidebar/forecasts.ts";
import { searchCard } from "../../../extension/client/sidebar/search-card.ts";
import { changeableParts, gatesChange } from "../../../extension/client/sidebar/search-changes.ts";
import { FIRST_FORM, planOf } from "../../../extension/client/sidebar/search-form.ts";
import { clockText } from "../../../extension/client/sidebar/search-part.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { Forecast, PlanChange } from "../../../extension/protocol/search.ts";
import { SearchPlan, UNATTENDED } from "../../../extension/protocol/search.ts";
import { ComposerState, FromComposer } from "../../../extension/protocol/webview/composer.ts";
import type { SearchForm } from "../../../extension/protocol/webview/composer.ts";
import { environmentFixture, ideaFixture, labFixture, targetFixture } from "../../fixtures/lab.ts";
import { NOW, searchFixture } from "../../fixtures/search.ts";

const environment = environmentFixture();
const ideas = { model: "lab/m", count: 6, instructions: "schedules" };
const writers = { implementer: null, samples: 3, judge: null, target: null };
const FORECAST: Forecast = { ideas: 60, runs: 60, gpus: 0, hours: 0.1, seconds: 300, dollars: 0, tokens: 0, warnings: ["It is long."] };

describe("the plan of a form", () => {
  const plan = (form: Partial<SearchForm>) => SearchPlan.parse({ ...planOf({ ...FIRST_FORM, ...form }, ideas, writers), seed: 1 });

  it("has the simple flow's source, size and instructions, and the settings' writers", () => {
    expect(plan({})).toMatchObject({
      algorithm: "evolutionary",
      source: "lab/m",
      size: 6,
      epochs: 10,
      instructions: "schedules",
      samples: 3,
    });
    const named = planOf(FIRST_FORM, ideas, { ...writers, implementer: "lab/coder", samples: 1, judge: "lab/judge" });
    expect(named).toMatchObject({ implementer: "lab/coder", judge: "lab/judge", samples: 1 });
  });

  it("asks at the ticked gates alone, and at none that its algorithm does not come to", () => {
    expect(plan({}).gates).toEqual({ ...UNATTENDED, diffs: "ask", parents: "ask" });
    expect(plan({ algorithm: "best of n" }).gates).toEqual({ ...UNATTENDED, diffs: "ask" });
    expect(plan({ asks: [] }).gates).toEqual(UNATTENDED);
  });

  it("says how it exploits only where ideas have parents", () => {
    expect(plan({ exploit: 0.3, base: "parent" })).toMatchObject({ exploit: 0.3, base: "parent" });
    expect(plan({ algorithm: "random", exploit: 0.3, base: "parent" })).toMatchObject({ exploit: null, base: "baseline" });
  });

  it("goes to the target that the settings name unless the user chose another, or any", () => {
    const settings = { ...writers, target: "gpu-box" };
    const to = (target: string | null) => planOf({ ...FIRST_FORM, target, priority: "high" }, ideas, settings);
    expect(to(null)).toMatchObject({ target: "gpu-box", priority: "high" });
    expect(to("local")).toMatchObject({ target: "local" });
    expect(to("")).toMatchObject({ target: null });
  });

  it("runs as many seeds as were asked for, counted from 0", () => {
    expect(plan({ seeds: 3 }).seeds).toEqual([0, 1, 2]);
  });
});

describe("forecasts", () => {
  /** An engine that answers when it is told to. */
  function engine() {
    const asked: { epochs: number; signal: AbortSignal; answer: (forecast: Forecast) => void; fail: (error: Error) => void }[] = [];
    let changes = 0;
    const forecasts = new Forecasts(
      ({ plan }, signal) => new Promise((answer, fail) => asked.push({ epochs: plan.epochs, signal, answer, fail })),
      () => changes++,
    );
    return { forecasts, asked, changes: () => changes };
  }
  const question = (epochs: number, instructions = ""): Question => ({
    environment: "tinylm",
    plan: { ...planOf({ ...FIRST_FORM, epochs }, { ...ideas, instructions }, writers) },
    state: "",
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("ask once for the same thing, whatever ideas are to be about", () => {
    const { forecasts, asked } = engine();
    for (const about of ["", "s", "sc"]) forecasts.want(question(10, about));
    expect(asked).toHaveLength(1);
  });

  it("cancel what was overtaken, and never show its answer", async () => {
    const { forecasts, asked, changes } = engine();
    forecasts.want(question(1));
    forecasts.want(question(10));
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    asked[1]?.answer({ ...FORECAST, ideas: 60 });
    asked[0]?.answer({ ...FORECAST, ideas: 6 });
    await settled();
    expect(forecasts.answer).toMatchObject({ forecast: { ideas: 60 } });
    expect([changes(), forecasts.pending]).toEqual([1, false]);
  });

  it("keep the last answer, as an old one, while the next is on its way, and forget it out of sight", async () => {
    const { forecasts, asked } = engine();
    forecasts.want(question(1));
    asked[0]?.answer(FORECAST);
    await settled();
    forecasts.want(question(2));
    expect([forecasts.answer?.kind, forecasts.pending]).toEqual(["forecast", true]);
    forecasts.want(null);
    expect([forecasts.answer, forecasts.pending, asked[1]?.signal.aborted]).toEqual([null, false, true]);
  });

  it("that fail say why", async () => {
    const { forecasts, asked } = engine();
    forecasts.want(question(1));
    asked[0]?.fail(new ProvingGroundError("model", "lab/m is not configured"));
    await settled();
    expect(forecasts.answer).toMatchObject({ kind: "failed", error: { message: "lab/m is not configured" } });
  });
});

describe("the card", () => {
  const snapshot = { ...labFixture(0), environments: [environment] };
  const card = (changes: Parameters<typeof searchFixture>[1] = {}, more: object = {}) =>
    searchCard({ ...snapshot, searches: [searchFixture(3, changes)], ...more }, environment, NOW + 720_000);

  it("is none before the first search, and none of another environment's", () => {
    expect(searchCard(snapshot, environment, NOW)).toBeNull();
    expect(card({ environment: "other" })).toBeNull();
  });

  it("says how far it is, what it used and what it found", () => {
    const found = [
      ideaFixture(12, { title: "Cosine decay", search: 3, status: "done", metric: 1.842 }),
      ideaFixture(13, { search: 3, status: "done", metric: 1.9 }),
      ideaFixture(14, { status: "done", metric: 1.2 }),
    ];
    expect(card({ plan: { caps: { dollars: 2, tokens: 0, hours: 0, minutes: 60 } } }, { ideas: found })).toMatchObject({
      title: "Search 3: evolutionary",
      progress: "epoch 3 of 10 · 18 of 60 ideas",
      share: 0.3,
      note: null,
      waiting: "",
      spent: "$0.00 of $2.00, 12 of 60 min",
      best: "best 1.842, #12 Cosine decay",
      others: 0,
    });
  });

  it("says what it waits for: its human's answers, or what keeps it", () => {
    const waiting = [ideaFixture(1, { search: 3, status: "in review" }), ideaFixture(2, { status: "in review" })];
    const attended = { plan: { gates: { ...UNATTENDED, diffs: "ask" as const } }, asksForParents: true, waitsFor: "lab/m does not answer" };
    expect(card(attended, { ideas: waiting })).toMatchObject({
      note: "lab/m does not answer",
      asksForParents: true,
      waiting: "the parents of an epoch, 1 review",
    });
  });

  it("is of the newest that goes on, and says how many others do", () => {
    const searches = [
      searchFixture(1, { state: "paused" }),
      searchFixture(2),
      searchFixture(3, { state: "ended", reason: "All was tried." }),
    ];
    expect(card({}, { searches })).toMatchObject({ search: 2, others: 1 });
    expect(card({}, { searches: searches.slice(2) })).toMatchObject({ search: 3, state: "ended", note: "All was tried.", others: 0 });
  });
});

describe("what the Composer shows of searches", () => {
  const known = (form: Partial<SearchForm> = {}, more: Partial<Known["searching"]> = {}): Known => ({
    obstacle: null,
    link: { kind: "connected", warning: null },
    snapshot: { ...labFixture(0), environments: [environment] },
    environments: [{ id: "lab/tinylm", label: "tinylm", environment }],
    id: "lab/tinylm",
    models: [],
    draft: { ...ideas, exploit: null },
    exploit: 0.5,
    busy: null,
    message: null,
    searching: { form: { ...FIRST_FORM, ...form }, target: null, starting: false, failure: null, forecast: null, ...more },
    clock: { now: NOW, text: (at) => `minute ${(at - NOW) / 60_000}` },
  });

  it("offers targets only where there is one to choose, and says what keeps runs waiting at each", () => {
    const targets = [targetFixture(), targetFixture({ name: "gpu-box", title: "gpu-box", drained: true })];
    const part = (form: Partial<SearchForm>, there = targets) =>
      composerState({ ...known(form), snapshot: { ...labFixture(0), environments: [environment], targets: there } }).search;
    expect(part({}, [targetFixture()])).toMatchObject({ targets: [], prioritised: false });
    expect(part({})).toMatchObject({
      targets: [
        { id: "", problem: null },
        { id: "local", problem: null },
        { id: "gpu-box", label: "gpu-box (drained)", problem: null },
      ],
      target: "",
      prioritised: true,
    });
    expect(part({ target: "gone" }, [targetFixture()]).targets.at(-1)).toEqual({
      id: "gone",
      label: "gone",
      problem: "it is no longer there",
    });
  });

  it("is folded at first, with the gist of what it would be", () => {
    const state = composerState(known());
    expect(ComposerState.parse(state)).toEqual(state);
    expect(state.search).toMatchObject({ gist: "evolutionary, 10 epochs of 6 ideas", hours: "run hours", problem: null, card: null });
    const capped = composerState(known({ caps: { dollars: 5, tokens: 0, hours: 0, minutes: 90 } }));
    expect(capped.search.gist).toBe("evolutionary, 10 epochs of 6 ideas · $5.00 · 90 min");
  });

  it("says what it would take, and what the user should know before", () => {
    const { search } = composerState(known({}, { forecast: { answer: { kind: "forecast", forecast: FORECAST }, old: false } }));
    expect(search.forecast).toEqual({
      text: "60 ideas, 60 runs · about $0.00 · 0.1 run hours · 5 min, done about minute 5",
      warnings: ["It is long."],
      old: false,
    });
    const error = new ProvingGroundError("model", "lab/m is not configured", { hint: "Choose another." });
    const failed = composerState(known({}, { forecast: { answer: { kind: "failed", error }, old: true } }));
    expect(failed.search.forecast).toEqual({ text: "", warnings: ["lab/m is not configured. Choose another."], old: true });
  });

  it("says why it cannot be started", () => {
    expect(composerState(known({ algorithm: "random" })).search.problem).toContain("operators");
    expect(composerState(known({ epochs: 1000 })).search.problem).toBeNull();
    expect(composerState({ ...known({ epochs: 1000 }), draft: { ...ideas, count: 11, exploit: null } }).search.problem).toContain("11,000");
  });

  it("comes back as checked messages: fields one by one, and actions by name", () => {
    const read = (message: unknown) => FromComposer.safeParse(message).success;
    expect(read({ type: "change", search: { epochs: 3 } })).toBe(true);
    expect(read({ type: "change", search: { epochs: 0 } })).toBe(false);
    expect(read({ type: "change", search: { asks: ["diffs", "nothing"] } })).toBe(false);
    expect(read({ type: "onSearch", search: 1, action: "pause" })).toBe(true);
    expect(read({ type: "onSearch", search: 1, action: "delete" })).toBe(false);
    expect(read({ type: "startSearch" })).toBe(true);
  });
});

describe("what may be changed of a search", () => {
  const parts = (changes: Parameters<typeof searchFixture>[1] = {}) => changeableParts(searchFixture(1, changes), 1, [targetFixture()]);
  const read = (label: string, text: string): PlanChange | string => {
    const part = parts({ spent: { dollars: 0.5, tokens: 0, hours: 0 } }).find((one) => one.label === label);
    if (part?.ask.kind !== "field") throw new Error(`${label} is no field`);
    return part.ask.read(text);
  };

  it("is shown with its present value, and only as far as its algorithm heeds it", () => {
    expect(parts().map(({ label, now }) => `${label}: ${now}`)).toEqual([
      "Ideas in an Epoch: 6",
      "Epochs: 10",
      "Ask Me Before: nothing",
      "Explore or Exploit: the paper's schedule",
      "Exploiting Ideas Are Written On: the baseline",
      "Near-Repeats: put aside",
      "Runs Stopped Early: none",
      "Priority: normal",
      "Cap: Dollars: none",
      "Cap: Tokens: none",
      "Cap: GPU Hours: none",
      "Cap: Minutes: none",
      "What Ideas Are About: anything",
    ]);
    const random = parts({ plan: { algorithm: "random" } }).map(({ label }) => label);
    expect(random).not.toContain("Explore or Exploit");
    expect(random.slice(0, 2)).toEqual(["Ideas at a Time", "Times"]);
  });

  it("is the target too where there are several, each with how it is", () => {
    const targets = [targetFixture(), targetFixture({ name: "gpu-box", title: "gpu-box", drained: true })];
    const part = changeableParts(searchFixture(1, { plan: { target: "gpu-box" } }), 1, targets).find(
      ({ label }) => label === "Where It Runs",
    );
    expect(part).toMatchObject({
      now: "gpu-box",
      ask: {
        options: [
          { label: "Any target", change: { target: null }, now: false },
          { label: "This machine", detail: "0 of 2 slots busy", change: { target: "local" } },
          { label: "gpu-box", detail: "drained: it takes no runs until it is resumed", change: { target: "gpu-box" }, now: true },
        ],
      },
    });
  });

  it("is read, or refused with a sentence", () => {
    expect(read("Epochs", "12")).toEqual({ epochs: 12 });
    expect(read("Epochs", "0")).toBe("It must be a whole number from 1 to 1000.");
    expect(read("Ideas in an Epoch", "200")).toEqual({ size: 200 });
    expect(read("Cap: Dollars", "2.5")).toEqual({ caps: { dollars: 2.5 } });
    expect(read("Cap: Dollars", "")).toEqual({ caps: { dollars: 0 } });
    expect(read("Cap: Tokens", "1.5")).toBe("It must be a whole number of 0 or more; 0 is no cap.");
    expect(read("What Ideas Are About", "schedules")).toEqual({ instructions: "schedules" });
  });

  it("never makes a plan that could not be started", () => {
    const [size] = parts({ plan: { epochs: 1000 } });
    expect(size?.ask.kind === "field" && size.ask.read("11")).toContain("11,000");
  });

  it("of gates is said for each that it comes to", () => {
    expect(gatesChange("evolutionary", ["diffs"])).toEqual({ gates: { ...UNATTENDED, diffs: "ask" } });
    expect(gatesChange("random", [])).toEqual({ gates: { ideas: "auto", diffs: "auto", runs: "auto" } });
  });
});

it("a moment of today is its time alone, of another day more", () => {
  const noon = new Date(2026, 4, 6, 12, 0).getTime();
  const hour = 3_600_000;
  const today = clockText(noon + hour, noon);
  expect(today).toMatch(/\b0?1[:.]00|13[:.]00/);
  expect(clockText(noon + 25 * hour, noon).length).toBeGreaterThan(today.length);
  expect(clockText(noon + 30 * 24 * hour, noon)).toContain("2026");
});
