import { describe, expect, it } from "vitest";
import { Models } from "../../../extension/engine/models/catalogue.ts";
import { completeToText } from "../../../extension/engine/models/language-model.ts";
import { REAL_SURROUNDINGS } from "../../../extension/engine/models/surroundings.ts";
import { Store } from "../../../extension/engine/store/store.ts";
import { listing, says, scripted, status } from "../../fixtures/model-server.ts";

const OPERATORS = { id: "operators", title: "Operators (no model)", problem: null };
const provider = (name: string, baseURL: string, models: string[] = []) => ({ name, baseURL, models });

function models() {
  const clock = { now: 0 };
  return { clock, catalogue: new Models({ ...REAL_SURROUNDINGS, now: () => clock.now }, new Store(":memory:", Date.now).calls) };
}

describe("the models to choose from", () => {
  it("are the operators alone when nothing is configured", async () => {
    expect(await models().catalogue.list()).toEqual([OPERATORS]);
  });

  it("are those of the settings, without asking anybody", async () => {
    const { catalogue } = models();
    catalogue.configure("1", { providers: [provider("lab", "http://127.0.0.1:1/v1", ["a", "org/b"])], keys: {} });
    expect(await catalogue.list()).toEqual([
      OPERATORS,
      { id: "lab/a", title: "a (lab)", problem: null },
      { id: "lab/org/b", title: "org/b (lab)", problem: null },
    ]);
  });

  it("are asked for where the settings name none, and the answer is kept for ten minutes", async () => {
    await using server = await scripted();
    server.list(listing("small", "big"), listing("new"));
    const { catalogue, clock } = models();
    catalogue.configure("1", { providers: [provider("lab", server.baseURL)], keys: { lab: "sk-1" } });
    const ids = async () => (await catalogue.list()).map(({ id }) => id);
    expect(await ids()).toEqual(["operators", "lab/big", "lab/small"]);
    clock.now = 599_999;
    expect(await ids()).toEqual(["operators", "lab/big", "lab/small"]);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ path: "/v1/models", authorization: "Bearer sk-1" });
    clock.now = 600_000;
    expect(await ids()).toEqual(["operators", "lab/new"]);
  });

  it("show the problem of an endpoint that cannot be asked, beside the others, and ask again soon", async () => {
    await using server = await scripted();
    server.list(status(401, "who?"), listing("small"));
    const { catalogue, clock } = models();
    catalogue.configure("1", { providers: [provider("lab", server.baseURL), provider("other", "http://127.0.0.1:1/v1", ["x"])], keys: {} });
    const [, broken, other] = await catalogue.list();
    expect(broken?.id).toBe("lab/");
    expect(broken?.problem).toContain("wants an API key and none is set (401). Set a valid key");
    expect(other).toMatchObject({ id: "other/x", problem: null });
    clock.now = 5_000;
    expect((await catalogue.list())[1]).toMatchObject({ id: "lab/small", problem: null });
  });
});

describe("a model", () => {
  it("is found by provider and name, a slash in the name included", async () => {
    await using server = await scripted(says("ok"));
    const { catalogue } = models();
    catalogue.configure("1", { providers: [provider("lab", server.baseURL)], keys: { lab: "sk-1" } });
    const model = catalogue.get("lab/org/tiny");
    expect(model.id).toBe("lab/org/tiny");
    expect(catalogue.get("lab/org/tiny")).toBe(model);
    await completeToText(model, { messages: [], purpose: { kind: "ideas", environment: "toy" } }, new AbortController().signal);
    expect(server.requests[0]?.body.model).toBe("org/tiny");
  });

  it("that nobody configured is refused with what there is", () => {
    const { catalogue } = models();
    expect(() => catalogue.get("lab/x")).toThrow("no model lab/x is configured");
    catalogue.configure("1", { providers: [provider("lab", "http://127.0.0.1:1/v1")], keys: {} });
    for (const id of ["nowhere/x", "lab/", "lab", "operators"]) expect(() => catalogue.get(id)).toThrow(`no model ${id} is configured`);
    expect(() => catalogue.get("nowhere/x")).toThrow(
      expect.objectContaining({ hint: "Models are written provider/model; providers here: lab." }),
    );
  });

  it("is the newest connection's where two name the same provider, and goes with its connection", async () => {
    await using server = await scripted(says("ok"));
    const { catalogue } = models();
    catalogue.configure("1", { providers: [provider("lab", "http://127.0.0.1:1/v1", ["a"])], keys: { lab: "old" } });
    catalogue.configure("2", { providers: [provider("lab", server.baseURL, ["b"])], keys: { lab: "new" } });
    expect((await catalogue.list()).map(({ id }) => id)).toEqual(["operators", "lab/b"]);
    await completeToText(
      catalogue.get("lab/b"),
      { messages: [], purpose: { kind: "ideas", environment: "toy" } },
      new AbortController().signal,
    );
    expect(server.requests[0]?.authorization).toBe("Bearer new");
    catalogue.forget("2");
    expect((await catalogue.list()).map(({ id }) => id)).toEqual(["operators", "lab/a"]);
    catalogue.forget("1");
    expect(() => catalogue.get("lab/a")).toThrow("no model lab/a is configured");
  });
});
