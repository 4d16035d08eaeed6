/** Which variables of its surroundings a job may inherit, as a predicate here and as a shell pattern for supervisors elsewhere. Pure. */

/** A setup also sees proxies and the settings of package installers. */
export type Purpose = "run" | "setup";

interface Allowed {
  names: readonly string[];
  /** What names may begin with. */
  beginnings: readonly string[];
}

const RUN: Allowed = {
  names: [
    ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH"],
    ...["XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_DATASETS_CACHE", "TORCH_HOME"],
    ...["MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
    ...["VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYENV_ROOT", "PYENV_VERSION", "UV_PYTHON_INSTALL_DIR"],
    ...["ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK"],
    ...["MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK"],
    ...["MODULEPATH", "MODULESHOME", "LOADEDMODULES"],
  ],
  beginnings: [
    "WANDB_",
    "MLFLOW_",
    "TENSORBOARD_",
    "LC_",
    "CUDA_",
    "NVIDIA_",
    "OMP_",
    "SLURM_",
    "PMI_",
    "PMIX_",
    "OMPI_",
    "NCCL_",
    "RCCL_",
    "GLOO_",
    "UCX_",
    "FI_",
    "LMOD_",
  ],
};

const SETUP: Allowed = {
  names: ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", ...proxies()],
  beginnings: ["PIP_", "UV_", "CONDA", "MAMBA", "XDG_"],
};

/** Parts of names that speak of a secret, in any case: they win over everything above. */
const SECRET = ["KEY", "TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "AUTH", "JWT", "COOKIE"];

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function inheritable(name: string, purpose: Purpose): boolean {
  const upper = name.toUpperCase();
  if (!IDENTIFIER.test(name) || SECRET.some((part) => upper.includes(part))) return false;
  const { names, beginnings } = listFor(purpose);
  return names.includes(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

/** Two patterns for the shell's `case`: of names that speak of a secret, and of names that a job may inherit. */
export function inheritancePatterns(purpose: Purpose): { secret: string; allowed: string } {
  const { names, beginnings } = listFor(purpose);
  const anyCase = (part: string) => part.replace(/[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`);
  return {
    secret: SECRET.map((part) => `*${anyCase(part)}*`).join(" | "),
    allowed: [...names, ...beginnings.map((beginning) => `${beginning}*`)].join(" | "),
  };
}

function listFor(purpose: Purpose): Allowed {
  if (purpose === "run") return RUN;
  return { names: [...RUN.names, ...SETUP.names], beginnings: [...RUN.beginnings, ...SETUP.beginnings] };
}

function proxies(): string[] {
  const names = ["http", "https", "ftp", "all", "no"].map((scheme) => `${scheme}_proxy`);
  return [...names, ...names.map((name) => name.toUpperCase())];
}
