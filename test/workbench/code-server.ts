/** Starts VS Code's real workbench and extension host (code-server) on loopback, and ends everything it started. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import path from "node:path";

/** Where one VS Code keeps its things. */
export interface Profile {
  /** Entry script of code-server, see `installedCodeServer`. */
  readonly codeServer: string;
  /** Folder for settings, state and logs; keep its path short, sockets are made in it. */
  readonly userData: string;
  readonly extensions: string;
}

export interface WorkbenchOptions extends Profile {
  /** Folder the window opens. */
  readonly folder: string;
  /** Port on 127.0.0.1; 0 or left out takes a free one. */
  readonly port?: number;
  /** Ask for trust as a desktop window does. Off by default: the folder is trusted. */
  readonly askForTrust?: boolean;
  /** Variables added to the environment; undefined takes one away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Workbench {
  /** Address of the window on the folder. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when it has ended, by {@link Workbench.end} or by itself. */
  readonly ended: Promise<void>;
  /** Ends the server and everything it started; resolves when the server is gone. */
  end(): Promise<void>;
}

/** Settings that keep a window quiet: no chat pane, no welcome page, no updates, no telemetry. */
export const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
} as const satisfies Readonly<Record<string, unknown>>;

type Settings = Readonly<Record<string, unknown>>;

/**
 * Writes the settings of a profile: the user's, and the machine's, which alone count for settings of a machine's scope in a remote window.
 * @param machine those that the machine alone gets
 */
export async function writeSettings(userData: string, settings: Settings, machine: Settings = {}): Promise<void> {
  for (const [place, all] of [
    ["User", settings],
    ["Machine", { ...settings, ...machine }],
  ] as const) {
    await mkdir(path.join(userData, place), { recursive: true });
    await writeFile(path.join(userData, place, "settings.json"), `${JSON.stringify(all, undefined, 2)}\n`);
  }
}

/** Variables of the window or server around us that would make code-server talk to that one, or listen elsewhere. */
const foreign = /^(VSCODE_|ELECTRON_|CODE_SERVER_|npm_|NODE_OPTIONS$|INIT_CWD$|PORT$|PASSWORD$|HASHED_PASSWORD$|VITEST|PLAYWRIGHT)/;

function environmentFor(extra: WorkbenchOptions["environment"] = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), ...extra };
}

function commonArguments(profile: Profile): string[] {
  return [
    profile.codeServer,
    "--config",
    path.join(profile.userData, "code-server.yaml"),
    "--user-data-dir",
    profile.userData,
    "--extensions-dir",
    profile.extensions,
    "--disable-telemetry",
    "--disable-update-check",
  ];
}

async function prepareFolders(profile: Profile): Promise<void> {
  await Promise.all([profile.userData, profile.extensions].map((folder) => mkdir(folder, { recursive: true })));
  await writeFile(path.join(profile.userData, "code-server.yaml"), "auth: none\ncert: false\n");
}

/**
 * Installs a `.vsix` into a profile, replacing an earlier one.
 *
 * @throws when VS Code refuses it, with VS Code's own words.
 */
export async function installExtension(profile: Profile, vsix: string): Promise<void> {
  await prepareFolders(profile);
  const args = [...commonArguments(profile), "--install-extension", vsix, "--force"];
  const done = spawnSync(process.execPath, args, { env: environmentFor(), encoding: "utf8" });
  if (done.status !== 0) throw new Error(`VS Code did not install ${vsix}:\n${done.stdout}${done.stderr}`, { cause: done.error });
}

/** Resolves to the base address once the server says that it listens; rejects when it ends before that. */
async function listening(server: ChildProcess): Promise<string> {
  const said: string[] = [];
  return await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        said.push(line);
        const address = /HTTP server listening on (http:\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
    }
    server.once("error", (cause) => {
      reject(new Error(`code-server could not be started: ${cause.message}`, { cause }));
    });
    server.once("exit", (code) => {
      reject(new Error(`code-server ended (exit ${code ?? "by signal"}) before it listened:\n${said.slice(-20).join("\n")}`));
    });
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** How long the server may take to end by itself before its group is killed, in milliseconds. */
const graceMilliseconds = 2000;

/** Starts VS Code on a folder in a process group of its own and resolves when it answers. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  await prepareFolders(options);
  const trust = options.askForTrust === true ? [] : ["--disable-workspace-trust"];
  const bind = ["--auth", "none", "--bind-addr", `127.0.0.1:${options.port ?? 0}`];
  const server = spawn(process.execPath, [...commonArguments(options), ...bind, ...trust, options.folder], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentFor(options.environment),
  });
  const ended = new Promise<void>((resolve) =>
    server.once("exit", () => {
      resolve();
    }),
  );
  const address = await listening(server);
  const pid = server.pid;
  if (pid === undefined) throw new Error("code-server has no process id although it listens");

  const end = async (): Promise<void> => {
    signalGroup(pid, "SIGTERM");
    const kill = setTimeout(() => {
      signalGroup(pid, "SIGKILL");
    }, graceMilliseconds);
    await ended;
    clearTimeout(kill);
    signalGroup(pid, "SIGKILL");
  };
  const url = new URL(address);
  url.searchParams.set("folder", options.folder);
  return { url: url.href, pid, ended, end };
}
