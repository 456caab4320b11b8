import type { Answers } from '../answer.ts';
import { ascending, type Filter, noRows, placeOf, resolvePurchased, within } from '../filters.ts';
import type { Plan } from '../plan.ts';
import type { Query, Ranked } from '../scoring/scorer.ts';
import { type Boosting, boostOf, lift, lifted } from '../serving/boosts.ts';
import { pinnedAt } from '../serving/pins.ts';
import type { Categories } from './categories.ts';
import { compose, keepsTo, merged, type Rules, type Traits } from './compose.ts';
import { type Draw, isDiverse } from './diversity.ts';
import type { LiveWords } from './live-words.ts';
import { maxSharing } from './shared-words.ts';

/** How lists are made of the best products that they may hold, if they have to keep to rules besides filters and limits. */
export interface Listing {
  /** What the lists of a filter keep to; undefined if the best products are the list. */
  rulesFor(filter: Filter): Rules | undefined;
  /** Whether the products drawn are the list; if not, `composed` makes it. */
  suits(rows: Uint32Array, filter: Filter, rules: Rules, isBought: Traits['isBought']): boolean;
  /** What to draw then: of all products and, for a mix, of those that the customer did not buy. */
  poolFor(filter: Filter, draw: Draw, categories: Pick<Categories, 'longest'>): Draw;
  /** The list or, with diversity, the pool that it chooses from. */
  composed(pools: Pools, filter: Filter, rules: Rules, traits: Pick<Traits, 'isBought' | 'groups'>): Ranked[];
  /** Asks for the lists of queries, one after the other, and returns the list of a plan as `composed` does. */
  drawn(plan: Drawable): Generator<Query, Ranked[], Ranked[]>;
  /** Asks for the scores of pins, and puts them into the rest of the list. */
  pinned(plan: Drawable, rest: readonly Ranked[]): Generator<Query, Ranked[], Ranked[]>;
  /** Says that a product has another name. */
  renamed(): void;
}

/** Products to compose a list of, each best first. */
interface Pools {
  all: readonly Ranked[];
  /** Those that the customer did not buy; empty if no rule asks for them. */
  fresh: readonly Ranked[];
}

/** What a list is drawn by. */
export type Drawable = Pick<Plan, 'snapshot' | 'query' | 'filter' | 'draw' | 'buyer' | 'boosting' | 'pinned'>;

/** How many times as many products as it holds a list is composed of, because of words. */
const poolTimes = 5;

/** @param words of the products' names. */
export function createListing(words: LiveWords, { mostPopular }: Pick<Answers, 'mostPopular'>): Listing {
  const sharingIn = ({ n, varied }: Filter) => (varied && words.counter() ? maxSharing(n) : Infinity);
  const wordsFor = ({ maxSharing }: Rules) => (maxSharing < Infinity ? words.counter() : undefined);

  function rulesFor(filter: Filter): Rules | undefined {
    const { mix = 0, spread } = filter;
    const sharing = sharingIn(filter);
    if (mix === 0 && sharing === Infinity) return undefined;
    const { perCategory = Infinity } = spread ?? {};
    return { mix, maxSharing: sharing, groupLimit: perCategory < Infinity ? perCategory : 0 };
  }

  function suits(rows: Uint32Array, filter: Filter, rules: Rules, isBought: Traits['isBought']): boolean {
    return !isDiverse(filter) && keepsTo(rows, rules, { isBought, words: wordsFor(rules) });
  }

  function poolFor(filter: Filter, draw: Draw, { longest }: Pick<Categories, 'longest'>): Draw {
    if (sharingIn(filter) === Infinity) return draw;
    const { n, groupLimit } = draw;
    const limit = poolTimes * groupLimit;
    return { n: Math.min(poolTimes * n, longest(limit || Infinity)), groupLimit: limit };
  }

  function composed(
    { all, fresh }: Pools,
    filter: Filter,
    rules: Rules,
    traits: Pick<Traits, 'isBought' | 'groups'>,
  ): Ranked[] {
    const { n } = filter;
    const { isBought } = traits;
    if (!isDiverse(filter)) return compose(merged(all, fresh), n, rules, { ...traits, words: wordsFor(rules) });
    // Whatever diversity chooses of few enough bought products has enough new ones. The limit per category may ask for more
    // of them, so that the list gets no shorter.
    const bought = all.filter(({ row }) => isBought(row));
    const others = merged(
      all.filter(({ row }) => !isBought(row)),
      fresh,
    );
    const limited = { mix: 0, maxSharing: Infinity, groupLimit: rules.groupLimit };
    const poolOf = (kept: number) => merged(bought.slice(0, kept), others);
    const lengthOf = (kept: number) => compose(poolOf(kept), n, limited, traits).length;
    let least = n - Math.min(rules.mix, others.length);
    let enough = Math.max(least, bought.length);
    const length = lengthOf(enough);
    while (least < enough) {
      const middle = (least + enough) >>> 1;
      if (lengthOf(middle) < length) least = middle + 1;
      else enough = middle;
    }
    return poolOf(least);
  }

  /** The best products for a plan, by their scores or, with boosts, by what these add. */
  function* drawnBy(
    { query, filter, n, snapshot }: Pick<Drawable, 'query' | 'filter' | 'snapshot'> & { n: number },
    draw: Draw,
    boosting: Boosting | undefined,
  ): Generator<Query, Ranked[], Ranked[]> {
    const { groups, limitOf } = snapshot.categories;
    function* best(of: Filter, length: number): Generator<Query, Ranked[], Ranked[]> {
      const drawing = { ...draw, n: length };
      if (!query) return mostPopular(of, drawing);
      const { allowed, denied, mask } = of;
      return yield { ...query, allowed, denied, mask, n: length, limit: limitOf(drawing) };
    }
    if (!boosting) return yield* best(filter, draw.n);
    return yield* lifted(boosting, n, draw, groups, (mask, length) =>
      best({ ...filter, ...within(filter, mask) }, length),
    );
  }

  function* drawn(plan: Drawable): Generator<Query, Ranked[], Ranked[]> {
    const { query, filter, draw, buyer, boosting, snapshot } = plan;
    const asked = { query, filter, n: filter.n, snapshot };
    // The usual case without another generator, which would take longer than the rest.
    const best = boosting ? yield* drawnBy(asked, draw, boosting) : query ? yield query : mostPopular(filter, draw);
    const rules = rulesFor(filter);
    if (!rules) return best;
    const isBought = (row: number) => placeOf(row, buyer.products) >= 0;
    if (suits(rowsOf(best), filter, rules, isBought)) return best;
    const { categories } = snapshot;
    const traits = { isBought, groups: categories.groups };
    const pool = poolFor(filter, draw, categories);
    const all = !query || pool.n > draw.n ? yield* drawnBy(asked, pool, boosting) : best;
    if (!query || rules.mix === 0) return composed({ all, fresh: [] }, filter, rules, traits);
    const unbought = resolvePurchased({ ...filter, purchased: 'exclude' }, buyer.products, buyer.returned);
    const fresh = yield* drawnBy({ ...asked, filter: unbought }, pool, boosting);
    return composed({ all, fresh }, filter, rules, traits);
  }

  function* pinned(
    { query, filter, pinned: pins, boosting }: Drawable,
    rest: readonly Ranked[],
  ): Generator<Query, Ranked[], Ranked[]> {
    if (!pins) return [...rest];
    const allowed = ascending(pins.map(({ row }) => row));
    const n = allowed.length;
    const scored = query
      ? yield { ...query, n, allowed, denied: noRows, limit: undefined }
      : mostPopular({ ...filter, allowed, denied: noRows }, { n, groupLimit: 0 });
    const byRow = new Map(scored.map((ranked) => [ranked.row, ranked]));
    if (boosting) for (const ranked of scored) lift(boosting, boostOf(boosting, ranked.row), [ranked]);
    // One that has sold out meanwhile has no score.
    const held = pins.filter(({ row }) => byRow.has(row));
    return pinnedAt(rest.slice(0, filter.n), held, (row) => byRow.get(row)!);
  }

  return { rulesFor, suits, poolFor, composed, drawn, pinned, renamed: words.renamed };
}

function rowsOf(ranked: readonly Ranked[]): Uint32Array {
  return Uint32Array.from(ranked, ({ row }) => row);
}
