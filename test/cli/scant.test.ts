import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endcap, json, picked } from './run.ts';

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
    const orders = `${name}.csv`;
    const small = ['--factors', '4', '--iterations', '2'];
    const evaluate = ['evaluate', orders, ...small, ...picked];
    const ran = await Promise.all([
      endcap([...evaluate, '--report', `${name}.html`], { cwd }),
      endcap([...evaluate, '--last-days', '4', '--json', '--quiet'], { cwd }),
      endcap([...evaluate, '--test', 'full.csv'], { cwd }),
    ]);
    for (const [i, { code, stdout, stderr }] of ran.entries()) {
      const said = `${stdout}${stderr}`;
      assert.match(said.replace(/\s+/g, ' '), words[i], said);
      assert.not.match(said, noNumber);
      assert.is(code, /^error: /m.test(stderr) ? 1 : 0, said);
    }
    const { error } = json<{ error?: { code: string } }>(ran[1]);
    assert.equal([ran[1].code, error?.code], ran[1].code === 0 ? [0, undefined] : [1, 'nothing_to_measure']);
    if (ran[0].code === 0) assert.not.match(await readFile(join(cwd, `${name}.html`), 'utf8'), noNumber);
    const trained = await endcap(['train', orders, ...small, '-o', `${name}.m`], { cwd });
    assert.is(trained.code, 0, trained.stderr);
    assert.match(trained.stdout.toString(), /^picked +(nothing|regularization)/m);
    const asked = [
      ['recommend', `${name}.m`, 'c0', '--explain'],
      ['together', `${name}.m`, shops[name].rows[0][1]],
      ['similar-customers', `${name}.m`, shops[name].rows[0][0]],
    ];
    for (const ran of await Promise.all(asked.map((args) => endcap(args, { cwd })))) {
      assert.is(ran.code, 0, ran.stderr);
      assert.not.match(ran.stdout.toString(), noNumber);
      assert.ok(ran.stdout.toString().trimEnd().split('\n').length > 1, 'more than a heading');
    }
  });
}

test.run();
