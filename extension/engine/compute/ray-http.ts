/**
 * Requests to Ray's dashboard and what it answers. Not with `fetch`: that announces itself by `Sec-Fetch-Mode`, and Ray takes whoever does for
 * a browser, from which it accepts no POST and no DELETE.
 */
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import type * as z from "zod";
import { ProvingGroundError } from "../../protocol/errors.ts";

export interface Answer {
  status: number;
  body: string;
}

export class RayHttp {
  readonly #address: URL;
  readonly #agent: PlainAgent | SecureAgent;
  readonly #patience: number;

  /** @param address of the dashboard @param patience milliseconds for one answer; for a POST, on which it may have to start a program, three times that */
  constructor(address: string, patience: number) {
    this.#address = new URL(address.endsWith("/") ? address : `${address}/`);
    this.#agent = this.#address.protocol === "https:" ? new SecureAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true });
    this.#patience = patience;
  }

  /** @throws ProvingGroundError `unreachable` when nothing answers, or what answers says that Ray does not */
  async ask(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.#send(method, path, body);
    } catch (cause) {
      throw this.silent(this.#why(cause, this.#patienceFor(method)), cause);
    }
    if (answer.status >= 502 && answer.status <= 504) throw this.silent(`what stands before it says ${answer.status}`);
    if (answer.status === 401 || answer.status === 403) throw this.silent(`it wants to know who asks (${answer.status})`);
    return answer;
  }

  /** What an answer says. @throws ProvingGroundError `unreachable` when Ray would not have said it */
  read<Content>(schema: z.ZodType<Content>, answer: Answer): Content {
    const said = this.understand(schema, answer);
    if (said !== null) return said;
    throw this.silent(`what answers there does not speak as Ray's Jobs API does (${answer.status} ${excerpt(answer.body)})`);
  }

  /** What an answer says, or null when it says something else. */
  understand<Content>(schema: z.ZodType<Content>, { status, body }: Answer): Content | null {
    if (status !== 200) return null;
    try {
      return schema.parse(JSON.parse(body));
    } catch {
      return null;
    }
  }

  /** The error for an address behind which no Ray is heard. */
  silent(why: string, cause?: unknown): ProvingGroundError {
    return new ProvingGroundError("unreachable", `Ray does not answer at ${this.#address.origin}: ${why}`, {
      hint: "Jobs there go on meanwhile. The address is that of Ray's dashboard, as `ray start --head` prints it; through a tunnel, see that it is open.",
      ...(cause === undefined ? {} : { cause }),
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #patienceFor(method: string): number {
    return method === "POST" ? 3 * this.#patience : this.#patience;
  }

  async #send(method: string, path: string, body: unknown): Promise<Answer> {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    for (let first = true; ; first = false) {
      const request = (this.#address.protocol === "https:" ? secureRequest : plainRequest)(new URL(path, this.#address), {
        method,
        agent: this.#agent,
        signal: AbortSignal.timeout(this.#patienceFor(method)),
        headers: {
          accept: "application/json",
          ...(content === undefined ? {} : { "content-type": "application/json", "content-length": content.length }),
        },
      });
      try {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          request.once("response", resolve);
          request.once("error", reject);
          request.end(content);
        });
        return { status: response.statusCode ?? 0, body: await text(response) };
      } catch (error) {
        // A connection kept from before a restart; whatever is asked may be asked twice.
        if (!first || !request.reusedSocket || (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
      }
    }
  }

  #why(cause: unknown, patience: number): string {
    const { name, code, message } = cause as NodeJS.ErrnoException;
    if (name === "AbortError" || name === "TimeoutError") return `no answer within ${patience / 1000} s`;
    if (code === "ECONNREFUSED") return "nothing listens there";
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `no machine has the name ${this.#address.hostname}`;
    return message;
  }
}

function excerpt(body: string): string {
  const line = body.replaceAll(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
