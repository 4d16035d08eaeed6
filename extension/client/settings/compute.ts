/** The user's compute targets: kept in the editor's settings, told to every engine. */
import * as vscode from "vscode";
import { targetsConfigure } from "../../protocol/methods.ts";
import type { SandboxChoice, TargetSetting } from "../../protocol/target.ts";
import type { Connection } from "../engine/link.ts";
import { parseTargets } from "../../protocol/target-entries.ts";
import type { ReadTargets } from "../../protocol/target-entries.ts";

const SECTION = "provingGround";
const TARGETS = "compute.targets";
/** What each repository's engine was told last, by the repository's top. */
const MEMORY = "provingGround.targetsTold";

/**
 * Tells engines which targets the user has. An engine keeps what it was told, so that it finds its runs again without a window, and
 * several may tell it: windows of the same user, whose settings say the same, windows on a workspace with settings of its own, terminals.
 * So each takes away only what it named itself: a window remembers the names it told an engine, and says them as those that its list
 * stands instead of. One that knows no targets and never did says nothing.
 */
export class ComputeTargets {
  readonly #memento: vscode.Memento;
  readonly #told = new WeakMap<Connection, string>();
  #complained = "";

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
  }

  /** Tells a connection the targets, unless it was told the same. @param repository the engine's */
  readonly prepare = async (connection: Connection, repository: string): Promise<void> => {
    const { targets, problems } = readTargets();
    this.#complain(problems.join("; "));
    const said = JSON.stringify(targets);
    if (said === this.#told.get(connection)) return;
    const instead = this.#before(repository);
    if (targets.length > 0 || instead.length > 0) await connection.request(targetsConfigure, { targets, instead });
    this.#told.set(connection, said);
    await this.#remember(
      repository,
      targets.map(({ name }) => name),
    );
  };

  #before(repository: string): string[] {
    return this.#memento.get<Record<string, string[]>>(MEMORY)?.[repository] ?? [];
  }

  async #remember(repository: string, names: string[]): Promise<void> {
    if (JSON.stringify(names) === JSON.stringify(this.#before(repository))) return;
    await this.#memento.update(MEMORY, { ...this.#memento.get<Record<string, string[]>>(MEMORY), [repository]: names });
  }

  #complain(problems: string): void {
    if (problems !== this.#complained && problems !== "") {
      const open = "Open Settings";
      void vscode.window.showWarningMessage(`Some compute targets are not used: ${problems}.`, open).then((chosen) => {
        if (chosen === open) void openTargetSettings(null);
      });
    }
    this.#complained = problems;
  }
}

/** The user's targets, and what is wrong with those that cannot be used. */
export function readTargets(): ReadTargets {
  return parseTargets(vscode.workspace.getConfiguration(SECTION).get<unknown>(TARGETS));
}

/** Name of the target that runs are queued for; null: whichever has room first. */
export function defaultTarget(): string | null {
  const target = vscode.workspace.getConfiguration(SECTION).get<unknown>("compute.target");
  return typeof target === "string" && target.trim() !== "" ? target.trim() : null;
}

/** How runs on this machine are kept from the rest of it. */
export function sandboxChoice(): SandboxChoice {
  const choice = vscode.workspace.getConfiguration(SECTION).get<unknown>("local.sandbox");
  return choice === "on" || choice === "off" ? choice : "auto";
}

/** Adds a target, or replaces the one of the same name, where the targets are set. */
export async function writeTarget(setting: Partial<TargetSetting> & Pick<TargetSetting, "kind" | "name">): Promise<void> {
  await change((entries) => {
    const at = entries.findIndex((entry) => nameOf(entry) === setting.name);
    return at < 0 ? [...entries, setting] : entries.with(at, setting);
  });
}

/** Takes a target out of the settings. @returns puts it back; null when the settings did not have it */
export async function removeTargetSetting(name: string): Promise<(() => Promise<void>) | null> {
  const { entries } = level();
  const others = entries.filter((entry) => nameOf(entry) !== name);
  if (others.length === entries.length) return null;
  await change(() => others);
  return () => change(() => entries);
}

/** Opens the settings at the entry of a target. @param name null: at the setting */
export async function openTargetSettings(name: string | null): Promise<void> {
  const key = `${SECTION}.${TARGETS}`;
  const { inWorkspace } = level();
  const command = inWorkspace ? "workbench.action.openWorkspaceSettingsFile" : "workbench.action.openSettingsJson";
  await vscode.commands.executeCommand(command, { revealSetting: { key, edit: false } });
  const editor = vscode.window.activeTextEditor;
  if (name === null || editor === undefined) return;
  const text = editor.document.getText();
  const from = Math.max(0, text.indexOf(`"${key}"`));
  const at = text.slice(from).search(new RegExp(`"name"\\s*:\\s*${JSON.stringify(name).replaceAll(".", "\\.")}`));
  if (at < 0) return;
  const place = editor.document.positionAt(from + at);
  editor.selection = new vscode.Selection(place, place);
  editor.revealRange(new vscode.Range(place, place), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function change(edit: (entries: readonly unknown[]) => readonly unknown[]): Promise<void> {
  const { entries, inWorkspace } = level();
  const where = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(SECTION).update(TARGETS, edit(entries), where);
}

/** The settings that hold: the workspace's where it has some, else the user's. */
function level(): { entries: readonly unknown[]; inWorkspace: boolean } {
  const found = vscode.workspace.getConfiguration(SECTION).inspect<unknown>(TARGETS);
  const inWorkspace = found?.workspaceValue !== undefined;
  const value = inWorkspace ? found.workspaceValue : found?.globalValue;
  return { entries: Array.isArray(value) ? value : [], inWorkspace };
}

const nameOf = (entry: unknown) => (entry as Partial<TargetSetting> | null)?.name;
