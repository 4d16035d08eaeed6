/** One idea on its way to a proposal: what it is written on, and where. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import type { Rules } from "./patch/paths.ts";

export interface Job {
  record: IdeaRecord;
  environment: ValidEnvironment;
  /** Commit it is written on. */
  base: string;
  /** Top of the staged working copy: as the base is until the change is written. */
  stage: string;
  /** The environment's folder in it. */
  folder: string;
  rules: Required<Rules>;
  /** Says that the proposal is about to be seen. */
  finishing: () => void;
}
