import type { OpenKernel } from '../../kernel/kernel.ts';
import type { RequestQueue } from '../scoring/queue.ts';
import { createScorer, type Query, type Ranked, rankedAt } from '../scoring/scorer.ts';
import type { Abortable } from '../types.ts';
import { type Diversifier, isDiverse } from './diversity.ts';
import type { Drawable, Listing } from './listing.ts';

/** Makes lists whose queries are scored one after the other. */
export interface Drawing {
  /** The answer to one query, on the calling thread. */
  rank(query: Query): Ranked[];
  /** A list, on the calling thread. */
  here(plan: Drawable): Ranked[];
  /** A list, between other requests. */
  inTurn(plan: Drawable, signal: Abortable['signal']): Promise<Ranked[]>;
  /** A list with its pins. */
  withPins(plan: Drawable, rest: readonly Ranked[], signal: Abortable['signal']): Promise<Ranked[]>;
}

type Queries = Generator<Query, Ranked[], Ranked[]>;

export function createDrawing(
  kernel: OpenKernel,
  listing: Listing,
  queue: RequestQueue,
  diversifier: Diversifier,
): Drawing {
  const scorer = createScorer(kernel);
  const rank = (query: Query) => rankedAt(scorer.here([query]), 0, query.n);

  function drawHere(queries: Queries): Ranked[] {
    let drawn = queries.next();
    while (!drawn.done) drawn = queries.next(rank(drawn.value));
    return drawn.value;
  }

  async function drawInTurn(queries: Queries, signal: Abortable['signal']): Promise<Ranked[]> {
    let drawn = queries.next();
    while (!drawn.done) drawn = queries.next(await queue.rank(drawn.value, signal));
    return drawn.value;
  }

  const withPins: Drawing['withPins'] = (plan, rest, signal) => drawInTurn(listing.pinned(plan, rest), signal);

  return {
    rank,
    here(plan) {
      const drawn = drawHere(listing.drawn(plan));
      const list = isDiverse(plan.filter) ? diversifier.here(drawn, plan) : drawn;
      return plan.pinned ? drawHere(listing.pinned(plan, list)) : list;
    },
    async inTurn(plan, signal) {
      const drawn = await drawInTurn(listing.drawn(plan), signal);
      const list = isDiverse(plan.filter) ? await diversifier.choose(drawn, plan, signal) : drawn;
      return plan.pinned ? withPins(plan, list, signal) : list;
    },
    withPins,
  };
}
