/** Searches in a real engine: unattended, at gates, within caps, through the engine's death, and with the human in them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import type { ParamsIn } from "../../../extension/protocol/messages.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";

let lab: TestLab;
let connection: EngineConnection;
let watched: Watched;

beforeEach(async () => {
  lab = testLab();
  connection = await lab.connect();
  await connection.request(methods.engineConfigure, { slots: 2 });
  watched = await Watched.of(connection);
});
afterEach(() => lab.dispose());

type Plan = ParamsIn<typeof methods.searchStart>["plan"];
const start = (plan: Partial<Plan> = {}) =>
  connection.request(methods.searchStart, {
    environment: "tiny",
    plan: { algorithm: "evolutionary", source: "operators", size: 4, epochs: 2, seed: 7, ...plan },
  });
const searchIn = ({ searches }: Snapshot, id: number) => searches.find((search) => search.id === id);
const ended = (id: number) => watched.until((snapshot) => (searchIn(snapshot, id)?.state === "ended" ? snapshot : null));
const ideasOf = (snapshot: Snapshot, id: number) => snapshot.ideas.filter(({ search }) => search === id);

describe("unattended", () => {
  test("it goes through its epochs by itself: ideas, commits, runs, and children of what was better than the baseline", async () => {
    const { id } = await start({ size: 6, epochs: 3, base: "parent" });
    const snapshot = await ended(id);
    const ideas = ideasOf(snapshot, id);
    expect(ideas.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(ideas.every(({ status }) => status === "done")).toBe(true);
    expect(ideas.filter(({ epoch, strategy }) => epoch === 2 && strategy === "exploit")).toHaveLength(3);
    const baseline = snapshot.runs.find(({ idea }) => idea === null)?.metric ?? NaN;
    for (const { parents, base, commit } of ideas.filter(({ strategy }) => strategy === "exploit")) {
      for (const parent of parents) expect(snapshot.ideas.find((idea) => idea.id === parent)?.metric).toBeLessThan(baseline);
      const under = snapshot.ideas.find((idea) => idea.id === base);
      expect(lab.git("rev-parse", `${commit ?? ""}^`)).toBe(under?.commit);
    }
    expect(searchIn(snapshot, id)).toMatchObject({ reason: "All 18 ideas are done.", ideas: 18, epoch: 2 });
    // Nothing ran twice.
    expect(snapshot.runs.filter(({ idea }) => idea !== null)).toHaveLength(18);
  });

  test.each(["steady state", "best of n", "random"] as const)("%s makes as many ideas as planned", async (algorithm) => {
    const { id } = await start({ algorithm, size: 5, epochs: 2 });
    const ideas = ideasOf(await ended(id), id);
    expect(ideas.filter(({ status }) => status === "done")).toHaveLength(10);
    const strategies = new Set(ideas.map(({ strategy }) => strategy));
    if (algorithm === "best of n") expect([...strategies]).toEqual(["fresh"]);
    if (algorithm === "random") expect([...strategies]).toEqual(["random"]);
  });

  test("an engine that dies in the middle is followed by one that goes on: nothing lost, nothing twice", async () => {
    const { id } = await start({ size: 5, epochs: 3 });
    for (const count of [3, 8, 12]) {
      await watched.until((snapshot) => ideasOf(snapshot, id).filter(({ status }) => status === "done").length >= count);
      await lab.kill();
      connection = await lab.connect();
      await connection.request(methods.engineConfigure, { slots: 2 });
      watched = await Watched.of(connection);
    }
    const snapshot = await ended(id);
    const ideas = ideasOf(snapshot, id);
    expect(ideas).toHaveLength(15);
    expect(ideas.every(({ status }) => status === "done")).toBe(true);
    const runs = snapshot.runs.filter(({ idea }) => idea !== null);
    expect(runs).toHaveLength(15);
    expect(new Set(runs.map(({ idea }) => idea)).size).toBe(15);
  });
});
