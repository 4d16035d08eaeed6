/** Answers the requests that make the executor work: generate, implement, review, run. */
import * as methods from "../../protocol/methods.ts";
import type { Generation } from "../search/generation.ts";
import type { Server } from "../server/server.ts";

export interface Executor {
  generation: Generation;
}

export function answerExecutor(server: Server, { generation }: Executor): void {
  server.handle(methods.ideasGenerate, (params, call) => generation.generate(params, call));
  server.handle(methods.nextEpoch, (params, call) => generation.nextEpoch(params, call));
}
