/** A benchmark of models in a real engine: the same ideas for every implementer, one search a pair. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { modelServer } from "../../fixtures/model-server.ts";
import { researcher } from "../../fixtures/researcher.ts";

let lab: TestLab;
let connection: EngineConnection;
let watched: Watched;
beforeEach(async () => {
  lab = testLab();
  connection = await lab.connect();
  watched = await Watched.of(connection);
});
afterEach(() => lab.dispose());

test("every implementer gets the same ideas of an ideator; a failing one is counted, and all pairs end", async () => {
  const [good, bad] = [researcher(), researcher()];
  // The bad one answers code with prose.
  await using server = await modelServer({
    models: ["good", "bad"],
    answer: (request) => {
      const implements_ = JSON.stringify(request.body.messages).includes("How to answer");
      return (request.body.model === "bad" && !implements_ ? bad : good).answer(
        request.body.model === "bad" && implements_
          ? { ...request, body: { ...request.body, messages: [{ content: "nothing" }] } }
          : request,
      );
    },
  });
  await connection.request(methods.modelsConfigure, {
    ...{ providers: [{ name: "lab", baseURL: server.baseURL, models: ["good", "bad"] }], keys: {} },
  });
  const begun = await connection.request(methods.benchmarkStart, {
    ...{ environment: "tiny", ideators: ["lab/good", "lab/bad"], implementers: ["lab/good", "lab/bad"], count: 3 },
  });
  expect(begun.map(({ plan, benchmark }) => [plan.source, plan.implementer, benchmark])).toEqual([
    ["lab/good", "lab/good", 1],
    ["lab/good", "lab/bad", 1],
    ["lab/bad", "lab/good", 1],
    ["lab/bad", "lab/bad", 1],
  ]);
  const { searches, ideas } = await watched.until((snapshot) =>
    snapshot.searches.every(({ state }) => state === "ended") ? snapshot : null,
  );
  const of = (pair: number) => ideas.filter(({ search }) => search === begun[pair]?.id);
  expect(of(1).map(({ title }) => title)).toEqual(of(0).map(({ title }) => title));
  expect(of(3).map(({ title }) => title)).toEqual(of(2).map(({ title }) => title));
  expect([0, 1, 2, 3].map((pair) => of(pair).filter(({ status }) => status === "done").length)).toEqual([3, 0, 3, 0]);
  expect(searches.map(({ reason }) => reason)).toEqual(searches.map(() => "All 3 ideas are done."));
});

test("nothing begins when one of its models is not there", async () => {
  const benchmark = { environment: "tiny", ideators: ["operators"], implementers: ["lab/none"], count: 3 };
  const [search] = await connection.request(methods.benchmarkStart, benchmark);
  expect(search?.plan).toMatchObject({ source: "operators", implementer: null });
  await expect(connection.request(methods.benchmarkStart, { ...benchmark, ideators: ["operators", "lab/none"] })).rejects.toThrow(
    "no model lab/none",
  );
  expect(watched.snapshot.searches.length).toBeLessThanOrEqual(1);
});
