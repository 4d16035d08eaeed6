/** Targets that several windows and terminals name: each takes away only what it named itself, and the engine keeps them without any. */
import { afterEach, expect, it, onTestFinished } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import type { EngineConnection } from "../../../extension/protocol/connection.ts";
import { SshTarget } from "../../../extension/protocol/target.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";
import { startSshd } from "../../fixtures/sshd.ts";

const labs: TestLab[] = [];
const lab = () => {
  labs.push(testLab());
  return labs.at(-1)!;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((one) => one.dispose()));
});

// Nothing listens at the first port.
const box = (name: string) => SshTarget.parse({ kind: "ssh", name, host: "ssh://127.0.0.1:1" });
const names = (said: { name: string }[]) => said.map(({ name }) => name);
const configure = async (connection: Pick<EngineConnection, "request">, targets: string[], instead?: string[]) =>
  names(await connection.request(methods.targetsConfigure, { targets: targets.map(box), ...(instead === undefined ? {} : { instead }) }));

it("a window adds its own to those of a terminal, and takes away its own alone", async () => {
  const here = lab();
  const terminal = await here.connect();
  expect(await configure(terminal, ["theirs"])).toEqual(["local", "theirs"]);
  const window = await here.connect();
  expect(await configure(window, ["mine"], [])).toEqual(["local", "mine", "theirs"]);
  expect(await configure(window, ["renamed"], ["mine"])).toEqual(["local", "renamed", "theirs"]);
  expect(await configure(window, [], ["renamed"])).toEqual(["local", "theirs"]);
  expect(await configure(terminal, [])).toEqual(["local"]);
});

it("is tried out by its name and by a setting that is not among the targets, step by step", async () => {
  const sshd = await startSshd();
  onTestFinished(() => sshd.end());
  const connection = await lab().connect();
  const there = SshTarget.parse({ kind: "ssh", name: "there", host: sshd.host, config: sshd.config, directory: `${sshd.folder}/jobs` });
  await connection.request(methods.targetsConfigure, { targets: [there] });
  const check = async (target: string | SshTarget) => {
    const told: string[] = [];
    const onProgress = ({ message }: { message: string }) => told.push(message);
    return { ...(await connection.request(methods.targetsCheck, { target }, { onProgress })), told };
  };
  for (const target of ["there", { ...there, name: "new", directory: `${sshd.folder}/others` }]) {
    const { ok, steps, told } = await check(target);
    expect({ ok, steps: steps.map(({ step }) => step) }).toEqual({
      ok: true,
      steps: ["reach", "gpus", "disk", "write", "run", "python", "results"],
    });
    expect(told).toEqual(steps.map(({ step, detail }) => `${step}: ${detail}`));
  }
  expect(await check(box("nowhere"))).toMatchObject({
    ok: false,
    steps: [{ step: "reach", ok: false, detail: expect.stringContaining("refused") as string }],
  });
  await expect(check("new")).rejects.toMatchObject({ code: "usage", message: "there is no target new" });
});

it("an engine that was killed knows them again, says which does not answer and since when", async () => {
  const here = lab();
  await configure(await here.connect(), ["box"], []);
  await here.kill();
  const asked = Date.now();
  const connection = await here.connect();
  const look = () => connection.request(methods.targetsLook, { target: "box" });
  const [, found] = await look();
  expect(found).toMatchObject({
    name: "box",
    type: "ssh",
    host: "ssh://127.0.0.1:1",
    problem: expect.stringContaining("refused") as string,
  });
  expect(found?.awaySince).toBeGreaterThan(asked - 60_000);
  const [, still] = await look();
  expect(still?.awaySince).toBe(found?.awaySince);
});
