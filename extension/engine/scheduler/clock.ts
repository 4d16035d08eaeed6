/** Time as the scheduler sees it, given from outside so that tests need not wait. */

/** Calls back once after so many milliseconds; @returns takes it back */
export type After = (milliseconds: number, callback: () => void) => () => void;

/** The real one. It keeps no process alive. */
export const realAfter: After = (milliseconds, callback) => {
  const timer = setTimeout(callback, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
};
