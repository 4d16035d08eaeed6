/** A run's log as a document: whole while it is small, its end when it is not. */
import { runLog } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";

/** Bytes of a log that are shown; a slice of the protocol holds as many. */
const SHOWN = 4_000_000;

/** Text of the log, preceded by a line that says what was left out. Memory is bounded whatever the log's size. */
export async function readLog(lab: Lab, run: number): Promise<string> {
  const first = await lab.link.request(runLog, { run, from: 0, limit: SHOWN });
  if (first.size <= first.next) return first.text;
  const from = first.size - SHOWN;
  const tail = await lab.link.request(runLog, { run, from, limit: SHOWN });
  const wholeLines = tail.text.slice(tail.text.indexOf("\n") + 1);
  return `… the first ${Math.round(from / 1e6)} MB of ${Math.round(first.size / 1e6)} MB are not shown; all of it is in .proving-ground/runs/${run}/stdout.log\n${wholeLines}`;
}
