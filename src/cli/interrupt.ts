/** Exit codes as shells count them: 128 plus the number of the signal. */
export const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Runs work that the first SIGINT, SIGTERM or SIGHUP aborts. A second signal ends the process immediately. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes[signal as keyof typeof exitCodes]);
    controller.abort(signal);
  };
  for (const signal of Object.keys(exitCodes)) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of Object.keys(exitCodes)) process.off(signal, stop);
  }
}
