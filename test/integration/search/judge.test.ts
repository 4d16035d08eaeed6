/** A model that judges the kind of a change beside its diff. */
import { expect, it } from "vitest";
import { SearchPlan } from "../../../extension/protocol/search.ts";
import { hanging, modelServer, says, status, stepped } from "../../fixtures/model-server.ts";
import { Toy } from "./toy.ts";

const text = { title: "A higher rate", description: "Because.", changes: "Raise it." };

it("is shown the diff and the definition, and what it says is kept beside the kind by the diff", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server, { prices: { "lab/j": { input: 1, output: 1 } } });
  const id = toy.written({ text })[0]!.id;
  toy.executed(id, null, "RATE = 3\nrun(RATE)\n");
  server.script(says("**Algorithmic**"));
  expect(await toy.judge.look(id, "lab/j")).toEqual({ kind: "algorithmic", note: null });
  expect(toy.store.ideas.get(id)).toMatchObject({ kind: "hyper-parameter", judged: "algorithmic", judgedBy: "lab/j" });
  const [{ content } = { content: "" }] = server.completions[0]?.body.messages as { content: string }[];
  expect(content).toContain("**hyper-parameter**: only existing settings change.");
  expect(content).toContain("called “A higher rate”");
  expect(content).toContain("-RATE = 1\n+RATE = 3");
  expect(server.completions[0]?.body).toMatchObject({ model: "j", temperature: 0, max_tokens: 8000 });
  expect(toy.store.calls.list({ idea: id })).toMatchObject([
    { purpose: { kind: "judgement", environment: "toy", idea: id }, model: "lab/j", outcome: "answered", cost: 15_000 },
  ]);
});

it("is the one of its search's plan, whatever is set besides, asked once for each idea however often it is looked at", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const plan = SearchPlan.parse({ algorithm: "best of n", source: "lab/m", size: 1, epochs: 1, seed: 1, judge: "lab/j" });
  const search = toy.store.searches.start("human", { environment: "toy", plan, baseline: "c", firstEpoch: 0, gpus: 0 }).id;
  const [mine, other] = toy.written({ text, search }, { text });
  toy.executed(mine!.id, null);
  toy.executed(other!.id, null);
  const answer = stepped();
  server.script(answer.reply);
  const looks = [toy.judge.look(mine!.id, "lab/another"), toy.judge.look(mine!.id)];
  expect(toy.judge.busy).toBe(1);
  await answer.asked;
  await answer.say("hyper-parameter");
  await answer.end();
  expect(await Promise.all(looks)).toEqual(Array(2).fill({ kind: "hyper-parameter", note: null }));
  expect(await toy.judge.look(mine!.id, "lab/another")).toEqual({ kind: "hyper-parameter", note: null });
  expect(await toy.judge.look(other!.id)).toEqual({ kind: null, note: null });
  expect(server.completions.map(({ body }) => body.model)).toEqual(["j"]);
  expect(toy.store.calls.list({ idea: mine!.id })).toMatchObject([{ purpose: { kind: "judgement", search } }]);
  expect(toy.judge.busy).toBe(0);
});

it("that fails, says neither, is not configured or is cancelled leaves a note and the kind by the diff", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const [idea, draft] = toy.written({ text }, { text });
  const { id } = idea!;
  toy.executed(id, null);
  server.script(status(401, "who?"), says("It could be either."), hanging());
  const note = async (...from: Parameters<typeof toy.judge.look>) => (await toy.judge.look(...from)).note;
  expect(await note(id, "lab/j")).toMatch(new RegExp(`^the kind of #${id} was not judged: lab at .* wants an API key`));
  expect(await note(id, "lab/j")).toBe(`the kind of #${id} was not judged: lab/j says neither kind: “It could be either.”`);
  expect(await note(id, "nowhere/j")).toBe(`the kind of #${id} was not judged: no model nowhere/j is configured`);
  expect(await note(draft!.id, "lab/j")).toContain("it has no approved implementation");
  expect(await note(77, "lab/j")).toContain("there is no idea #77");
  const controller = new AbortController();
  const cancelled = note(id, "lab/j", controller.signal);
  await expect.poll(() => server.completions.length).toBe(3);
  controller.abort();
  expect(await cancelled).toContain("was cancelled");
  expect(toy.store.ideas.get(id)).toMatchObject({ kind: "hyper-parameter", judged: null, judgedBy: null });
});

it("sees the beginning of a long diff, in a fence that nothing in it closes", async () => {
  await using server = await modelServer();
  using toy = new Toy();
  toy.serve(server);
  const [idea] = toy.written({ text });
  toy.executed(idea!.id, null, `RATE = 1\nrun(RATE)\nDOC = """\n\`\`\`\n"""\n${"# long\n".repeat(8000)}`);
  server.script(says("algorithmic"));
  await toy.judge.look(idea!.id, "lab/j");
  const [{ content } = { content: "" }] = server.completions[0]?.body.messages as { content: string }[];
  expect(content).toMatch(/\n````diff\n[\s\S]*… \d+ more characters\n````\n/);
  expect(content.length).toBeLessThan(27_000);
});
