/** One connected client: its JSON-RPC connection, whether it has shown the token, and what it is told. */
import type { Socket } from "node:net";
import { CancellationTokenSource, type CancellationToken } from "vscode-jsonrpc";
import {
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  createMessageConnection,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import type { z } from "zod";
import { ErrorData, ProvingGroundError } from "../../protocol/errors.ts";
import type { Notification, ParamsIn, ParamsOut, Request, ResultOf } from "../../protocol/messages.ts";
import { progressReport, type ProgressReport } from "../../protocol/methods.ts";

/** What a handler may use besides its parameters. */
export interface Call {
  session: Session;
  /** Aborted when the client cancels or goes away. */
  signal: AbortSignal;
  /** Tells the caller how far it is, when it asked to be told. */
  report(progress: Omit<ProgressReport, "progress">): void;
}

export class Session {
  /** Becomes true when `engine/hello` brought the right token; until then nothing else is answered. */
  authorised = false;
  /** True from the first `lab/subscribe` on. */
  subscribed = false;
  readonly id: number;
  readonly #connection: MessageConnection;
  readonly #open = new Set<AbortController>();
  /** Give up what the client was asked, because it has gone. */
  readonly #asked = new Set<() => void>();

  constructor(id: number, socket: Socket) {
    this.id = id;
    this.#connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    this.#connection.onClose(() => {
      for (const controller of this.#open) controller.abort();
      for (const give of [...this.#asked]) give();
    });
    // A broken pipe ends in onClose; without a listener it would end the engine.
    this.#connection.onError(() => undefined);
  }

  onClose(listener: () => void): void {
    this.#connection.onClose(listener);
  }

  listen(): void {
    this.#connection.listen();
  }

  send<N extends Notification<z.ZodType>>(notification: N, params: ParamsIn<N>): void {
    // The client may be gone between the decision to tell it and the write: that is no failure of the engine.
    this.#connection.sendNotification(notification.method, params as object).catch(() => undefined);
  }

  /**
   * Asks the client.
   * @throws ProvingGroundError the client's own error, `cancelled` when the signal fires, `engine-unreachable` when the client has gone
   */
  async ask<P extends z.ZodType, Result>(request: Request<P, Result>, params: z.input<P>, signal: AbortSignal): Promise<Result> {
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    // The library leaves requests open for ever when the other side has gone.
    const gone = Promise.withResolvers<never>();
    const giveUp = () => gone.reject(new ProvingGroundError("engine-unreachable", "the window was closed"));
    this.#asked.add(giveUp);
    try {
      if (signal.aborted) throw new ProvingGroundError("cancelled", "cancelled before it was asked");
      return await Promise.race([this.#connection.sendRequest<Result>(request.method, params, cancellation.token), gone.promise]);
    } catch (thrown) {
      if (signal.aborted) throw new ProvingGroundError("cancelled", "cancelled", { cause: thrown });
      if (thrown instanceof ResponseError) {
        const data = ErrorData.safeParse(thrown.data);
        if (data.success) throw ProvingGroundError.fromData(data.data);
        // What is not an answer of the client's means that there is none.
        if (thrown.code !== ErrorCodes.PendingResponseRejected) throw new ProvingGroundError("internal", thrown.message, { cause: thrown });
      }
      if (thrown instanceof ProvingGroundError) throw thrown;
      throw new ProvingGroundError("engine-unreachable", "the window was closed", { cause: thrown });
    } finally {
      this.#asked.delete(giveUp);
      signal.removeEventListener("abort", cancel);
      cancellation.dispose();
    }
  }

  /** Calls back for every such notification of a client that has shown the token; one that does not fit its schema is dropped. */
  onNotification<N extends Notification<z.ZodType>>(notification: N, listener: (params: ParamsOut<N>) => void): void {
    this.#connection.onNotification(notification.method, (raw: unknown) => {
      const params = notification.params.safeParse(raw);
      if (this.authorised && params.success) listener(params.data as ParamsOut<N>);
    });
  }

  handle<R extends Request<z.ZodType, unknown>>(
    request: R,
    needsToken: boolean,
    handler: (params: ParamsOut<R>, call: Call) => Promise<ResultOf<R>> | ResultOf<R>,
  ): void {
    this.#connection.onRequest(request.method, async (raw: unknown, token: CancellationToken) => {
      const controller = new AbortController();
      this.#open.add(controller);
      token.onCancellationRequested(() => {
        controller.abort();
      });
      try {
        if (needsToken && !this.authorised)
          throw new ProvingGroundError("unauthorised", "this connection has not greeted with the engine's token");
        const params = request.params.safeParse(raw ?? {});
        if (!params.success) {
          const [first] = params.error.issues;
          throw new ProvingGroundError(
            "usage",
            `${request.method}: ${first?.path.join(".") ?? ""} ${first?.message ?? "wrong parameters"}`,
          );
        }
        const progress = (params.data as { progress?: number }).progress;
        const call: Call = {
          session: this,
          signal: controller.signal,
          report: (report) => {
            if (progress !== undefined) this.send(progressReport, { ...report, progress });
          },
        };
        return await handler(params.data as ParamsOut<R>, call);
      } catch (cause) {
        const error =
          controller.signal.aborted && !(cause instanceof ProvingGroundError)
            ? new ProvingGroundError("cancelled", "cancelled", { cause })
            : ProvingGroundError.from(cause);
        return new ResponseError<ErrorData>(ErrorCodes.InternalError, error.message, error.toData());
      } finally {
        this.#open.delete(controller);
      }
    });
  }

  /** Number of requests that are being answered. */
  get busy(): number {
    return this.#open.size;
  }

  close(): void {
    this.#connection.dispose();
  }
}
