/** Every setting with its type, checked when read: what a user typed wrongly is named, the rest still works. */
import * as vscode from "vscode";
import { Provider } from "../../protocol/model.ts";
import { parseSpending, type SpendingSettings } from "./spending.ts";

const SECTION = "provingGround";
/** Answers at the same time unless the user says otherwise, and at most. */
const SAMPLES = 3;
const MOST_SAMPLES = 20;

/** The user's endpoints, and what is wrong with the entries that cannot be used. */
export function readProviders(): { providers: Provider[]; problems: string[] } {
  const value: unknown = vscode.workspace.getConfiguration(SECTION).get("models");
  return parseProviders(value);
}

/** Pure part of {@link readProviders}: entries that do not fit, and repeated names, become problems. */
export function parseProviders(value: unknown): { providers: Provider[]; problems: string[] } {
  const providers: Provider[] = [];
  const problems: string[] = [];
  if (value !== undefined && value !== null && !Array.isArray(value)) problems.push("`provingGround.models` must be a list");
  for (const [index, entry] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
    const parsed = Provider.safeParse(entry);
    const [issue] = parsed.error?.issues ?? [];
    if (issue !== undefined) problems.push(`entry ${index + 1} of \`provingGround.models\`: ${issue.path.join(".")} ${issue.message}`);
    else if (providers.some((provider) => provider.name === parsed.data?.name)) {
      problems.push(`entry ${index + 1} of \`provingGround.models\`: the name ${parsed.data?.name} is taken`);
    } else if (parsed.data !== undefined) providers.push(parsed.data);
  }
  return { providers, problems };
}

/** The user's prices and caps, and what is wrong with those that cannot be used. */
export function readSpending(): SpendingSettings {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  return parseSpending((name) => configuration.get<unknown>(name));
}

/** Adds an endpoint, or replaces the one of the same name, where the user keeps settings of all workspaces. */
export async function writeProvider(provider: Provider): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const before = configuration.inspect<unknown[]>("models")?.globalValue ?? [];
  const others = before.filter((entry) => (entry as Partial<Provider> | null)?.name !== provider.name);
  await configuration.update("models", [...others, provider], vscode.ConfigurationTarget.Global);
}

/** Model that implements ideas which an operator did not write; null where the user chose none. */
export const implementerModel = (): string | null => modelIn("implementer.model");

/** Model that judges which kind of change an approved implementation is; null where the user chose none. */
export const judgeModel = (): string | null => modelIn("judge.model");

/** Model by whose vectors ideas are compared; empty: by their words alone. */
export const noveltyEmbeddings = (): string => modelIn("novelty.embeddings") ?? "";

/** What becomes of generated ideas that nearly repeat earlier ones. */
export function noveltyRepeats(): "keep" | "skip" {
  return vscode.workspace.getConfiguration(SECTION).get<unknown>("novelty.repeats") === "skip" ? "skip" : "keep";
}

function modelIn(setting: string): string | null {
  const model = vscode.workspace.getConfiguration(SECTION).get<unknown>(setting);
  return typeof model === "string" && model.trim() !== "" ? model.trim() : null;
}

/** Answers that are written at the same time for one idea. */
export function implementerSamples(): number {
  const samples = vscode.workspace.getConfiguration(SECTION).get<unknown>("implementer.samples");
  if (typeof samples !== "number" || !Number.isFinite(samples)) return SAMPLES;
  return Math.min(MOST_SAMPLES, Math.max(1, Math.round(samples)));
}

/** Seconds within which a crash is handed back by itself; 0: none is. */
export function repairWithin(): number {
  const minutes = vscode.workspace.getConfiguration(SECTION).get<unknown>("implementer.repairWithin");
  return typeof minutes === "number" && minutes > 0 ? minutes * 60 : 0;
}

/** Runs at a time on this machine; 0 leaves it to the machine. */
export function localSlots(): number {
  const slots = vscode.workspace.getConfiguration(SECTION).get<unknown>("local.slots");
  return typeof slots === "number" && Number.isInteger(slots) && slots > 0 ? slots : 0;
}

/** Fires when one of our settings changed. */
export function onDidChangeSettings(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION)) listener();
  });
}
