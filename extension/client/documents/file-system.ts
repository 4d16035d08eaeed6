/** Ideas, attempts, logs and base files as documents of the scheme `proving-ground`: ideas can be edited and saved, the rest is read. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { printIdea } from "../../protocol/idea-markdown.ts";
import { fileAt, ideasAdd, ideasEdit, ideasGet } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";
import type { LabChange } from "../engine/link.ts";
import type { Labs } from "../engine/labs.ts";
import { Disposables } from "../lifecycle.ts";
import { messageOf } from "../../protocol/message.ts";
import { parseAddress, printAddress, SCHEME } from "./address.ts";
import type { Address } from "./address.ts";
import { printAnswer, printAttempts } from "./attempts.ts";
import { Logs } from "./logs.ts";
import { NEW_IDEA, readIdea } from "./template.ts";

/** Address of a document as the editor opens it. */
export const uriOf = (address: Address, title?: string) => vscode.Uri.from({ scheme: SCHEME, path: printAddress(address, title) });

/** What a document of ours is; null for any other. */
export const addressOf = (uri: vscode.Uri): Address | null => (uri.scheme === SCHEME ? parseAddress(uri.path) : null);

/** An idea whose code is committed stays as it was when it was executed. */
export const isFrozen = (lab: Lab, idea: number): boolean => {
  const found = lab.snapshot?.ideas.find((one) => one.id === idea);
  return found !== undefined && (found.commit !== null || found.status === "implementing");
};

export class LabFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #labs: Labs;
  readonly #owner = new Disposables();
  readonly #changed = this.#owner.add(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  /** Documents somebody has open, with the time of their newest change. */
  readonly #watched = new Map<string, { uri: vscode.Uri; changed: number }>();
  /** Ideas that new documents became when they were saved first. */
  readonly #added = new Map<string, number>();

  readonly onDidChangeFile = this.#changed.event;
  /** Logs change by themselves, not as files do. */
  readonly logs: Logs;

  constructor(labs: Labs) {
    this.#labs = labs;
    this.logs = this.#owner.add(new Logs(labs));
    this.#owner.add(labs.onDidChangeLab(({ lab, change }) => this.#follow(lab, change)));
  }

  watch(uri: vscode.Uri): vscode.Disposable {
    const key = uri.toString();
    this.#watched.set(key, { uri, changed: Date.now() });
    return new vscode.Disposable(() => this.#watched.delete(key));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { address, lab } = await this.#resolve(uri);
    const editable = address.kind === "new" || (address.kind === "idea" && !isFrozen(lab, address.idea));
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime: this.#watched.get(uri.toString())?.changed ?? 0,
      // The editor reads the file anyway; a size would have to be fetched for nothing.
      size: 1,
      ...(editable ? {} : { permissions: vscode.FilePermission.Readonly }),
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { address, lab } = await this.#resolve(uri);
    return new TextEncoder().encode(await asFileSystemError(() => this.#text(uri, address, lab)));
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const { address, lab } = await this.#resolve(uri);
    await asFileSystemError(async () => {
      const text = readIdea(new TextDecoder().decode(content));
      if (address.kind === "idea") {
        await lab.link.request(ideasEdit, { idea: address.idea, text });
      } else if (address.kind === "new") {
        const known = this.#added.get(uri.path);
        if (known !== undefined) await lab.link.request(ideasEdit, { idea: known, text });
        else {
          const { environment } = address;
          // A search may have ended while the idea was being written.
          const search = lab.openSearches(environment).find(({ id }) => id === address.search)?.id ?? null;
          this.#added.set(uri.path, (await lab.link.request(ideasAdd, { environment, text, search })).id);
        }
      } else throw new ProvingGroundError("usage", "only ideas can be edited here");
    });
    this.#touch(uri);
  }

  /** Address for one more new idea. @param search that it joins */
  newIdea(lab: Lab, environment: string, search: number | null): vscode.Uri {
    const open = new Set(vscode.workspace.textDocuments.map((document) => document.uri.path));
    for (let number = 1; ; number++) {
      const uri = uriOf({ kind: "new", lab: lab.key, environment, search, number });
      if (!open.has(uri.path) && !this.#added.has(uri.path)) return uri;
    }
  }

  /** The idea that a new document became, or is. */
  ideaOf(uri: vscode.Uri): number | null {
    const address = addressOf(uri);
    if (address?.kind === "idea") return address.idea;
    return address?.kind === "new" ? (this.#added.get(uri.path) ?? null) : null;
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions("A lab has no folders.");
  }

  delete(): void {
    throw vscode.FileSystemError.NoPermissions("Reject the idea instead of deleting its document.");
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions("Change the idea's title instead of renaming its document.");
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #resolve(uri: vscode.Uri): Promise<{ address: Address; lab: Lab }> {
    const address = addressOf(uri);
    if (address === null) throw vscode.FileSystemError.FileNotFound(uri);
    return { address, lab: await asFileSystemError(() => this.#labs.find(address.lab)) };
  }

  async #text(uri: vscode.Uri, address: Address, lab: Lab): Promise<string> {
    switch (address.kind) {
      case "idea":
        return printIdea((await lab.link.request(ideasGet, { idea: address.idea })).text);
      case "new": {
        const known = this.#added.get(uri.path);
        return known === undefined ? NEW_IDEA : printIdea((await lab.link.request(ideasGet, { idea: known })).text);
      }
      case "attempts":
        return this.#attempts(lab, address.idea);
      case "answer": {
        const { attempts } = await lab.link.request(ideasGet, { idea: address.idea });
        const found = attempts.find(({ id }) => id === address.attempt);
        if (found === undefined) throw vscode.FileSystemError.FileNotFound(uri);
        return printAnswer(found);
      }
      case "log":
        return this.logs.read(uri, lab, address.run);
      case "base":
        return (await lab.link.request(fileAt, { commit: address.commit, path: address.path })).text ?? "";
      case "deleted":
        return "";
    }
  }

  async #attempts(lab: Lab, id: number): Promise<string> {
    const detail = await lab.link.request(ideasGet, { idea: id });
    return printAttempts(detail, timeOf, lab.repetitionOf(detail.idea));
  }

  /** Tells the editor which open documents have changed in the lab. */
  #follow(lab: Lab, { before, snapshot }: LabChange): void {
    for (const { uri } of [...this.#watched.values()]) {
      const address = addressOf(uri);
      if (address?.lab !== lab.key) continue;
      const idea = address.kind === "attempts" ? address.idea : this.ideaOf(uri);
      const changed = idea !== null && before?.ideas.find((one) => one.id === idea) !== snapshot.ideas.find((one) => one.id === idea);
      if (changed) this.#touch(uri);
    }
  }

  #touch(uri: vscode.Uri): void {
    const watched = this.#watched.get(uri.toString());
    if (watched !== undefined) watched.changed = Math.max(watched.changed + 1, Date.now());
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }
}

/** A moment as the user's own settings write it. */
const timeOf = (milliseconds: number) => new Date(milliseconds).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Our errors as the editor shows them: the document stays as it is, dirty if it was. */
async function asFileSystemError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof vscode.FileSystemError) throw thrown;
    const error = ProvingGroundError.from(thrown);
    throw new vscode.FileSystemError(messageOf(error));
  }
}
