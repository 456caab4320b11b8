import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { fit } from '../../../src/training/fit.ts';
import { neighboursOf } from '../../../src/training/neighbours/walk.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('neighbours');

/** A dataset of what each customer bought, as numbers of products. */
function shopOf(customers: number[][], unlisted: number[] = []): Dataset {
  const idOf = (product: number) => `p${String(product).padStart(6, '0')}`;
  const baskets = new Map<string, Basket[]>();
  for (const [c, products] of customers.entries())
    baskets.set(`c${String(c).padStart(6, '0')}`, [{ products: products.map(idOf) }]);
  const dataset = datasetOfBaskets(baskets);
  return unlisted.length === 0
    ? dataset
    : { ...dataset, unlisted: Uint32Array.from(unlisted, (product) => dataset.products.indexOf(idOf(product))) };
}

async function listsOf(dataset: Dataset, maxOthers?: number) {
  const { offsets, products, strengths } = await neighboursOf(dataset, { maxOthers });
  assert.is(products.length, offsets[dataset.products.length]);
  assert.is(strengths.length, products.length);
  return dataset.products.map((_, p) =>
    Array.from(products.subarray(offsets[p], offsets[p + 1]), (row, i) => ({
      row,
      strength: strengths[offsets[p] + i],
    })),
  );
}

/** The same by a dense matrix: what the equation says, element by element. */
function plainly({ customers, products, purchases, unlisted = new Uint32Array() }: Dataset, most: number) {
  const has = customers.map(
    (_, c) => new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1])),
  );
  const holders = (p: number) => has.filter((own) => own.has(p)).length;
  const scale = (p: number) => 1 / Math.sqrt(holders(p));
  const walk = (j: number, i: number) => {
    let sum = 0;
    for (const own of has) if (own.has(j) && own.has(i)) sum += 1 / own.size;
    return { strength: sum * scale(i) * scale(j), key: sum * scale(i) ** 0.8 * scale(j) };
  };
  return products.map((_, j) =>
    products
      .map((_, i) => ({ row: i, ...walk(j, i) }))
      .filter(({ row, key }) => row !== j && key > 0 && !unlisted.includes(row) && !unlisted.includes(j))
      .sort((a, b) => b.key - a.key || a.row - b.row)
      .slice(0, most)
      .sort((a, b) => a.row - b.row)
      .map(({ row, strength }) => ({ row, strength: Math.fround(strength) })),
  );
}

test('on a checkerboard, the neighbours of a product are all others of its color, equally strong', async () => {
  const color = (parity: number) => [0, 2, 4, 6].map((product) => product + parity);
  const lists = await listsOf(shopOf(Array.from({ length: 10 }, (_, c) => color(c % 2))));
  // Each of the 5 customers of a product walks on to each of its 4 products: 5 / 4 / sqrt(5 x 5).
  for (const [product, list] of lists.entries())
    assert.equal(
      list,
      color(product % 2)
        .filter((row) => row !== product)
        .map((row) => ({ row, strength: 0.25 })),
    );
});

test('they are the strongest entries of the normalized walk, popular ones before equals, ties to the lower row', async () => {
  const customer = fc.uniqueArray(fc.nat(8), { minLength: 1 }).map((own) => own.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(
      fc.array(customer, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (customers, most, withoutFirst) => {
        const dataset = shopOf(customers, withoutFirst ? [customers[0][0]] : []);
        const lists = await listsOf(dataset, most);
        const expected = plainly(dataset, most);
        assert.equal(lists, expected);
      },
    ),
  );
});

/** A dataset of what each customer bought, order by order. */
function shopOfOrders(customers: number[][][], columns = { customer: 'customer', order: 'order' }): Dataset {
  const baskets = customers.map((orders, c): [string, Basket[]] => [
    `c${100 + c}`,
    orders.map((products) => ({ products: products.map((product) => `p${100 + product}`) })),
  ]);
  return datasetOfBaskets(new Map(baskets), new Map(), columns);
}

/** What customers buy in the six orders after one with the product and not with it: what the comment says, pair by pair. */
function plainlyLater({ products, history }: Dataset) {
  const { offsets, starts, products: lines } = history!;
  const orders = Array.from({ length: starts.length - 1 }, (_, o) => new Set(lines.subarray(starts[o], starts[o + 1])));
  const holding = (p: number) => orders.filter((order) => order.has(p)).length;
  const sums = products.map(() => new Float64Array(products.length));
  for (let c = 0; c + 1 < offsets.length; c++) {
    const own = orders.slice(offsets[c], offsets[c + 1]);
    for (const [o, order] of own.entries())
      for (const [later, other] of own.slice(o + 1, o + 7).entries())
        for (const j of order) for (const i of other) if (!order.has(i)) sums[j][i] += 0.7 ** later / order.size;
  }
  return products.map((_, j) =>
    products
      .map((_, i) => ({ row: i, strength: sums[j][i] / Math.sqrt(holding(i) * holding(j)) }))
      .filter(({ row, strength }) => row !== j && strength > 0),
  );
}

/** Asserts that lists have the same rows in the same order, and strengths that differ by rounding. */
function isAlike(lists: Awaited<ReturnType<typeof listsOf>>, expected: ReturnType<typeof plainlyLater>): void {
  assert.equal(
    lists.map((list) => list.map(({ row }) => row)),
    expected.map((list) => list.map(({ row }) => row)),
  );
  for (const [p, list] of lists.entries())
    for (const [i, { strength }] of list.entries())
      assert.ok(Math.abs(strength / expected[p][i].strength - 1) < 1e-6, `${strength} ${expected[p][i].strength}`);
}

test('where customers buy again they are what is bought in later orders, the sooner the stronger', async () => {
  const order = fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(order, { minLength: 1, maxLength: 9 }), { maxLength: 6 }), async (customers) => {
      const dataset = shopOfOrders([...customers, [[0], [0, 1]], [[0], [0]], [[0], [0]]]);
      isAlike(await listsOf(dataset), plainlyLater(dataset));
    }),
  );
});

/** What customers bought of other products, five times as much in the same order: what the comment says, pair by pair. */
function plainlyByOrders({ products }: Dataset, customers: number[][][]) {
  const rowOf = new Map(products.map((id, row) => [id, row]));
  const sums = products.map(() => new Float64Array(products.length));
  const holders = new Uint32Array(products.length);
  for (const orders of customers) {
    const own = orders.flatMap((order, o) => order.map((product) => ({ o, row: rowOf.get(`p${100 + product}`)! })));
    for (const { o, row } of own) {
      holders[row]++;
      const others = own.filter((other) => other.row !== row);
      const weights = others.map((other) => (other.o === o ? 5 : 1));
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      // The walk stays at the product as often as without orders.
      for (const [i, other] of others.entries())
        sums[row][other.row] += (weights[i] / whole) * (others.length / own.length);
    }
  }
  return products.map((_, j) =>
    products
      .map((_, i) => ({ row: i, strength: sums[j][i] / Math.sqrt(holders[i] * holders[j]) }))
      .filter(({ strength }) => strength > 0),
  );
}

test('where orders have few lines and repeat none, products of one are five times as strong as those of two', async () => {
  const own = fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(2)), { minLength: 1, selector: ([product]) => product });
  const inOrders = own.map((lines) =>
    [0, 1, 2]
      .map((order) => lines.filter((line) => line[1] === order).map(([product]) => product))
      .filter((order) => order.length > 0),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(inOrders, { minLength: 1, maxLength: 9 }), async (some) => {
      const customers = [...some, ...Array.from({ length: 80 }, () => [[9]])];
      const dataset = shopOfOrders(customers);
      isAlike(await listsOf(dataset), plainlyByOrders(dataset, customers));
      const together = customers.map((orders) => [orders.flat()]);
      const apart = customers.map((orders) => orders.flat().map((product) => [product]));
      assert.equal(await listsOf(shopOfOrders(together)), await listsOf(shopOfOrders(apart)));
    }),
  );
});

test('where orders have more lines they count like any other', async () => {
  const customers = [[[0, 1], [2]], [[0, 1, 2]]];
  const lists = await listsOf(shopOfOrders(customers));
  assert.equal(lists, await listsOf(shopOfOrders(customers.map((orders) => [orders.flat()]))));
});

test('so it is where one in a hundred lines is a repeat', async () => {
  const apart = [[0], [1]];
  const lists = async (repeats: number) => {
    const customers = Array.from({ length: 100 }, (_, c) => (c < repeats ? [[0], [0, 1]] : apart));
    return (await listsOf(shopOfOrders(customers))).map((list) => list.map(({ row }) => row));
  };
  assert.equal(await lists(1), [[1], [0]]);
  assert.equal(await lists(50), [[1], []]);
});

test('orders are not a sequence where nobody buys again, or nothing says which came first', async () => {
  const rowsOf = async (dataset: Dataset) => (await listsOf(dataset)).map((list) => list.map(({ row }) => row));
  const once = [[[0, 1], [2]]];
  const along = [
    [1, 2],
    [0, 2],
    [0, 1],
  ];
  assert.equal(await rowsOf(shopOfOrders(once)), along);
  const again = [[[0, 1], [0], [2]]];
  assert.equal(await rowsOf(shopOfOrders(again)), [[2], [2], []]);
  assert.equal(await rowsOf(shopOfOrders(again, { customer: 'customer' } as never)), along);
});

test('customers with so many orders that counting pairs would take minutes are left out', async () => {
  const many = Array.from({ length: 110 }, () => Array.from({ length: 900 }, (_, product) => product));
  const lists = await listsOf(shopOfOrders([many, [[0], [0, 1], [2]]]));
  assert.equal(
    lists.slice(0, 3).map((list) => list.map(({ row }) => row)),
    [[1, 2], [2], []],
  );
});

test('where fewer than 100 are kept, popular ones come first', async () => {
  const alike = Array.from({ length: 100 }, (_, product) => 2 + product);
  // Product 1 is twice as often with product 0 as any other is, and has five times their customers.
  const halves = [alike.slice(0, 50), alike.slice(50)].map((half) => [0, 1, ...half]);
  const shop = shopOf([...halves, [1], [1], [1]]);
  const rows = async (maxOthers: number) => (await listsOf(shop, maxOthers))[0].map(({ row }) => row);
  assert.equal(await rows(100), alike);
  assert.equal(await rows(99), [1, ...alike.slice(0, 98)]);
});

test('a product has 20 to 100 at most unless told otherwise: the fewer, the more products customers buy', async () => {
  const everything = Array.from({ length: 130 }, (_, product) => product);
  for (const [alone, most] of [
    [0, 20],
    [4, Math.round(1600 / (134 / 5))],
    [40, 100],
  ]) {
    const ofOne = Array.from({ length: alone }, (_, c) => [130 + c]);
    const lists = await listsOf(shopOf([everything, ...ofOne]));
    for (const [product, list] of lists.entries()) {
      const others = product < 130 ? everything.filter((row) => row !== product) : [];
      assert.equal(
        list.map(({ row }) => row),
        others.slice(0, most),
      );
    }
  }
});

test('customers with so many products that counting pairs would take minutes are left out', async () => {
  const size = 23_000;
  const everything = Array.from({ length: size }, (_, product) => product);
  const lists = await listsOf(shopOf([everything, [0, 1], [1, 2]]));
  assert.equal(
    lists.slice(0, 4).map((list) => list.map(({ row }) => row)),
    [[1], [0, 2], [1], []],
  );
});

test('a model has them only if its ranking weighs them', async () => {
  const dataset = shopOf([[0, 1], [1, 2, 3], [0, 3], [2]]);
  const options = { factors: 4, iterations: 1, threads: 1 };
  const weighed = await fit(dataset, { ...options, blend: { neighbours: 1 } });
  assert.equal(weighed.neighbours, await neighboursOf(dataset));
  const plain = await fit(dataset, options);
  assert.is(plain.neighbours, undefined);
});

test('a signal stops it, and timers run meanwhile', async () => {
  const everything = Array.from({ length: 1500 }, (_, product) => product);
  // Nearly as much work as is done at all: several slices of it.
  const dataset = shopOf(Array.from({ length: 200 }, () => everything));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1);
  assert.is((await endcapErrorOf(neighboursOf(dataset, { signal: stop.signal }))).code, 'aborted');
  assert.is((await endcapErrorOf(neighboursOf(dataset, { signal: AbortSignal.abort() }))).code, 'aborted');
});

test.run();
