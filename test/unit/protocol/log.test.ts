/** Logs as they are read: what terminals would have shown, and a bounded window on bytes that come, go and were never text. */
import { describe, expect, it } from "vitest";
import { logSlice } from "../../../extension/engine/scheduler/log.ts";
import { advance, readEarlier, readEnd, readLater, type ReadLog } from "../../../extension/protocol/log-reading.ts";
import { compacted, readable } from "../../../extension/protocol/log-text.ts";
import { type LogWindow, textOf, withoutEnd, withoutStart } from "../../../extension/protocol/log-window.ts";

/** A log that can be written to, read as the engine reads it. */
class Written {
  bytes = Buffer.alloc(0);
  readings = 0;
  final = false;

  write(text: string | Uint8Array): this {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(text as string)]);
    return this;
  }

  readonly read: ReadLog = (from, limit) => {
    this.readings++;
    return Promise.resolve(logSlice({ bytes: this.bytes.subarray(from, from + limit), from, size: this.bytes.length }, this.final));
  };
}

const line = (number: number) => `step ${number} loss 2.${String(number).padStart(6, "0")}\n`;
const linesTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, i) => line(start + i)).join("");
const lengthOf = (window: LogWindow) => window.pieces.reduce((sum, { text }) => sum + text.length, 0);

describe("a log's text", () => {
  it("is what a terminal would have left", () => {
    expect(readable("\u001b[31mred\u001b[0m\r\n10%\r50%\r100%\nend\r")).toBe("red\n100%\nend");
    expect(readable("1/3\b\b\b2/3\b\b\b3/3 done")).toBe("3/3 done");
    expect(readable("\u001b]0;a title\u0007text\u001b[38;5;12")).toBe("text");
  });

  it("shows bytes that are no text as one sign each, and has no line breaks that editors stumble over", () => {
    expect(readable("a\0b\u0007\u007f")).toBe("a␀b␇␡");
    expect(readable("one\u2028still one\ufeff")).toBe("one still one");
  });

  it("goes on in another line where one is longer than editors draw, and tears no character apart", () => {
    const lines = readable(`${"x".repeat(7999)}${"🙂".repeat(10_000)}`).split("\n");
    expect(Math.max(...lines.map((one) => one.length))).toBeLessThanOrEqual(8000);
    expect(lines.join("")).toBe(`${"x".repeat(7999)}${"🙂".repeat(10_000)}`);
    expect(lines.every((one) => !one.includes("\ufffd") && one.isWellFormed())).toBe(true);
  });

  it("is the same however it was cut into pieces", () => {
    const log = "start\r\n\u001b[1mepoch 1\u001b[0m\n 10%|█ |\r 50%|██|\r100%|███|\r\nloss\b\b\b\b2.5\n 1%\r 2%\r";
    for (let cut = 1; cut < log.length; cut++) {
      expect(readable(compacted(log.slice(0, cut)) + compacted(log.slice(cut)))).toBe(readable(log));
    }
  });

  it("takes no longer for one long line than for many short ones", () => {
    const long = "x".repeat(2_000_000);
    // With a search that begins anew at every character this does not end within the test's time.
    expect(readable(`${long}\r${long}`).length).toBe(2_000_000 + 249);
  });
});

describe("a window on a log", () => {
  it("opens at the end with at most two readings, whatever the size", async () => {
    const log = new Written().write(linesTo(100_000));
    const window = await readEnd(log.read, 65_536);
    expect(log.readings).toBe(2);
    expect(window.next).toBe(log.bytes.length);
    const text = textOf(window);
    expect(text.endsWith(line(99_999))).toBe(true);
    expect(text).toMatch(/^step \d+ loss/);
    const short = new Written().write("all of it");
    expect(textOf(await readEnd(short.read, 65_536))).toBe("all of it");
    expect(short.readings).toBe(1);
  });

  it("of an empty log is empty until something is written", async () => {
    const log = new Written();
    const window = await readEnd(log.read, 1000);
    expect(textOf(window)).toBe("");
    expect(textOf(await advance(window, log.write("first\n").read, 1000))).toBe("first\n");
  });

  it("takes only what is new, and all of it", async () => {
    const log = new Written().write(linesTo(10));
    let window = await readEnd(log.read, 1000);
    for (let step = 10; step < 60; step++) window = await advance(window, log.write(line(step)).read, 1000);
    expect(textOf(window)).toBe(linesTo(60));
    expect(await advance(window, log.read, 1000)).toEqual(window);
  });

  it("leaves out what was written faster than it is read", async () => {
    const log = new Written().write(linesTo(10));
    const window = await advance(await readEnd(log.read, 4096), log.write(linesTo(100_000, 10)).read, 4096);
    expect(textOf(window).endsWith(line(99_999))).toBe(true);
    expect(lengthOf(window)).toBeLessThanOrEqual(4096);
    expect(log.readings).toBe(3);
  });

  it("begins anew with a log that was written anew", async () => {
    const log = new Written().write(linesTo(100));
    const window = await readEnd(log.read, 4096);
    log.bytes = Buffer.from("again\n");
    expect(textOf(await advance(window, log.read, 4096))).toBe("again\n");
  });

  it("stays bounded while hundreds of megabytes go by, and knows its place in bytes", async () => {
    const block = Buffer.from(linesTo(4000));
    const total = 300_000_000;
    let size = 0;
    const read: ReadLog = (from, limit) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - from)));
      for (let at = 0; at < bytes.length;) at += block.copy(bytes, at, (from + at) % block.length);
      return Promise.resolve(logSlice({ bytes, from, size }, false));
    };
    let window = await readEnd(read, 65_536);
    let most = 0;
    while (size < total) {
      size += 100_000;
      window = withoutStart(await advance(window, read, 65_536), 96_000, 64_000);
      most = Math.max(most, lengthOf(window));
    }
    expect(most).toBeLessThanOrEqual(96_000 + 8192);
    expect(window.next).toBe(size);
    const { text } = await read(window.from, window.next - window.from);
    expect(window.pieces.map((piece) => piece.text).join("")).toBe(text);
  });

  it("of a progress bar that went on for hours is one line", async () => {
    const log = new Written().write("training\n");
    let window = await readEnd(log.read, 65_536);
    for (let step = 0; step < 20_000; step++) {
      log.bytes = Buffer.concat([log.bytes.subarray(-100), Buffer.from(`\r${step}/20000 ${"█".repeat(20)}`)]);
      // Only the end of the log is kept here, at the offset that it would have.
      const offset = window.next - Math.min(100, log.bytes.length - 1);
      const bytes = log.bytes;
      const read: ReadLog = (from, limit) =>
        Promise.resolve(
          logSlice({ bytes: bytes.subarray(from - offset, from - offset + limit), from, size: offset + bytes.length }, false),
        );
      window = await advance(window, read, 65_536);
    }
    expect(lengthOf(window)).toBeLessThan(9000);
    expect(textOf(window)).toBe(`training\n19999/20000 ${"█".repeat(20)}`);
  });

  it("goes back to the log's start and on to its end again, without a gap or a repetition", async () => {
    const log = new Written().write(linesTo(5000));
    log.final = true;
    let window = await readEnd(log.read, 10_000);
    while (window.from > 0) window = withoutEnd(await readEarlier(window, log.read, 10_000), 50_000);
    expect(log.bytes.toString().startsWith(textOf(window))).toBe(true);
    expect(lengthOf(window)).toBeLessThanOrEqual(50_000);
    while (window.next < log.bytes.length) window = withoutStart(await readLater(window, log.read, 10_000), 50_000);
    expect(linesTo(5000).endsWith(textOf(window))).toBe(true);
    expect(lengthOf(window)).toBeLessThanOrEqual(60_000);
  });

  it("gets past bytes that are no text, and keeps characters whole that were cut in two", async () => {
    const log = new Written().write("é 漢 🙂 ".repeat(500));
    let window = await readEnd(log.read, 16_384);
    // Every byte comes by itself.
    for (const byte of Buffer.from(" grün 漢字 🙂\n")) window = await advance(window, log.write(Uint8Array.of(byte)).read, 16_384);
    expect(textOf(window)).toBe(`${"é 漢 🙂 ".repeat(500)} grün 漢字 🙂\n`);
    log.write(Uint8Array.from({ length: 3000 }, (_, i) => 0x80 + (i % 64)));
    log.write("after\n");
    window = await advance(window, log.read, 64);
    window = await advance(window, log.read, 16_384);
    expect(window.next).toBe(log.bytes.length);
    expect(textOf(window).endsWith("after\n")).toBe(true);
  });

  it("of one line of a hundred megabytes is as bounded as any", async () => {
    const size = 100_000_000;
    const read: ReadLog = (from, limit) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - from)), "x");
      return Promise.resolve(logSlice({ bytes, from, size }, false));
    };
    const window = await readEnd(read, 65_536);
    expect(lengthOf(window)).toBe(65_536);
    const text = textOf(window);
    expect(Math.max(...text.split("\n").map((one) => one.length))).toBe(8000);
    expect((await readEarlier(window, read, 65_536)).from).toBe(size - 2 * 65_536);
  });
});
