/** How many requests are answered at a time, and for how long: the server says no while it still can. */
import type { Context, MiddlewareHandler } from 'hono';
import { whenAborted } from '../errors.ts';
import { fail } from './failures.ts';
import type { Observed } from './observing.ts';

/** What the steps of a request know about its place among the others. */
interface Admission {
  /**
   * A signal that fires when nobody waits for the answer any more: the client is gone, or the deadline has passed. Most
   * requests never ask for it; making it costs as much as scoring them.
   */
  signal(): AbortSignal;
  /** To be called once the body has arrived. Until then the request gives way to others if the server is full. */
  received(): void;
}

/** The context of a request that was admitted. */
export interface Admitted {
  Variables: { admission: Admission; observed: Observed };
}

/**
 * Lets at most `limit()` requests wait or be answered at a time, and answers each within `deadlineMs`. A request holds its
 * place until its work has ended, even if its client or its deadline ended it before: the work is what the limit is for.
 *
 * A body that is still on its way costs its sender nothing. So that a few senders of half a body cannot lock everybody out,
 * a newcomer takes the place of the one that has been sending the longest.
 *
 * @param places counts those that are taken right now.
 */
export function admission(
  limit: () => number,
  deadlineMs: number,
  places: { taken: number } = { taken: 0 },
): MiddlewareHandler<Admitted> {
  /** Ends a request whose body is still on its way; the oldest is first. */
  const receiving = new Set<() => void>();

  return (c, next) => {
    if (places.taken >= limit()) {
      const [giveWay] = receiving;
      if (!giveWay) return Promise.resolve(overloaded(c));
      giveWay();
    }
    return new Promise<Response | undefined>((resolve, reject) => {
      let controller: AbortController | undefined;
      let isOver = false;
      let isReleased = false;

      function signal(): AbortSignal {
        if (controller) return controller.signal;
        const own = new AbortController();
        controller = own;
        const client = c.req.raw.signal;
        if (isOver) own.abort();
        else whenAborted(client, () => own.abort());
        return own.signal;
      }

      function release(): void {
        if (isReleased) return;
        isReleased = true;
        places.taken--;
        receiving.delete(giveWay);
      }

      function end(failure: Response): void {
        isOver = true;
        clearTimeout(timer);
        // Nothing but the arrival of its body keeps it busy.
        if (receiving.has(giveWay)) release();
        controller?.abort();
        resolve(failure);
      }

      const giveWay = () => end(overloaded(c));
      const timer = setTimeout(() => end(receiving.has(giveWay) ? tooSlow(c) : tooLate(c, deadlineMs)), deadlineMs);
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        release();
        finish();
      };
      places.taken++;
      receiving.add(giveWay);
      c.set('admission', { signal, received: () => void receiving.delete(giveWay) });
      next().then(
        () => settle(() => resolve(undefined)),
        (error) => settle(() => reject(error)),
      );
    });
  };
}

function overloaded(c: Context): Response {
  return fail(c, 503, 'overloaded', 'too many requests are being answered; try again later');
}

function tooLate(c: Context, deadlineMs: number): Response {
  return fail(c, 503, 'deadline_exceeded', `there was no answer within ${deadlineMs} ms; try again later`);
}

function tooSlow(c: Context): Response {
  return fail(c, 408, 'request_timeout', 'the request body took too long to arrive');
}
