import { APIConnectionError, APIError } from "openai";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../../extension/engine/models/endpoint-errors.ts";
import { endpointError, inShort, pauseBeforeRetry, shownURL } from "../../../extension/engine/models/endpoint-errors.ts";
import { Quirks } from "../../../extension/engine/models/quirks.ts";

const KEY = "sk-very-secret-0123456789";
const endpoint: Endpoint = { provider: "lab", baseURL: "http://127.0.0.1:9/v1", key: KEY };
const refused = (status: number, message: string, headers: Record<string, string> = {}, code?: string) =>
  APIError.generate(status, { error: { message, ...(code === undefined ? {} : { code }) } }, message, new Headers(headers));
const unreachable = (code: string) =>
  new APIConnectionError({
    message: "Connection error.",
    cause: new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }),
  });

describe("a failed request", () => {
  it.each([
    [refused(401, "bad key"), "no-key", "refused the API key", "Set a valid key for “lab”"],
    [refused(404, "no such model"), "model", "does not know the model m", "Check the model's id"],
    [refused(429, "slow down"), "model", "rate limit or quota", "quota"],
    [refused(500, "oops"), "model", "lab failed on m", "try again later"],
    [unreachable("ECONNREFUSED"), "model", "nothing listens at http://127.0.0.1:9/v1", "Is the server running?"],
    [unreachable("ENOTFOUND"), "model", "cannot be found", "base URL"],
    [unreachable("ECONNRESET"), "model", "ECONNRESET", "network"],
  ])("says what happened and what to do: %s", (thrown, code, message, hint) => {
    const error = endpointError(thrown, endpoint, "m");
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.cause).toBe(thrown);
  });

  it("asks for a key where none is set", () => {
    expect(endpointError(refused(401, "who are you"), { ...endpoint, key: "" }, "m").message).toContain("wants an API key and none is set");
  });

  it("never shows the key, not even when the server quotes it", () => {
    const thrown = refused(400, `Incorrect API key provided: ${KEY}`);
    const error = endpointError(thrown, endpoint, "m");
    for (const text of [error.message, error.hint, String(error.stack), inspect(error.cause), inShort(new Error(KEY), endpoint)]) {
      expect(text).not.toContain(KEY);
    }
    expect(error.message).toContain("[key]");
  });

  it("does not show credentials that are part of the address", () => {
    expect(shownURL("https://me:secret@host.example/v1/?key=abc")).toBe("https://host.example/v1");
  });
});

function inspect(cause: unknown): string {
  return cause instanceof Error ? `${cause.message} ${cause.stack ?? ""} ${JSON.stringify(cause)}` : String(cause);
}

describe("the pause before another try", () => {
  it("is what the server asks for, in seconds, milliseconds or as a date", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    expect(pauseBeforeRetry(refused(429, "", { "retry-after": "7" }), 0, now, 0)).toBe(7000);
    expect(pauseBeforeRetry(refused(503, "", { "retry-after-ms": "250" }), 0, now, 0)).toBe(250);
    expect(pauseBeforeRetry(refused(429, "", { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }), 0, now, 0)).toBe(30_000);
  });

  it("doubles otherwise, up to half a minute, a little spread", () => {
    const pauses = [0, 1, 2, 3, 10].map((retry) => pauseBeforeRetry(refused(500, ""), retry, 0, 1));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 30_000]);
    expect(pauseBeforeRetry(unreachable("ECONNREFUSED"), 0, 0, 0)).toBe(750);
  });

  it("is not made where it would be of no use", () => {
    for (const thrown of [
      refused(400, "bad"),
      refused(401, "key"),
      refused(404, "model"),
      refused(429, "empty", {}, "insufficient_quota"),
      refused(429, "", { "retry-after": "86400" }),
      unreachable("ENOTFOUND"),
      new Error("a bug"),
    ]) {
      expect(pauseBeforeRetry(thrown, 0, 0, 0)).toBeNull();
    }
  });
});

describe("what a server does not accept", () => {
  const body = { stream_options: {}, response_format: {}, temperature: 1, max_tokens: 5 };
  it.each([
    ["Unrecognized request argument supplied: stream_options", "usage"],
    ["response_format json_schema is not supported", "structured"],
    ["Unsupported value: 'temperature' does not support 1", "temperature"],
  ] as const)("is learned once: %s", (message, quirk) => {
    const quirks = new Quirks();
    expect(quirks.learn(refused(400, message), body)).not.toBeNull();
    expect(quirks[quirk]).toBe(false);
    expect(quirks.learn(refused(400, message), body)).toBeNull();
  });

  it("may be the name of the limit", () => {
    const quirks = new Quirks();
    quirks.learn(refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."), body);
    expect(quirks.limit).toBe("max_completion_tokens");
  });

  it("is not guessed from other refusals", () => {
    expect(new Quirks().learn(refused(400, "context length exceeded"), body)).toBeNull();
    expect(new Quirks().learn(refused(500, "response_format"), body)).toBeNull();
  });
});
