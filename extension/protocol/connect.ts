/** Finds the engine of a repository, or starts it, and greets it; shared by the editor and the command line. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { EngineConnection } from "./connection.ts";
import { ErrorData, ProvingGroundError } from "./errors.ts";
import { EngineAddress, FAILED_LINE, READY_LINE, STATE_FOLDER } from "./handshake.ts";
import { engineStop, hello, PROTOCOL_VERSION } from "./methods.ts";

export type { EngineConnection } from "./connection.ts";

/** An engine that has not greeted back after this many milliseconds is taken for hung. */
const GREETING_LIMIT = 10_000;
/** An engine that has not become ready after this many milliseconds is taken for failed. */
const START_LIMIT = 30_000;
/** By default V8 lets young objects take up to 100 MB before it looks which are dead: too much for what lives beside trainings. MiB. */
const SMALL_YOUNG = "--max-semi-space-size=4";
/** Size in bytes above which the engine's log is begun anew. */
const LOG_LIMIT = 4 * 1024 * 1024;

export interface ConnectOptions {
  /** Absolute path of the repository's top. */
  repository: string;
  /** Absolute path of `engine.mjs`. */
  engineScript: string;
  /** Node, or an Electron that can be Node. */
  execPath: string;
  /** Version of the caller's own package. */
  version: string;
  /** Receives one line per step worth knowing. */
  log: (line: string) => void;
}

/**
 * A greeted connection to the repository's engine, which is started when none answers.
 * @throws ProvingGroundError `engine-unreachable` when there is none or it does not start, `engine-version` when it speaks another
 * protocol and is busy, `unauthorised` when it does not accept the token; whatever keeps it from starting, such as `disk-full`
 */
export async function connectEngine(options: ConnectOptions): Promise<EngineConnection> {
  const running = await findEngine(options);
  if (running !== null) return running;
  await startEngine(options);
  // What was started just now is used as it is, or two versions would replace each other for ever.
  const started = await findEngine(options, "keep");
  if (started !== null) return started;
  throw new ProvingGroundError("engine-unreachable", `the engine of ${options.repository} started but does not answer`, {
    hint: `Look into ${engineLog(options.repository)}.`,
  });
}

/** The folder for everything Proving Ground writes, made if missing; it ignores itself in git. */
export async function ensureStateFolder(repository: string): Promise<string> {
  const folder = join(repository, STATE_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch(ignore("EEXIST"));
  return folder;
}

/** Where the repository's engine listens; null when none has said so. */
export async function readAddress(repository: string): Promise<EngineAddress | null> {
  const text = await readFile(addressFile(repository), "utf8").catch(ignore("ENOENT"));
  if (text === undefined) return null;
  try {
    return EngineAddress.parse(JSON.parse(text));
  } catch {
    // Half written, or by a version that wrote it differently: as good as none, the engine's lock decides.
    return null;
  }
}

/**
 * A greeted connection to the engine that runs for the repository; null when none does.
 * @param older what becomes of an idle engine of an older version
 * @throws ProvingGroundError `engine-unreachable` when one runs and does not answer, otherwise as `connectEngine`
 */
export async function findEngine(options: ConnectOptions, older: "replace" | "keep" = "replace"): Promise<EngineConnection | null> {
  const address = await readAddress(options.repository);
  if (address === null) return null;
  let socket: Socket;
  try {
    socket = await openSocket(address.socket);
  } catch (cause) {
    options.log(`nobody listens on ${address.socket}: ${(cause as Error).message}`);
    return null;
  }
  // Only who finds an engine needs to speak with one.
  const { EngineConnection } = await import("./connection.ts");
  const connection = new EngineConnection(socket);
  const limit = AbortSignal.timeout(GREETING_LIMIT);
  const giveUp = () => connection.dispose();
  limit.addEventListener("abort", giveUp, { once: true });
  try {
    const greeting = { token: address.token, version: options.version, protocolVersion: PROTOCOL_VERSION };
    connection.hello = await connection.request(hello, greeting);
  } catch (cause) {
    connection.dispose();
    const error = ProvingGroundError.from(cause);
    if (error.code !== "engine-unreachable") throw error;
    if (!limit.aborted) return null;
    throw new ProvingGroundError("engine-unreachable", `the engine (process ${address.pid}) does not answer`, {
      hint: `End process ${address.pid}; runs go on without it.`,
      cause,
    });
  } finally {
    limit.removeEventListener("abort", giveUp);
  }
  return agreeOnVersion(connection, options, older);
}

/** A newer caller asks an idle older engine to retire; otherwise engines of the same protocol are used with a warning. */
async function agreeOnVersion(
  connection: EngineConnection,
  options: ConnectOptions,
  older: "replace" | "keep",
): Promise<EngineConnection | null> {
  const engine = connection.hello;
  if (engine === undefined) return null;
  const sameProtocol = engine.protocolVersion === PROTOCOL_VERSION;
  const order = compareVersions(options.version, engine.engineVersion);
  if (sameProtocol && order === 0) return connection;
  const newer = order > 0 || (order === 0 && PROTOCOL_VERSION > engine.protocolVersion);
  if (newer && engine.idle && older === "replace") {
    options.log(`engine ${engine.engineVersion} is idle and older than ${options.version}: asking it to retire`);
    const gone = new Promise<void>((resolve) => connection.onClose(resolve));
    const { stopped } = await connection.request(engineStop, { ifIdle: true });
    if (stopped) {
      await gone;
      return null;
    }
  }
  if (!sameProtocol) {
    connection.dispose();
    throw new ProvingGroundError(
      "engine-version",
      `the engine that runs here is version ${engine.engineVersion} and cannot be used by version ${options.version}`,
      { hint: newer ? "It retires when its runs have ended; stop it now with “proving-ground engine stop”." : "Update this side." },
    );
  }
  connection.warning = `The engine is version ${engine.engineVersion}, this is ${options.version}.${newer ? " It is replaced once it is idle." : ""}`;
  return connection;
}

/** Starts a detached engine and waits until it, or another one that was quicker, listens. */
async function startEngine(options: ConnectOptions): Promise<void> {
  const folder = await ensureStateFolder(options.repository);
  const log = engineLog(options.repository);
  const tooLong = ((await stat(log).catch(ignore("ENOENT")))?.size ?? 0) > LOG_LIMIT;
  const output = await open(log, tooLong ? "w" : "a", 0o600);
  try {
    options.log(`starting the engine of ${options.repository}`);
    const child = spawn(options.execPath, [SMALL_YOUNG, options.engineScript, "--repository", options.repository], {
      cwd: options.repository,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", output.fd],
      env: { ...inheritedEnvironment(), ELECTRON_RUN_AS_NODE: "1" },
    });
    const deadline = AbortSignal.timeout(START_LIMIT);
    const outcome = await firstWord(child, deadline);
    child.stdout?.destroy();
    child.unref();
    if (outcome === "ready") return;
    if (outcome instanceof ProvingGroundError) throw outcome;
    // Another caller's engine holds the lock: it is ready as soon as it has written its address.
    if (outcome === "exited" && (await addressAppears(options.repository, folder, deadline))) return;
    throw new ProvingGroundError("engine-unreachable", `the engine did not start (${outcome})`, {
      hint: await logTail(log),
    });
  } finally {
    await output.close();
  }
}

/** `ready`, the error that the engine could not start for, or what became of it instead. */
function firstWord(child: ChildProcess, deadline: AbortSignal): Promise<string | ProvingGroundError> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (text.includes(READY_LINE)) resolve("ready");
      const [, failure] = text.split(FAILED_LINE);
      if (failure?.endsWith("\n") === true) resolve(ProvingGroundError.fromData(ErrorData.parse(JSON.parse(failure))));
    });
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve("exited"));
    deadline.addEventListener("abort", () => resolve("it took too long"), { once: true });
  });
}

/** Resolves true once somebody listens at the repository's address, false when nobody has by the deadline (at most 5 seconds). */
async function addressAppears(repository: string, folder: string, deadline: AbortSignal): Promise<boolean> {
  const answers = async () => {
    const address = await readAddress(repository);
    if (address === null) return false;
    return openSocket(address.socket).then(
      (socket) => (socket.destroy(), true),
      () => false,
    );
  };
  const limit = AbortSignal.any([deadline, AbortSignal.timeout(5_000)]);
  return new Promise((resolve) => {
    const watcher = watch(folder);
    const end = (found: boolean) => {
      watcher.close();
      resolve(found);
    };
    const look = () => void answers().then((found) => (found ? end(true) : undefined));
    watcher.on("change", look);
    watcher.on("error", () => end(false));
    limit.addEventListener("abort", () => end(false), { once: true });
    look();
  });
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** The editor's own variables would make a child of the engine believe that it runs inside the editor. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|CHROME_|CODE_SERVER_|NODE_OPTIONS$)/.test(name)),
  );
}

async function logTail(log: string): Promise<string> {
  const lines = ((await readFile(log, "utf8").catch(ignore("ENOENT"))) ?? "").trimEnd().split("\n").slice(-20);
  // What was thrown, rather than where: a stack or Node's version may follow it.
  const last = lines.findLast((line) => /^(\S*: )?(Uncaught )?\w*Error\b/.test(line)) ?? lines.at(-1) ?? "";
  return last === "" ? `Look into ${log}.` : `${log} ends with: ${last.slice(0, 400)}`;
}

const addressFile = (repository: string) => join(repository, STATE_FOLDER, "engine.json");
const engineLog = (repository: string) => join(repository, STATE_FOLDER, "engine.log");

/** Turns one expected file system error into `undefined`. */
function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}

/** Negative, zero or positive, by dotted numbers; anything after `-` or `+` does not count. */
export function compareVersions(left: string, right: string): number {
  const numbers = (version: string) => (version.split(/[-+]/)[0] ?? "").split(".").map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
