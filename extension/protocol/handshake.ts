/** How a client finds and greets the engine of a repository. */
import * as z from "zod";

/** Name of the folder, at the top of a repository, that holds everything Proving Ground writes. */
export const STATE_FOLDER = ".proving-ground";

/** `.proving-ground/engine.json`, readable by its owner only. */
export const EngineAddress = z.object({
  pid: z.int(),
  /** Path of the Unix socket or name of the Windows pipe. */
  socket: z.string(),
  token: z.string(),
  version: z.string(),
  protocolVersion: z.int(),
  startedAt: z.number(),
});
export type EngineAddress = z.infer<typeof EngineAddress>;

/** Line that the engine prints on its standard output once it listens. */
export const READY_LINE = "proving-ground engine ready";

/** Begins the line by which an engine that cannot start says why; an error's data as JSON follows. */
export const FAILED_LINE = "proving-ground engine failed ";
