/** `runs log`: what a run has printed, and what it goes on to print. */
import type { Command } from "commander";
import type { EngineConnection } from "../../protocol/connect.ts";
import { labDelta, labSubscribe, runLog } from "../../protocol/methods.ts";
import { ENDED } from "../../protocol/run.ts";
import { integer, leaf, wantsJson, type Context } from "../context.ts";
import { engineEnded } from "../runs.ts";

/** Takes the pieces of a log as they are read, however many and large in all. */
type Take = (text: string) => Promise<void>;

export function addLogCommand(group: Command, context: Context): void {
  leaf(
    group
      .command("log")
      .argument("<run>", "number", integer)
      .option("-f, --follow", "until the run has ended; with --json one JSON string a line and piece")
      .description("print a run's log"),
  ).action(async (run: number, options: { follow?: boolean }, command: Command) => {
    const lab = await context.lab();
    const write: Take = (text) => context.output.write(text);
    const json = wantsJson(command);
    if (options.follow === true) {
      const take: Take = json ? (text) => write(`${JSON.stringify(text)}\n`) : write;
      let from = await drain(lab, run, 0, take);
      for await (const ended of changesOf(lab, run, context.signal)) {
        from = await drain(lab, run, from, take);
        if (ended) return;
      }
      return;
    }
    if (!json) {
      await drain(lab, run, 0, write);
      return;
    }
    // Asked for before anything is printed, so that an unknown run is an error and nothing else.
    await lab.request(runLog, { run, from: 0, limit: 1 });
    // One JSON document, never whole in memory: the pieces of a string are strings.
    await write(`{"run":${run},"text":"`);
    const size = await drain(lab, run, 0, (text) => write(JSON.stringify(text).slice(1, -1)));
    await write(`","size":${size}}\n`);
  });
}

/** Reads a log from an offset to its present end. @returns the offset after it */
async function drain(lab: EngineConnection, run: number, from: number, take: Take): Promise<number> {
  for (let at = from; ;) {
    const slice = await lab.request(runLog, { run, from: at });
    if (slice.text === "") return slice.next;
    await take(slice.text);
    at = slice.next;
  }
}

/** Yields on each change of a run; true, and last, when it has ended. @throws ProvingGroundError when the engine ends first */
async function* changesOf(lab: EngineConnection, run: number, signal: AbortSignal): AsyncGenerator<boolean> {
  let wake: () => void = () => undefined;
  const news: boolean[] = [];
  lab.onNotification(labDelta, ({ changes }) => {
    for (const change of changes) if (change.kind === "run" && change.run.id === run) news.push(ENDED.has(change.run.state));
    wake();
  });
  lab.onClose(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  const { runs } = await lab.request(labSubscribe, {});
  const found = runs.find((candidate) => candidate.id === run);
  news.push(found === undefined || ENDED.has(found.state));
  while (!signal.aborted) {
    const next = news.shift();
    if (next !== undefined) {
      yield next;
      if (next) return;
    } else if (!lab.open) throw engineEnded();
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
