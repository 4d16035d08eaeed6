/** Looks into a running engine's memory: what the system gave it, and what of it is alive after a collection. */
import { readFileSync } from "node:fs";
import { setTimeout as later } from "node:timers/promises";

export interface Heap {
  /** Resident memory in MB, as the system sees it: nothing is collected for the question. */
  resident(): number;
  /** MB that are alive: objects and buffers after a full collection. */
  alive(): Promise<number>;
  close(): void;
}

/**
 * Opens the inspector of a process, which takes node's own port for it.
 * @param log file that its standard error goes to, where the inspector says how it is reached
 */
export async function openHeap(pid: number, log: string): Promise<Heap> {
  process.kill(pid, "SIGUSR1");
  let address: string | undefined;
  while (address === undefined) {
    await later(20);
    const said = readFileSync(log, "utf8");
    address = /Debugger listening on (ws:\S+)/.exec(said)?.[1];
    const refused = /Starting inspector .* failed.*/.exec(said)?.[0];
    if (refused !== undefined) throw new Error(`${refused}: end what uses that port, then measure again`);
  }
  return inspected(pid, address);
}

/**
 * The same of a process that says nothing about its inspector anywhere.
 * @throws Error when another process has node's own port
 */
export async function openHeapByPort(pid: number): Promise<Heap> {
  if ((await listed()) !== undefined) throw new Error("another process has node's port for its inspector: end it, then measure again");
  process.kill(pid, "SIGUSR1");
  let address: string | undefined;
  while (address === undefined) {
    await later(20);
    address = await listed();
  }
  return inspected(pid, address);
}

/** Address of what is inspected at node's own port; undefined for nothing. */
async function listed(): Promise<string | undefined> {
  try {
    const answer = (await (await fetch("http://127.0.0.1:9229/json/list")).json()) as { webSocketDebuggerUrl?: string }[];
    return answer[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined; // nobody listens
  }
}

async function inspected(pid: number, address: string): Promise<Heap> {
  const socket = new WebSocket(address);
  const answers = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) answers.get(id)?.(result);
  };
  await new Promise((resolve) => (socket.onopen = resolve));
  const call = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      const id = answers.size + 1;
      answers.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  return {
    resident: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    alive: async () => {
      await call("HeapProfiler.collectGarbage");
      const expression = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";
      const { result } = (await call("Runtime.evaluate", { expression })) as { result: { value: number } };
      return result.value / 1e6;
    },
    close: () => socket.close(),
  };
}
