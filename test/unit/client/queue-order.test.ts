/** Runs are moved in the queue: what the engine is asked comes to what the human meant. */
import { describe, expect, it } from "vitest";
import { dropped, inQueue, moved } from "../../../extension/client/sidebar/queue-order.ts";
import type { NewOrder, Way } from "../../../extension/client/sidebar/queue-order.ts";
import { runFixture } from "../../fixtures/lab.ts";

const QUEUE = [1, 2, 3, 4, 5];

/** The queue after the engine did what it was asked. */
function after(order: NewOrder | null): number[] {
  if (order === null) return QUEUE;
  const others = QUEUE.filter((id) => !order.runs.includes(id));
  const index = order.before === null ? others.length : others.indexOf(order.before);
  return others.toSpliced(index, 0, ...order.runs);
}

it("the queue is in the order of places, of one place the older run first", () => {
  const at = (id: number, position: number) => runFixture(id, 1, { state: "queued", position });
  expect(inQueue([at(1, 7), at(3, 2), at(2, 2), runFixture(4, 1)]).map(({ id }) => id)).toEqual([2, 3, 1]);
});

describe("a run is moved", () => {
  const move = (way: Way, ...runs: number[]) => after(moved(QUEUE, new Set(runs), way));
  it.each([
    ["first", [4], [4, 1, 2, 3, 5]],
    ["up", [4], [1, 2, 4, 3, 5]],
    ["down", [2], [1, 3, 2, 4, 5]],
    ["down", [4], [1, 2, 3, 5, 4]],
    ["last", [2], [1, 3, 4, 5, 2]],
    ["first", [5, 3], [3, 5, 1, 2, 4]],
    ["up", [3, 4], [1, 3, 4, 2, 5]],
    ["up", [1, 4], [1, 4, 2, 3, 5]],
    ["down", [2, 3], [1, 4, 2, 3, 5]],
    ["last", [1, 3], [2, 4, 5, 1, 3]],
  ] as const)("%s: %j", (way, runs, expected) => {
    expect(move(way, ...runs)).toEqual(expected);
  });

  it.each([
    ["first", 1],
    ["up", 1],
    ["down", 5],
    ["last", 5],
  ] as const)("%s, and nothing is asked where it is there already", (way, run) => {
    expect(moved(QUEUE, new Set([run]), way)).toBeNull();
  });
});

describe("runs are dropped", () => {
  it("before the run they are dropped on, several in the order they have", () => {
    expect(after(dropped(QUEUE, new Set([5, 4]), 2))).toEqual([1, 4, 5, 2, 3]);
    expect(after(dropped(QUEUE, new Set([1]), 4))).toEqual([2, 3, 1, 4, 5]);
  });

  it("on one of themselves: before the next that is none of them", () => {
    expect(after(dropped(QUEUE, new Set([2, 4]), 2))).toEqual([1, 2, 4, 3, 5]);
    expect(dropped(QUEUE, new Set([2]), 2)).toBeNull();
  });

  it("on the group: at the end", () => {
    expect(after(dropped(QUEUE, new Set([2, 3]), null))).toEqual([1, 4, 5, 2, 3]);
  });

  it("and those that have begun meanwhile stay where they are", () => {
    expect(dropped(QUEUE, new Set([9]), 1)).toBeNull();
  });
});
