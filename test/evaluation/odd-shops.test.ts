/** Shops that leave little to pick: training, evaluating, and recommending get through, and say what could not be done. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { type EvaluateOptions, evaluate } from '../../src/evaluation/evaluate.ts';
import { createRandom } from '../../src/random.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { describePicked } from '../../src/tuning/describe.ts';
import { train } from '../../src/tuning/train.ts';

const test = suite('odd shops');

const small = { factors: 4, iterations: 2, threads: 1 };
const minute = 60_000;
const start = Date.UTC(2025, 4, 5, 9);

interface Made {
  customers?: number;
  orders?: number;
  products?: number;
  lines?: number;
  /** Of the order with a number. */
  time?: (order: number) => number;
}

/** Orders of all customers in turn. */
function shopOf({
  customers = 60,
  orders = 510,
  products = 40,
  lines = 3,
  time = (i) => start + i * 600 * minute,
}: Made) {
  const random = createRandom(5);
  return Array.from({ length: orders * lines }, (_, i) => {
    const order = Math.floor(i / lines);
    return {
      customer: `c${order % customers}`,
      product: `p${(3 * (order % customers) + random.below(Math.min(products, 12))) % products}`,
      quantity: 1,
      order: `o${order}`,
      time: new Date(time(order)).toISOString(),
    };
  });
}

const read = (rows: object[]) => readOrders(rows, { columns: { customer: 'customer', product: 'product' } });

function assertFinite(value: unknown, where: string): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), `${where} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) assertFinite(part, `${where}.${name}`);
}

/** Trains, evaluates, and recommends in every way; all that was said about it. */
async function saidOf(dataset: Dataset, protocol: Partial<EvaluateOptions> = {}): Promise<string> {
  const model = await train(dataset, small);
  assertFinite([...model.customerFactors, ...model.productFactors], 'factors');
  assertFinite(model.metadata.choice, 'choice');
  const recommender = createRecommender(model, { threads: 1 });
  const [customer, product] = [model.customers[0], model.products[0]];
  const lists = [
    recommender.recommendSync(customer, { n: 20, explain: true }),
    recommender.recommendSync(customer, { n: 20, purchased: 'exclude', explain: true }),
    recommender.recommendSync('nobody', { n: 20 }),
    recommender.recommendForBasketSync([product], { n: 20, explain: true }),
  ];
  await recommender.close();
  assertFinite(
    lists.map(({ items }) => items),
    'lists',
  );
  assert.ok(lists[0].items.length > 0, 'a list for a customer');
  const said = [...(dataset.notes ?? []).map(({ text }) => text), `picked ${describePicked(model.metadata)}`];
  try {
    const evaluation = await evaluate(dataset, { ...protocol, training: small, ks: [10] });
    const { results, comparisons, groups, account, conclusions } = evaluation;
    assertFinite(
      [results, comparisons, groups].flat().map(({ metrics }) => means(metrics)),
      'metrics',
    );
    said.push(...account.notes, ...conclusions);
  } catch (error) {
    assert.instance(error, EndcapError);
    assert.is((error as EndcapError).code, 'nothing_to_measure');
    said.push((error as EndcapError).message);
  }
  const text = said.join('\n');
  assert.not.match(text, /NaN|undefined|Infinity/);
  return text;
}

const means = (metrics: Record<string, { mean: number }>) => Object.values(metrics).map(({ mean }) => mean);

const early = /picked nothing: fewer than 200 orders/;
const few = /picked nothing: fewer than 500 orders, or than 30 customers/;
const picked = /picked regularization/;
const oneDay = /orders are dated 2025-05-05, as if by an import: what sells lately cannot be told/;

const cases: [what: string, made: Made, ...said: RegExp[]][] = [
  ['one customer', { customers: 1, orders: 30 }, early, /Only one customer could be measured/],
  ['one customer with many orders', { customers: 1 }, few, /Only one customer could be measured/],
  ['one product', { products: 1, lines: 1 }, /nothing to rank/],
  ['one customer and one product', { customers: 1, products: 1, lines: 1, orders: 2 }, early, /nothing to rank/],
  ['orders of one day', { time: (i) => start + i * minute }, picked, oneDay],
  ['orders within one second', { time: (i) => start + i }, picked, oneDay],
  ['times of an import', { time: () => start }, picked, oneDay, /All 510 orders/],
  [
    'times of an import, then of orders',
    { time: (i) => start + Math.max(0, i - 300) * 600 * minute },
    picked,
    oneDay,
    /30\d of 510 orders/,
  ],
  ['a catalogue of ten products', { products: 10 }, picked],
  ['orders of one product each', { lines: 1 }, picked],
  ['customers who come once', { customers: 510 }, picked, /no customer has two orders/],
];
for (const [what, made, ...said] of cases) {
  test(`${what}: lists without gaps, and a message about what could not be picked`, async () => {
    const text = await saidOf(await read(shopOf(made)));
    for (const words of said) assert.match(text, words);
  });
}

test('unknown products and customers in a test part are left out, and counted', async () => {
  const dataset = await read(shopOf({}));
  const later = shopOf({ orders: 30, time: (i) => start + (1e4 + i) * 600 * minute });
  const odd = later.map((row, i) => ({
    ...row,
    ...(i % 3 === 0 && { product: `new${i}` }),
    ...(i < 3 && { customer: 'new' }),
  }));
  const text = await saidOf(dataset, { test: await read(odd) });
  assert.match(text, /9 targets are products that are not in the training orders; they are left out/);
  const unknown = later.map((row, i) => ({ ...row, product: `new${i}` }));
  assert.match(
    await saidOf(dataset, { test: await read(unknown) }),
    /no product of the test orders is in the training orders/,
  );
});

test.run();
