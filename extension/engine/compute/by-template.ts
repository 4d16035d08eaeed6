/** How a target other than this machine contains its jobs: by the command that its setting names, or not at all. */
import type { Capacity } from "./compute.ts";

export function byTemplate(container: string | undefined): Pick<Capacity, "containment" | "uncontained"> {
  return container === undefined
    ? { containment: null, uncontained: "the target names no `container` in the settings" }
    : { containment: "container", uncontained: null };
}
