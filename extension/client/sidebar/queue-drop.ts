/** Dragging queued runs to another place in the queue. */
import * as vscode from "vscode";
import { runsReorder } from "../../protocol/methods.ts";
import type { Current } from "../engine/current.ts";
import { dropped, inQueue } from "./queue-order.ts";
import type { Row } from "./rows.ts";

/** What the editor gives drags within the tree; they go nowhere else. */
const KIND = "application/vnd.code.tree.provingground.runs";

export class QueueDrop implements vscode.TreeDragAndDropController<Row> {
  readonly dragMimeTypes = [KIND];
  readonly dropMimeTypes = [KIND];
  readonly #current: Current;
  readonly #onError: (error: unknown) => void;

  constructor(current: Current, onError: (error: unknown) => void) {
    this.#current = current;
    this.#onError = onError;
  }

  handleDrag(rows: readonly Row[], data: vscode.DataTransfer): void {
    const runs = rows.flatMap((row) => (row.kind === "run" && /\bqueue\b/.test(row.context) ? [row.run] : []));
    if (runs.length > 0) data.set(KIND, new vscode.DataTransferItem(runs));
  }

  async handleDrop(onto: Row | undefined, data: vscode.DataTransfer): Promise<void> {
    const { lab } = this.#current;
    const runs: unknown = data.get(KIND)?.value;
    if (lab === undefined || !Array.isArray(runs)) return;
    const queue = inQueue(lab.snapshot?.runs ?? []).map(({ id }) => id);
    // Those that have begun since they were picked up stay where they are.
    const place = placeOf(onto, queue);
    const order = place === undefined ? null : dropped(queue, new Set(runs as number[]), place);
    if (order === null) return;
    try {
      await lab.link.request(runsReorder, order);
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** The queued run that a row stands for; null: the end of the queue; undefined: no place in it. */
function placeOf(onto: Row | undefined, queue: readonly number[]): number | null | undefined {
  if (onto === undefined) return null;
  if (onto.kind === "run") return queue.includes(onto.run) ? onto.run : undefined;
  return onto.id.endsWith("/runs/queued") ? null : undefined;
}
