/** What ideas repeat, how that went, and which kind they are, as the terminal shows it; what it says of models for both. */
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { Idea } from "../../../extension/protocol/idea.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { IDEAS_IN_WORDS } from "../../fixtures/ideas-in-words/all.ts";
import { ideaAnswer, modelServer, says, type ModelServer } from "../../fixtures/model-server.ts";
import { allGone, cells, terminal, type Terminal } from "../../fixtures/terminal.ts";

const [FIRST, SECOND] = IDEAS_IN_WORDS as [(typeof IDEAS_IN_WORDS)[0], (typeof IDEAS_IN_WORDS)[0]];
const answer = ({ title, description, changes }: typeof FIRST.original) => ideaAnswer(title, description, changes);

let lab: TestLab;
let pg: Terminal;
beforeAll(() => {
  lab = testLab();
  pg = terminal(lab.folder);
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

const variables = (server: ModelServer, more: Record<string, string> = {}) => ({
  ...{ PROVING_GROUND_BASE_URL: server.baseURL, PROVING_GROUND_API_KEY: "sk-secret", PROVING_GROUND_MODELS: "m" },
  ...more,
});
/** What `ideas show` says of one thing; undefined when it says nothing of it. */
const shown = async (id: number, name: string): Promise<string | undefined> => {
  const lines = (await pg.text("ideas", "show", String(id))).split("\n");
  return lines
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
    .trim();
};

it("ideas that nearly repeat earlier ones are said to when they are generated, listed and shown; skipped where that is asked for", async () => {
  const { title, description, changes } = FIRST.original;
  const [id] = [(await pg.json(Idea, "ideas", "add", "--title", title, "--description", description, "--changes", changes)).id];
  await using server = await modelServer();
  server.script(says(answer(FIRST.close) + answer(SECOND.original)), says(answer(SECOND.close)));
  const call = { env: variables(server) };
  const kept = await pg.run(["ideas", "generate", "-n", "2", "--source", "env/m"], call);
  expect(kept.code).toBe(0);
  expect(kept.err).toMatch(
    new RegExp(`“${FIRST.close.title}” nearly repeats #${id} “${title}” \\(\\d\\d% alike by words\\), which is a draft`),
  );
  const skipped = await pg.run(["ideas", "generate", "-n", "1", "--source", "env/m", "--repeats", "skip"], call);
  expect(skipped.err).toContain("; it was put aside");
  const rows = cells(await pg.text("ideas", "list"));
  expect(rows.map(({ idea, status, repeats }) => [idea, status, repeats?.replace(/\d\d%/, "…") ?? null])).toEqual([
    ["#1", "draft", null],
    ["#2", "draft", "#1 …, is a draft"],
    ["#3", "draft", null],
    ["#4", "rejected", "#3 …, is a draft"],
  ]);
  expect(await shown(2, "repeats")).toMatch(new RegExp(`^#1 “${title}” \\(\\d\\d% alike\\), which is a draft$`));
  expect((await pg.fails(2, "ideas", "generate", "--repeats", "ask")).error.message).toContain("It must be keep or skip.");
});

it("an idea that is edited into another one repeats it, and no longer once it is edited again", async () => {
  const add = async (name: string) =>
    (await pg.json(Idea, "ideas", "add", "--title", name, "--description", "Its own words, quite short.")).id;
  const id = await add("Nothing like the others");
  const markdown = ({ title, description, changes }: typeof FIRST.original) => `# ${title}\n\n${description}\n\n## Changes\n\n${changes}\n`;
  const edit = async (text: string) =>
    Idea.parse(JSON.parse((await pg.run(["ideas", "edit", String(id), "--file", "-", "--json"], { input: text })).out));
  expect((await edit(markdown(FIRST.original))).repeats).toEqual({ idea: 1, likeness: 1 });
  expect((await edit("# Something else\n\nEntirely.\n")).repeats).toBeNull();
});

it("a model judges what is approved where one is named, and both kinds are shown with how often they agree", async () => {
  await using server = await modelServer();
  server.script(says("algorithmic"));
  const env = variables(server);
  const ids: number[] = [];
  for (const value of [11, 12]) {
    ids.push((await pg.json(Idea, "ideas", "add", "--title", `Value ${value}`, "--changes", `- \`value\`: ${value}`)).id);
  }
  const [first, second] = ids.map(String) as [string, string];
  expect((await pg.run(["implement", first, second])).code).toBe(0);
  expect((await pg.run(["approve", first, "--all", "--judge", "env/m"], { env })).code).toBe(0);
  const judged = () => pg.json(z.array(Idea), "ideas", "list").then((all) => all.find(({ id }) => id === ids[0])?.judged ?? null);
  await expect.poll(judged, { timeout: 60_000 }).toBe("algorithmic");
  await pg.text("approve", second, "--all");
  expect(await shown(ids[0]!, "kind")).toBe("hyper-parameter by its diff, algorithmic as env/m judges");
  expect(await shown(ids[1]!, "kind")).toBe("hyper-parameter");
  expect(await pg.text("ideas", "list")).toContain("kinds judged by a model too: 1, of which 0 as by the diff");
});

it("PROVING_GROUND_EMBEDDINGS names the model by whose vectors ideas are compared", async () => {
  const same = (text: string) => (/cosine|Anneal/i.test(text) ? [1, 1, 0] : [1, 0, text.length / 100]);
  await using server = await modelServer({ vector: same });
  server.script(says(answer(FIRST.free)));
  const { code, err } = await pg.run(["ideas", "generate", "-n", "1", "--source", "env/m"], {
    env: variables(server, { PROVING_GROUND_EMBEDDINGS: "env/e" }),
  });
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/nearly repeats #\d+ “.*” \(\d+% alike by embeddings\)/) as string });
  expect(server.embeddings[0]?.body.model).toBe("e");
});
