/** Compute targets in the settings: what the editor accepts is what the engine takes, and a broken entry is named. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { finding, stepRows } from "../../../extension/client/sidebar/check-steps.ts";
import { sshHosts } from "../../../extension/client/settings/ssh-hosts.ts";
import { fieldProblem, parseTargets } from "../../../extension/protocol/target-entries.ts";
import { SandboxChoice, TargetSetting } from "../../../extension/protocol/target.ts";

interface Contributed {
  contributes: { configuration: { properties: Record<string, { items: Record<string, unknown>; enum?: string[] }> } };
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
}
const contributed = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../../package.json"), "utf8")) as Contributed;
const { properties } = contributed.contributes.configuration;

describe("the schema in package.json", () => {
  it("of targets is the protocol's, kind by kind", () => {
    const { $schema, ...expected } = z.toJSONSchema(TargetSetting, { io: "input", target: "draft-7" });
    // The library writes out the greatest whole number there is.
    const plain: unknown = JSON.parse(
      JSON.stringify(expected, (_, value: unknown) => (value === Number.MAX_SAFE_INTEGER ? undefined : value)),
    );
    const { defaultSnippets, ...items } = properties["provingGround.compute.targets"]!.items;
    expect($schema).toContain("draft-07");
    expect(defaultSnippets).toHaveLength(4);
    expect(items).toEqual(plain);
  });

  it("of the sandbox has the protocol's choices", () => {
    expect(properties["provingGround.local.sandbox"]?.enum).toEqual(SandboxChoice.options);
  });

  it("keeps a workspace that is not trusted from saying where runs go", () => {
    expect(contributed.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(
      expect.arrayContaining(["provingGround.compute.targets", "provingGround.compute.target", "provingGround.local.sandbox"]),
    );
  });

  it("offers entries that can be used as they are", () => {
    const snippets = properties["provingGround.compute.targets"]!.items.defaultSnippets as { body: unknown }[];
    const filled = snippets.map(({ body }) => JSON.parse(JSON.stringify(body).replaceAll(/\$\{\d:([^}]*)\}/g, "$1")) as unknown);
    for (const entry of filled) expect(TargetSetting.safeParse(entry).error).toBeUndefined();
  });
});

describe("entries", () => {
  it("that are right are used, with what has a default", () => {
    const { targets, problems } = parseTargets([
      { kind: "ssh", name: "gpu-box", host: "ada@gpu-box" },
      { kind: "slurm", name: "cluster", partition: "gpu" },
      { kind: "ray", name: "ray", address: "http://127.0.0.1:8265" },
    ]);
    expect(problems).toEqual([]);
    expect(targets.map(({ name }) => name)).toEqual(["gpu-box", "cluster", "ray"]);
    expect(targets[0]).toMatchObject({ directory: "~/.proving-ground", data: {}, prelude: "" });
  });

  it("that are wrong are named by their place and field, and the others still used", () => {
    const { targets, problems } = parseTargets([
      { kind: "ssh", name: "gpu-box" },
      { kind: "ssh", name: "local", host: "x" },
      { kind: "ssh", name: "good", host: "x" },
      { kind: "ssh", name: "good", host: "y" },
      { kind: "ssh", name: "odd", host: "-oProxyCommand=rm" },
      { kind: "pbs", name: "old" },
      { kind: "ssh", name: "typo", host: "x", partitoin: "gpu" },
    ]);
    expect(targets.map(({ name }) => name)).toEqual(["good"]);
    expect(problems.map((problem) => problem.replace(/ of `provingGround.compute.targets`/, ""))).toEqual([
      "entry 1: host is missing",
      "entry 2: name is this machine's name; choose another",
      "entry 4: the name good is taken",
      expect.stringMatching(/^entry 5: host /),
      "entry 6: kind must be ssh, slurm or ray",
      expect.stringMatching(/^entry 7: .*partitoin/),
    ]);
    expect(parseTargets("gpu-box").problems).toEqual(["`provingGround.compute.targets` must be a list"]);
    expect(parseTargets(undefined)).toEqual({ targets: [], problems: [] });
  });

  it("are checked field by field while they are written", () => {
    expect(fieldProblem({ kind: "ssh", name: "a b" }, "name")).toBe("The name must be letters, digits, `.`, `_` and `-`.");
    expect(fieldProblem({ kind: "ssh", name: "ab" }, "name")).toBeNull();
    expect(fieldProblem({ kind: "ray", address: "127.0.0.1" }, "address")).toMatch(/^The address /);
    expect(fieldProblem({ kind: "slurm", partition: "--wrap" }, "partition")).toMatch(/^The partition /);
  });
});

describe("hosts of the ssh configuration", () => {
  let home: string;
  const write = async (file: string, text: string) => {
    const at = path.join(home, file);
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, text);
  };
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "pg-ssh-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it("are those that can be named, in the files that are included too, one of which includes the whole again", async () => {
    await write(
      ".ssh/config",
      'Include conf.d/*.conf ~/team/ssh_config\nHost gpu-box  other # mine\n  HostName 10.0.0.1\nHost *.cluster !bad ?\n  User ada\nhost="last"\nMatch host x\n',
    );
    await write(".ssh/conf.d/b.conf", "Host login\n");
    await write(".ssh/conf.d/a.conf", "\tHost\tnode\nInclude ../config\n");
    await write(".ssh/conf.d/a.bak", "Host no\n");
    await write("team/ssh_config", "HOST office gpu-box\n");
    expect(await sshHosts(home)).toEqual(["node", "login", "office", "gpu-box", "other", "last"]);
  });

  it("are none where there is no configuration", async () => {
    expect(await sshHosts(home)).toEqual([]);
  });
});

describe("a check", () => {
  it("is told by what failed, and step by step", () => {
    const steps = [
      { step: "reach", ok: true, detail: "8 processors" },
      { step: "run", ok: false, detail: "it did not begin" },
    ];
    expect(finding("gpu-box", { ok: false, steps })).toBe("gpu-box does not work yet: run");
    expect(finding("gpu-box", { ok: true, steps: steps.slice(0, 1) })).toBe("gpu-box works");
    expect(stepRows(steps)).toEqual([
      { label: "$(pass) Reach", detail: "8 processors" },
      { label: "$(error) Run", detail: "it did not begin" },
    ]);
  });
});
