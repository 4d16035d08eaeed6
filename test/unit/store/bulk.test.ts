/** What the analysis asks of the store: the records of one environment at once. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../../extension/engine/store/calls.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import type { AttemptOutcome } from "../../../extension/protocol/idea.ts";

let store: Store;
let now = 0;
beforeEach(() => {
  now = 0;
  store = new Store(":memory:", () => now);
});
afterEach(() => store.close());

function added(environment: string, title: string): number {
  const [idea] = store.ideas.add("model", [
    {
      ...{
        environment,
        epoch: 0,
        source: "model",
        model: "lab/a",
        strategy: "fresh",
        kind: null,
        knobs: null,
        base: null,
        parents: [],
        seed: null,
      },
      text: { title, description: "Because.", changes: "Change it." },
    },
  ]);
  return idea!.id;
}

function attempted(idea: number, outcome: AttemptOutcome | null): void {
  const attempt = store.implementations.startAttempt({ idea, sample: 1, number: 1, by: "lab/a", note: null });
  if (outcome !== null) store.implementations.endAttempt(attempt, { outcome, reason: "", answer: "", usage: null });
}

const call = (purpose: Call["purpose"], more: Partial<Call> = {}): void =>
  store.calls.append({
    purpose,
    model: "lab/a",
    outcome: "answered",
    usage: { inputTokens: 10, outputTokens: 5 },
    bounded: false,
    cost: 7,
    ...more,
  });

describe("the records of an environment", () => {
  it("hold what its ideas say and no other's", () => {
    const id = added("toy", "Cosine");
    added("other", "Lion");
    expect(store.ideas.texts("toy")).toEqual(new Map([[id, { title: "Cosine", description: "Because.", changes: "Change it." }]]));
  });

  it("count how attempts at each idea ended, leaving out those that go on", () => {
    const [a, b, other] = [added("toy", "A"), added("toy", "B"), added("other", "C")];
    for (const outcome of ["would not apply", "would not apply", "applied", null] as const) attempted(a, outcome);
    attempted(b, "smoke");
    attempted(other, "smoke");
    expect(store.implementations.outcomes("toy")).toEqual([
      { idea: a, outcome: "applied", attempts: 1 },
      { idea: a, outcome: "would not apply", attempts: 2 },
      { idea: b, outcome: "smoke", attempts: 1 },
    ]);
  });

  it("hold runs of its ideas and its baseline, in the order queued", () => {
    const run = { commit: "c", tree: "t", seed: 0, target: "local" };
    const idea = added("toy", "A");
    store.runs.enqueue("human", [
      { ...run, environment: "toy", idea: null },
      { ...run, environment: "other", idea: null },
      { ...run, environment: "toy", idea },
    ]);
    expect(store.runs.ofEnvironment("toy").map((one) => [one.id, one.idea])).toEqual([
      [1, null],
      [3, idea],
    ]);
  });

  it("sum up calls by idea and purpose; a call for no idea stands alone with its time", () => {
    const idea = added("toy", "A");
    now = 5;
    call({ kind: "ideas", environment: "toy" });
    now = 6;
    call({ kind: "ideas", environment: "toy" }, { cost: null });
    for (const bounded of [true, false]) {
      now += 1;
      call({ kind: "implementation", environment: "toy", idea }, { bounded });
    }
    call({ kind: "implementation", environment: "other" });
    const sum = { idea: null, search: null, calls: 1, tokens: 15, cost: 7, unpriced: 0, bounded: false };
    expect(store.calls.sums("toy")).toEqual([
      { ...sum, purpose: "ideas", at: 5 },
      { ...sum, purpose: "ideas", at: 6, cost: 0, unpriced: 1 },
      { ...sum, purpose: "implementation", at: 8, idea, calls: 2, tokens: 30, cost: 14, bounded: true },
    ]);
  });
});
