/** Which variables of the engine's environment a command may see, and which it gets besides. Pure. */
import { inheritable, type Purpose } from "../compute/inheritance.ts";

export type Variables = Record<string, string>;

/** What the clients of clusters need: whatever leads to the user's own agent and credentials, which are theirs alone and no job's. */
const CLIENT = /^(SSH_AUTH_SOCK|SSH_ASKPASS|KRB5CCNAME|KRB5_CONFIG|DISPLAY|WAYLAND_DISPLAY|XDG_RUNTIME_DIR|SLURM_CONF|MUNGE_SOCKET)$/;
/** The part of an environment that `ssh`, `rsync` and the commands of clusters see. */
export function clientVariables(environment: NodeJS.ProcessEnv): Variables {
  const needed = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && CLIENT.test(entry[0]));
  return { ...allowedVariables(environment, "setup"), ...Object.fromEntries(needed) };
}

/**
 * The part of an environment that runs, or setup commands, may see. Nothing whose name speaks of a key, token, secret or password
 * passes, whatever else it matches. A setup command also sees proxies and the settings of package installers.
 */
export function allowedVariables(environment: NodeJS.ProcessEnv, purpose: Purpose): Variables {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && inheritable(entry[0], purpose)),
  );
}

const THREADS = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"];

export interface RunVariables {
  /** What the run inherits; a number of threads the user set there is kept. */
  inherited: Variables;
  cpus: number;
  /** Accelerators the run may use; null on a target that has none. */
  devices: number[] | null;
  seed: { variable: string; value: number };
  /** Folder that the setup command filled, null where there is none. */
  setup: string | null;
}

/** Variables of one run on top of those it inherits. */
export function runVariables({ inherited, cpus, devices, seed, setup }: RunVariables): Variables {
  const variables: Variables = {};
  for (const name of THREADS) if (inherited[name] === undefined) variables[name] = String(cpus);
  if (devices !== null) {
    variables.CUDA_VISIBLE_DEVICES = devices.join(",");
    variables.CUDA_DEVICE_ORDER = "PCI_BUS_ID";
  }
  if (setup !== null) variables.PROVING_GROUND_SETUP = setup;
  variables[seed.variable] = String(seed.value);
  return variables;
}
