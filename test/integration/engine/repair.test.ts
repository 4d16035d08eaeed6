/** A run that fails is handed back to the model that wrote its code: by request, or by itself when it crashed early; once. */
import { afterEach, expect, it } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import { ENDED } from "../../../extension/protocol/run.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { ideaAnswer, modelServer, says, type ModelServer } from "../../fixtures/model-server.ts";

let here: TestLab;
let server: ModelServer;
afterEach(async () => {
  await here.dispose();
  await server[Symbol.asyncDispose]();
});

const block = (by: string) => `train.sh\n<<<<<<< SEARCH\nVALUE=50\n=======\n${by}\n>>>>>>> REPLACE\n`;
const BROKEN = block("VALUE=$(echo boom-in-the-log >&2; exit 1) || exit 3");

/** An idea by a model whose run crashes. */
async function crashed(repairWithin: number, ...after: string[]) {
  here = testLab();
  server = await modelServer();
  server.script(says(ideaAnswer("Lower it")), says(BROKEN), ...after.map((answer) => says(answer)));
  const client = await here.connect();
  const watched = await Watched.of(client);
  await client.request(methods.modelsConfigure, { providers: [{ name: "lab", baseURL: server.baseURL, models: ["m"] }], keys: {} });
  await client.request(methods.engineConfigure, { slots: 1, repairWithin });
  const { ideas } = await client.request(methods.ideasGenerate, { environment: "tiny", source: "lab/m", count: 1 });
  const id = ideas[0]!.id;
  await client.request(methods.implement, { ideas: [id] });
  await client.request(methods.proposalApprove, { idea: id, undecided: "accept" });
  const [run] = await client.request(methods.runsEnqueue, { ideas: [id] });
  await watched.until(({ runs }) => runs.some((one) => one.id === run!.id && ENDED.has(one.state)));
  return { client, watched, id };
}
const lastPrompt = () => JSON.stringify(server.completions.at(-1)?.body.messages);

it("by request: a new idea of the same text, told the change and the log; not a second time", { timeout: 30_000 }, async () => {
  const { client, id } = await crashed(0, block("VALUE=40"));
  const again = await client.request(methods.ideasRepair, { idea: id });
  expect(again).toMatchObject({ title: "Lower it", status: "in review", repairs: id, model: "lab/m", base: null });
  expect(lastPrompt()).toContain("boom-in-the-log");
  expect(lastPrompt()).toContain("+VALUE=$(echo boom-in-the-log");
  await expect(client.request(methods.ideasRepair, { idea: id })).rejects.toMatchObject({
    code: "usage",
    message: `idea #${id} was handed back already`,
  });
  await expect(client.request(methods.ideasRepair, { idea: again.id })).rejects.toMatchObject({ code: "usage" });
});

it("by itself when it crashed early and the user said so; what was repaired and crashes again is left", { timeout: 30_000 }, async () => {
  const { client, watched, id } = await crashed(60, BROKEN);
  const again = await watched.until(({ ideas }) => ideas.find((idea) => idea.repairs === id && idea.status === "in review"));
  await client.request(methods.proposalApprove, { idea: again.id, undecided: "accept" });
  const [run] = await client.request(methods.runsEnqueue, { ideas: [again.id] });
  await watched.until(({ runs }) => runs.some((one) => one.id === run!.id && one.state === "failed"));
  expect((await client.request(methods.labSubscribe, {})).ideas).toHaveLength(2);
  expect(server.completions).toHaveLength(3);
});
