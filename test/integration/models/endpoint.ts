/** An HTTP server on loopback that plays one scripted reply per request: what an OpenAI-compatible endpoint may do, and may do wrong. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Reply = (response: ServerResponse, request: Seen) => void | Promise<void>;

export interface Seen {
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
  /** Resolves when the client has gone away or the reply is complete. */
  closed: Promise<unknown>;
}

export interface Scripted extends AsyncDisposable {
  baseURL: string;
  requests: Seen[];
}

/** Listens; a request beyond the script gets status 500. */
export async function scripted(...replies: Reply[]): Promise<Scripted> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const seen: Seen = {
      path: request.url ?? "",
      authorization: request.headers.authorization,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      closed: once(response, "close"),
    };
    requests.push(seen);
    await (replies.shift() ?? status(500, "the script is over"))(response, seen);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function status(code: number, message: string, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify({ error: { message } }));
  };
}

export const json =
  (value: unknown): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

/** One line of a streamed answer; `delta` may be of any dialect. */
export function piece(delta: Record<string, unknown>, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

export const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 4 } })}\n\n`;

/** A stream of lines that ends as it should. */
export function stream(...lines: string[]): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const line of lines) response.write(line);
    response.end("data: [DONE]\n\n");
  };
}

/** A stream whose connection is cut once its lines have left. */
export function cut(...lines: string[]): Reply {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const line of lines) await new Promise((resolve) => response.write(line, resolve));
    response.destroy();
  };
}

/** A stream that says something and then keeps the connection open for ever. */
export function hanging(...lines: string[]): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const line of lines) response.write(line);
  };
}

/** A whole answer in three pieces with its cost. */
export function says(text: string): Reply {
  const third = Math.ceil(text.length / 3);
  const parts = [text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)];
  return stream(piece({ role: "assistant" }), ...parts.map((content) => piece({ content })), piece({}, "stop"), USAGE);
}
