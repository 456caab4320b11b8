import { purchasesProblem } from '../dataset/check.ts';
import type { Model } from './model.ts';

/** What is wrong with the values of a model; undefined when it keeps every promise of its type. */
export function modelProblem(model: Model): string | undefined {
  const { customers, products, factors } = model;
  if (model.algorithm !== 'als' && model.algorithm !== 'quantity') return `the algorithm ${model.algorithm} is unknown`;
  if (!Number.isInteger(factors) || factors < 1) return `factors must be a whole number above zero, but is ${factors}`;
  if (model.productInfo.length !== products.length) return 'productInfo does not go with the products';
  return (
    idsProblem('customer', customers) ??
    idsProblem('product', products) ??
    factorsProblem('customer', model.customerFactors, customers.length * factors, factors) ??
    factorsProblem('product', model.productFactors, products.length * factors, factors) ??
    pricesProblem(model) ??
    purchasesProblem(model.purchases, customers.length, products.length)
  );
}

function idsProblem(what: string, ids: readonly string[]): string | undefined {
  for (const [row, id] of ids.entries()) {
    if (id === '') return `the id of ${what} row ${row} is empty`;
    if (row > 0 && ids[row - 1] >= id) return `the ${what} ids are not distinct and sorted at row ${row}`;
  }
  return undefined;
}

function factorsProblem(what: string, values: Float32Array, length: number, factors: number): string | undefined {
  if (values.length !== length) return `there are ${values.length} ${what} factors where ${length} belong`;
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) return `a factor of ${what} row ${Math.floor(i / factors)} is ${values[i]}`;
  }
  return undefined;
}

function pricesProblem({ productInfo }: Model): string | undefined {
  const row = productInfo.findIndex(({ price }) => price !== undefined && !Number.isFinite(price));
  return row < 0 ? undefined : `the price of product row ${row} is ${productInfo[row].price}`;
}
