import { ordersOf } from '../dataset/dataset.ts';
import type { HeldOut } from '../dataset/split.ts';
import { createRandom } from '../random.ts';
import type { ExampleCustomer } from './types.ts';

const customersShown = 6;
const ordersShown = 5;
const productsListed = 10;

/** Draws a few customers at random, the same ones for the same orders, and collects their lists as they are measured. */
export function createExamples(heldOut: HeldOut) {
  const { customers } = heldOut;
  const random = createRandom(1);
  const drawn = new Set<number>();
  while (drawn.size < Math.min(customersShown, customers.length)) {
    drawn.add(customers[random.below(customers.length)]);
  }
  const examples: ExampleCustomer[] = [];
  return {
    take(customer: number, rows: Uint32Array): void {
      if (drawn.has(customer)) examples.push(exampleOf(heldOut, customer, rows.slice(0, productsListed)));
    },
    taken: () => examples,
  };
}

function exampleOf({ train, ...targets }: HeldOut, customer: number, list: Uint32Array): ExampleCustomer {
  const { products, productInfo, purchases, history } = train;
  const place = targets.customers.indexOf(customer);
  const wanted = targets.products.subarray(targets.offsets[place], targets.offsets[place + 1]);
  const before = new Map<number, number>();
  for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++) {
    before.set(purchases.products[pair], ordersOf(purchases, pair));
  }
  const product = (row: number) => {
    const { name } = productInfo[row];
    return { product: products[row], ...(name !== undefined && { name }) };
  };
  const withBefore = (row: number) => ({ ...product(row), ordersBefore: before.get(row) ?? 0 });
  const orders: ExampleCustomer['history'][number][] = [];
  let earlierOrders = 0;
  if (history) {
    const [first, end] = [history.offsets[customer], history.offsets[customer + 1]];
    earlierOrders = Math.max(0, end - first - ordersShown);
    for (let order = first + earlierOrders; order < end; order++) {
      const time = history.times?.[order] ?? Number.NaN;
      const rows = history.products.subarray(history.starts[order], history.starts[order + 1]);
      orders.push({ ...(!Number.isNaN(time) && { time }), products: Array.from(rows, product) });
    }
  } else {
    orders.push({ products: Array.from(before.keys(), product) });
  }
  return {
    customer: train.customers[customer],
    earlierOrders,
    history: orders,
    list: Array.from(list, (row) => ({ ...withBefore(row), hit: wanted.includes(row) })),
    targets: Array.from(wanted, withBefore),
  };
}
