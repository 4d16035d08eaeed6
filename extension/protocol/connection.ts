/** A greeted connection to an engine: requests typed by their values, progress routed to the caller that asked. */
import type { Socket } from "node:net";
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  type CancellationToken,
  ResponseError,
  ConnectionError,
} from "vscode-jsonrpc/node";
import type { MessageConnection } from "vscode-jsonrpc/node";
import * as z from "zod";
import { ErrorData, ProvingGroundError } from "./errors.ts";
import type { Notification, Request } from "./messages.ts";
import { ProgressReport, progressReport } from "./methods.ts";
import type { Hello } from "./methods.ts";

/** JSON-RPC's code for a request that its sender cancelled. */
const REQUEST_CANCELLED = -32800;

const UNREACHABLE = { hint: "It is started again by the next action; what was running goes on without it." };

export interface RequestOptions {
  /** Aborting it cancels the request in the engine. */
  signal?: AbortSignal | undefined;
  /** Called while the request is answered; only for requests that have a `progress` parameter. */
  onProgress?: ((report: ProgressReport) => void) | undefined;
}

export interface Unsubscribe {
  dispose(): void;
}

export class EngineConnection {
  /** What the engine said of itself. */
  hello: Hello | undefined;
  /** What the user should know about this connection, such as an engine of another version; null when all is well. */
  warning: string | null = null;
  readonly #rpc: MessageConnection;
  readonly #socket: Socket;
  readonly #progress = new Map<number, (report: ProgressReport) => void>();
  readonly #listeners = new Map<string, Set<(params: unknown) => void>>();
  readonly #closed = new Set<() => void>();
  #nextProgress = 1;
  #pending = 0;
  #open = true;

  /** @param socket connected to an engine; owned by this object from now on */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#rpc = createMessageConnection(socket, socket);
    this.#rpc.onError(() => socket.destroy());
    this.#rpc.onClose(() => this.#close());
    this.#rpc.onNotification((method: string, params: unknown) => {
      for (const listener of [...(this.#listeners.get(method) ?? [])]) listener(params);
    });
    this.onNotification(progressReport, (report) => this.#progress.get(report.progress)?.(report));
    this.#rpc.listen();
  }

  get open(): boolean {
    return this.#open;
  }

  /**
   * Asks the engine.
   * @throws ProvingGroundError the engine's own error; `cancelled` when aborted; `engine-unreachable` when the link is lost
   */
  async request<P extends z.ZodType, R>(request: Request<P, R>, params: z.input<P>, options: RequestOptions = {}): Promise<R> {
    const { signal, onProgress } = options;
    if (!this.#open) throw lost();
    if (signal?.aborted === true) throw new ProvingGroundError("cancelled", "cancelled before it began");
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const number = this.#nextProgress++;
    if (onProgress !== undefined) this.#progress.set(number, onProgress);
    this.#pending += 1;
    try {
      const sent = onProgress === undefined ? params : { ...(params as object), progress: number };
      return await this.#rpc.sendRequest<R>(request.method, sent, cancellation.token);
    } catch (cause) {
      throw toError(cause, request.method);
    } finally {
      this.#pending -= 1;
      signal?.removeEventListener("abort", cancel);
      this.#progress.delete(number);
      cancellation.dispose();
    }
  }

  /** Calls back for every notification of this kind; one that does not fit its schema is dropped. */
  onNotification<P extends z.ZodType>(notification: Notification<P>, listener: (params: z.output<P>) => void): Unsubscribe {
    const receive = (params: unknown) => {
      const parsed = notification.params.safeParse(params);
      if (parsed.success) listener(parsed.data);
    };
    const listeners = this.#listeners.get(notification.method) ?? new Set();
    this.#listeners.set(notification.method, listeners.add(receive));
    return { dispose: () => void listeners.delete(receive) };
  }

  /** Says something to the engine; nothing happens when the link is lost. */
  notify<P extends z.ZodType>(notification: Notification<P>, params: z.input<P>): void {
    if (this.#open) this.#rpc.sendNotification(notification.method, params).catch(() => undefined);
  }

  /**
   * Answers a request of the engine's. What the handler throws reaches the engine as its error.
   * @param handler its signal fires when the engine cancels, or the link ends
   */
  onRequest<P extends z.ZodType, R>(
    request: Request<P, R>,
    handler: (params: z.output<P>, signal: AbortSignal) => Promise<R>,
  ): Unsubscribe {
    return this.#rpc.onRequest(request.method, async (raw: unknown, token: CancellationToken) => {
      const controller = new AbortController();
      const abort = () => controller.abort();
      token.onCancellationRequested(abort);
      const closing = this.onClose(abort);
      try {
        const params = request.params.safeParse(raw);
        if (!params.success) throw new ProvingGroundError("usage", `${request.method}: ${params.error.issues[0]?.message ?? ""}`);
        return await handler(params.data, controller.signal);
      } catch (thrown) {
        const error = ProvingGroundError.from(thrown);
        return new ResponseError<ErrorData>(ErrorCodes.InternalError, error.message, error.toData());
      } finally {
        closing.dispose();
      }
    });
  }

  /** Requests that the engine has not answered yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Calls back once when the link ends, by whichever side. */
  onClose(listener: () => void): Unsubscribe {
    this.#closed.add(listener);
    return { dispose: () => void this.#closed.delete(listener) };
  }

  dispose(): void {
    this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#rpc.dispose();
    this.#socket.destroy();
    for (const listener of [...this.#closed]) listener();
    this.#closed.clear();
    this.#listeners.clear();
  }
}

function lost(cause?: unknown): ProvingGroundError {
  return new ProvingGroundError("engine-unreachable", "the connection to the engine was lost", { ...UNREACHABLE, cause });
}

/** Codes with which a request fails because the other side went away under it. */
const LINK_ERRORS: ReadonlySet<number> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.ConnectionInactive,
]);

function toError(thrown: unknown, method: string): ProvingGroundError {
  if (thrown instanceof ConnectionError) return lost(thrown);
  if (!(thrown instanceof ResponseError)) return ProvingGroundError.from(thrown);
  const data = ErrorData.safeParse(thrown.data);
  if (data.success) return ProvingGroundError.fromData(data.data);
  if (thrown.code === REQUEST_CANCELLED) return new ProvingGroundError("cancelled", "cancelled", { cause: thrown });
  if (LINK_ERRORS.has(thrown.code)) return lost(thrown);
  return new ProvingGroundError("internal", `${method}: ${thrown.message}`, { cause: thrown });
}
