/** Targets that several windows and terminals name: each takes away only what it named itself, and the engine keeps them without any. */
import { afterEach, expect, it } from "vitest";
import * as methods from "../../../extension/protocol/methods.ts";
import type { EngineConnection } from "../../../extension/protocol/connection.ts";
import { SshTarget } from "../../../extension/protocol/target.ts";
import { testLab, type TestLab } from "../../fixtures/engine-lab.ts";

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
