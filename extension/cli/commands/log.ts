/** `runs log`: what a run has printed, and what it goes on to print. */
import type { Command } from "commander";
import type { EngineConnection } from "../../protocol/connect.ts";
import { labDelta, labSubscribe, runLog } from "../../protocol/methods.ts";
import { ENDED } from "../../protocol/run.ts";
import { integer, leaf, wantsJson, type Context } from "../context.ts";
import { engineEnded } from "../runs.ts";

/** Takes the pieces of a log as they are read, however many and large in all. */
type Take = (text: string) => Promise<void>;

interface Options {
  follow?: boolean;
  last?: number;
}

/** Milliseconds between two looks at a log of which nothing else is heard. */
const PACE = 500;

export function addLogCommand(group: Command, context: Context): void {
  leaf(
    group
      .command("log")
      .argument("<run>", "number", integer)
      .option("-f, --follow", "until the run has ended; with --json one JSON string a line and piece")
      .option("--last <KiB>", "only the end of what is there, and what follows", integer)
      .description("print a run's log"),
  ).action(async (run: number, options: Options, command: Command) => {
    const lab = await context.lab();
    const write: Take = (text) => context.output.write(text);
    const json = wantsJson(command);
    // Asked for before anything is printed, so that an unknown run is an error and nothing else.
    const { size } = await lab.request(runLog, { run, from: 0, limit: 1 });
    const start = options.last === undefined ? 0 : Math.max(0, size - options.last * 1024);
    if (options.follow === true) {
      const take: Take = json ? (text) => write(`${JSON.stringify(text)}\n`) : write;
      let from = start;
      for await (const ended of looksAt(lab, run, context.signal)) {
        from = await drain(lab, run, from, take);
        if (ended) return;
      }
      return;
    }
    if (!json) {
      await drain(lab, run, start, write);
      return;
    }
    // One JSON document, never whole in memory: the pieces of a string are strings.
    await write(`{"run":${run},"text":"`);
    const end = await drain(lab, run, start, (text) => write(JSON.stringify(text).slice(1, -1)));
    await write(`","size":${end}}\n`);
  });
}

/** Reads a log from an offset to its present end, from its start where it was written anew. @returns the offset after it */
async function drain(lab: EngineConnection, run: number, from: number, take: Take): Promise<number> {
  for (let at = from; ;) {
    const slice = await lab.request(runLog, { run, from: at });
    if (slice.size < at) at = 0;
    else {
      if (slice.text === "") return slice.next;
      await take(slice.text);
      at = slice.next;
    }
  }
}

/**
 * Yields when a log is to be looked at: after each change of its run, and every now and then. The last time, with true, the run has ended.
 * @throws ProvingGroundError when the engine ends first
 */
async function* looksAt(lab: EngineConnection, run: number, signal: AbortSignal): AsyncGenerator<boolean> {
  let wake: () => void = () => undefined;
  let ended = false;
  lab.onNotification(labDelta, ({ changes }) => {
    for (const change of changes) {
      if (change.kind !== "run" || change.run.id !== run) continue;
      ended = ENDED.has(change.run.state);
      wake();
    }
  });
  lab.onClose(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  const { runs } = await lab.request(labSubscribe, {});
  const found = runs.find((candidate) => candidate.id === run);
  ended ||= found === undefined || ENDED.has(found.state);
  while (!signal.aborted) {
    if (!lab.open) throw engineEnded();
    const last = ended;
    yield last;
    if (last) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PACE);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (ended || signal.aborted || !lab.open) wake();
    });
  }
}
