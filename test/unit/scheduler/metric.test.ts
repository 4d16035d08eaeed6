import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MetricReader, parseMetrics, type MetricSettings } from "../../../extension/engine/scheduler/metric.ts";

const settings = (more: Partial<MetricSettings> = {}): MetricSettings => ({
  ...{ name: "val_loss", direction: "minimize", from: { metrics: "val_loss" }, select: "last" },
  ...more,
});
const bytes = (text: string) => new TextEncoder().encode(text);
function read(text: string, more: Partial<MetricSettings> = {}): MetricReader {
  const reader = new MetricReader(settings(more));
  reader.feed(bytes(text));
  reader.finish();
  return reader;
}

describe("a metric in metrics.jsonl", () => {
  const file =
    '{"step": 1, "seconds": 0.5, "val_loss": 3}\n{"step": 2, "train_loss": 1}\nhello\n{"step": 3, "seconds": 1.5, "val_loss": 2}\n{"step": 4, "seconds": 2, "val_loss": 2.5}\n';

  test("is the last reading, or the best", () => {
    expect(read(file).selected).toEqual({ value: 2.5, step: 4, seconds: 2 });
    expect(read(file, { select: "best" }).selected?.value).toBe(2);
    expect(read(file, { select: "best", direction: "maximize" }).selected?.value).toBe(3);
  });

  test("does not count from a line that is only half there yet", () => {
    const reader = new MetricReader(settings());
    expect(reader.feed(bytes('{"val_loss": 3}\n{"val_loss": 2.'))).toBe(1);
    expect(reader.live.value).toBe(3);
    expect(reader.feed(bytes("25}\n"))).toBe(1);
    expect(reader.live.value).toBe(2.25);
    expect(read('{"val_loss": 3}\n{"val_lo').selected?.value).toBe(3);
  });

  test("reads NaN and Infinity as Python writes them, and leaves such words in texts alone", () => {
    expect(read('{"val_loss": NaN}').selected?.value).toBeNaN();
    expect(read('{"val_loss": -Infinity}').selected?.value).toBe(-Infinity);
    expect(parseMetrics('{"note": "NaN \\" Infinity", "x": NaN}')).toEqual({ note: 'NaN " Infinity', x: "NaN" });
    expect(read('{"val_loss": NaN}\n{"val_loss": 4}\n{"val_loss": NaN}', { select: "best" }).selected?.value).toBe(4);
    expect(read('{"val_loss": NaN}').live.value).toBeNull();
  });

  test("is none where there is no number", () => {
    expect(read('{"val_loss": null}\n{"val_loss": "low"}\n[1]\n3\n').selected).toBeNull();
    expect(read("").selected).toBeNull();
  });

  test("is the same however the bytes come", () => {
    const whole = read(file).curve(1);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (cuts) => {
        const reader = new MetricReader(settings());
        const all = bytes(file);
        for (let at = 0, cut = 0; at < all.length; cut++) {
          const size = cuts[cut % cuts.length] ?? 1;
          reader.feed(all.subarray(at, at + size));
          at += size;
        }
        reader.finish();
        expect(reader.curve(1)).toEqual(whole);
      }),
    );
  });
});

describe("a metric in the log", () => {
  const from = { log: "loss=(\\S+)" };
  test("is what the expression's group holds on a line, progress bars included", () => {
    expect(read("epoch 1 loss=3.5\r\nbar 10%\rbar loss=2.5\rdone\n", { from }).selected).toEqual({ value: 2.5, step: null, seconds: null });
    expect(read("loss=nan\n", { from }).selected?.value).toBeNaN();
    expect(read("loss=-inf\n", { from }).selected?.value).toBe(-Infinity);
    expect(read("loss=soon\n", { from }).selected).toBeNull();
  });
  test("survives lines without an end", () => {
    expect(read(`loss=1\n${"x".repeat(300_000)}\nloss=2\n`, { from }).selected?.value).toBe(2);
    const reader = new MetricReader(settings({ from }));
    for (let piece = 0; piece < 20; piece++) reader.feed(bytes("x".repeat(10_000)));
    reader.feed(bytes("loss=9\nloss=1\n"));
    expect(reader.count).toBe(1);
  });
});

describe("a curve", () => {
  test("runs over the training clock where every reading has it, else steps, else readings", () => {
    expect(read('{"val_loss": 1, "seconds": 2, "step": 9}').curve(4)).toEqual({ run: 4, axis: "seconds", x: [2], values: [1] });
    expect(read('{"val_loss": 1, "seconds": 2, "step": 9}\n{"val_loss": 2, "step": 10}').curve(4)).toMatchObject({
      axis: "step",
      x: [9, 10],
    });
    expect(read('{"val_loss": 1}\n{"val_loss": 2, "step": 10}').curve(4)).toMatchObject({ axis: "reading", x: [1, 2] });
    expect(read('{"val_loss": NaN}\n{"val_loss": 2}').curve(4)).toEqual({ run: 4, axis: "reading", x: [2], values: [2] });
  });
  test("stays small and keeps its first and last reading", () => {
    const curve = read(Array.from({ length: 50_000 }, (_, step) => `{"val_loss": ${step}, "step": ${step}}\n`).join("")).curve(1);
    expect(curve.x.length).toBeLessThanOrEqual(2001);
    expect(curve.x.length).toBeGreaterThan(900);
    expect([curve.x[0], curve.x.at(-1)]).toEqual([0, 49_999]);
  });
});
