/** What goes wrong in a lab, and what the user is told: through a real engine process. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import { repositoryOf } from "../../../extension/protocol/repository.ts";
import { ENDED, type Run } from "../../../extension/protocol/run.ts";
import { testLab, Watched, type TestLab } from "../../fixtures/engine-lab.ts";
import { temporaryFolder } from "../git/repository.ts";

const labs: TestLab[] = [];
const lab = (files?: Record<string, string>) => {
  labs.push(testLab(files));
  return labs.at(-1)!;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((one) => one.dispose()));
});

/** How a run of the baseline ends whose evaluation is this script. */
async function endOf(evaluate: string, files: Record<string, string> = {}): Promise<Run> {
  const client = await lab({ "evaluate.sh": evaluate, ...files }).connect();
  const watched = await Watched.of(client);
  const [run] = await client.request(methods.environmentsBaseline, { environment: "tiny" });
  return watched.until(({ runs }) => runs.find((one) => one.id === run!.id && ENDED.has(one.state)));
}

const manifestWith = (change: (text: string) => string) => change(MANIFEST);
const MANIFEST = `name: tiny
title: Tiny
objective: Lower the loss.
metric: { name: loss, direction: minimize, from: { metrics: loss }, plausible: { min: 0, max: 100 } }
files: { context: [train.sh], editable: [train.sh], protected: [evaluate.sh] }
run: { command: sh train.sh }
resources: { timeout: 20 }
seed: { variable: SEED }
`;

describe("a run", () => {
  it("that prints no metric says which was looked for", async () => {
    expect(await endOf("echo done")).toMatchObject({ state: "failed", failure: "no metric", reason: expect.stringContaining("loss") });
  });
  it("that prints NaN is not counted", async () => {
    const run = await endOf(`echo '{"loss": NaN}' >> "$PROVING_GROUND_METRICS"`);
    expect(run).toMatchObject({ failure: "not a number", metric: null, reason: expect.stringContaining("NaN") });
  });
  it("whose result cannot be true is not counted", async () => {
    const run = await endOf(`echo '{"loss": 101}' >> "$PROVING_GROUND_METRICS"`);
    expect(run).toMatchObject({ failure: "implausible", metric: null, reason: expect.stringMatching(/101.*100/) });
  });
  it("that never ends is ended by its time limit, with what it left behind", async () => {
    const run = await endOf("sleep 97 & trap '' TERM; sleep 97; sleep 97", {
      "environment.yaml": manifestWith((text) => text.replace("timeout: 20", "timeout: 0.5")),
    });
    expect(run).toMatchObject({ failure: "timeout", reason: expect.stringContaining("0.5 s") });
    const { execFileSync } = await import("node:child_process");
    expect(execFileSync("sh", ["-c", "ps -eo args | grep -c '^sleep 97' || true"], { encoding: "utf8" }).trim()).toBe("0");
  });
  it("whose setup needs a Python that is not there says how to get it", async () => {
    const run = await endOf("true", {
      "environment.yaml": manifestWith((text) => `${text}setup: { command: "PATH=/nowhere; python3 -m venv x" }\n`),
    });
    expect(run).toMatchObject({ failure: "setup", reason: expect.stringMatching(/Python/) });
  });
  it("that finds the disk full says so", async () => {
    const run = await endOf("cat train.sh > /dev/full");
    expect(run).toMatchObject({ failure: "disk full", reason: expect.stringContaining("Free some space") });
  });
});

describe("an idea", () => {
  it("with a value that its knob does not take is refused, and nothing is lost", async () => {
    const client = await lab().connect();
    const text = { title: "Too much", description: "", changes: "- `value`: 1000" };
    await expect(client.request(methods.ideasAdd, { environment: "tiny", text })).rejects.toMatchObject({
      code: "usage",
      message: "value cannot be 1000",
      hint: "It takes whole numbers from 1 to 99.",
    });
  });

  it("in words and without a model can be written by hand, within what may be edited", async () => {
    const here = lab();
    const client = await here.connect();
    const idea = await client.request(methods.ideasAdd, {
      environment: "tiny",
      text: { title: "In words", description: "", changes: "Think." },
    });
    await expect(client.request(methods.implement, { ideas: [idea.id] })).rejects.toMatchObject({ code: "model" });
    expect(await client.request(methods.implement, { ideas: [idea.id], model: "hand" })).toMatchObject([{ status: "in review" }]);
    const view = await client.request(methods.proposalGet, { idea: idea.id });
    expect(view.files.map((file) => file.path)).toEqual(["tiny/train.sh"]);
    await expect(client.request(methods.proposalApprove, { idea: idea.id })).rejects.toMatchObject({ code: "empty-change" });
    writeFileSync(view.files[0]!.workingCopy, "VALUE=7\nSHAPE=flat\n. ./evaluate.sh\n");
    writeFileSync(path.join(view.folder, "tiny/evaluate.sh"), "cheat\n");
    await expect(client.request(methods.proposalApprove, { idea: idea.id, undecided: "accept" })).rejects.toMatchObject({
      code: "protected-path",
    });
    writeFileSync(path.join(view.folder, "tiny/evaluate.sh"), here.git("show", "HEAD:tiny/evaluate.sh") + "\n");
    const approved = await client.request(methods.proposalApprove, { idea: idea.id, undecided: "accept" });
    expect(approved).toMatchObject({ status: "approved", change: { files: 1 } });
  });

  it("whose base moved while it was in review is not approved", async () => {
    const here = lab();
    const client = await here.connect();
    const { ideas } = await client.request(methods.ideasGenerate, { environment: "tiny", count: 1, seed: 1 });
    await client.request(methods.implement, { ideas: [ideas[0]!.id] });
    here.write("train.sh", "VALUE=60\nSHAPE=flat\n. ./evaluate.sh\n");
    here.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qam", "another baseline");
    await expect(client.request(methods.proposalApprove, { idea: ideas[0]!.id, undecided: "accept" })).rejects.toMatchObject({
      code: "base-moved",
    });
  });
});

it("a folder that is in no repository is told how to become one", async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "inside"));
  await expect(repositoryOf(path.join(folder, "inside"))).rejects.toMatchObject({
    code: "not-a-repository",
    hint: expect.stringContaining("git init"),
  });
});
