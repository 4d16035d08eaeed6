/** The store on a full disk: an error that says what to do, and room set aside for what the engine has to write down all the same. */
import { randomFillSync } from "node:crypto";
import { rmSync, statSync, statfsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";

/** Bytes set aside: thousands of ends of runs. */
const RESERVED = 1 << 20;
/** Room is set aside only where this many bytes are free. */
const PLENTY = 4 * RESERVED;
/** A disk with fewer bytes free is full. */
const LITTLE = 1 << 16;

/** SQLite's result codes for a write that found no room; the last two also stand for other failures. */
const FULL = 13;
const IO_ERROR = 10;
const CANNOT_OPEN = 14;

export class FullDisk {
  readonly #folder: string;
  readonly #file: string;
  #kept = false;

  /** @param database path of the database; the room is set aside in a file beside it */
  constructor(database: string) {
    this.#folder = dirname(database);
    this.#file = `${database}.reserve`;
  }

  /** Sets the room aside where that has not been done and the disk has plenty; costs nothing once it is done. */
  reserve(): void {
    if (this.#kept) return;
    if (statSync(this.#file, { throwIfNoEntry: false })?.size === RESERVED) {
      this.#kept = true;
      return;
    }
    if (this.#free() < PLENTY) return;
    try {
      // Nothing that a file system would compress to nothing.
      writeFileSync(this.#file, randomFillSync(Buffer.alloc(RESERVED)), { mode: 0o600 });
      this.#kept = true;
    } catch {
      // A precaution that must not fail what was recorded just now; whoever records next tries again.
      rmSync(this.#file, { force: true });
    }
  }

  /** Gives up the room that was set aside. @returns false when there was none */
  release(): boolean {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) return false;
    rmSync(this.#file);
    this.#kept = false;
    return true;
  }

  /** Whether something failed because the disk is full. */
  caused(failure: unknown): boolean {
    const code = (failure as { errcode?: unknown }).errcode;
    if (typeof code !== "number") return false;
    const kind = code & 0xff;
    return kind === FULL || ((kind === IO_ERROR || kind === CANNOT_OPEN) && this.#free() < LITTLE);
  }

  /** What is told about it. */
  error(cause: unknown): ProvingGroundError {
    return new ProvingGroundError("disk-full", `nothing more can be recorded: the disk of ${this.#folder} is full`, {
      hint: "Free some space, then try again; nothing that was already recorded is lost.",
      cause,
    });
  }

  /** Bytes that are left. */
  #free(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }
}
