/** What ssh's and a host's last words mean for the user. */
import { ProvingGroundError } from "../../protocol/errors.ts";

/** No room, or no more of it for this user. tar tells of the last block's rest alone as a write that was cut short. */
const FULL = /No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes/i;

/** @param command by which the user reaches the host by hand */
export function unreachable(host: string, said: string, command: string): ProvingGroundError {
  const words = lastWords(said);
  return new ProvingGroundError("unreachable", `${host} does not answer: ${words === "" ? "the connection was lost" : words}`, {
    hint: remedy(said, command),
  });
}

/** A script that ended with an error of its own. */
export function complaint(host: string, said: string): ProvingGroundError {
  if (FULL.test(said)) {
    return new ProvingGroundError("disk-full", `the disk of ${host} is full: ${lastWords(said)}`, {
      hint: `Free some space on ${host}, then try again; nothing that was already recorded is lost.`,
    });
  }
  return new ProvingGroundError("internal", `${host}: ${said === "" ? "a script ended with an error and said nothing" : lastWords(said)}`);
}

function remedy(said: string, command: string): string {
  if (/Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i.test(said)) {
    return `The host's key is not known here, or it has changed. \`${command}\` in a terminal shows it and asks.`;
  }
  if (/Permission denied|Too many authentication failures/i.test(said)) {
    return `ssh was not let in without a question. Unlock the key with \`ssh-add\`, or put the public key there with \`ssh-copy-id\`; \`${command}\` in a terminal must work without a password.`;
  }
  if (/open refused by peer|administratively prohibited/i.test(said)) {
    return "It allows no more sessions on one connection: raise MaxSessions in its sshd_config, or close other sessions.";
  }
  return `Jobs there go on meanwhile. Try \`${command}\` in a terminal.`;
}

/** The last line that says something, without the frames that ssh draws around warnings. */
function lastWords(said: string): string {
  const lines = said.split(/[\r\n]+/).flatMap((line) => (/\w/.test(line) ? [line.trim()] : []));
  const telling = lines.findLast(
    (line) => !/^(kex_exchange_identification|Connection closed by UNKNOWN|rsync error:|rsync: connection)/.test(line),
  );
  return telling ?? lines.at(-1) ?? "";
}
