/** Watches one answer's connection: ends it when no byte comes for too long, or when a line never ends. */
import type { Surroundings } from "./surroundings.ts";

/** A line of a stream holds one piece of an answer; one this long is none, and would have to be kept until it ends. Bytes. */
const LONGEST_LINE = 4_000_000;

export class Watch {
  readonly #patience: number;
  readonly #pause: Surroundings["pause"];
  readonly #connection: AbortController;
  #timer = new AbortController();
  #stalled = false;
  #endless = false;

  /**
   * Begins to watch.
   * @param patience milliseconds
   * @param connection aborted when the watch ends it
   */
  constructor(patience: number, pause: Surroundings["pause"], connection: AbortController) {
    this.#patience = patience;
    this.#pause = pause;
    this.#connection = connection;
    this.#arm();
  }

  /** Why the watch ended the connection; null when it did not. */
  get verdict(): string | null {
    if (this.#endless) return "sent a line that does not end";
    return this.#stalled ? `sent nothing for ${Math.round(this.#patience / 1000)} s` : null;
  }

  /** Something came. */
  touch(): void {
    this.#arm();
  }

  /** The same response, its bytes under watch. */
  over(response: Response): Response {
    if (response.body === null) return response;
    let line = 0;
    const seen = new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        this.#arm();
        const last = bytes.lastIndexOf(10);
        line = last === -1 ? line + bytes.length : bytes.length - last - 1;
        if (line > LONGEST_LINE) {
          this.#endless = true;
          this.#connection.abort();
          controller.terminate();
        } else controller.enqueue(bytes);
      },
    });
    const { status, headers } = response;
    return new Response(response.body.pipeThrough(seen), { status, headers });
  }

  end(): void {
    this.#timer.abort();
  }

  #arm(): void {
    this.#timer.abort();
    const timer = new AbortController();
    this.#timer = timer;
    this.#pause(this.#patience, timer.signal).then(
      () => {
        if (timer.signal.aborted) return;
        this.#stalled = true;
        this.#connection.abort();
      },
      () => undefined, // another byte has come, or it is over
    );
  }
}
