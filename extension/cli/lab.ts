/** The terminal's link to a lab: finds the repository, starts its engine when needed, and picks the environment that is meant. */
import { fileURLToPath } from "node:url";
import { compareVersions, connectEngine, type ConnectOptions, type EngineConnection } from "../protocol/connect.ts";
import type { ValidEnvironment } from "../protocol/environment.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import type { Snapshot } from "../protocol/lab.ts";
import { engineConfigure, environmentsList, modelsConfigure } from "../protocol/methods.ts";
import type { Provider } from "../protocol/model.ts";
import { repositoryOf } from "../protocol/repository.ts";
import { SandboxChoice } from "../protocol/target.ts";
import { spendingFrom } from "./spending.ts";
import { formatNumber } from "./output.ts";

/** Replaced by the build with package.json's version. */
declare const PROVING_GROUND_VERSION: string;

/** The first Node whose SQLite needs no flag. */
const NODE_NEEDED = "22.13.0";

/**
 * How to reach the engine of the repository that a folder is in.
 * @throws ProvingGroundError `unsupported-platform` when this Node cannot run an engine, `not-a-repository`
 */
export async function connectOptions(folder: string, log: (line: string) => void): Promise<ConnectOptions> {
  if (compareVersions(process.versions.node, NODE_NEEDED) < 0) {
    throw new ProvingGroundError("unsupported-platform", `the engine cannot run on Node ${process.versions.node}`, {
      hint: `Use Node ${NODE_NEEDED} or newer.`,
    });
  }
  return {
    repository: await repositoryOf(folder),
    engineScript: fileURLToPath(new URL("engine.mjs", import.meta.url)),
    execPath: process.execPath,
    version: PROVING_GROUND_VERSION,
    log,
  };
}

/** Connects to that engine, starting it when needed, and tells it the models, prices, caps and embedding model that the terminal knows. */
export async function openLab(folder: string, log: (line: string) => void): Promise<EngineConnection> {
  const spending = await spendingFrom(process.env);
  const machine = machineFrom(process.env);
  const connection = await connectEngine(await connectOptions(folder, log));
  if (Object.keys(machine).length > 0) await connection.request(engineConfigure, machine);
  await connection.request(modelsConfigure, { ...modelsFrom(process.env), ...spending, ...embeddingsFrom(process.env) });
  return connection;
}

/**
 * An endpoint and its key as the terminal's environment names them: PROVING_GROUND_BASE_URL, PROVING_GROUND_API_KEY and
 * PROVING_GROUND_MODELS (ids, separated by commas), else OPENAI_BASE_URL and OPENAI_API_KEY.
 */
export function modelsFrom(variables: NodeJS.ProcessEnv): { providers: Provider[]; keys: Record<string, string> } {
  const key = variables.PROVING_GROUND_API_KEY ?? variables.OPENAI_API_KEY;
  const baseURL =
    variables.PROVING_GROUND_BASE_URL ?? variables.OPENAI_BASE_URL ?? (key === undefined ? undefined : "https://api.openai.com/v1");
  if (baseURL === undefined) return { providers: [], keys: {} };
  const models = (variables.PROVING_GROUND_MODELS ?? "").split(",").map((id) => id.trim());
  const name = "env";
  return { providers: [{ name, baseURL, models: models.filter((id) => id !== "") }], keys: key === undefined ? {} : { [name]: key } };
}

/** PROVING_GROUND_EMBEDDINGS, as `env/model`; without it the terminal has no word on it. */
export function embeddingsFrom({ PROVING_GROUND_EMBEDDINGS: model }: NodeJS.ProcessEnv): { embeddings?: string } {
  return model === undefined ? {} : { embeddings: model.trim() };
}

/**
 * What the terminal's environment says of this machine: PROVING_GROUND_SLOTS, runs at a time, and PROVING_GROUND_SANDBOX, `auto`, `on` or
 * `off`. What it does not say stays as it was said last.
 * @throws ProvingGroundError `usage`
 */
export function machineFrom(variables: NodeJS.ProcessEnv): { slots?: number; sandbox?: SandboxChoice } {
  const { PROVING_GROUND_SLOTS: slots = "", PROVING_GROUND_SANDBOX: choice = "" } = variables;
  if (!/^\d{0,4}$/.test(slots)) throw new ProvingGroundError("usage", `PROVING_GROUND_SLOTS is ${slots}: it must be a whole number`);
  const sandbox = SandboxChoice.safeParse(choice);
  if (choice !== "" && !sandbox.success) {
    throw new ProvingGroundError("usage", `PROVING_GROUND_SANDBOX is ${choice}: it must be auto, on or off`);
  }
  return { ...(slots === "" ? {} : { slots: Number(slots) }), ...(sandbox.success ? { sandbox: sandbox.data } : {}) };
}

/** The environment that is named, or the only one there is. */
export async function chooseEnvironment(lab: EngineConnection, name: string | undefined): Promise<ValidEnvironment> {
  const environments = await lab.request(environmentsList, {});
  const found = name === undefined ? environments : environments.filter((environment) => environment.name === name);
  const [first, second] = found;
  if (first === undefined) {
    throw noEnvironment(environments, name);
  }
  if (second !== undefined) {
    throw new ProvingGroundError("usage", "this repository has several environments", {
      hint: `Name the one you mean: ${found.map((one) => one.name).join(", ")}.`,
    });
  }
  if (first.state === "broken") {
    const [problem] = first.problems;
    throw problem === undefined
      ? new ProvingGroundError("manifest", `${first.name} has a broken manifest`)
      : ProvingGroundError.fromData(problem);
  }
  return first;
}

/**
 * What belongs to the environment that is named, or everything.
 * @throws ProvingGroundError `unknown-environment` when nothing ever belonged to it
 */
export function ofEnvironment<T extends { environment: string }>(all: readonly T[], snapshot: Snapshot, name: string | undefined): T[] {
  const found = all.filter((one) => name === undefined || one.environment === name);
  const known = name === undefined || found.length > 0 || snapshot.environments.some((environment) => environment.name === name);
  if (!known) throw noEnvironment(snapshot.environments, name);
  return found;
}

/** The baseline's result as far as it is known; null when it is not. */
export function baselineText({ baseline }: ValidEnvironment): string | null {
  if (baseline.mean === null) return baseline.published === null ? null : `${formatNumber(baseline.published)} (published)`;
  return formatNumber(baseline.mean) + (baseline.deviation === null ? "" : ` ± ${formatNumber(baseline.deviation)}`);
}

function noEnvironment(environments: readonly { name: string }[], name: string | undefined): ProvingGroundError {
  const names = environments.map((environment) => environment.name).join(", ");
  return new ProvingGroundError(
    "unknown-environment",
    name === undefined ? "this repository has no environment" : `there is no environment \`${name}\``,
    { hint: names === "" ? "Add a folder with an environment.yaml." : `There is: ${names}.` },
  );
}
