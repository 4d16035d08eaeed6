/** A place where shell scripts run and files lie: this machine, or one behind ssh. What targets share is written against it. */

/** What names begin with of folders in which a folder of this name is on its way; one stays behind when its sender dies. */
export const sending = (name: string) => `.sending-${name}-`;

export interface Site {
  /** Absolute path of the folder that holds this lab's jobs; made when it is missing. @throws ProvingGroundError `unreachable` */
  root(): Promise<string>;
  /**
   * Runs a POSIX shell script to its end.
   * @param seconds after which it counts as unreachable
   * @returns what it wrote to its standard output
   * @throws ProvingGroundError `unreachable` when it cannot be known whether it ran, `disk-full`, `internal` with what it complained of
   */
  run(script: string, seconds?: number): Promise<Buffer>;
  /**
   * Runs a script that goes on and on, and passes on its lines.
   * @param ended once, when it ended by itself or the connection did; not after it was stopped
   * @returns stops it
   */
  follow(script: string, line: (text: string) => void, ended: () => void): () => void;
  /** Copies what a folder of this machine holds into an absolute folder of the site, which is made; files there of the same name are replaced. */
  send(from: string, to: string): Promise<void>;
  /** Copies files, named relative to an absolute folder of the site, into a folder of this machine; those that are not there are left out. */
  bring(from: string, files: readonly string[], into: string): Promise<void>;
  /** Ends connections. */
  close(): void;
}
