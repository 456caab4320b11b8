import { EndcapError } from '../errors.ts';
import { hasFiniteScores, longestRow } from '../model/check.ts';
import type { Ids } from '../model/ids.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, objectOfOptions } from '../options.ts';
import type { BonusOf } from '../ranking/formula.ts';
import { type Buyer, customerOf, nobody, readBasket, withBasket } from './buyer.ts';
import {
  ascending,
  basketOptions,
  type Filter,
  recommendOptions,
  resolvePurchased,
  toFilter,
  withDefaultOf,
} from './filters.ts';
import type { FoldIn } from './fold-in.ts';
import type { Categories } from './lists/categories.ts';
import { type Draw, drawFor } from './lists/diversity.ts';
import type { Candidates } from './scoring/candidates.ts';
import type { Query } from './scoring/scorer.ts';
import type { BasketLine, BasketOptions, RecommendOptions, Source } from './types.ts';

/** A list to make: who it is for and which products it may hold. */
export interface Plan {
  readonly filter: Filter;
  readonly draw: Draw;
  readonly explain: boolean;
  readonly source: Source;
  readonly buyer: Buyer;
  /** Row of the customer; undefined if the model does not know one. */
  readonly customer: number | undefined;
  /** Absent if the answer is what everybody buys. */
  readonly query?: Query;
}

/**
 * Checks what is asked and plans the list. All methods throw `invalid_options`. `known` names the options that there are, of
 * which the caller may have more.
 */
export interface Planner {
  forCustomer(customerId: string | number, options?: RecommendOptions, known?: readonly string[]): Plan;
  /** @throws `not_finite` if the quantities are too large for scores to be finite. */
  forBasket(lines: readonly BasketLine[], options?: BasketOptions, known?: readonly string[]): Plan;
  /** The plan for a known customer, or for an unknown one. */
  forRow(customer: number | undefined, filter: Filter, explain: boolean): Plan;
}

export interface PlannerParts {
  ids: Ids;
  candidates: Candidates;
  categories: Categories;
  /** Of all customers, rows padded to the candidates' stride. */
  customerFactors: Float32Array;
  foldIn: FoldIn;
  /** Absent if the model has no ranking. */
  bonusOf?: BonusOf;
  /** Those of all pairs right now. */
  bonuses?: () => Float32Array;
}

export function createPlanner(
  model: Model,
  { ids, candidates, categories, customerFactors, foldIn, bonusOf, bonuses }: PlannerParts,
): Planner {
  const { stride } = candidates;
  const { unlisted } = model;
  const isTooEarly = model.metadata.unchosen === 'too_early';

  function queryOf(vector: Float32Array, draw: Draw, { allowed, denied }: Filter, { products, bonuses }: Buyer): Query {
    const bonus = bonuses && { rows: products, values: bonuses };
    return { vector, candidates, n: draw.n, allowed, denied, limit: categories.limitOf(draw), bonus };
  }

  function forRow(customer: number | undefined, filter: Filter, explain: boolean): Plan {
    const draw = drawFor(filter, categories);
    if (customer === undefined) {
      const resolved = resolvePurchased(filter, nobody.products);
      return { filter: resolved, draw, explain, source: 'popular', buyer: nobody, customer };
    }
    const buyer = customerOf(model, customer, bonuses?.());
    const settled = withDefaultOf(model, filter);
    const resolved = resolvePurchased(settled, buyer.products, buyer.returned);
    const source = isTooEarly ? 'too-early' : settled === filter ? 'personal' : 'personal-new';
    const vector = customerFactors.subarray(customer * stride, (customer + 1) * stride);
    const query = queryOf(vector, draw, resolved, buyer);
    return { filter: resolved, draw, explain, source, buyer, customer, query };
  }

  function forBasket(lines: readonly BasketLine[], options: BasketOptions = {}, known = basketOptions): Plan {
    objectOfOptions(options);
    const { customer: customerId, explain = false } = options;
    checkExplain(explain);
    const filter = toFilter(options, ids.productRow, known, unlisted);
    const draw = drawFor(filter, categories);
    const basket = readBasket(lines, ids.productRow);
    const customer = customerId === undefined ? undefined : ids.customerRow(customerId);
    const before = customer === undefined ? nobody : customerOf(model, customer, bonuses?.());
    const orders = (customer !== undefined && model.signals?.orders[customer]) || 0;
    const buyer = basket.size === 0 ? before : withBasket(model, bonusOf, before, basket, orders);
    // By default a basket excludes its own products, but not what the customer buys again and again.
    const settled = withDefaultOf(model, filter);
    const resolved =
      settled.purchased === undefined
        ? resolvePurchased({ ...filter, purchased: 'exclude' }, ascending(basket.keys()))
        : resolvePurchased(settled, buyer.products, buyer.returned);
    if (buyer === nobody) return { filter: resolved, draw, explain, source: 'popular', buyer, customer };
    // A copy, since another basket may be folded in before this one is scored.
    const vector = foldIn.factorsOf(buyer).slice();
    // Checked here because a query whose scores are not finite would fail the whole batch.
    if (!hasFiniteScores(longestRow(vector, stride), candidates.longest))
      throw new EndcapError('not_finite', 'the quantities in this basket are too large for finite scores', { lines });
    const query = queryOf(vector, draw, resolved, buyer);
    return { filter: resolved, draw, explain, source: 'basket', buyer, customer, query };
  }

  return {
    forCustomer(customerId, options = {}, known = recommendOptions) {
      objectOfOptions(options);
      const { explain = false } = options;
      checkExplain(explain);
      const filter = toFilter(options, ids.productRow, known, unlisted);
      return forRow(ids.customerRow(customerId), filter, explain);
    },
    forBasket,
    forRow,
  };
}

function checkExplain(explain: unknown): void {
  if (typeof explain !== 'boolean') throw invalidOption('explain', explain, 'true or false');
}
