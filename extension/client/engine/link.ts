/** Keeps one repository's lab in view: connects when asked, subscribes, applies changes, and comes back after a loss. */
import type { z } from "zod";
import type { EngineConnection, RequestOptions } from "../../protocol/connection.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { applyDelta } from "../../protocol/lab.ts";
import type { Delta, Snapshot } from "../../protocol/lab.ts";
import type { Request } from "../../protocol/messages.ts";
import { labDelta, labSubscribe, notice } from "../../protocol/methods.ts";
import type { Notice } from "../../protocol/methods.ts";
import { Emitter } from "../emitter.ts";

/** Waits before the first, second … attempt to come back, in milliseconds; after the last one the user is asked. */
const BACKOFF = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000];

/** Errors that trying again does not heal. */
const FINAL: ReadonlySet<ErrorCode> = new Set(["engine-version", "unauthorised", "unsupported-platform", "not-a-repository"]);

export type Connection = Pick<
  EngineConnection,
  "request" | "onRequest" | "onNotification" | "notify" | "onClose" | "dispose" | "warning" | "pending"
>;

export type LinkState =
  | { kind: "idle" }
  | { kind: "connecting" }
  | { kind: "connected"; warning: string | null }
  | { kind: "offline"; error: ProvingGroundError; trying: boolean };

/** The lab after a change; `delta` is null when the snapshot is a new one. */
export interface LabChange {
  snapshot: Snapshot;
  before: Snapshot | null;
  delta: Delta | null;
}

export interface LinkSurroundings {
  connect(): Promise<Connection>;
  /** Said to every new connection before it is used: the user's models and settings. */
  prepare(connection: Connection): Promise<void>;
  /** Resolves after so many milliseconds, or at once when aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export class EngineLink {
  readonly #surroundings: LinkSurroundings;
  readonly #changes = new Emitter<LabChange>();
  readonly #states = new Emitter<LinkState>();
  readonly #notices = new Emitter<Notice>();
  #state: LinkState = { kind: "idle" };
  #snapshot: Snapshot | null = null;
  #connection: Connection | null = null;
  #connecting: Promise<Connection> | null = null;
  /** Changes that arrive while a snapshot is on its way; null when there is none on its way. */
  #early: Delta[] | null = null;
  #preparing: Promise<unknown> = Promise.resolve();
  #patience = new AbortController();
  #disposed = false;

  readonly onChange = this.#changes.event;
  readonly onState = this.#states.event;
  readonly onNotice = this.#notices.event;

  constructor(surroundings: LinkSurroundings) {
    this.#surroundings = surroundings;
  }

  get state(): LinkState {
    return this.#state;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** Asks the engine, connecting first when needed. Errors are those of {@link EngineConnection.request}. */
  async request<P extends z.ZodType, R>(request: Request<P, R>, params: z.input<P>, options?: RequestOptions): Promise<R> {
    const connection = await this.ensure();
    return connection.request(request, params, options);
  }

  /** The connection; at most one attempt is under way at a time, and everybody waits for that one. */
  ensure(): Promise<Connection> {
    if (this.#connection !== null) return Promise.resolve(this.#connection);
    if (this.#connecting === null) {
      this.#connecting = this.#connect().finally(() => (this.#connecting = null));
    }
    return this.#connecting;
  }

  /** Connects in the background; a failure shows in the state. */
  wake(): void {
    this.#patience.abort();
    this.ensure().catch((error: unknown) => this.#setState({ kind: "offline", error: ProvingGroundError.from(error), trying: false }));
  }

  /** Tells the connection, if there is one, the user's models and settings again. One that is being made may have been told earlier ones. */
  async prepareAgain(): Promise<void> {
    const connection = this.#connection ?? (await this.#connecting?.catch(() => null)) ?? null;
    if (connection !== null) await this.#prepare(connection);
  }

  dispose(): void {
    this.#disposed = true;
    this.#patience.abort();
    this.#connection?.dispose();
    this.#connection = null;
  }

  async #connect(): Promise<Connection> {
    if (this.#disposed) throw new ProvingGroundError("engine-unreachable", "the window is closing");
    if (this.#state.kind !== "offline") this.#setState({ kind: "connecting" });
    let connection: Connection | null = null;
    try {
      connection = await this.#surroundings.connect();
      connection.onNotification(labDelta, (delta) => this.#receive(delta));
      connection.onNotification(notice, (said) => this.#notices.fire(said));
      await this.#prepare(connection);
      await this.#subscribe(connection);
    } catch (error) {
      connection?.dispose();
      const failure = ProvingGroundError.from(error);
      this.#setState({ kind: "offline", error: failure, trying: this.#state.kind === "offline" && this.#state.trying });
      throw failure;
    }
    if (this.#isDisposed()) connection.dispose();
    else this.#connection = connection;
    connection.onClose(() => void this.#lost());
    this.#setState({ kind: "connected", warning: connection.warning });
    return connection;
  }

  /** One after the other, so that what is told last is what was read last. */
  #prepare(connection: Connection): Promise<void> {
    const prepared = this.#preparing.then(() => this.#surroundings.prepare(connection));
    this.#preparing = prepared.catch(() => undefined);
    return prepared;
  }

  async #subscribe(connection: Connection): Promise<void> {
    const early: Delta[] = [];
    this.#early = early;
    const snapshot = await connection.request(labSubscribe, {});
    this.#early = null;
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    this.#changes.fire({ snapshot, before, delta: null });
    for (const delta of early) this.#receive(delta);
  }

  #receive(delta: Delta): void {
    if (this.#early !== null || this.#snapshot === null) {
      this.#early?.push(delta);
      return;
    }
    const before = this.#snapshot;
    const snapshot = applyDelta(before, delta);
    if (snapshot === before) return;
    if (snapshot !== null) {
      this.#snapshot = snapshot;
      this.#changes.fire({ snapshot, before, delta });
    } else if (this.#connection !== null) {
      const connection = this.#connection;
      // A link that cannot even fetch a snapshot is treated as lost; closing it begins the way back.
      this.#subscribe(connection).catch(() => connection.dispose());
    }
  }

  async #lost(): Promise<void> {
    this.#connection = null;
    this.#early = null;
    for (const pause of BACKOFF) {
      if (this.#isDisposed()) return;
      const error = this.#state.kind === "offline" ? this.#state.error : new ProvingGroundError("engine-unreachable", "the engine is gone");
      this.#setState({ kind: "offline", error, trying: true });
      this.#patience = new AbortController();
      await this.#surroundings.wait(pause, this.#patience.signal);
      if (this.#isDisposed()) return;
      try {
        await this.ensure();
        return;
      } catch (failure) {
        if (FINAL.has(ProvingGroundError.from(failure).code)) break;
      }
    }
    if (this.#state.kind === "offline") this.#setState({ ...this.#state, trying: false });
  }

  /** A method, because the compiler believes that a field does not change across an await. */
  #isDisposed(): boolean {
    return this.#disposed;
  }

  #setState(state: LinkState): void {
    this.#state = state;
    if (!this.#disposed) this.#states.fire(state);
  }
}
