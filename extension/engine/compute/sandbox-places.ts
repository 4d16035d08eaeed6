/** Where machines keep homes, secrets and sockets, which no sandbox shows, and the devices it does. */
import { join } from "node:path";

/** Below a home folder; whatever else is shown of it, these are not. */
const HOME_SECRETS = [
  ...[".ssh", ".aws", ".azure", ".config", ".gnupg", ".netrc", ".docker", ".kube", ".oci", ".gcloud", ".terraform.d", ".password-store"],
  ...[".git-credentials", ".gitconfig", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".boto", ".s3cfg", ".vault-token", ".mozilla", ".pki"],
  ...[".bash_history", ".zsh_history", ".python_history", ".kaggle", ".wandb", ".modal.toml", ".databrickscfg"],
  ...[".cargo/credentials", ".cargo/credentials.toml", ".local/share/keyrings", ".local/state"],
  ...[".huggingface", ".cache/huggingface/token", ".cache/huggingface/stored_tokens"],
];

/** Of the system: keys that root could read, and sockets through which the machine can be had. */
export const SYSTEM_SECRETS = [
  ...["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssl/private", "/etc/ssh", "/etc/munge", "/etc/krb5.keytab"],
  ...["/etc/sudoers", "/etc/sudoers.d", "/etc/docker", "/etc/kubernetes", "/etc/wireguard", "/etc/NetworkManager/system-connections"],
  ...["/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/lxd", "/var/lib/incus", "/var/snap"],
  ...["/var/spool/cron", "/var/mail", "/var/spool/mail", "/var/spool/slurmd"],
];

/** Of what lies below /run, and is hidden with it. */
export const RUN_NEEDED = [
  ...["/run/nvidia-persistenced", "/run/nvidia-fabricmanager", "/run/opengl-driver", "/run/opengl-driver-32"],
  ...["/run/current-system", "/run/udev"],
];

/** Emptied for every run, and to be written. */
export const SCRATCH = ["/tmp", "/var/tmp"];

const HOMES = ["/root", "/home", "/var/home", "/export/home", "/Users"];

const LEAST_PERSON = 1000;
const NOBODY = 65534;

/** Folders of people's files: the usual ones, and those of the accounts of people. @param passwd content of /etc/passwd */
export function homes(passwd: string): string[] {
  const people = passwd.split("\n").flatMap((line) => {
    const [, , user, , , home = ""] = line.split(":");
    const number = Number(user);
    const person = number === 0 || (number >= LEAST_PERSON && number !== NOBODY);
    return person && /^\/[^/]+\/[^/]|^\/root$/.test(home) && !/^\/(usr|bin|sbin|lib|etc|proc|sys|dev|nix|opt)\b/.test(home) ? [home] : [];
  });
  return [...new Set([...HOMES, ...people])];
}

/** What is never shown of a home, nor of where a program was told to keep tokens. */
export function secrets(home: string, environment: Readonly<Record<string, string>>): string[] {
  const hub = environment.HF_HOME;
  return [...HOME_SECRETS.map((name) => join(home, name)), ...(hub === undefined ? [] : [join(hub, "token"), join(hub, "stored_tokens")])];
}

const DEVICES = /^(nvidia.*|dri|kfd|infiniband|dxg|accel.*|gdrdrv|habanalabs.*|hl\d+|davinci.*|neuron\d+)$/;

/** Accelerators and their network among the names in /dev. */
export function accelerators(names: readonly string[]): string[] {
  return names.filter((name) => DEVICES.test(name)).map((name) => `/dev/${name}`);
}
