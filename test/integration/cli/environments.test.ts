/** `proving-ground env`: what is there, what is wrong with it, what its unchanged code reaches. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Environment } from "../../../extension/protocol/environment.ts";
import { ErrorData } from "../../../extension/protocol/errors.ts";
import { Run } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { allGone, cells, terminal, type Terminal } from "../../fixtures/terminal.ts";

let lab: TestLab;
let pg: Terminal;
beforeEach(() => {
  lab = testLab();
  pg = terminal(lab.folder);
});
afterEach(async () => {
  await lab.dispose();
  await allGone(lab.folder);
});

describe("env list", () => {
  it("shows each environment, its metric and its baseline, and starts the engine that it needs", async () => {
    expect(cells(await pg.text("env", "list"))).toEqual([
      { name: "tiny", folder: "tiny", metric: "loss ↓", baseline: "–", state: "ready" },
    ]);
    const [environment] = await pg.json(z.array(Environment), "env", "list");
    expect(environment).toMatchObject({ state: "valid", name: "tiny", manifest: { title: "Tiny" }, baseline: { mean: null } });
    const inside = terminal(path.join(lab.folder, "tiny"));
    expect(await inside.text("env", "list")).toBe(await pg.text("env", "list"));
  });

  it("shows what is broken, and what is not committed", async () => {
    lab.write("train.sh", "VALUE=1\nSHAPE=flat\n");
    expect(cells(await pg.text("env", "list"))).toMatchObject([{ state: "uncommitted: tiny/train.sh" }]);
    lab.write("environment.yaml", lab.git("show", "HEAD:tiny/environment.yaml").replace("title: Tiny", "titel: Tiny"));
    expect(cells(await pg.text("env", "list"))).toMatchObject([
      { name: "tiny", state: "broken: tiny/environment.yaml:1:1: `title` is missing; 1 more: env check" },
    ]);
  });

  it("says so where there is none", async () => {
    lab.git("rm", "-q", "tiny/environment.yaml");
    expect(await pg.text("env", "list")).toBe("no environment.yaml in this repository\n");
    expect((await pg.fails(1, "env", "baseline")).error).toMatchObject({
      code: "unknown-environment",
      hint: "Add a folder with an environment.yaml.",
    });
  });
});

describe("env check", () => {
  it("ends with 0 when there is nothing to say", async () => {
    expect(await pg.text("env", "check")).toBe("tiny: no problems\n");
    expect(await pg.json(z.array(ErrorData), "env", "check", "tiny")).toEqual([]);
  });

  it("ends with 1 and tells every problem with its place and what to do", async () => {
    lab.write("environment.yaml", "name: tiny\ntitel: Tiny\n");
    const text = await pg.run(["env", "check"]);
    expect(text.code).toBe(1);
    expect(text.out).toContain("tiny/environment.yaml:2:1: unknown key `titel` in the manifest\n    Did you mean `title`?");
    const json = await pg.run(["env", "check", "--json"]);
    expect(json.code).toBe(1);
    expect(z.array(ErrorData).parse(JSON.parse(json.out))).toContainEqual(
      expect.objectContaining({ code: "manifest", place: expect.objectContaining({ line: 2, column: 1 }) }),
    );
  });

  it("does not know what is not there", async () => {
    expect((await pg.fails(1, "env", "check", "tny")).error).toMatchObject({ code: "unknown-environment", hint: "There is: tiny." });
  });
});

describe("env baseline", () => {
  it("says what it would take, and queues nothing then", async () => {
    expect(await pg.text("env", "baseline", "--seeds", "1,2,3", "--dry-run")).toBe(
      "3 runs; how long one takes is not known before the first\n",
    );
    expect(await pg.json(z.array(Run), "runs", "list")).toEqual([]);
    const { error } = await pg.fails(2, "env", "baseline", "--dry-run", "--target", "nobody");
    expect(error.message).toBe("there is no target nobody");
  });

  it("queues runs of the unchanged code, or waits for them and says how they go", async () => {
    const queued = await pg.json(z.array(Run), "env", "baseline");
    expect(queued).toMatchObject([{ id: 1, idea: null, seed: 0, environment: "tiny" }]);
    const waited = await pg.run(["env", "baseline", "tiny", "--seeds", "1,2", "--wait"]);
    expect(waited.code).toBe(0);
    expect(cells(waited.out)).toMatchObject([
      { run: "2", idea: "baseline", seed: "1", state: "succeeded", metric: "50" },
      { run: "3", idea: "baseline", seed: "2", state: "succeeded", metric: "50" },
    ]);
    expect(waited.err).toContain("run 3 succeeded");
    expect(cells(await pg.text("env", "list"))).toMatchObject([{ baseline: "50 ± 0" }]);
  });

  it("refuses a baseline with uncommitted changes", async () => {
    lab.write("train.sh", "VALUE=1\nSHAPE=flat\n");
    const { err, error } = await pg.fails(1, "env", "baseline");
    expect(err).toContain("error: tiny has uncommitted changes: tiny/train.sh\n       Commit or stash them.");
    expect(error.code).toBe("dirty-baseline");
  });

  it("wants to know which of several is meant", async () => {
    const manifest = lab.git("show", "HEAD:tiny/environment.yaml").replace("name: tiny", "name: other");
    lab.write("other/environment.yaml", `${manifest}\n`);
    const { err, error } = await pg.fails(2, "env", "baseline");
    expect(error.code).toBe("usage");
    expect(err).toBe("error: this repository has several environments\n       Name the one you mean: tiny, other.\n");
  });
});

it("env setup runs the setup command once and tells where its files are", async () => {
  expect(await pg.text("env", "setup")).toBe("tiny needs no setup\n");
  const manifest = lab.git("show", "HEAD:tiny/environment.yaml");
  lab.write("environment.yaml", `${manifest}\nsetup: { command: 'echo made > "$PROVING_GROUND_SETUP/it"' }\n`);
  lab.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qam", "setup");
  const Prepared = z.object({ folder: z.string(), ran: z.boolean() });
  const first = await pg.json(Prepared, "env", "setup");
  expect(first.ran).toBe(true);
  expect(await pg.json(Prepared, "env", "setup", "tiny")).toEqual({ ...first, ran: false });
  writeFileSync(path.join(lab.folder, "tiny/environment.yaml"), `${manifest}\nsetup: { command: 'echo no; exit 3' }\n`);
  lab.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qam", "a setup that fails");
  expect((await pg.fails(1, "env", "setup")).err).toContain(
    "error: the setup of tiny ended with exit code 3: no\n       Its whole log is ",
  );
});
