/** What targets elsewhere have in common: their jobs are files at a site, read, watched and removed there the same way. */
import type { Bytes, Capacity, Compute, Job, JobFile, JobRef, JobState } from "./compute.ts";
import { FILES } from "./job-files.ts";
import type { SiteJobs } from "./site-jobs.ts";

export abstract class SiteCompute implements Compute {
  abstract readonly pace: number;
  protected readonly jobs: SiteJobs;

  protected constructor(jobs: SiteJobs) {
    this.jobs = jobs;
  }

  abstract probe(): Promise<Capacity>;
  abstract submit(job: Job): Promise<JobRef>;
  abstract poll(refs: JobRef[]): Promise<JobState[]>;
  abstract cancel(ref: JobRef): Promise<void>;

  folder(ref: JobRef): Promise<string> {
    return this.jobs.folder(ref);
  }

  tail(ref: JobRef, from: number, limit: number, file: JobFile = FILES.log): Promise<Bytes> {
    return this.jobs.tail(ref, from, limit, file);
  }

  collect(ref: JobRef, into: string): Promise<void> {
    return this.jobs.collect(ref, into);
  }

  discard(refs: JobRef[]): Promise<void> {
    return this.jobs.discard(refs);
  }

  watch(ref: JobRef, files: JobFile[], changed: (what: "state" | JobFile) => void): () => void {
    return this.jobs.watch(ref, files, changed);
  }

  close(): void {
    this.jobs.close();
  }
}
