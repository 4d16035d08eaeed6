import { open as openFile } from "node:fs/promises";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LocalCompute } from "../../../extension/engine/compute/local.ts";
import { realAfter } from "../../../extension/engine/scheduler/clock.ts";
import { Setup } from "../../../extension/engine/scheduler/setup.ts";
import { Manifest } from "../../../extension/protocol/manifest.ts";
import { temporaryFolder } from "../git/repository.ts";
import { baselineRun, lab, REPORT } from "./lab.ts";

const manifest = (command: string, timeout = 30) =>
  Manifest.parse({
    ...{ name: "toy", title: "Toy", objective: "Lower.", files: { context: ["a"], editable: ["a"] } },
    metric: { name: "loss", direction: "minimize", from: { metrics: "loss" } },
    setup: { command, files: ["requirements.txt"], timeout },
    ...{ run: { command: "true" }, resources: { timeout: 9 }, seed: { variable: "SEED" } },
  });

function place(environment: Record<string, string> = { PATH: process.env.PATH ?? "" }) {
  const root = temporaryFolder();
  const code = join(root, "code");
  mkdirSync(code);
  writeFileSync(join(code, "requirements.txt"), "numpy==1\n");
  const open = () =>
    new Setup({ folder: join(root, "setup"), compute: new LocalCompute({ environment }), setting: null, after: realAfter });
  return { root, code, open, setup: open() };
}

describe("a setup", () => {
  const count = 'cat requirements.txt > "$PROVING_GROUND_SETUP/got"; echo x >> ../../../count; touch made-here';

  test("runs once for all who need it, in a copy of the code, and fills the folder they share", async () => {
    const { setup, code, root, open } = place();
    const [one, two] = await Promise.all([setup.ensure(manifest(count), code), setup.ensure(manifest(count), code)]);
    expect(two.folder).toBe(one.folder);
    expect(readFileSync(join(one.folder!, "got"), "utf8")).toBe("numpy==1\n");
    expect(await setup.ensure(manifest(count), code)).toEqual({ folder: one.folder, ran: false });
    expect(await open().ensure(manifest(count), code)).toEqual({ folder: one.folder, ran: false });
    expect(readFileSync(join(root, "count"), "utf8")).toBe("x\n");
    expect(existsSync(join(code, "made-here"))).toBe(false);
  });

  test("runs again when its files or its command change", async () => {
    const { setup, code } = place();
    const first = await setup.ensure(manifest(count), code);
    writeFileSync(join(code, "requirements.txt"), "numpy==2\n");
    const second = await setup.ensure(manifest(count), code);
    expect(second).toMatchObject({ ran: true });
    expect(second.folder).not.toBe(first.folder);
    expect((await setup.ensure(manifest(`${count}; true`), code)).ran).toBe(true);
  });

  test("is found under way by an engine that comes after one that was killed", async () => {
    const { setup, code, root, open } = place();
    const slow = `echo x >> ../../../count; mkfifo ../../../go; read line < ../../../go`;
    const first = setup.ensure(manifest(`${slow}; echo ok`), code);
    const exists = async (): Promise<void> => (existsSync(join(root, "go")) ? undefined : new Promise((r) => setImmediate(r)).then(exists));
    await exists();
    const again = open().ensure(manifest(`${slow}; echo ok`), code);
    // Opening waits for the reader.
    const pipe = await openFile(join(root, "go"), "w");
    await pipe.write("go\n");
    await pipe.close();
    await Promise.all([first, again]);
    expect(readFileSync(join(root, "count"), "utf8")).toBe("x\n");
  });

  test("that fails quotes its log, says where the rest is, and is tried anew the next time", async () => {
    const { setup, code, root } = place();
    const flaky = `echo "ERROR: No matching distribution found for numpy==99"; [ -e ../../../fixed ]`;
    const failed = setup.ensure(manifest(flaky), code);
    await expect(failed).rejects.toMatchObject({
      code: "setup",
      message: "the setup of toy ended with exit code 1: ERROR: No matching distribution found for numpy==99",
      hint: expect.stringMatching(/setup\/[0-9a-f]{16}\.failed\/stdout\.log/),
    });
    writeFileSync(join(root, "fixed"), "");
    expect(await setup.ensure(manifest(flaky), code)).toMatchObject({ ran: true });
  });

  test("without Python says how to get it", async () => {
    const { setup, code } = place();
    await expect(setup.ensure(manifest("PATH=/nowhere; python3 -m venv x"), code)).rejects.toMatchObject({
      code: "setup",
      hint: expect.stringMatching(/Python is missing.*apt install python3/),
    });
  });

  test("that takes too long is ended", async () => {
    const { setup, code } = place();
    await expect(setup.ensure(manifest("sleep 99", 0.2), code)).rejects.toMatchObject({ message: expect.stringMatching(/within 0.2 s/) });
  });
});

describe("a run whose environment has a setup", () => {
  test("is given its folder", async () => {
    const at = await lab({
      train: `cat $PROVING_GROUND_SETUP/f; ${REPORT}`,
      more: "setup: { command: echo filled > $PROVING_GROUND_SETUP/f }",
    });
    const run = await baselineRun(at);
    expect(await at.over(run.id)).toMatchObject({ state: "succeeded" });
    expect((await at.scheduler.log(run.id, 0, 99)).text).toBe("filled\n");
    const lines: string[] = [];
    expect(await at.scheduler.setup("toy", (line) => lines.push(line))).toMatchObject({ ran: false });
  });

  test("fails with the setup's reason, and can be stopped while the setup goes on", async () => {
    const at = await lab({ more: "setup: { command: 'echo broken; exit 7' }" });
    const run = await at.over((await baselineRun(at)).id);
    expect(run).toMatchObject({ failure: "setup" });
    expect(run.reason).toMatch(/^The setup of toy ended with exit code 7: broken\. .*stdout\.log/);
    const slow = await lab({ more: "setup: { command: sleep 99, timeout: 0.5 }" });
    const waiting = await baselineRun(slow);
    await slow.until(waiting.id, ({ state }) => state === "starting");
    await slow.scheduler.stop([waiting.id]);
    expect(slow.store.runs.get(waiting.id).state).toBe("stopped");
    await expect(slow.scheduler.setup("toy")).rejects.toMatchObject({ code: "setup" });
  });
});
