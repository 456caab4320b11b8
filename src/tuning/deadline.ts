/** The longest delay that timers take: longer ones fire at once. */
const maxDelay = 2 ** 31 - 1;

/** A signal that aborts after a time of any length. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the clock; until then it keeps the process alive. */
  cancel(): void;
}

/** @param ms above 0. */
export function createDeadline(ms: number): Deadline {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const wait = (remaining: number) => {
    const delay = Math.min(remaining, maxDelay);
    timer = setTimeout(() => (remaining > delay ? wait(remaining - delay) : controller.abort()), delay);
  };
  wait(Math.ceil(ms));
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
