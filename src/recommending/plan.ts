import { EndcapError } from '../errors.ts';
import { hasFiniteScores, longestRow } from '../model/check.ts';
import type { Ids } from '../model/ids.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, objectOfOptions } from '../options.ts';
import { type Buyer, customerOf, nobody, type OrderUnits, readBasket, withOrders } from './buyer.ts';
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
import { type Draw, drawFor } from './lists/diversity.ts';
import type { Query } from './scoring/scorer.ts';
import { type Boosting, boostingOf } from './serving/boosts.ts';
import type { Mask } from './serving/mask.ts';
import type { Shown } from './serving/merchandising.ts';
import { type PinnedRow, withPins } from './serving/pins.ts';
import type { Served } from './serving/served.ts';
import type { Snapshot } from './serving/snapshots.ts';
import type { BasketLine, BasketOptions, RecommendOptions, Source } from './types.ts';

/** A list to make: who it is for and which products it may hold. */
export interface Plan {
  /** What it is made of. */
  readonly snapshot: Snapshot;
  readonly filter: Filter;
  readonly draw: Draw;
  readonly explain: boolean;
  readonly source: Source;
  readonly buyer: Buyer;
  /** Row of the customer; undefined if the model does not know one. */
  readonly customer: number | undefined;
  /** What they bought since the model, oldest order first. */
  readonly since: readonly OrderUnits[];
  /** Absent if the answer is what everybody buys. */
  readonly query?: Query;
  /** Products at places of their own, which the filter takes out of the rest of the list. */
  readonly pinned?: readonly PinnedRow[];
  readonly boosting?: Boosting;
}

/**
 * Checks what is asked and plans the list. All methods throw `invalid_options`. `known` names the options that there are, of
 * which the caller may have more; `shown` is what the list asks of the shop's products.
 */
export interface Planner {
  /** @param served the customer as they are now, if the model alone does not say. */
  forCustomer(
    customerId: string | number,
    options?: RecommendOptions,
    known?: readonly string[],
    served?: Served,
    shown?: Shown,
  ): Plan;
  /**
   * @param served the customer of the options.
   * @throws `not_finite` if the quantities are too large for scores to be finite.
   */
  forBasket(
    lines: readonly BasketLine[],
    options?: BasketOptions,
    known?: readonly string[],
    served?: Served,
    shown?: Shown,
  ): Plan;
  /** The plan for a customer as they are now. */
  forServed(served: Served, filter: Filter, shown?: Shown): Plan;
  /** The plan for a customer as the model has them. */
  forRow(customer: number, filter: Filter, shown?: Shown): Plan;
}

export interface PlannerParts {
  ids: Ids;
  /** What lists are made of right now. */
  snapshot: () => Snapshot;
  mask: Mask;
  /** Of all customers, rows padded to the stride of the candidates. */
  customerFactors: Float32Array;
  foldIn: FoldIn;
  /** Those of all pairs right now, with the trend of the model. */
  bonuses?: () => Float32Array;
}

export function createPlanner(
  model: Model,
  { ids, snapshot: current, mask, customerFactors, foldIn, bonuses }: PlannerParts,
): Planner {
  const { stride, longest } = current().candidates;
  const isTooEarly = model.metadata.unchosen === 'too_early';
  /**
   * What was computed of customers as they are now, of one snapshot. It is kept as long as the object that describes them, and
   * nothing of an earlier snapshot is.
   */
  let folded = new WeakMap<Served, Folded>();
  let foldedOn: { snapshot: Snapshot; pairs: Float32Array | undefined } | undefined;

  function queryOf(vector: Float32Array, draw: Draw, filter: Filter, { products, bonuses }: Buyer): Query {
    const { allowed, denied, mask } = filter;
    const bonus = bonuses && { rows: products, values: bonuses };
    const { candidates, categories } = current();
    return { vector, candidates, n: draw.n, allowed, denied, mask, limit: categories.limitOf(draw), bonus };
  }

  /** As the model has them. @throws `not_finite`, as `vectorOf`: trees of a forged model may add anything. */
  function buyerOf(customer: number | undefined): Folded {
    if (customer === undefined) return { buyer: nobody, orders: 0 };
    const buyer = customerOf(model, customer, bonuses?.(), current().gains);
    if (buyer.bonuses && !buyer.bonuses.every(Number.isFinite))
      throw new EndcapError('not_finite', 'what this customer bought adds no finite number to scores; train again');
    return { buyer, orders: model.signals?.orders[customer] ?? 0 };
  }

  /** @throws `not_finite`: a query whose scores are not finite would fail the whole batch. */
  function vectorOf(buyer: Buyer, details: Record<string, unknown>): Float32Array {
    // A copy, since another buyer may be folded in before this one is scored.
    const vector = foldIn.factorsOf(buyer).slice();
    if (hasFiniteScores(longestRow(vector, stride), longest)) return vector;
    throw new EndcapError('not_finite', 'the quantities bought are too large for finite scores', details);
  }

  function foldedOf(served: Served): Folded {
    const snapshot = current();
    const pairs = bonuses?.();
    if (foldedOn?.snapshot !== snapshot || foldedOn.pairs !== pairs) {
      folded = new WeakMap();
      foldedOn = { snapshot, pairs };
    }
    const kept = folded.get(served);
    if (kept) return kept;
    const { customer, orders, sentBack } = served;
    const before = buyerOf(customer);
    const buyer = withOrders(model, snapshot.bonusOf, before.buyer, orders, before.orders, sentBack);
    const vector = buyer.products.length > 0 ? vectorOf(buyer, { customer }) : undefined;
    const made = { buyer, orders: before.orders + orders.length, vector };
    folded.set(served, made);
    return made;
  }

  /** The list of somebody who is known by what they bought, or else of what everybody buys. */
  function planOf(
    { customer, orders: since }: Served,
    known: Folded | undefined,
    asked: Filter,
    shown: Shown | undefined,
    explain: boolean,
  ): Plan {
    const snapshot = current();
    const boosting = boostingOf(shown?.groups);
    if (!known?.vector) {
      const { products, returned } = known?.buyer ?? nobody;
      const { filter, pinned } = withPins(resolvePurchased(asked, products, returned), shown?.pins);
      const draw = drawFor(filter, snapshot.categories);
      return { snapshot, filter, draw, explain, source: 'popular', buyer: nobody, customer, since, pinned, boosting };
    }
    const { buyer, vector } = known;
    const settled = withDefaultOf(model, asked);
    const { filter, pinned } = withPins(resolvePurchased(settled, buyer.products, buyer.returned), shown?.pins);
    const draw = drawFor(filter, snapshot.categories);
    const source = isTooEarly ? 'too-early' : settled === asked ? 'personal' : 'personal-new';
    const query = queryOf(vector, draw, filter, buyer);
    return { snapshot, filter, draw, explain, source, buyer, customer, since, query, pinned, boosting };
  }

  const forServed = (served: Served, filter: Filter, shown?: Shown, explain = false) =>
    planOf(served, foldedOf(served), filter, shown, explain);

  function forRow(customer: number, filter: Filter, shown?: Shown, explain = false): Plan {
    const vector = customerFactors.subarray(customer * stride, (customer + 1) * stride);
    const { buyer, orders } = buyerOf(customer);
    return planOf(asModelled(customer), { buyer, orders, vector }, filter, shown, explain);
  }

  function forBasket(
    lines: readonly BasketLine[],
    options: BasketOptions = {},
    known = basketOptions,
    given?: Served,
    shown?: Shown,
  ): Plan {
    objectOfOptions(options);
    const { customer: customerId, explain = false } = options;
    checkExplain(explain);
    const asked = toFilter(options, ids.productRow, known, shown?.mask ?? mask);
    const snapshot = current();
    const basket = readBasket(lines, ids.productRow);
    const served = given ?? asModelled(customerId === undefined ? undefined : ids.customerRow(customerId));
    const { customer, orders: since } = served;
    const { buyer: before, orders } = given ? foldedOf(given) : buyerOf(customer);
    const buyer = basket.size === 0 ? before : withOrders(model, snapshot.bonusOf, before, [basket], orders);
    // By default a basket excludes its own products, but not what the customer buys again and again.
    const settled = withDefaultOf(model, asked);
    const resolved =
      settled.purchased === undefined
        ? resolvePurchased({ ...asked, purchased: 'exclude' }, ascending(basket.keys()))
        : resolvePurchased(settled, buyer.products, buyer.returned);
    const { filter, pinned } = withPins(resolved, shown?.pins);
    const draw = drawFor(filter, snapshot.categories);
    const boosting = boostingOf(shown?.groups);
    if (buyer.products.length === 0 && customer === undefined)
      return { snapshot, filter, draw, explain, source: 'popular', buyer: nobody, customer, since, pinned, boosting };
    const vector = vectorOf(buyer, { lines });
    const query = queryOf(vector, draw, filter, buyer);
    return { snapshot, filter, draw, explain, source: 'basket', buyer, customer, since, query, pinned, boosting };
  }

  return {
    forCustomer(customerId, options = {}, known = recommendOptions, served, shown) {
      objectOfOptions(options);
      const { explain = false } = options;
      checkExplain(explain);
      const filter = toFilter(options, ids.productRow, known, shown?.mask ?? mask);
      if (served) return forServed(served, filter, shown, explain);
      const customer = ids.customerRow(customerId);
      if (customer === undefined) return planOf(stranger, undefined, filter, shown, explain);
      return forRow(customer, filter, shown, explain);
    },
    forBasket,
    forServed,
    forRow,
  };
}

/** A buyer with the orders they made, and their factors; without, nothing that they bought is known. */
interface Folded {
  readonly buyer: Buyer;
  readonly orders: number;
  readonly vector?: Float32Array;
}

const noUnits: OrderUnits = new Map();
const asModelled = (customer: number | undefined): Served => ({ customer, orders: [], sentBack: noUnits });
const stranger = asModelled(undefined);

function checkExplain(explain: unknown): void {
  if (typeof explain !== 'boolean') throw invalidOption('explain', explain, 'true or false');
}
