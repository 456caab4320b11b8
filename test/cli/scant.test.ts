import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluationTables } from '../../src/cli/terminal/evaluation-tables.ts';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { type EvaluateOptions, evaluate } from '../../src/evaluation/evaluate.ts';
import { reportHtml } from '../../src/evaluation/report/report.ts';
import type { ProtocolOptions } from '../../src/measuring/protocols/protocols.ts';
import { endcap, picked } from './run.ts';

const test = suite<{ cwd: string }>('endcap with few or incomplete orders');

type Row = [customer: string, product: string, quantity: number, order: string, date: string];
const columns = ['customer', 'product', 'quantity', 'order', 'date'] as const;

/** Customers return; each buys three of twelve products. */
const shop: Row[] = Array.from({ length: 120 }, (_, i) => {
  const [customer, order] = [i % 20, Math.floor(i / 40)];
  return [
    `c${customer}`,
    `P${(customer + 5 * order + Math.floor(i / 20)) % 12}`,
    1,
    `${customer}-${order}`,
    dateOf(order),
  ];
});
const once = (rows: Row[]) => rows.filter(([, , , order]) => order.endsWith('-0'));
const shops: Record<string, { rows: Row[]; without?: readonly (typeof columns)[number][] }> = {
  full: { rows: shop },
  'no-ids': { rows: shop, without: ['order'] },
  'no-dates': { rows: shop, without: ['date'] },
  neither: { rows: shop, without: ['order', 'date'] },
  'one-order': { rows: once(shop) },
  'one-customer': { rows: shop.filter(([customer]) => customer === 'c1') },
  'one-product': { rows: shop.map((row): Row => [row[0], 'P1', 1, row[3], row[4]]) },
  'two-rows': { rows: [shop[0], shop[1]] },
  'two-orders': { rows: [shop[0], ['c0', 'P9', 1, 'x', dateOf(9)]] },
  'one-row': { rows: [shop[0]] },
};

function dateOf(order: number): string {
  return `2025-01-${String(1 + 3 * order).padStart(2, '0')}`;
}

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-scant-'));
  for (const [name, { rows, without = [] }] of Object.entries(shops)) {
    const kept = columns.flatMap((column, i) => (without.includes(column) ? [] : [i]));
    const lines = [columns, ...rows].map((row) => kept.map((i) => row[i]).join());
    await writeFile(join(context.cwd, `${name}.csv`), `${lines.join('\n')}\n`);
  }
});
test.after(({ cwd }) => rm(cwd, { recursive: true }));

const blend = { taste: 2, habit: 4, trend: 0.1, bought: 0, repeat: 0.5 };
const noNumber = /\bNaN\b|undefined|Infinity|\[object/;

/** Each shop, and what evaluating it says: on the last orders, on the last days, and on a second file. */
const cases: [name: string, last: RegExp, days: RegExp, given: RegExp][] = [
  ['no-ids', /no order ids: what a customer bought at the same time/, /2025-01-0/, /test orders of 20/],
  [
    'no-dates',
    /have no times: they are taken in the order/,
    /no times, so none can be held out by time/,
    /test orders of 20/,
  ],
  ['neither', /neither order ids nor times: every line counts/, /no times/, /every line counts as an order/],
  ['one-order', /no customer has two orders/, /no order before 2024/, /test orders of 20/],
  ['one-customer', /Only one customer could be measured/, /Only one customer/, /Only one customer/],
  ['one-product', /nothing to rank/, /nothing to rank/, /products that are not in the training orders|nothing to rank/],
  ['two-rows', /no customer has two orders \(there are 2 customers\)/, /no order before/, /test orders of 2/],
  ['two-orders', /nobody had bought before/, /nobody had bought before/, /test orders of one customer/],
  ['one-row', /no customer has two orders \(there is one customer\)/, /no order before/, /test orders of one customer/],
];

for (const [name, ...words] of cases) {
  test(`${name}: says what can be measured, and lists products regardless`, async ({ cwd }) => {
    const orders = join(cwd, `${name}.csv`);
    // One customer, or one product, is taken for them only if it is named.
    const named = { customer: 'customer', product: 'product' };
    const dataset = await readOrders(orders, { columns: named });
    const training = {
      factors: 4,
      iterations: 2,
      threads: 1,
      regularization: 8,
      unobservedWeight: 0.2,
      tasteDecay: 0.9,
      blend,
    };
    const protocols: ProtocolOptions[] = [{}, { lastDays: 4 }, { test: await readOrders(join(cwd, 'full.csv')) }];
    for (const [i, protocol] of protocols.entries()) {
      const said = await evaluationOf(dataset, { ...protocol, training });
      assert.match(said.replace(/\s+/g, ' '), words[i], said);
      assert.not.match(said, noNumber);
    }
    const model = `${name}.m`;
    const small = ['--columns', 'customer=customer,product=product', '--factors', '4', '--iterations', '2', ...picked];
    const trained = await endcap(['train', orders, ...small, '-o', model], { cwd });
    assert.is(trained.code, 0, trained.stderr);
    assert.match(trained.stdout.toString(), /^picked +(nothing|regularization)/m);
    const [customer, product] = shops[name].rows[0];
    const asked = [['recommend', model, 'c0', '--explain']];
    if (/one-(customer|product|row)/.test(name))
      asked.push(['together', model, product], ['similar-customers', model, customer]);
    for (const ran of await Promise.all(asked.map((args) => endcap(args, { cwd })))) {
      assert.is(ran.code, 0, ran.stderr);
      assert.not.match(ran.stdout.toString(), noNumber);
      assert.ok(ran.stdout.toString().trimEnd().split('\n').length > 1, 'more than a heading');
    }
  });
}

/** Everything that `endcap evaluate` can write about an evaluation, or why there is nothing to measure. */
async function evaluationOf(dataset: Dataset, options: EvaluateOptions): Promise<string> {
  try {
    const evaluation = await evaluate(dataset, options);
    return [...evaluationTables(evaluation), JSON.stringify(evaluation), await reportHtml(evaluation)].join('\n');
  } catch (error) {
    assert.instance(error, EndcapError);
    assert.is((error as EndcapError).code, 'nothing_to_measure');
    return (error as EndcapError).message;
  }
}

test.run();
