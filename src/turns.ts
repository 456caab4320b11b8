/**
 * How requests and longer work share the event loop, which also accepts connections and answers health checks. There is one
 * loop, so this is shared by all that run on it.
 */
import { throwIfAborted } from './errors.ts';

/** How long work of one kind may keep a turn of the loop, in milliseconds, before the rest is put off to the next turn. */
const turnMs = 5;

/** Turns in a row that are left to new connections. */
const maxPutOff = 64;

/** Calls back in the next turn of the event loop, in the order of the calls. */
export const afterThisTurn: (run: () => void) => unknown =
  typeof setImmediate === 'function'
    ? setImmediate
    : typeof MessageChannel === 'function'
      ? afterMessage()
      : (run) => setTimeout(run, 0);

/** As browsers have it. */
interface Channel {
  readonly port1: { onmessage: () => void };
  readonly port2: { postMessage(message: undefined): void };
}

/** Browsers have no setImmediate, and after some timers in a row, each further one of theirs waits for 4 ms. */
function afterMessage(): (run: () => void) => void {
  const waiting: (() => void)[] = [];
  let channel: Channel | undefined;
  return (run) => {
    if (!channel) {
      channel = new MessageChannel() as unknown as Channel;
      channel.port1.onmessage = () => waiting.shift()!();
    }
    waiting.push(run);
    channel.port2.postMessage(undefined);
  };
}

/** Calls back after so many milliseconds, which keeps no process alive that has nothing else to do. */
export function afterAWhile(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { unref?(): unknown } = setTimeout(run, ms);
  timer.unref?.();
  return timer;
}

let hasNewConnection = false;
let putOff = 0;
/** Whether this turn is left to new connections; undefined if nothing has asked yet. */
let isLeft: boolean | undefined;

/**
 * Leaves the work of this turn to the next one. To be called for each new connection: Node accepts one in each turn, so that
 * in long turns others, such as those of health checks, would wait for seconds.
 */
export function putOffTurn(): void {
  hasNewConnection = true;
}

function isLeftToConnections(): boolean {
  if (isLeft === undefined) {
    putOff = hasNewConnection && putOff < maxPutOff ? putOff + 1 : 0;
    hasNewConnection = false;
    isLeft = putOff > 0;
    // Runs before whatever is put off, since it is scheduled before.
    afterThisTurn(() => {
      isLeft = undefined;
    });
  }
  return isLeft;
}

/**
 * Makes a kind of work. Its function runs each piece in a turn of the event loop in which the pieces before have taken less
 * than 5 ms, in the order of the calls: between two turns, everything else is answered. What a piece sets off at once, such
 * as the functions that wait for its promise, counts as a part of it.
 */
function kindOfWork(): (piece: () => void) => void {
  /** When the work of this turn began; undefined if it has not. */
  let began: number | undefined;
  /** In the order of the calls. What is put off goes before what was asked for since, or work that never rests would keep it waiting. */
  const waiting: (() => void)[] = [];

  /** There is an attempt for each piece that waits. */
  function attempt(): void {
    const now = performance.now();
    if (began === undefined) {
      began = isLeftToConnections() ? Number.NEGATIVE_INFINITY : now;
      afterThisTurn(() => {
        began = undefined;
      });
    }
    if (now - began > turnMs) afterThisTurn(attempt);
    else waiting.shift()!();
  }

  return (piece) => {
    waiting.push(piece);
    afterThisTurn(attempt);
  };
}

const costly = kindOfWork();

/** Resolves when it is the turn of a costly piece of work. To be awaited before each one. */
export const turn = (): Promise<void> => new Promise(costly);

/** Runs work to its end without a break. */
export function finish<Result>(work: Generator<undefined, Result>): Result {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** How long work goes on, and how it treats others. */
export interface Pace {
  /** Ends it. */
  readonly signal?: AbortSignal;
  /**
   * Whether nobody waits for it, and others must not notice it: it takes a small part of the event loop, and of threads no more
   * than one, which lets all others go first.
   */
  readonly inBackground?: boolean;
}

/** How long short pieces of work follow one another in a turn of the loop, in milliseconds, and how long in the background. */
const piecesMs = 2;
const backgroundPiecesMs = 1;
/** In the background, work rests so many times as long as it has taken. */
const rests = 4;

/**
 * The result of work that is done in pieces, when it is the turn of a costly one: one piece a turn, or several if they are
 * short.
 *
 * @param pace may change meanwhile.
 * @throws `aborted` between two pieces, upon which the work ends.
 */
export async function inTurns<Result>(work: Generator<undefined, Result>, pace: Pace = {}): Promise<Result> {
  try {
    for (;;) {
      await turn();
      throwIfAborted(pace.signal);
      const { inBackground } = pace;
      const longest = inBackground ? backgroundPiecesMs : piecesMs;
      const began = performance.now();
      let taken = 0;
      for (; taken < longest; taken = performance.now() - began) {
        const step = work.next();
        if (step.done) return step.value;
      }
      if (inBackground) await restAfter(taken);
    }
  } finally {
    work.return(undefined as Result);
  }
}

/** Lets others go first after work in the background. @param ms how long it took. */
export function restAfter(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, rests * ms));
}

/**
 * For pieces of work in the background that take a turn each, however short. What it returns is awaited after each piece: it is
 * there at once, or after a rest if the pieces since then have taken a millisecond.
 */
export function createRests(): () => Promise<void> | undefined {
  let began = performance.now();
  return () => {
    const taken = performance.now() - began;
    if (taken < backgroundPiecesMs) return undefined;
    return restAfter(taken).then(() => {
      began = performance.now();
    });
  };
}

/** Returns a function that runs works one after the other, in the order in which they are given. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

/**
 * For work in pieces that are too short for a turn each. What it returns is awaited after each piece: it is there at once, or in
 * a turn of its own if the pieces since then have taken some milliseconds.
 */
export function createPauses(): () => Promise<void> | undefined {
  let began = performance.now();
  return () => {
    if (performance.now() - began < turnMs) return undefined;
    return turn().then(() => {
      began = performance.now();
    });
  };
}

/** Begins a request when it is its turn. Requests do not wait for costly work: a short one passes it by. */
export const beginInTurn = kindOfWork();
