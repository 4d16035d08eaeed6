/** Numbers, drafts and messages as the webviews read and write them. */
import { describe, expect, it } from "vitest";
import type { ComposerState } from "../../../extension/protocol/webview/composer.ts";
import { keepDrafts } from "../../../webview/composer/drafts.ts";
import { readMessage } from "../../../webview/results/messages.ts";
import { decimalsFor, difference, seconds, value } from "../../../webview/results/numbers.ts";
import { arranged } from "../../../webview/results/persisted.ts";
import { listen, Questions } from "../../../webview/shared/host.ts";

describe("numbers", () => {
  it("show about four digits, lined up, with real minus signs", () => {
    expect([2.013, 84.21, 0.31, 0, null].map(decimalsFor)).toEqual([3, 2, 4, 3, 3]);
    expect([value(1.8421, 3), value(-2, 3), value(null, 3), value(0, 3), value(1e-9, 3)]).toEqual([
      "1.842",
      "−2.000",
      "–",
      "0.000",
      "1.00e−9",
    ]);
    expect([difference(-0.171, 3), difference(0.1, 3), difference(-0.0001, 3)]).toEqual(["−0.171", "+0.100", "0.000"]);
    expect([8.04, 75, 250, 7500].map(seconds)).toEqual(["8.0 s", "75 s", "4 min 10 s", "2 h 5 min"]);
  });
});

describe("what is typed", () => {
  const state = { instructions: "a", exploit: 0.5 } as ComposerState;
  it("wins over an older state until the extension has it", () => {
    expect(keepDrafts({ instructions: "abc" }, state, { ...state, instructions: "ab" }, "instructions")).toEqual({ instructions: "abc" });
    expect(keepDrafts({ instructions: "abc" }, state, { ...state, instructions: "abc" }, "instructions")).toEqual({});
  });
  it("gives way when the extension changed the field while the user was elsewhere", () => {
    expect(keepDrafts({ exploit: 0.9 }, state, { ...state, exploit: 0.3 }, "instructions")).toEqual({});
    expect(keepDrafts({ exploit: 0.9 }, state, { ...state, instructions: "z" }, "instructions")).toEqual({ exploit: 0.9 });
  });
});

describe("messages", () => {
  it("of others are not ours", () => {
    expect(
      [null, "x", {}, { type: "snapshot" }, { type: "delta" }, { type: "other" }, { type: "reveal", idea: "1" }].map(readMessage),
    ).toEqual(Array(7).fill(null));
    expect(readMessage({ type: "reveal", idea: 3 })).toEqual({ type: "reveal", idea: 3 });
  });

  it("reach the listener only when they can be read", () => {
    const listeners: ((event: { data: unknown }) => void)[] = [];
    const heard: number[] = [];
    listen(
      { addEventListener: (_type, listener) => void listeners.push(listener) },
      (data) => (typeof data === "number" ? data : null),
      (message) => heard.push(message),
    );
    for (const data of [1, "x", 2]) listeners[0]?.({ data });
    expect(heard).toEqual([1, 2]);
  });

  it("answer the question with their number, whatever order they come in", async () => {
    const sent: [number, string][] = [];
    const questions = new Questions<string>((id, ask) => sent.push([id, ask]));
    const text = { parse: (one: unknown) => String(one) };
    const first = questions.ask("one", text);
    const second = questions.ask("two", text);
    questions.answer(2, "b");
    questions.fail(1, { code: "unknown-idea", message: "there is no idea #9", hint: "Refresh." });
    expect(await second).toBe("b");
    await expect(first).rejects.toMatchObject({ code: "unknown-idea", hint: "Refresh." });
    expect(sent).toEqual([
      [1, "one"],
      [2, "two"],
    ]);
  });
});

it("an arrangement that cannot be read is the usual one", () => {
  expect(arranged(undefined)).toMatchObject({ grouping: "none", tab: "compare", hidden: [] });
  expect(arranged({ tab: "nonsense" }).tab).toBe("compare");
  expect(arranged({ tab: "log", widths: { idea: 300 } })).toMatchObject({ tab: "log", widths: { idea: 300 } });
});
