/** The terminal's link to a lab: finds the repository, starts its engine when needed, and picks the environment that is meant. */
import { fileURLToPath } from "node:url";
import { connectEngine, type ConnectOptions, type EngineConnection } from "../protocol/connect.ts";
import type { ValidEnvironment } from "../protocol/environment.ts";
import { ProvingGroundError } from "../protocol/errors.ts";
import { environmentsList, modelsConfigure } from "../protocol/methods.ts";
import type { Provider } from "../protocol/model.ts";
import { repositoryOf } from "../protocol/repository.ts";

/** Replaced by the build with package.json's version. */
declare const PROVING_GROUND_VERSION: string;

/** How to reach the engine of the repository that a folder is in. */
export async function connectOptions(folder: string, log: (line: string) => void): Promise<ConnectOptions> {
  return {
    repository: await repositoryOf(folder),
    engineScript: fileURLToPath(new URL("engine.mjs", import.meta.url)),
    execPath: process.execPath,
    version: PROVING_GROUND_VERSION,
    log,
  };
}

/** Connects to that engine, starting it when needed, and tells it the models that the terminal knows. */
export async function openLab(folder: string, log: (line: string) => void): Promise<EngineConnection> {
  const connection = await connectEngine(await connectOptions(folder, log));
  await connection.request(modelsConfigure, modelsFrom(process.env));
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

/** The environment that is named, or the only one there is. */
export async function chooseEnvironment(lab: EngineConnection, name: string | undefined): Promise<ValidEnvironment> {
  const environments = await lab.request(environmentsList, {});
  const found = name === undefined ? environments : environments.filter((environment) => environment.name === name);
  const [first, second] = found;
  if (first === undefined) {
    const names = environments.map((environment) => environment.name).join(", ");
    throw new ProvingGroundError(
      "unknown-environment",
      name === undefined ? "this repository has no environment" : `there is no environment \`${name}\``,
      {
        hint: names === "" ? "Add a folder with an environment.yaml." : `There is: ${names}.`,
      },
    );
  }
  if (second !== undefined) {
    throw new ProvingGroundError("usage", "this repository has several environments", {
      hint: `Name one with --env: ${found.map((one) => one.name).join(", ")}.`,
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
