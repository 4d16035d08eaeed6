/** The typed link between a webview and the extension: posting, listening, asking, and state that outlives the page. */
import { ProvingGroundError } from "../../extension/protocol/errors.ts";
import type { ErrorData } from "../../extension/protocol/errors.ts";

/** What the editor gives every webview, once. */
export interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** The editor's own function; may be called once per page. */
declare function acquireVsCodeApi(): EditorApi;

/** The editor's side of this page. */
export function editorApi(): EditorApi {
  return acquireVsCodeApi();
}

/** Where messages arrive: a window, or a stand-in. */
export interface MessageSource {
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

/** A checked message, or null when it is none of ours. */
export type Reader<In> = (data: unknown) => In | null;

/**
 * Calls `receive` for every message that `read` recognises. A message it does not recognise is dropped: the editor and
 * its extensions post their own into the same window.
 */
export function listen<In>(source: MessageSource, read: Reader<In>, receive: (message: In) => void): void {
  source.addEventListener("message", (event) => {
    const message = read(event.data);
    if (message !== null) receive(message);
  });
}

/** Questions under way: each is sent with a number and settled by the answer or failure with the same number. */
export class Questions<Asked> {
  readonly #send: (id: number, ask: Asked) => void;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: ProvingGroundError) => void }>();
  #last = 0;

  /** @param send posts one question to the extension */
  constructor(send: (id: number, ask: Asked) => void) {
    this.#send = send;
  }

  /**
   * @param check reads the answer's content
   * @returns the checked answer
   * @throws {ProvingGroundError} what the extension says went wrong, or `internal` for an answer of the wrong shape
   */
  async ask<Result>(ask: Asked, check: { parse(value: unknown): Result }): Promise<Result> {
    const id = ++this.#last;
    const result = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(id, ask);
    });
    try {
      return check.parse(result);
    } catch (cause) {
      throw new ProvingGroundError("internal", "The extension answered in a shape this panel does not know.", {
        hint: "Reload the window.",
        cause,
      });
    }
  }

  answer(id: number, result: unknown): void {
    this.#take(id)?.resolve(result);
  }

  fail(id: number, error: ErrorData): void {
    this.#take(id)?.reject(ProvingGroundError.fromData(error));
  }

  #take(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
