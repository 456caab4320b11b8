/** How many requests are answered at a time, and for how long: the server says no while it still can. */
import type { Context, MiddlewareHandler } from 'hono';
import { fail } from './failures.ts';

/** What the steps of a request know about its place among the others. */
export interface Admission {
  /** Fires when nobody waits for the answer any more: the client is gone, or the deadline has passed. */
  readonly signal: AbortSignal;
  /** To be called once the body has arrived. Until then the request gives way to others if the server is full. */
  received(): void;
}

/** The context of a request that was admitted. */
export interface Admitted {
  Variables: { admission: Admission };
}

/**
 * Lets at most `limit()` requests wait or be answered at a time, and answers each within `deadlineMs`. A request holds its
 * place until its work has ended, even if its client or its deadline ended it before: the work is what the limit is for.
 *
 * A body that is still on its way costs its sender nothing. So that a few senders of half a body cannot lock everybody out,
 * a newcomer takes the place of the one that has been sending the longest.
 */
export function admission(limit: () => number, deadlineMs: number): MiddlewareHandler<Admitted> {
  let admitted = 0;
  /** Ends a request whose body is still on its way; the oldest is first. */
  const receiving = new Set<() => void>();

  return (c, next) => {
    if (admitted >= limit()) {
      const [giveWay] = receiving;
      if (!giveWay) return Promise.resolve(overloaded(c));
      giveWay();
    }
    return new Promise<Response | undefined>((resolve, reject) => {
      const controller = new AbortController();
      let released = false;
      const release = () => {
        if (released) return;
        released = true;
        admitted--;
        receiving.delete(giveWay);
      };
      const end = (failure: Response) => {
        clearTimeout(timer);
        // Nothing but the arrival of its body keeps it busy.
        if (receiving.has(giveWay)) release();
        controller.abort();
        resolve(failure);
      };
      const giveWay = () => end(overloaded(c));
      const timer = setTimeout(() => end(receiving.has(giveWay) ? tooSlow(c) : tooLate(c, deadlineMs)), deadlineMs);
      c.req.raw.signal.addEventListener('abort', () => controller.abort(), { once: true });
      c.set('admission', { signal: controller.signal, received: () => void receiving.delete(giveWay) });
      admitted++;
      receiving.add(giveWay);
      next()
        .then(() => resolve(undefined), reject)
        .finally(() => {
          clearTimeout(timer);
          release();
        });
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
