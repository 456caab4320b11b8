import { afterThisTurn } from '../recommending/queue.ts';

/** How long costly requests may keep one turn of the event loop, in milliseconds, before the next one has to wait. */
const turnMs = 10;

/**
 * Returns a function that a costly request waits for before each piece of its work. Its promise resolves in a turn of the
 * event loop in which costly requests have worked for less than 10 ms, in the order of the calls: between two turns, health
 * checks and short requests are answered.
 */
export function createTurns(): () => Promise<void> {
  /** When the first costly request of this turn began; undefined if there was none. */
  let began: number | undefined;

  function attempt(resolve: () => void): void {
    if (began === undefined) {
      began = performance.now();
      // Runs before the attempts that are put off, since it is scheduled before them.
      afterThisTurn(() => {
        began = undefined;
      });
    } else if (performance.now() - began > turnMs) {
      afterThisTurn(() => attempt(resolve));
      return;
    }
    resolve();
  }

  return () => new Promise((resolve) => afterThisTurn(() => attempt(resolve)));
}
