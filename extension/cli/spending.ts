/** Prices and caps as the terminal's environment names them. */
import { readFile } from "node:fs/promises";
import { ProvingGroundError } from "../protocol/errors.ts";
import { type Caps, NO_CAPS, Prices } from "../protocol/spending.ts";

/**
 * PROVING_GROUND_PRICES is a JSON file of what `provingGround.prices` holds; PROVING_GROUND_MAX_DOLLARS, PROVING_GROUND_MAX_TOKENS and
 * PROVING_GROUND_MAX_OUTPUT_TOKENS are numbers.
 * @throws ProvingGroundError `usage` when one of them cannot be read: a cap that is not understood must not come to none
 */
export async function spendingFrom(variables: NodeJS.ProcessEnv): Promise<{ prices: Prices; caps: Caps }> {
  const file = variables.PROVING_GROUND_PRICES;
  const prices = file === undefined || file === "" ? {} : await readPrices(file);
  const maxDollars = amount(variables, "PROVING_GROUND_MAX_DOLLARS", false) ?? NO_CAPS.maxDollars;
  const maxTokens = amount(variables, "PROVING_GROUND_MAX_TOKENS", true) ?? NO_CAPS.maxTokens;
  const maxOutputTokens = amount(variables, "PROVING_GROUND_MAX_OUTPUT_TOKENS", true) ?? NO_CAPS.maxOutputTokens;
  return { prices, caps: { maxDollars, maxTokens, maxOutputTokens: Math.max(1, maxOutputTokens) } };
}

async function readPrices(file: string): Promise<Prices> {
  const hint = 'PROVING_GROUND_PRICES names a JSON file such as {"env/*": {"input": 0.5, "output": 2}}, in dollars per million tokens.';
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new ProvingGroundError("usage", `the prices in ${file} cannot be read: ${(cause as Error).message}`, { hint, cause });
  }
  const parsed = Prices.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProvingGroundError("usage", `the prices in ${file}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`, { hint });
}

function amount(variables: NodeJS.ProcessEnv, name: string, whole: boolean): number | null {
  const text = variables[name]?.trim();
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (value >= 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  throw new ProvingGroundError("usage", `${name} must be a ${whole ? "whole " : ""}number that is 0 or more, not \`${text}\``, {
    hint: "0, or leaving it out, sets no cap.",
  });
}
