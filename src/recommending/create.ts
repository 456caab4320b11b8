import { EndcapError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { modelProblem } from '../model/check.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, wholeNumber } from '../options.ts';
import { scoreBlocks } from './batch.ts';
import { ascending, both, either, type Filter, passes, toFilter, without } from './filters.ts';
import { type Bought, createFoldIn } from './fold-in.ts';
import { popularityOf } from './popular.ts';
import {
  type BasketLine,
  type BatchOptions,
  noRow,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
} from './recommender.ts';
import { createScorer, packCandidates, padIn, type Ranked } from './scorer.ts';

/**
 * Puts a model to work on a kernel, which it closes when it is closed. Throws `model_unreadable` where the model breaks a
 * promise of its type (the kernels trust what they are given) or its factors are so large that their products would not be
 * finite, `out_of_memory` where the kernel has no room.
 */
export function recommendWith(kernel: Kernel, model: Model): Recommender {
  const { factors, customers, products, productInfo, purchases } = model;
  checkModel(model);
  const customerRow = new Map(customers.map((id, row) => [id, row]));
  const productRow = new Map(products.map((id, row) => [id, row]));
  const rowOf = (id: string) => productRow.get(id);
  const customerFactors = padIn(kernel, model.customerFactors, factors);
  const candidates = packCandidates(kernel, padIn(kernel, model.productFactors, factors), factors);
  const { stride } = candidates;
  const score = createScorer(kernel);
  const foldIn = once(() => createFoldIn(kernel, model, candidates.rows));
  const popularity = once(() => popularityOf(purchases, products.length));
  const directions = once(() =>
    packCandidates(kernel, padIn(kernel, unitLength(model.productFactors, factors), factors), factors),
  );
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new EndcapError('invalid_options', 'this recommender is closed; create another one');
  }

  function toItem(row: number, value: number): Recommendation {
    const { name, category } = productInfo[row];
    return { product: products[row], row, score: value, ...(name && { name }), ...(category && { category }) };
  }

  const toItems = ({ rows, scores }: Ranked) => Array.from(rows, (row, i) => toItem(row, scores[i]));

  const boughtBy = (customer: number | undefined) =>
    customer === undefined
      ? new Uint32Array(0)
      : purchases.products.subarray(purchases.offsets[customer], purchases.offsets[customer + 1]);

  /** Settles the filter on what was bought: from then on there are only allowed and denied rows. */
  function settle(filter: Filter, bought: Uint32Array): Filter {
    const { n, purchased, allowed, denied } = filter;
    const refused = purchased === 'exclude' ? either(denied, bought) : denied;
    const listed = purchased === 'only' ? (allowed ? both(bought, allowed) : bought) : allowed;
    return { n, allowed: listed && without(listed, refused), denied: refused };
  }

  function popular(filter: Filter): Recommendations {
    const { orders, ranking } = popularity();
    const eligible = passes(filter);
    const items: Recommendation[] = [];
    for (const row of ranking) {
      if (items.length === filter.n) break;
      if (eligible(row)) items.push(toItem(row, orders[row]));
    }
    return { items, source: 'popular' };
  }

  function blocks(options: BatchOptions): AsyncGenerator<RecommendationBlock> {
    checkOpen();
    const { from = 0, to = customers.length, signal, onProgress, ...filters } = options;
    wholeNumber('to', to, 0, customers.length);
    wholeNumber('from', from, 0, to);
    const filter = toFilter(filters, rowOf);
    return scoreBlocks(kernel, customerFactors, candidates, purchases, filter, { from, to, signal, onProgress });
  }

  return {
    model,
    kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads },

    recommend(customerId, options = {}) {
      checkOpen();
      const filter = toFilter(options, rowOf);
      const row = customerRow.get(String(customerId));
      const settled = settle(filter, boughtBy(row));
      if (row === undefined) return popular(settled);
      const query = customerFactors.subarray(row * stride, (row + 1) * stride);
      return { items: toItems(score(query, candidates, settled)), source: 'personal' };
    },

    recommendForBasket(lines, options = {}) {
      checkOpen();
      const filter = toFilter(options, rowOf, ['n', 'purchased', 'allow', 'deny', 'customer']);
      const basket = readBasket(lines, rowOf);
      const row = options.customer === undefined ? undefined : customerRow.get(String(options.customer));
      const history = boughtBy(row);
      const inBasket = ascending(basket.keys());
      // Left to itself a basket does not recommend what is in it, but may well what the customer buys again and again.
      const settled =
        filter.purchased === undefined
          ? settle({ ...filter, purchased: 'exclude' }, inBasket)
          : settle(filter, either(history, inBasket));
      if (basket.size === 0 && row === undefined) return popular(settled);
      if (row !== undefined) addHistory(basket, model, row);
      return { items: toItems(score(foldIn()(basket), candidates, settled)), source: 'basket' };
    },

    similarProducts(productId, options = {}) {
      checkOpen();
      const filter = toFilter(options, rowOf, ['n', 'allow', 'deny']);
      const row = rowOf(String(productId));
      if (row === undefined) {
        throw new EndcapError('unknown_product', `the model knows no product '${productId}'`, {
          product: String(productId),
        });
      }
      const all = directions();
      const query = all.rows.subarray(row * stride, (row + 1) * stride);
      return toItems(score(query, all, settle({ ...filter, purchased: 'exclude' }, Uint32Array.of(row))));
    },

    recommendBlocks: (options = {}) => blocks(options),

    async *recommendAll(options = {}) {
      for await (const { firstCustomer, customers: count, n, rows, scores } of blocks(options)) {
        for (let c = 0; c < count; c++) {
          const items: Recommendation[] = [];
          for (let i = c * n; i < (c + 1) * n && rows[i] !== noRow; i++) items.push(toItem(rows[i], scores[i]));
          yield { customer: customers[firstCustomer + c], items };
        }
      }
    },

    async close() {
      closed = true;
      await kernel.close();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Quantities by product row; lines of products that the model does not know are left out. Throws `invalid_options`. */
function readBasket(
  lines: readonly BasketLine[],
  rowOf: (productId: string) => number | undefined,
): Map<number, Bought> {
  if (!Array.isArray(lines)) throw invalidOption('lines', lines, 'an array of product ids or of {product, quantity}');
  const basket = new Map<number, Bought>();
  for (const [index, line] of lines.entries()) {
    const { product, quantity = 1 } = typeof line === 'object' && line !== null ? line : { product: line };
    if (typeof product !== 'string' && typeof product !== 'number')
      throw invalidOption(`lines[${index}].product`, product, 'a product id');
    if (!Number.isFinite(quantity) || quantity <= 0 || quantity > 1e9)
      throw invalidOption(`lines[${index}].quantity`, quantity, 'a number above 0, at most 1,000,000,000');
    const row = rowOf(String(product));
    if (row === undefined) continue;
    basket.set(row, { orders: 1, quantity: quantity + (basket.get(row)?.quantity ?? 0) });
  }
  return basket;
}

function addHistory(basket: Map<number, Bought>, { purchases }: Model, customer: number): void {
  for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++) {
    const { orders, quantity } = basket.get(purchases.products[pair]) ?? { orders: 0, quantity: 0 };
    basket.set(purchases.products[pair], {
      orders: orders + purchases.orders[pair],
      quantity: quantity + purchases.quantities[pair],
    });
  }
}

/** The length of the vector of so many values from `start` on. */
function lengthOf(values: Float32Array, start: number, count: number): number {
  let square = 0;
  for (let k = start; k < start + count; k++) square += values[k] * values[k];
  return Math.sqrt(square);
}

/** Rows scaled to length 1; rows of zeros stay. */
function unitLength(values: Float32Array, factors: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += factors) {
    const length = lengthOf(values, row, factors);
    const scale = length > 0 ? 1 / length : 0;
    for (let k = row; k < row + factors; k++) result[k] = values[k] * scale;
  }
  return result;
}

/** No score can be larger than the product of the largest lengths; beyond the floats, ranking would be noise. */
function checkModel(model: Model): void {
  const { customerFactors, productFactors, factors } = model;
  const largest = (values: Float32Array) => {
    let most = 0;
    for (let row = 0; row < values.length; row += factors) most = Math.max(most, lengthOf(values, row, factors));
    return most;
  };
  const tooLarge = () =>
    largest(customerFactors) * largest(productFactors) < 1e38
      ? undefined
      : 'the factors are too large for finite scores';
  const problem = modelProblem(model) ?? tooLarge();
  if (problem === undefined) return;
  throw new EndcapError('model_unreadable', `this model cannot be used: ${problem}; train it again`, {
    reason: 'values',
    problem,
  });
}
