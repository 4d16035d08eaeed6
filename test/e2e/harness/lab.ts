/** A researcher's machine for one test file: a fresh workspace, a fresh VS Code with our package, and an end to all of it. */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";
import { installExtension, quietSettings, startWorkbench, type Workbench, writeSettings } from "../../workbench/code-server.ts";
import { installedCodeServer } from "../../workbench/install.ts";
import { enginePid, prepareLab } from "../../workbench/lab.ts";
import { vsix } from "../../workbench/packaged.ts";

/** What a test file may ask for, by `test.use({ labOptions: … })`. */
export interface LabOptions {
  /** Ask for trust when the folder is opened, as on a desktop. */
  readonly askForTrust?: boolean;
  /** Settings beside the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Variables for VS Code and all it starts. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of another extension that is installed beside ours, in this lab alone. */
  readonly extension?: string;
  /** Changes the workspace before VS Code opens it. */
  readonly prepare?: (workspace: string) => Promise<void>;
}

export interface Lab {
  /** The git repository that VS Code opens; the environment is in its folder `tinylm`. */
  readonly workspace: string;
  readonly userData: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly url: string;
  /** Writes changed settings, which the window may read later, or overlook while it starts; undefined takes one back. Those of `machine` go into its file alone. */
  configure(settings: Readonly<Record<string, unknown>>, machine?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Kills the engine as a crash would; true when there was one. */
  killEngine(): Promise<boolean>;
  /** Ends VS Code only, and starts it again on the same profile and the same port's successor; the new address is {@link url}. */
  restart(): Promise<void>;
  /** engine.log and the extension host's logs, by name. */
  logs(): Promise<Map<string, string>>;
  dispose(): Promise<void>;
}

/** Installs the package into an extensions folder that the labs of one worker share. */
export async function installPackage(extensions: string): Promise<void> {
  if (!existsSync(vsix)) throw new Error(`${vsix} is missing: run \`npm run package\`, or \`npm run test:e2e\`, which does`);
  const userData = await mkdtemp(path.join(tmpdir(), "pg-install-"));
  await installExtension({ codeServer: await installedCodeServer(), userData, extensions }, vsix);
  await rm(userData, { recursive: true, force: true });
}

async function filesBelow(folder: string, wanted: RegExp): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && wanted.test(entry.name)).map((entry) => path.join(entry.parentPath, entry.name));
}

const gitconfig = "[user]\n\tname = Ada Researcher\n\temail = ada@localhost\n[init]\n\tdefaultBranch = main\n";

/** Makes the workspace and opens VS Code on it. */
export async function openLab(extensions: string, options: LabOptions = {}): Promise<Lab> {
  const top = await realpath(await mkdtemp(path.join(tmpdir(), "pg-e2e-")));
  const home = path.join(top, "home");
  const workspace = path.join(top, "lab");
  const userData = path.join(top, "user");
  await mkdir(home);
  await writeFile(path.join(home, ".gitconfig"), gitconfig);
  await prepareLab(workspace);
  await options.prepare?.(workspace);
  // A hint whose button is drawn anew under the mouse stays, and covers what is beside it.
  const hints = { "workbench.hover.delay": 600_000 };
  let settings: Record<string, unknown> = { ...quietSettings, ...hints, ...options.settings };
  await writeSettings(userData, settings);

  const codeServer = await installedCodeServer();
  let installed = extensions;
  if (options.extension !== undefined) {
    installed = path.join(top, "ext");
    await cp(extensions, installed, { recursive: true });
    const packagePath = path.join(top, "extension.vsix");
    await createVSIX({ cwd: options.extension, packagePath, dependencies: false, skipLicense: true });
    await installExtension({ codeServer, userData, extensions: installed }, packagePath);
  }
  const start = () =>
    startWorkbench({
      codeServer,
      userData,
      extensions: installed,
      folder: workspace,
      askForTrust: options.askForTrust ?? false,
      environment: { HOME: home, XDG_CONFIG_HOME: undefined, ...options.environment },
    });
  let workbench: Workbench = await start();

  const killEngine = async (): Promise<boolean> => {
    const pid = await enginePid(workspace);
    if (pid === undefined) return false;
    try {
      process.kill(pid, "SIGKILL");
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw error;
    }
  };
  return {
    workspace,
    userData,
    get settings() {
      return settings;
    },
    get url() {
      return workbench.url;
    },
    configure: async (changes, machine) => {
      settings = { ...settings, ...changes };
      await writeSettings(userData, settings, machine);
    },
    killEngine,
    restart: async () => {
      await workbench.end();
      workbench = await start();
    },
    logs: async () => {
      const engine = path.join(workspace, ".proving-ground/engine.log");
      const files = [
        ...(existsSync(engine) ? [engine] : []),
        ...(await filesBelow(path.join(userData, "logs"), /exthost.*\.log$|Proving Ground.*\.log$/i)),
      ];
      const texts = await Promise.all(files.map(async (file) => [path.basename(file), await readFile(file, "utf8")] as const));
      return new Map(texts.filter(([, text]) => text !== ""));
    },
    dispose: async () => {
      await workbench.end();
      await killEngine();
      await rm(top, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    },
  };
}
