/** `proving-ground targets`, and the queue by hand: `runs move`, `runs why`, `--target`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Run, Target } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { startSshd, type Sshd } from "../../fixtures/sshd.ts";
import { allGone, cells, terminal, type Terminal } from "../../fixtures/terminal.ts";

const Targets = z.array(Target);
const Runs = z.array(Run);

let lab: TestLab;
let sshd: Sshd;
let pg: Terminal;
beforeAll(async () => {
  lab = testLab();
  sshd = await startSshd();
  pg = terminal(lab.folder);
});
afterAll(async () => {
  await lab.dispose();
  await allGone(lab.folder);
  sshd.end();
});

const file = (text: string) => {
  const at = path.join(lab.folder, ".git/targets.yaml");
  writeFileSync(at, text);
  return at;
};
const named = (targets: readonly Target[]) => targets.map(({ name, type, drained }) => ({ name, type, drained }));

describe("targets", () => {
  it("are this machine alone until others are set, by a file or standard input", async () => {
    const { host, config } = sshd;
    expect(cells(await pg.text("targets", "list"))).toMatchObject([{ target: "local", type: "local", runs: "0", state: "ready" }]);
    const set = await pg.json(
      Targets,
      "targets",
      "set",
      file(`- { kind: ssh, name: box, host: ${host}, config: ${config} }\n- { kind: ssh, name: gone, host: 127.0.0.1 }\n`),
    );
    expect(named(set)).toEqual([
      { name: "local", type: "local", drained: false },
      { name: "box", type: "ssh", drained: false },
      { name: "gone", type: "ssh", drained: false },
    ]);
    const { code, out } = await pg.run(["targets", "set", "-", "--json"], {
      input: JSON.stringify([{ kind: "ssh", name: "box", host, config }]),
    });
    expect(code).toBe(0);
    expect(named(Targets.parse(JSON.parse(out)))).toEqual([
      { name: "local", type: "local", drained: false },
      { name: "box", type: "ssh", drained: false },
    ]);
  });

  it("are refused with their place when a file does not describe them", async () => {
    for (const [text, message] of [
      ["- { kind: ssh, name: box }", /entry 1 of .*targets\.yaml: host is missing/],
      ["- { kind: sssh, name: box, host: h }", /entry 1 of .*: kind must be ssh, slurm or ray/],
      ["- { kind: ssh, name: local, host: h }", /entry 1 of .*: name is this machine's name/],
      ["- { kind: ssh, name: box, host: -oProxyCommand=x }", /entry 1 of .*: host must be one word/],
      ["a: 1", /targets\.yaml must be a list/],
      ["a: [", /is neither JSON nor YAML/],
    ] as const) {
      const { error } = await pg.fails(2, "targets", "set", file(text));
      expect(error.message).toMatch(message);
    }
    const { error } = await pg.fails(2, "targets", "check", "nobody");
    expect(error).toMatchObject({ message: "there is no target nobody", hint: expect.stringContaining("There are local, box") });
  });

  it("are tried out, each step as it is done", async () => {
    const { code, out, err } = await pg.run(["targets", "check", "box"]);
    expect(code).toBe(0);
    expect(cells(out).map(({ step }) => step)).toEqual(["reach", "gpus", "disk", "write", "run", "python", "results"]);
    expect(err).toMatch(/^reach: .*processors/m);
  });
});

describe("the queue", () => {
  it("goes to the target that is named, and comes back from there", async () => {
    const [run] = await pg.json(Runs, "env", "baseline", "--target", "box", "--seeds", "1", "--wait");
    expect(run).toMatchObject({ state: "succeeded", target: "box", asked: "box", contained: null });
    expect(await pg.text("runs", "show", String(run?.id))).toMatch(/target +box\ncontained +no\n/);
  });

  it("is put in order and moved to another target while it waits, and says why it does", async () => {
    for (const target of ["local", "box"]) await pg.text("targets", "drain", target);
    const [a, b, c] = (await pg.json(Runs, "env", "baseline", "--seeds", "2,3,4")).map(({ id }) => String(id)) as [string, string, string];
    expect(await pg.text("runs", "why", a)).toBe("Every target is drained: resume one in the Compute view.\n");
    expect(cells(await pg.text("runs", "move", c, "--before", a)).map(({ run }) => run)).toEqual([c, a, b]);
    expect(cells(await pg.text("runs", "move", c, "--last")).map(({ run }) => run)).toEqual([a, b, c]);
    expect(cells(await pg.text("runs", "move", b, "--target", "box")).find(({ run }) => run === b)).toMatchObject({ target: "box" });
    expect(await pg.text("runs", "why", b)).toBe(
      "One run is before it in the queue.\nbox: it is drained: resume it in the Compute view to let it take runs again.\n",
    );
    await pg.fails(2, "runs", "move", a);
    await pg.fails(2, "runs", "move", a, "--target", "nobody");
    await pg.text("targets", "resume", "box");
    await pg.text("targets", "resume", "local");
    await pg.text("runs", "retry", a, "--wait");
    expect(await pg.json(Runs, "runs", "list")).toContainEqual(expect.objectContaining({ id: Number(b), target: "box" }));
  });

  it("goes by what the terminal's environment says of this machine", async () => {
    const { code, err } = await pg.run(["targets", "list"], { env: { PROVING_GROUND_SANDBOX: "sometimes" } });
    expect([code, err]).toEqual([2, "error: PROVING_GROUND_SANDBOX is sometimes: it must be auto, on or off\n"]);
    await pg.run(["targets", "list"], { env: { PROVING_GROUND_SANDBOX: "off", PROVING_GROUND_SLOTS: "7" } });
    expect((await pg.json(Targets, "targets", "list"))[0]).toMatchObject({ slots: 7, contained: null, uncontained: expect.any(String) });
  });
});
