/** The labs of this window: one per git repository that a workspace folder is in; none while the workspace is not trusted. */
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { connectEngine } from "../../protocol/connect.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { repositoryOf } from "../../protocol/repository.ts";
import { Disposables } from "../lifecycle.ts";
import { Lab, keysFor } from "./lab.ts";
import { EngineLink } from "./link.ts";
import type { Connection, LabChange } from "./link.ts";

/** What keeps this window from having a lab; null when it has one. */
export type Obstacle = { kind: "untrusted" } | { kind: "no-folder" } | { kind: "looking" } | { kind: "no-repository"; message: string };

export interface LabsOptions {
  /** Absolute path of `engine.mjs`. */
  engineScript: string;
  version: string;
  log: vscode.LogOutputChannel;
  /** Tells a new connection to a repository's engine the user's models, targets and settings. */
  prepare: (connection: Connection, repository: string) => Promise<void>;
}

export class Labs implements vscode.Disposable {
  readonly #options: LabsOptions;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<void>());
  readonly #labChanged = this.#owner.add(new vscode.EventEmitter<{ lab: Lab; change: LabChange }>());
  readonly #notices = this.#owner.add(
    new vscode.EventEmitter<{ lab: Lab; notice: Parameters<Parameters<EngineLink["onNotice"]>[0]>[0] }>(),
  );
  #labs: Lab[] = [];
  #obstacle: Obstacle | null = { kind: "looking" };
  #looking: Promise<void> | null = null;

  /** Labs appeared or went, or a link changed its state. */
  readonly onDidChange = this.#changed.event;
  readonly onDidChangeLab = this.#labChanged.event;
  readonly onNotice = this.#notices.event;

  constructor(options: LabsOptions) {
    this.#options = options;
    this.#owner.add(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.look()));
    this.#owner.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.look()));
  }

  get all(): readonly Lab[] {
    return this.#labs;
  }

  get obstacle(): Obstacle | null {
    return this.#obstacle;
  }

  byKey(key: string): Lab | undefined {
    return this.#labs.find((lab) => lab.key === key);
  }

  /** The lab of this key, once the repositories are known. @throws ProvingGroundError when there is none */
  async find(key: string): Promise<Lab> {
    await this.ready();
    const lab = this.byKey(key);
    if (lab !== undefined) return lab;
    throw vscode.workspace.isTrusted
      ? new ProvingGroundError("not-a-repository", `the repository “${key}” is not open in this window`)
      : untrusted();
  }

  /** Resolves when the repositories have been looked for. */
  async ready(): Promise<void> {
    await (this.#looking ?? this.look());
  }

  /** Looks for repositories and connects to their engines. Nothing is executed in a workspace that is not trusted. */
  look(): Promise<void> {
    this.#looking = this.#look().catch((error: unknown) => this.#options.log.error(error as Error));
    return this.#looking;
  }

  /** The connected lab a command is about. @throws ProvingGroundError saying what is in the way */
  need(lab: Lab | undefined): Lab {
    if (lab !== undefined) return lab;
    switch (this.#obstacle?.kind) {
      case "untrusted":
        throw untrusted();
      case "no-repository":
        throw new ProvingGroundError("not-a-repository", this.#obstacle.message);
      case "no-folder":
        throw new ProvingGroundError("not-a-repository", "no folder is open", { hint: "Open the folder of a git repository." });
      default:
        throw new ProvingGroundError("engine-unreachable", "still looking for repositories; try again in a moment");
    }
  }

  dispose(): void {
    for (const lab of this.#labs) lab.link.dispose();
    this.#owner.dispose();
  }

  async #look(): Promise<void> {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    if (!vscode.workspace.isTrusted || folders.length === 0) {
      this.#have([], { kind: vscode.workspace.isTrusted ? "no-folder" : "untrusted" });
      return;
    }
    const found = await Promise.allSettled(folders.map((folder) => repositoryOf(folder.uri.fsPath)));
    const repositories = found.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failure = found.find((result) => result.status === "rejected");
    const error = failure === undefined ? null : ProvingGroundError.from(failure.reason);
    const message = error === null ? "This folder is not in a git repository." : [error.message, error.hint ?? ""].join(". ");
    this.#have(repositories, repositories.length > 0 ? null : { kind: "no-repository", message });
  }

  #have(repositories: readonly string[], obstacle: Obstacle | null): void {
    if (this.#owner.disposed) return;
    const keys = keysFor(repositories);
    const kept = this.#labs.filter((lab) => keys.get(lab.repository) === lab.key);
    for (const lab of this.#labs) if (!kept.includes(lab)) lab.link.dispose();
    this.#labs = [...keys].map(([repository, key]) => kept.find((lab) => lab.repository === repository) ?? this.#open(repository, key));
    this.#obstacle = obstacle;
    this.#changed.fire();
    for (const lab of this.#labs) if (lab.link.state.kind === "idle") lab.link.wake();
  }

  #open(repository: string, key: string): Lab {
    const { engineScript, version, log, prepare } = this.#options;
    const link = new EngineLink({
      connect: () =>
        connectEngine({ repository, engineScript, version, execPath: process.execPath, log: (line) => log.info(`[${key}] ${line}`) }),
      prepare: (connection) => prepare(connection, repository),
      // An aborted wait is a wait that has ended.
      wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
    });
    const lab = new Lab(repository, key, link);
    link.onState((state) => {
      if (state.kind === "offline") log.warn(`[${key}] ${state.error.message} ${state.error.hint ?? ""}`);
      else log.info(`[${key}] ${state.kind}`);
      this.#changed.fire();
    });
    link.onChange((change) => this.#labChanged.fire({ lab, change }));
    link.onNotice((said) => this.#notices.fire({ lab, notice: said }));
    return lab;
  }
}

function untrusted(): ProvingGroundError {
  return new ProvingGroundError("untrusted", "this workspace is not trusted, so nothing is executed in it", {
    hint: "Trust it with “Manage Workspace Trust”.",
  });
}
