/** What models cost: shown with each generation, and stopped before it passes the cap. */
import { modelServer, type ModelServer, ideaAnswer, piece, stream, took } from "../fixtures/model-server.ts";
import { expect, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });

let server: ModelServer;
test.beforeAll(async () => {
  server = await modelServer({ models: ["m"] });
});
test.afterAll(() => server[Symbol.asyncDispose]());

/** An idea that takes so many tokens of output; each costs $0.00002, and one answer may have 32,000. */
const idea = (title: string, output: number) => stream(piece({ content: ideaAnswer(title) }, "stop"), took(1000, output));

test("a generation says what it cost; one that could pass the cap is not made, until the cap is raised", async ({ window }) => {
  await window.configure({
    "provingGround.models": [{ name: "lab", baseURL: server.baseURL, models: ["m"] }],
    "provingGround.prices": { "lab/*": { input: 0.5, output: 20 } },
    "provingGround.spending.maxDollars": 0.7,
  });
  await window.openProvingGround();
  const composer = await window.webview("proving-ground-composer");
  await composer.getByRole("combobox", { name: "Model" }).click();
  await composer.getByRole("option", { name: "m (lab)" }).click();
  await composer.getByRole("textbox", { name: "Number of ideas" }).fill("1");
  const generate = composer.getByRole("button", { name: "Generate ideas" });

  server.script(idea("First", 4000));
  await generate.click();
  await expect(composer.getByRole("status")).toContainText("1 new idea (1,000 tokens in, 4,000 out, $0.081).");
  expect(server.completions[0]?.body.max_tokens).toBe(32_000);

  server.script(idea("Second", 200));
  await generate.click();
  await expect(composer.getByRole("alert")).toContainText(
    /could pass the cap of \$0\.70 for tinylm: \$0\.081 is spent, and this call could cost up to \$0\.6/,
  );
  await expect(composer.getByRole("alert")).toContainText("Raise provingGround.spending.maxDollars");
  expect(server.completions).toHaveLength(1);

  await window.configure({ "provingGround.spending.maxDollars": 5 });
  // Nothing shows when the editor has read its settings: until then the answer is no.
  await expect(async () => {
    await generate.click();
    await expect(window.treeRow("Ideas", "Second")).toHaveCount(1, { timeout: 5_000 });
  }).toPass();
});
