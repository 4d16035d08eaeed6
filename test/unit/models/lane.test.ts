/** A provider's lane: its width, its pauses, and places that are given back. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Lane } from "../../../extension/engine/models/lane.ts";
import { testTime } from "../../fixtures/model-surroundings.ts";

const never = new AbortController().signal;

/** Enters `count` times; tells which are inside. */
function entering(lane: Lane, count: number, signal = never) {
  const inside: number[] = [];
  const leaves: (() => void)[] = [];
  const all = Array.from({ length: count }, async (_, index) => {
    const leave = await lane.enter(signal);
    inside.push(index);
    leaves.push(leave);
  });
  return { inside, leaves, all };
}

it("lets so many in, the others in their order, each place given back once", async () => {
  const lane = new Lane(2, testTime());
  const { inside, leaves } = entering(lane, 4);
  await turn();
  expect(inside).toEqual([0, 1]);
  leaves[0]?.();
  leaves[0]?.();
  await turn();
  expect(inside).toEqual([0, 1, 2]);
  lane.setWidth(3);
  await turn();
  expect(inside).toEqual([0, 1, 2, 3]);
});

it("lets nobody in during a pause, and then not all at the same moment", async () => {
  const time = testTime(0.5);
  const lane = new Lane(8, time);
  lane.holdOff(10_000);
  lane.holdOff(2_000);
  await Promise.all(entering(lane, 2).all);
  // Ten seconds and half of a second; the clock of this test has moved on by then.
  expect(time.pauses).toEqual([10_500]);
});

it("gives the place of somebody who goes away to the next", async () => {
  const lane = new Lane(1, testTime());
  const leave = await lane.enter(never);
  const controller = new AbortController();
  const gone = lane.enter(controller.signal);
  const next = entering(lane, 1);
  controller.abort(new Error("gone"));
  await expect(gone).rejects.toThrow("gone");
  leave();
  await Promise.all(next.all);
  await expect(lane.enter(AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
});

it("gives the place back when somebody goes away during a pause", async () => {
  const time = testTime();
  const lane = new Lane(1, {
    ...time,
    pause: (_, signal) => new Promise((__, reject) => signal.addEventListener("abort", () => reject(new Error("gone")))),
  });
  lane.holdOff(5_000);
  const controller = new AbortController();
  const gone = lane.enter(controller.signal);
  await turn();
  controller.abort();
  await expect(gone).rejects.toThrow("gone");
  await time.pause(5_001, never);
  await Promise.all(entering(lane, 1).all);
});
