import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { readAddress } from "../../../extension/protocol/connect.ts";
import { EngineConnection } from "../../../extension/protocol/connection.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";

const labs: TestLab[] = [];
const lab = (files?: Record<string, string>) => {
  labs.push(testLab(files));
  return labs.at(-1)!;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((one) => one.dispose()));
});

describe("the engine of a repository", () => {
  it("is one, however many ask for it at the same moment", async () => {
    const here = lab();
    const statuses = await Promise.all([1, 2, 3].map(async () => (await here.connect()).request(methods.engineStatus, {})));
    expect(new Set(statuses.map((status) => status.pid)).size).toBe(1);
  });

  it("keeps its address and token to its owner, and answers nobody without the token", async () => {
    const here = lab();
    await here.connect();
    expect(statSync(path.join(here.folder, ".proving-ground/engine.json")).mode & 0o077).toBe(0);
    const address = await readAddress(here.folder);
    expect(statSync(address!.socket).mode & 0o077).toBe(0);
    const stranger = new EngineConnection(connect(address!.socket));
    await expect(stranger.request(methods.engineStatus, {})).rejects.toMatchObject({ code: "unauthorised" });
    const greeting = { token: "0".repeat(64), version: "0.1.0", protocolVersion: methods.PROTOCOL_VERSION };
    await expect(stranger.request(methods.hello, greeting)).rejects.toMatchObject({ code: "unauthorised" });
    stranger.dispose();
  });

  it("shows two clients the same lab, the second one's changes to the first", async () => {
    const here = lab();
    const first = await Watched.of(await here.connect());
    const second = await here.connect();
    await second.request(methods.ideasAdd, { environment: "tiny", text: { title: "Smaller", description: "", changes: "- `value`: 10" } });
    const seen = await first.until((snapshot) => snapshot.ideas.find((idea) => idea.title === "Smaller"));
    expect(seen).toMatchObject({ source: "human", status: "draft" });
    expect((await Watched.of(second)).snapshot.ideas).toEqual(first.snapshot.ideas);
  });

  it("killed outright, is started again by the next client with everything that was written", async () => {
    const here = lab();
    const before = await here.connect();
    const { ideas } = await before.request(methods.ideasGenerate, { environment: "tiny", count: 4, seed: 1 });
    expect(ideas).toHaveLength(4);
    await here.kill();
    const after = await Watched.of(await here.connect());
    expect(after.snapshot.ideas).toEqual(ideas);
  });

  it("takes away the address of one that was killed before anybody can reach it, so that none is refused for an old token", async () => {
    const here = lab();
    await here.connect();
    await here.kill();
    // One that gets no further than its lock.
    const holder = new DatabaseSync(path.join(here.folder, ".proving-ground/lab.db"));
    holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    await expect(here.connect()).rejects.toMatchObject({ message: "database is locked" });
    holder.close();
    expect(await readAddress(here.folder)).toBeNull();
    await here.connect();
  });

  it("of an older version retires for a newer client when idle, and stays, with a warning, while somebody uses it", async () => {
    const here = lab();
    const old = await here.connect("0.1.0");
    const newer = await here.connect("9.0.0");
    expect(newer.warning).toContain("9.0.0");
    newer.dispose();
    const pid = (await old.request(methods.engineStatus, {})).pid;
    old.dispose();
    const alone = await here.connect("9.0.0");
    expect((await alone.request(methods.engineStatus, {})).pid).not.toBe(pid);
  });

  it("leaves nothing in the user's git status, branches or index", async () => {
    const here = lab();
    const client = await here.connect();
    await client.request(methods.ideasGenerate, { environment: "tiny", count: 2, seed: 1 });
    expect(here.git("status", "--porcelain")).toBe("");
    expect(here.git("branch", "--format=%(refname)")).toBe("refs/heads/main");
  });

  it("never writes a key to disk", async () => {
    const here = lab();
    const refusing = createServer((_request, response) =>
      response.writeHead(401).end('{"error": {"message": "wrong key sk-very-secret"}}'),
    );
    onTestFinished(() => void refusing.close());
    const port = await new Promise<number>((resolve) =>
      refusing.listen(0, "127.0.0.1", () => resolve((refusing.address() as AddressInfo).port)),
    );
    const client = await here.connect();
    await client.request(methods.modelsConfigure, {
      providers: [{ name: "p", baseURL: `http://127.0.0.1:${port}/v1`, models: ["m"] }],
      keys: { p: "sk-very-secret" },
    });
    await expect(client.request(methods.ideasGenerate, { environment: "tiny", count: 1, source: "p/m" })).rejects.toMatchObject({
      code: "no-key",
    });
    for (const file of ["engine.log", "engine.json", "lab.db", "lab.db-wal"]) {
      expect(await readFile(path.join(here.folder, ".proving-ground", file), "latin1")).not.toContain("sk-very-secret");
    }
  });
});

describe("bad input is answered with what to do", () => {
  it("a manifest with a typo: the place and the word that was meant", async () => {
    const here = lab();
    here.write("environment.yaml", "name: tiny\ntitel: Tiny\n");
    const client = await here.connect();
    const [environment] = await client.request(methods.environmentsList, {});
    expect(environment).toMatchObject({ state: "broken", name: "tiny" });
    expect(environment?.state === "broken" && environment.problems).toContainEqual(
      expect.objectContaining({ message: "tiny/environment.yaml:2:1: unknown key `titel` in the manifest", hint: "Did you mean `title`?" }),
    );
  });

  it("a dirty baseline: the files and why it matters", async () => {
    const here = lab();
    here.write("train.sh", "VALUE=1\nSHAPE=flat\n");
    const client = await here.connect();
    const { problems } = await client.request(methods.environmentsCheck, { environment: "tiny" });
    expect(problems).toContainEqual(
      expect.objectContaining({
        code: "dirty-baseline",
        message: "tiny has uncommitted changes: tiny/train.sh",
        hint: expect.stringContaining("Commit or stash") as string,
      }),
    );
    await expect(client.request(methods.ideasGenerate, { environment: "tiny", count: 1 })).rejects.toMatchObject({
      code: "dirty-baseline",
    });
  });

  it("a knob whose place is gone: which one and where", async () => {
    const here = lab({ "train.sh": "SHAPE=flat\n" });
    const client = await here.connect();
    const { problems } = await client.request(methods.environmentsCheck, { environment: "tiny" });
    expect(problems.map((problem) => problem.message)).toEqual([
      "tiny/environment.yaml: knob value: its place matches nowhere in train.sh",
    ]);
  });

  it("an unknown environment, idea or run: what there is", async () => {
    const client = await lab().connect();
    await expect(client.request(methods.ideasGenerate, { environment: "tny", count: 1 })).rejects.toMatchObject({
      code: "unknown-environment",
      hint: "There is: tiny.",
    });
    await expect(client.request(methods.ideasGet, { idea: 7 })).rejects.toMatchObject({ code: "unknown-idea" });
  });
});
