import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import type { Model } from '../../model/model.ts';
import { createBonus, type Trends, trendsInPieces } from '../../ranking/formula.ts';
import { type Popularity, productsOfPiece, type RecentOrders, withOrdersOf } from '../../ranking/popularity.ts';
import type { LiveCategories } from '../lists/categories.ts';
import { boundPriors } from '../scoring/candidates.ts';
import { inTurns, turn } from '../scoring/turns.ts';
import type { Snapshots } from './snapshots.ts';

/** Makes popularity and trend those of the orders that `recent` counts, in pieces between which requests are answered. */
export type FollowSales = (recent: Generator<undefined, RecentOrders>) => Promise<void>;

/**
 * Nothing is computed for each list: a snapshot with other priors takes the place of the current one. What a model's trees
 * correct stays, since they have learned from the trend of the model.
 *
 * @param popularity is changed in place.
 */
export function createFollowSales(
  { memory }: Pick<OpenKernel, 'memory'>,
  { signals, metadata: { ranking } }: Model,
  snapshots: Snapshots,
  { packings }: Pick<LiveCategories, 'packings'>,
  popularity: Popularity,
): FollowSales {
  const ofModel = { ...popularity };
  const { trends: before } = snapshots.current();

  return async (recent) => {
    const orders = await inTurns(recent);
    const ranked = await inTurns(withOrdersOf(ofModel, orders.popularity));
    const { candidates, formula } = snapshots.current();
    if (signals && ranking && before && formula) {
      const trends = await inTurns(trendsInPieces(orders, ranking));
      const gains = await inTurns(gainsOf(trends, before));
      const priors = copyIn(memory, Float32Array, trends.fresh);
      await turn();
      const bonusOf = createBonus(signals, ranking, trends);
      // Lists that are begun meanwhile are made of the current snapshot.
      const all = [priors, ...snapshots.inUse().map((each) => each.formula!.priors)];
      for (const packing of packings) await inTurns(boundPriors(packing, all));
      const next = { ...formula, priors };
      snapshots.replace({ candidates: { ...candidates, formula: next }, trends, bonusOf, formula: next, gains });
    }
    Object.assign(popularity, ranked);
  };
}

/** What the bonus of each product that was bought before gains by another trend. */
function* gainsOf(now: Trends, before: Trends): Generator<undefined, Float32Array> {
  const gains = new Float32Array(now.fresh.length);
  for (let row = 0; row < gains.length; row++) {
    if (row % productsOfPiece === 0) yield;
    gains[row] = now.bought[row] - now.fresh[row] - before.bought[row] + before.fresh[row];
  }
  return gains;
}
