import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Memory } from '../../kernel/memory.ts';
import { crossedIn, crossingIn, type Sent } from '../../kernel/threads/crossing.ts';
import type { Model } from '../../model/model.ts';
import { createBonus, type Trends, trendsInPieces } from '../../ranking/formula.ts';
import {
  type Popularity,
  productsOfPiece,
  type RecentOrders,
  rankedBy,
  withOrdersOf,
} from '../../ranking/popularity.ts';
import { inTurns, turn } from '../../turns.ts';
import type { LiveCategories } from '../lists/categories.ts';
import { boundPriors } from '../scoring/candidates.ts';
import type { Snapshots } from './snapshots.ts';

/** What sells. All but the priors are copied with the message that tells another thread. */
interface NowSelling {
  /** Orders of each product, and the products by them. */
  readonly orders: ArrayLike<number>;
  readonly ranking: Uint32Array;
  /** Absent if that is what the model says. The priors are the trend for who never bought a product, in kernel memory. */
  readonly scored?: { readonly priors: Float32Array; readonly bought: Float32Array; readonly gains: Float32Array };
}

/** What sells, as one thread tells others. */
export type SharedTrend = Sent<NowSelling>;

/** What sells, as lists of a running shop follow it. */
export interface LiveTrend {
  /**
   * Makes popularity and trend those of the orders that `recent` counts, in pieces between which requests are answered, for
   * lists that are begun afterwards. One call at a time.
   */
  sell(recent: Generator<undefined, RecentOrders>): Promise<void>;
  /** What lists follow now. Whoever reads the priors holds the current snapshot. */
  now(): SharedTrend;
  /** Takes what another thread made of sales. Resolves once no list is made with what was there before. */
  take(trend: SharedTrend): Promise<void>;
}

/**
 * Nothing is computed for each list: a snapshot with other priors takes the place of the current one. What a model's trees
 * correct stays, since they have learned from the trend of the model.
 *
 * @param popularity is changed in place.
 */
export function createLiveTrend(
  { memory }: Pick<OpenKernel, 'memory'>,
  { signals, metadata: { ranking } }: Model,
  snapshots: Snapshots,
  { packings }: Pick<LiveCategories, 'packings'>,
  popularity: Popularity,
): LiveTrend {
  const ofModel = { ...popularity };
  const { trends: before } = snapshots.current();

  const count = ofModel.ranking.length;
  /** Arrays of all products are kept: as garbage, they would be collected while requests wait. */
  const counts: Float32Array[] = [];
  const rankings: Uint32Array[] = [];
  const trendArrays: ReturnType<typeof createTrendArrays>[] = [];

  /** Arrays that no list reads, nor may any again. */
  function unusedTrend(): ReturnType<typeof createTrendArrays> {
    const used = new Set(snapshots.inUse().map(({ formula }) => formula?.priors));
    const unused = trendArrays.find(({ priors }) => !used.has(priors));
    if (unused) return unused;
    const arrays = createTrendArrays(memory, count);
    trendArrays.push(arrays);
    return arrays;
  }

  /** The popularity of now is read until another takes its place. */
  async function ranked(sold: Float32Array): Promise<Popularity> {
    for (let i = counts.length; i < 2; i++) counts.push(new Float32Array(count));
    for (let i = rankings.length; i < 3; i++) rankings.push(new Uint32Array(count));
    const orders = counts.find((array) => array !== popularity.orders)!;
    orders.set(sold);
    return inTurns(
      withOrdersOf(
        ofModel,
        orders,
        rankings.filter((array) => array !== popularity.ranking),
      ),
    );
  }

  async function sell(recent: Generator<undefined, RecentOrders>): Promise<void> {
    const orders = await inTurns(recent);
    const next = await ranked(orders.popularity);
    const { candidates, formula } = snapshots.current();
    if (signals && ranking && before && formula) {
      const { priors, gains, ...arrays } = unusedTrend();
      const trends = await inTurns(trendsInPieces(orders, ranking, arrays));
      await inTurns(writeGains(gains, trends, before));
      priors.set(trends.fresh);
      await turn();
      const bonusOf = createBonus(signals, ranking, trends);
      // Lists that are begun meanwhile are made of the current snapshot.
      const all = [priors, ...snapshots.inUse().map((each) => each.formula!.priors)];
      for (const packing of packings) await inTurns(boundPriors(packing, all));
      const formulaOfNow = { ...formula, priors };
      snapshots.replace({
        candidates: { ...candidates, formula: formulaOfNow },
        trends,
        bonusOf,
        formula: formulaOfNow,
        gains,
      });
    }
    Object.assign(popularity, next);
  }

  return {
    sell,
    now() {
      const { formula, trends, gains } = snapshots.current();
      const { orders, ranking } = popularity;
      return crossingIn<NowSelling>({
        ...{ orders, ranking },
        ...(formula && trends && gains && { scored: { priors: formula.priors, bought: trends.bought, gains } }),
      });
    },
    async take(sent) {
      const { orders, ranking: ranked, scored } = crossedIn(sent);
      const { candidates, formula } = snapshots.current();
      if (signals && ranking && scored && formula) {
        const { priors, bought, gains } = scored;
        if (!memory.shares(priors)) memory.adopt([priors]);
        const trends = { fresh: priors, bought };
        const formulaOfNow = { ...formula, priors };
        snapshots.replace({
          candidates: { ...candidates, formula: formulaOfNow },
          trends,
          bonusOf: createBonus(signals, ranking, trends),
          formula: formulaOfNow,
          gains,
        });
      }
      Object.assign(popularity, rankedBy(orders, ranked));
      await snapshots.settled();
    },
  };
}

/** What the bonus of each product that was bought before gains by another trend. */
function* writeGains(gains: Float32Array, now: Trends, before: Trends): Generator<undefined, void> {
  for (let row = 0; row < gains.length; row++) {
    if (row % productsOfPiece === 0) yield;
    gains[row] = now.bought[row] - now.fresh[row] - before.bought[row] + before.fresh[row];
  }
}

function createTrendArrays(memory: Memory, count: number) {
  return {
    priors: memory.allocate(Float32Array, count),
    fresh: new Float32Array(count),
    bought: new Float32Array(count),
    gains: new Float32Array(count),
  };
}
