import type { Purchases } from '../dataset/dataset.ts';
import type { Model } from './model.ts';
import { rises } from './strings.ts';

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

function purchasesProblem(purchases: Purchases, customers: number, products: number): string | undefined {
  const { offsets, quantities, orders, lastPurchase } = purchases;
  const pairs = purchases.products.length;
  if (quantities.length !== pairs || orders.length !== pairs || lastPurchase.length !== pairs) {
    return 'the columns of the purchases differ in length';
  }
  if (offsets.length !== customers + 1 || !rises(offsets, pairs)) {
    return `the purchase offsets do not rise from 0 to ${pairs} over ${customers} customers`;
  }
  for (let customer = 0; customer < customers; customer++) {
    for (let i = offsets[customer]; i < offsets[customer + 1]; i++) {
      const product = purchases.products[i];
      if (product >= products) return `customer row ${customer} bought product row ${product} of ${products}`;
      if (i > offsets[customer] && purchases.products[i - 1] >= product) {
        return `the purchases of customer row ${customer} are not distinct and sorted`;
      }
      if (!(quantities[i] > 0 && quantities[i] < Infinity)) return `purchase ${i} has a quantity of ${quantities[i]}`;
      if (orders[i] < 1 || orders[i] > 0x7fffffff) return `purchase ${i} is of ${orders[i]} orders`;
      if (Math.abs(lastPurchase[i]) === Infinity) return `purchase ${i} has a time of ${lastPurchase[i]}`;
    }
  }
  return undefined;
}
