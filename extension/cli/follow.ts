/** Waiting in a terminal for something to come about in a lab. */
import type { EngineConnection } from "../protocol/connect.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { applyDelta, type Snapshot } from "../protocol/lab.ts";
import { labDelta, labSubscribe, notice } from "../protocol/methods.ts";
import type { Context } from "./context.ts";

export interface Awaited<T> {
  /** Called with the lab as it is and after each change, until it gives something else than null. */
  look: (snapshot: Snapshot) => T | null;
  /** What becomes of the thing that is waited for on Ctrl-C, and how it is ended. */
  interrupted: string;
  /** What is said when the engine ends first. */
  engineEnded: () => ProvingGroundError;
}

/**
 * Resolves with what `look` finds; the engine's notices go to standard error meanwhile.
 * @throws ProvingGroundError `cancelled` on Ctrl-C, `engineEnded` when the engine ends first
 */
export function awaitInLab<T>(lab: EngineConnection, context: Context, { look, interrupted, engineEnded }: Awaited<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let snapshot: Snapshot | null = null;
    const see = (now: Snapshot) => {
      snapshot = now;
      const found = look(now);
      if (found !== null) resolve(found);
    };
    const subscribe = () => {
      lab.request(labSubscribe, {}).then(see).catch(reject);
    };
    const stop = () => reject(new ProvingGroundError("cancelled", "interrupted", { hint: interrupted }));
    if (context.signal.aborted) stop();
    context.signal.addEventListener("abort", stop, { once: true });
    lab.onClose(() => reject(engineEnded()));
    lab.onNotification(notice, ({ message }) => context.output.err(message));
    lab.onNotification(labDelta, (delta) => {
      if (snapshot === null) return;
      const next = applyDelta(snapshot, delta);
      snapshot = next;
      if (next === null) subscribe();
      else see(next);
    });
    subscribe();
  });
}
