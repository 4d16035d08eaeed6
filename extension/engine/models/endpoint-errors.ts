/** Failures of an OpenAI-compatible endpoint: which are worth another try, when, and what the user is told. Keys never show. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ProvingGroundError } from "../../protocol/errors.ts";

export interface Endpoint {
  /** The provider's name in the settings. */
  provider: string;
  baseURL: string;
  /** Empty when the endpoint needs none. */
  key: string;
  /** Seconds without a byte after which an answer is given up. */
  stallSeconds?: number;
}

/** A server that asks for a longer pause than this is not waited for. */
const LONGEST_PAUSE = 300_000;
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 30_000;

/** The endpoint's address without any credentials in it. */
export function shownURL(baseURL: string): string {
  const url = new URL(baseURL);
  return `${url.origin}${url.pathname}`.replace(/\/$/, "");
}

/** The text without the key. */
function redact(text: string, key: string): string {
  return key === "" ? text : text.replaceAll(key, "[key]");
}

/**
 * Whether the same request may succeed later, and after how long.
 * @param retry 0 for the first repetition; the pause doubles with each
 * @param chance uniform in [0, 1)
 * @returns milliseconds to wait, or null when trying again is of no use
 */
export function pauseBeforeRetry(thrown: unknown, retry: number, now: number, chance: number): number | null {
  if (!(thrown instanceof APIError)) return null;
  const status = statusOf(thrown);
  const passing = status === undefined || status === 408 || status === 429 || status >= 500;
  if (!passing || thrown.code === "insufficient_quota" || isLasting(thrown)) return null;
  const asked = retryAfter(thrown.headers as Headers | undefined, now);
  if (asked !== null) return asked > LONGEST_PAUSE ? null : asked;
  return backoff(retry, chance);
}

/** Milliseconds before another try, twice as many each time, and never quite the same. */
export function backoff(retry: number, chance: number): number {
  return Math.min(FIRST_BACKOFF * 2 ** retry, LONGEST_BACKOFF) * (0.75 + 0.25 * chance);
}

/** Whether the request cannot have reached the server. */
export function neverArrived(thrown: unknown): boolean {
  return isLasting(thrown) || /ECONNREFUSED|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(systemCode(thrown) ?? "");
}

/** The HTTP status of the server's answer; undefined when there was none. */
export function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof APIError ? (thrown.status as number | undefined) : undefined;
}

/** The name is unknown or the certificate is refused: waiting seconds will not change that. */
function isLasting(error: unknown): boolean {
  return error instanceof APIConnectionError && /ENOTFOUND|CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(systemCode(error) ?? "");
}

function retryAfter(headers: Headers | undefined, now: number): number | null {
  const milliseconds = headers?.get("retry-after-ms");
  if (milliseconds && Number.isFinite(Number(milliseconds))) return Math.max(0, Number(milliseconds));
  const value = headers?.get("retry-after");
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The operating system's error code anywhere in the chain of causes: ECONNREFUSED, ENOTFOUND… */
function systemCode(thrown: unknown): string | null {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { code?: unknown };
    if (typeof code === "string" && /^[A-Z_]{4,}$/.test(code)) return code;
  }
  return null;
}

/** One line on what went wrong, for a notice while a retry is under way. */
export function inShort(thrown: unknown, endpoint: Endpoint): string {
  const { provider } = endpoint;
  if (thrown instanceof APIConnectionTimeoutError) return `${provider} did not answer in time`;
  if (thrown instanceof APIConnectionError) return `${provider} could not be reached (${systemCode(thrown) ?? "connection failed"})`;
  const status = statusOf(thrown);
  if (status === 429) return `${provider} asks to slow down (429)`;
  if (status !== undefined) return `${provider} failed with status ${status}`;
  if (thrown instanceof SyntaxError) return `${provider} sent what is not JSON`;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return `${provider}: ${redact(message, endpoint.key)}`;
}

/**
 * What the user is told when a request has finally failed.
 * @param model the model's id at the endpoint; null when its list of models was asked for
 */
export function endpointError(thrown: unknown, endpoint: Endpoint, model: string | null): ProvingGroundError {
  if (thrown instanceof ProvingGroundError) return thrown;
  const { provider } = endpoint;
  const url = shownURL(endpoint.baseURL);
  const message = redact(thrown instanceof Error ? thrown.message : String(thrown), endpoint.key);
  const cause = safeCause(thrown, endpoint.key);
  const fail = (what: string, hint: string) => new ProvingGroundError("model", what, { hint, cause });
  if (thrown instanceof APIConnectionError) return connectionError(thrown, provider, url, fail);
  const status = statusOf(thrown);
  switch (status) {
    case 401:
    case 403:
      return new ProvingGroundError(
        "no-key",
        endpoint.key === ""
          ? `${provider} at ${url} wants an API key and none is set (${status})`
          : `${provider} at ${url} refused the API key (${status})`,
        { hint: `Set a valid key for “${provider}” and check that it may use ${model ?? "this endpoint"}.`, cause },
      );
    case 404:
      return model === null
        ? fail(
            `${provider} at ${url} does not list its models (404)`,
            "Name the models in the settings, and check the base URL: most end in /v1.",
          )
        : fail(
            `${provider} at ${url} does not know the model ${model} (404)`,
            "Check the model's id in the settings, and the base URL: most end in /v1.",
          );
    case 429:
      return fail(
        `${provider} refused the request: rate limit or quota (${message})`,
        "Wait, lower the number of requests at once, or check the account's quota.",
      );
    default:
      return fail(
        `${provider} failed${model === null ? "" : ` on ${model}`}: ${message}`,
        status !== undefined && status >= 500
          ? "The server has a problem; try again later."
          : "Check the model's id and what the server's own log says.",
      );
  }
}

function connectionError(
  thrown: APIConnectionError,
  provider: string,
  url: string,
  fail: (what: string, hint: string) => ProvingGroundError,
): ProvingGroundError {
  if (thrown instanceof APIConnectionTimeoutError) {
    return fail(`${provider} at ${url} did not answer in time`, "Is the server overloaded or still loading the model? Try again.");
  }
  switch (systemCode(thrown)) {
    case "ECONNREFUSED":
      return fail(`nothing listens at ${url} (${provider})`, `Is the server running? Start it, or correct the base URL of “${provider}”.`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fail(`the host of ${url} (${provider}) cannot be found`, "Check the base URL and the network.");
    case null:
      return fail(`the connection to ${provider} at ${url} failed`, "Check the base URL, the network and any proxy.");
    default:
      return fail(
        `the connection to ${provider} at ${url} failed (${systemCode(thrown) ?? ""})`,
        "Check the base URL, the network and any proxy.",
      );
  }
}

/** The error underneath, unless it quotes the key. */
function safeCause(thrown: unknown, key: string): unknown {
  const text = thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ""}\n${JSON.stringify(thrown)}` : String(thrown);
  return key !== "" && text.includes(key) ? new Error(redact(thrown instanceof Error ? thrown.message : String(thrown), key)) : thrown;
}
