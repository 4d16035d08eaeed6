/** Listens on a private socket and gives every connection the same requests. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer, type Server as NetServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import type { z } from "zod";
import type { ParamsOut, Request, ResultOf } from "../../protocol/messages.ts";
import { Session, type Call } from "./session.ts";

type Register = (session: Session) => void;

export class Server {
  readonly token = randomBytes(32).toString("hex");
  readonly sessions = new Set<Session>();
  readonly #registrations: Register[] = [];
  readonly #onSessions: () => void;
  #net: NetServer | null = null;
  #nextId = 1;

  /** @param onSessions called whenever a client comes or goes */
  constructor(onSessions: () => void) {
    this.#onSessions = onSessions;
  }

  /** Declares how a request is answered. `open: true` answers before the token was shown: only the greeting does. */
  handle<R extends Request<z.ZodType, unknown>>(
    request: R,
    handler: (params: ParamsOut<R>, call: Call) => Promise<ResultOf<R>> | ResultOf<R>,
    options: { open?: boolean } = {},
  ): void {
    this.#registrations.push((session) => {
      session.handle(request, options.open !== true, handler);
    });
  }

  accepts(token: string): boolean {
    const given = Buffer.from(token);
    const own = Buffer.from(this.token);
    return given.length === own.length && timingSafeEqual(given, own);
  }

  /** Starts to listen; the engine's lock guarantees that a socket file found there is a dead engine's. */
  async listen(address: string): Promise<void> {
    if (process.platform !== "win32") await rm(address, { force: true });
    const net = createServer((socket) => {
      const session = new Session(this.#nextId++, socket);
      for (const register of this.#registrations) register(session);
      this.sessions.add(session);
      session.onClose(() => {
        this.sessions.delete(session);
        this.#onSessions();
      });
      session.listen();
      this.#onSessions();
    });
    await new Promise<void>((resolve, reject) => {
      net.once("error", reject);
      net.listen(address, resolve);
    });
    if (process.platform !== "win32") await chmod(address, 0o600);
    this.#net = net;
  }

  get busy(): number {
    return [...this.sessions].reduce((sum, session) => sum + session.busy, 0);
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.close();
    const net = this.#net;
    if (net === null) return;
    await new Promise<void>((resolve) => net.close(() => resolve()));
  }
}

/**
 * Address for the engine of a repository. A socket's path may have about 100 bytes, so it is not kept in the repository
 * but in a directory of the user's own that nobody else can enter.
 * @param repository absolute path, resolved
 * @param key short and unique to the repository
 */
export async function socketAddress(key: string): Promise<string> {
  if (process.platform === "win32") return `\\\\.\\pipe\\proving-ground-${userInfo().username}-${key}`;
  const runtime = process.env.XDG_RUNTIME_DIR;
  const folder =
    runtime === undefined || runtime === ""
      ? path.join(tmpdir(), `proving-ground-${userInfo().uid}`)
      : path.join(runtime, "proving-ground");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return path.join(folder, `${key}.sock`);
}
