/** Addresses of documents that exist only in a lab: ideas, attempts, logs, files of the base. Pure: an address is a path. */

/** Scheme of all of them. */
export const SCHEME = "proving-ground";

export type Address =
  | { kind: "idea"; lab: string; idea: number }
  /** An idea that is not stored yet; `number` tells several apart. It joins `search` when it is stored; null for none. */
  | { kind: "new"; lab: string; environment: string; search: number | null; number: number }
  /** Every attempt at an idea's implementation. */
  | { kind: "attempts"; lab: string; idea: number }
  /** What a model wrote in one attempt, whole. */
  | { kind: "answer"; lab: string; idea: number; attempt: number }
  | { kind: "log"; lab: string; run: number }
  | { kind: "base"; lab: string; commit: string; path: string }
  /** The proposal's side of a file that the proposal deletes. */
  | { kind: "deleted"; lab: string; idea: number; path: string };

/** @param title shown as the document's name; it is no part of what the address means */
export function printAddress(address: Address, title = ""): string {
  switch (address.kind) {
    case "idea":
      return `/${address.lab}/ideas/${[address.idea, fileName(title)].filter((part) => part !== "").join(" ")}.md`;
    case "new":
      return [
        `/${address.lab}/new/${address.environment}`,
        ...(address.search === null ? [] : [`search ${address.search}`]),
        `New idea${address.number === 1 ? "" : ` ${address.number}`}.md`,
      ].join("/");
    case "attempts":
      return `/${address.lab}/attempts/${[address.idea, fileName(title)].filter((part) => part !== "").join(" ")}.md`;
    case "answer":
      return `/${address.lab}/answers/${address.idea}/Attempt ${address.attempt}.md`;
    case "log":
      return `/${address.lab}/logs/${[address.run, fileName(title)].filter((part) => part !== "").join(" ")}.log`;
    case "base":
      return `/${address.lab}/base/${address.commit}/${address.path}`;
    case "deleted":
      return `/${address.lab}/deleted/${address.idea}/${address.path}`;
  }
}

/** Null for a path that is no address. */
export function parseAddress(path: string): Address | null {
  const [, lab, kind, third = "", ...rest] = path.split("/");
  if (lab === undefined || lab === "") return null;
  const tail = rest.join("/");
  switch (kind) {
    case "ideas":
      return ifNumber(/^(\d+)( .*)?\.md$/.exec(third)?.[1], (idea) => ({ kind: "idea", lab, idea }));
    case "new": {
      const [, search, number = "1"] = /^(?:search (\d+)\/)?New idea(?: (\d+))?\.md$/.exec(tail) ?? [undefined, undefined, ""];
      return ifNumber(number, (value) => ({
        kind: "new",
        lab,
        environment: third,
        search: search === undefined ? null : Number(search),
        number: value,
      }));
    }
    case "attempts":
      return ifNumber(/^(\d+)( .*)?\.md$/.exec(third)?.[1], (idea) => ({ kind: "attempts", lab, idea }));
    case "answers":
      return ifNumber(/^\d+$/.exec(third)?.[0], (idea) =>
        ifNumber(/^Attempt (\d+)\.md$/.exec(tail)?.[1], (attempt) => ({ kind: "answer", lab, idea, attempt })),
      );
    case "logs":
      return ifNumber(/^(\d+)( .*)?\.log$/.exec(third)?.[1], (run) => ({ kind: "log", lab, run }));
    case "base":
      return third === "" || tail === "" ? null : { kind: "base", lab, commit: third, path: tail };
    case "deleted":
      return ifNumber(third, (idea) => (tail === "" ? null : { kind: "deleted", lab, idea, path: tail }));
    default:
      return null;
  }
}

function ifNumber(text: string | undefined, make: (value: number) => Address | null): Address | null {
  return text === undefined || !/^\d+$/.test(text) ? null : make(Number(text));
}

/** A title as a file name: no separators or characters that some systems refuse, and not too long for a tab. */
function fileName(title: string): string {
  return title
    .replace(/[\\/:*?"<>|#%\p{Cc}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 60)
    .replace(/[.\s]+$/, "");
}
