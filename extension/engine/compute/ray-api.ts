/** Ray's Jobs REST API and what its dashboard knows of the cluster, as far as jobs need it. */
import * as z from "zod";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { type Answer, RayHttp } from "./ray-http.ts";
import { lastLine } from "./ray-words.ts";

/** Numbers by resource: `CPU`, `GPU`, `memory` in bytes, `accelerator_type:H100`. */
const Resources = z.record(z.string(), z.number());
export type Resources = z.infer<typeof Resources>;

const RayJob = z.object({
  /** Null for what was not submitted as a job, such as somebody's notebook. */
  submission_id: z.string().nullish(),
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  message: z.string().nullish(),
  error_type: z.string().nullish(),
  /** Milliseconds since 1970 by Ray's clock. */
  end_time: z.number().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
export type RayJob = z.infer<typeof RayJob>;

const Version = z.object({ ray_version: z.string() });

const Nodes = z.object({
  data: z.object({ result: z.object({ result: z.array(z.object({ state: z.string(), resources_total: Resources.nullish() })) }) }),
});

const ClusterStatus = z.object({
  data: z.object({
    clusterStatus: z.object({ loadMetricsReport: z.object({ usage: z.record(z.string(), z.tuple([z.number(), z.number()])) }) }),
  }),
});

/** What a job asks of Ray. */
export interface Submission {
  submission_id: string;
  entrypoint: string;
  entrypoint_num_cpus: number;
  entrypoint_num_gpus: number;
  /** Bytes. */
  entrypoint_memory?: number;
  runtime_env: Record<string, unknown>;
  metadata: Record<string, string>;
}

const path = (id: string) => `api/jobs/${encodeURIComponent(id)}`;

/** Everything here throws ProvingGroundError `unreachable` when Ray does not answer. */
export class RayApi {
  readonly #http: RayHttp;

  /** @param address of the dashboard @param patience milliseconds for one answer */
  constructor(address: string, patience: number) {
    this.#http = new RayHttp(address, patience);
  }

  async version(): Promise<string> {
    return this.#http.read(Version, await this.#http.ask("GET", "api/version")).ray_version;
  }

  /** What each machine of the cluster has that is up. */
  async nodes(): Promise<Resources[]> {
    const { data } = this.#http.read(Nodes, await this.#http.ask("GET", "api/v0/nodes?limit=10000"));
    return data.result.result.flatMap(({ state, resources_total: has }) => (state === "ALIVE" ? [has ?? {}] : []));
  }

  /** What is taken of each resource in all; null where the cluster keeps no account of it. */
  async taken(): Promise<Resources | null> {
    const said = this.#http.understand(ClusterStatus, await this.#http.ask("GET", "api/cluster_status"));
    if (said === null) return null;
    return Object.fromEntries(Object.entries(said.data.clusterStatus.loadMetricsReport.usage).map(([name, [taken]]) => [name, taken]));
  }

  /** All jobs that Ray remembers, by submission id. */
  async jobs(): Promise<Map<string, RayJob>> {
    const jobs = this.#http.read(z.array(RayJob), await this.#http.ask("GET", "api/jobs/"));
    return new Map(jobs.flatMap((job) => (typeof job.submission_id === "string" ? [[job.submission_id, job]] : [])));
  }

  /** One job; undefined when Ray does not know it. */
  async job(id: string): Promise<RayJob | undefined> {
    const answer = await this.#http.ask("GET", path(id));
    return isUnknown(answer) ? undefined : this.#http.read(RayJob, answer);
  }

  /**
   * @returns false when Ray refused, because it has a job of that name or because it cannot take this one: `refusal` then says what it said
   */
  async submit(submission: Submission): Promise<{ taken: true } | { taken: false; refusal: string }> {
    const answer = await this.#http.ask("POST", "api/jobs/", submission);
    return answer.status === 200 ? { taken: true } : { taken: false, refusal: lastLine(answer.body) };
  }

  /** Asks Ray to end a job. @returns false when Ray does not know it */
  async stop(id: string): Promise<boolean> {
    const answer = await this.#http.ask("POST", `${path(id)}/stop`);
    if (isUnknown(answer)) return false;
    this.#expect(answer, `stop ${id}`);
    return true;
  }

  /** Has Ray forget a job. @returns false when it keeps it, because for Ray it is not over */
  async forget(id: string): Promise<boolean> {
    const answer = await this.#http.ask("DELETE", path(id));
    if (isUnknown(answer)) return true;
    if (answer.body.includes("non-terminal state")) return false;
    this.#expect(answer, `forget ${id}`);
    return true;
  }

  /** The error for what Ray refused to do. */
  refused(what: string, said: string): ProvingGroundError {
    if (/no available agent|agent.*(unavailable|connect)|Cannot connect to host/i.test(said)) return this.#http.silent(said);
    return new ProvingGroundError("internal", `Ray cannot ${what}: ${said}`, {
      hint: "Where it complains of `runtime_env`, that is in the setting `provingGround.compute.targets`.",
    });
  }

  close(): void {
    this.#http.close();
  }

  #expect(answer: Answer, what: string): void {
    if (answer.status !== 200) throw this.refused(what, lastLine(answer.body));
  }
}

function isUnknown({ status, body }: Answer): boolean {
  return status === 404 && body.includes("does not exist");
}
