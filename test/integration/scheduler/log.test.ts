/** `runs/log`: any byte range of a log of any size, through the engine, while it grows, shrinks and ends. */
import { appendFile, open, truncate } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineConnection } from "../../../extension/protocol/connect.ts";
import { advance, readEarlier, readEnd, type ReadLog } from "../../../extension/protocol/log-reading.ts";
import { textOf } from "../../../extension/protocol/log-window.ts";
import * as methods from "../../../extension/protocol/methods.ts";
import { ENDED } from "../../../extension/protocol/run.ts";
import { testLab, type TestLab, Watched } from "../../fixtures/engine-lab.ts";

const GIGABYTE = 1_000_000_000;
const PART = 131_072;

/** Goes on until it is told to end. */
const EVALUATE = `folder=$(dirname "$PROVING_GROUND_METRICS")
echo begun
until [ -e "$folder/end" ]; do sleep 0.05; done
printf '{"step": 1, "loss": 2}\\n' >> "$PROVING_GROUND_METRICS"
`;

let lab: TestLab;
let client: EngineConnection;
let run: number;
let log: string;
let read: ReadLog;

beforeAll(async () => {
  lab = testLab({ "evaluate.sh": EVALUATE });
  client = await lab.connect();
  const watched = await Watched.of(client);
  const [queued] = await client.request(methods.environmentsBaseline, { environment: "tiny", seeds: [0] });
  run = queued?.id ?? NaN;
  log = path.join(lab.folder, ".proving-ground/runs", String(run), "stdout.log");
  read = (from, limit) => client.request(methods.runLog, { run, from, limit });
  await watched.until((now) => now.runs.find(({ id, state }) => id === run && state === "running"));
});
afterAll(() => lab.dispose());

describe("a log", () => {
  it("is read while its run goes on", async () => {
    await expect.poll(async () => (await read(0, 100)).text).toBe("begun\n");
  });

  it("of a gigabyte is read at its end, on from there, and before it", async () => {
    await truncate(log, GIGABYTE);
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} of the end\n`);
    await appendFile(log, `\n${lines.join("")}`);
    const window = await readEnd(read, PART);
    expect(window.size).toBe(GIGABYTE + 1 + lines.join("").length);
    expect(window.next).toBe(window.size);
    expect(lines.join("").endsWith(textOf(window))).toBe(true);
    expect(textOf(window).length).toBeGreaterThan(PART - 100);
    const earlier = textOf(await readEarlier(window, read, PART));
    expect(lines.join("").endsWith(earlier)).toBe(true);
    expect(earlier.length).toBeGreaterThan(2 * PART - 100);
    await appendFile(log, "and on\n");
    expect(textOf(await advance(window, read, PART)).endsWith("line 19999 of the end\nand on\n")).toBe(true);
  });

  it("of a gigabyte is read in its middle, and is empty beyond its end", async () => {
    const place = 500_000_000;
    const file = await open(log, "r+");
    await file.write("words in the middle", place);
    await file.close();
    expect(await read(place, 19)).toMatchObject({ text: "words in the middle", from: place, next: place + 19 });
    const { size } = await read(0, 1);
    expect(await read(size + 5, 100)).toEqual({ text: "", from: size + 5, next: size + 5, size });
  });

  it("that was written anew is noticed by its size", async () => {
    const window = await readEnd(read, PART);
    await truncate(log, 0);
    await appendFile(log, "again\n");
    expect(textOf(await advance(window, read, PART))).toBe("again\n");
  });

  it("ends with what the run wrote last, be it half a character", async () => {
    const window = await readEnd(read, PART);
    await appendFile(log, Buffer.from([0x62, 0xe6, 0xbc]));
    const begun = await advance(window, read, PART);
    expect([textOf(begun), begun.size - begun.next]).toEqual(["again\nb", 2]);
    const watched = await Watched.of(client);
    await appendFile(path.join(path.dirname(log), "end"), "");
    await watched.until((now) => now.runs.find(({ id, state }) => id === run && ENDED.has(state)));
    const ended = await advance(begun, read, PART);
    expect([textOf(ended), ended.next]).toEqual(["again\nb\ufffd", ended.size]);
  });

  it("is read on by another engine after the first has gone", async () => {
    await lab.kill();
    client = await lab.connect();
    expect((await read(0, 6)).text).toBe("again\n");
  });
});
