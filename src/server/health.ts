/** Whether the server runs, and whether it can answer: what restarts processes and sends traffic to them asks for it. */

import type * as v from 'valibot';
import type { Context, Hono } from '#hono';
import type { ServingShop } from '../live/types.ts';
import type { Recommender } from '../recommending/types.ts';
import type { readyAnswer } from './answers/answers.ts';
import { fail, noModel } from './failures.ts';
import { describe } from './openapi.ts';

/** What answers right now; undefined while it is being loaded. */
export interface Serving {
  recommender: () => Recommender | undefined;
  /** Absent if the app was made without a shop. */
  shop?: () => ServingShop | undefined;
}

/**
 * Whether the server lets its last requests finish and is about to end. `serve` says so to its app, however deep that is
 * mounted, by what Hono calls the environment; other hosts don't.
 */
export function isDraining(c: Context): boolean {
  return (c.env as { isDraining?: () => boolean } | undefined)?.isDraining?.() ?? false;
}

export function addHealthEndpoints(app: Hono, { recommender, shop }: Serving): void {
  app.get('/health/live', describe.live, (c) => c.json({ status: 'live' }));

  app.get('/health/ready', describe.ready, async (c) => {
    const answering = recommender();
    const status = await shop?.()?.status();
    const hasStore = status === undefined ? shop !== undefined : status.store !== undefined;
    const flags = { model: answering !== undefined, ...(hasStore && { store: status?.isFailing === false }) };
    if (!answering) return noModel(c, flags);
    if (isDraining(c)) return fail(c, 503, 'draining', 'the server is stopping; ask another one', flags);
    return c.json<v.InferOutput<typeof readyAnswer>>({
      status: 'ready',
      model: answering.model.metadata.version,
      ...(hasStore && { store: flags.store ? 'works' : 'fails' }),
    });
  });
}
