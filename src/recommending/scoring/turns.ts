/**
 * How costly requests share the event loop, which also accepts connections and answers health checks. There is one loop, so
 * this is shared by all that run on it.
 */

/** How long costly work may keep one turn of the loop, in milliseconds, before the rest is put off to the next turn. */
const turnMs = 5;

/** Turns in a row that are left to new connections. */
const maxPutOff = 64;

/** Calls back in the next turn of the event loop. Browsers have no setImmediate. */
export const afterThisTurn: (run: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (run) => setTimeout(run, 0);

/** When the costly work of this turn began; undefined if it has not. */
let began: number | undefined;
let hasNewConnection = false;
let putOff = 0;

/**
 * Resolves in a turn of the event loop in which costly work has taken less than 5 ms, in the order of the calls. To be
 * awaited before each piece of costly work: between two turns, everything else is answered.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => afterThisTurn(() => attempt(resolve)));
}

/**
 * Leaves the costly work of this turn to the next one. To be called for each new connection: Node accepts one in each turn,
 * so that in long turns others, such as those of health checks, would wait for seconds.
 */
export function putOffTurn(): void {
  hasNewConnection = true;
}

function attempt(resolve: () => void): void {
  const now = performance.now();
  if (began === undefined) {
    putOff = hasNewConnection && putOff < maxPutOff ? putOff + 1 : 0;
    hasNewConnection = false;
    began = putOff > 0 ? Number.NEGATIVE_INFINITY : now;
    // Runs before the attempts that are put off, since it is scheduled before them.
    afterThisTurn(() => {
      began = undefined;
    });
  }
  if (now - began > turnMs) afterThisTurn(() => attempt(resolve));
  else resolve();
}
