import { purchasesProblem, rises } from '../dataset/check.ts';
import { EndcapError } from '../errors.ts';
import { maxFactors } from '../kernel/operations.ts';
import type { Model } from './model.ts';

/** Models without a problem. They are immutable, so one check is enough. */
const sound = new WeakSet<Model>();

/**
 * Checks a model before it is put to use, its values only if nobody has checked this very object before.
 * @throws `model_unreadable` if it breaks a promise of its type, or its factors are too large for finite scores.
 */
export function checkModel(model: Model): void {
  const problem = (sound.has(model) ? undefined : modelProblem(model)) ?? scoresProblem(model);
  if (problem === undefined) return;
  throw new EndcapError('model_unreadable', `this model cannot be used: ${problem}; train it again`, {
    reason: 'values',
    problem,
  });
}

/** What is wrong with the values of a model; undefined if it keeps every promise of its type. */
export function modelProblem(model: Model): string | undefined {
  const problem = findProblem(model);
  if (problem === undefined) sound.add(model);
  return problem;
}

/** The length of the longest of rows of `width` numbers. */
export function longestRow(values: Float32Array, width: number): number {
  let longest = 0;
  for (let start = 0; start < values.length; start += width) {
    let square = 0;
    for (let k = start; k < start + width; k++) square += values[k] * values[k];
    longest = Math.max(longest, Math.sqrt(square));
  }
  return longest;
}

/** Whether dot products of vectors up to these lengths are finite as 32-bit floats: none exceeds the lengths' product. */
export function hasFiniteScores(length: number, otherLength: number): boolean {
  return length * otherLength < 1e38;
}

function scoresProblem({ customerFactors, productFactors, factors }: Model): string | undefined {
  if (hasFiniteScores(longestRow(customerFactors, factors), longestRow(productFactors, factors))) return undefined;
  return 'the factors are too large for finite scores';
}

function findProblem(model: Model): string | undefined {
  const { customers, products, factors } = model;
  if (model.algorithm !== 'als' && model.algorithm !== 'quantity')
    return `the algorithm must be 'als' or 'quantity', but is '${model.algorithm}'`;
  if (!Number.isInteger(factors) || factors < 1 || factors > maxFactors)
    return `factors must be a whole number from 1 to ${maxFactors}, but is ${factors}`;
  if (model.productInfo.length !== products.length)
    return `productInfo has ${model.productInfo.length} entries, but there are ${products.length} products`;
  return (
    idsProblem('customer', customers) ??
    idsProblem('product', products) ??
    factorsProblem('customer', model.customerFactors, customers.length * factors, factors) ??
    factorsProblem('product', model.productFactors, products.length * factors, factors) ??
    pricesProblem(model) ??
    purchasesProblem(model.purchases, customers.length, products.length) ??
    signalsProblem(model) ??
    boughtTogetherProblem(model)
  );
}

function signalsProblem({ customers, products, purchases, signals, metadata }: Model): string | undefined {
  if (!signals) return metadata.ranking && 'it has a ranking but no signals';
  const {
    recency,
    tasteRecency = recency,
    lastOrders,
    orders,
    popularity,
    uptake = popularity,
    repeatPropensity,
  } = signals;
  const pairs = purchases.products.length;
  if ([recency, tasteRecency, lastOrders].some(({ length }) => length !== pairs))
    return `the signals of pairs do not have one value for each of the ${pairs} pairs`;
  if (orders.length !== customers.length)
    return `there are ${orders.length} numbers of orders, but ${customers.length} customers`;
  if ([popularity, uptake, repeatPropensity].some(({ length }) => length !== products.length))
    return `popularity, uptake and repeat propensity do not have one value for each of the ${products.length} products`;
  const isAmount = (value: number) => value >= 0 && value < Infinity;
  const pair = recency.findIndex((value) => !isAmount(value));
  if (pair >= 0) return `pair ${pair} has a recency of ${recency[pair]}`;
  const tastePair = tasteRecency.findIndex((value) => !isAmount(value));
  if (tastePair >= 0) return `pair ${tastePair} has a taste recency of ${tasteRecency[tastePair]}`;
  const popularityRow = popularity.findIndex((value) => !isAmount(value));
  if (popularityRow >= 0) return `product row ${popularityRow} has a popularity of ${popularity[popularityRow]}`;
  const uptakeRow = uptake.findIndex((value) => !isAmount(value));
  if (uptakeRow >= 0) return `product row ${uptakeRow} has an uptake of ${uptake[uptakeRow]}`;
  const repeatRow = repeatPropensity.findIndex((value) => !Number.isFinite(value));
  return repeatRow < 0
    ? undefined
    : `product row ${repeatRow} has a repeat propensity of ${repeatPropensity[repeatRow]}`;
}

function boughtTogetherProblem({ products, boughtTogether }: Model): string | undefined {
  if (!boughtTogether) return undefined;
  const { offsets, lifts, orders } = boughtTogether;
  const count = boughtTogether.products.length;
  if (lifts.length !== count || orders.length !== count) return 'the arrays of boughtTogether differ in length';
  if (offsets.length !== products.length + 1 || !rises(offsets, count))
    return `the offsets of boughtTogether do not rise from 0 to ${count} over ${products.length} products`;
  for (let i = 0; i < count; i++) {
    if (boughtTogether.products[i] >= products.length)
      return `boughtTogether has product row ${boughtTogether.products[i]}, but there are ${products.length} products`;
    if (!(lifts[i] > 0 && lifts[i] < Infinity)) return `boughtTogether has a lift of ${lifts[i]}`;
    if (!(orders[i] >= 1 && orders[i] <= 0x7fffffff))
      return `boughtTogether has a pair of products in ${orders[i]} orders`;
  }
  return undefined;
}

function idsProblem(what: string, ids: readonly string[]): string | undefined {
  for (const [row, id] of ids.entries()) {
    if (id === '') return `the id of ${what} row ${row} is empty`;
    if (row > 0 && ids[row - 1] >= id) return `the ${what} ids are not distinct and sorted: see row ${row}`;
  }
  return undefined;
}

function factorsProblem(what: string, values: Float32Array, length: number, factors: number): string | undefined {
  if (values.length !== length) return `there are ${values.length} ${what} factors, but ${length} are expected`;
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) return `a factor of ${what} row ${Math.floor(i / factors)} is ${values[i]}`;
  }
  return undefined;
}

function pricesProblem({ productInfo }: Model): string | undefined {
  const row = productInfo.findIndex(({ price }) => price !== undefined && !Number.isFinite(price));
  return row < 0 ? undefined : `the price of product row ${row} is ${productInfo[row].price}`;
}
