import { maxTimerMs } from '../../options.ts';

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
    const delay = Math.min(remaining, maxTimerMs);
    timer = setTimeout(() => (remaining > delay ? wait(remaining - delay) : controller.abort()), delay);
  };
  wait(Math.ceil(ms));
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
