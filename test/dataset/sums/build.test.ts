/** Orders that are added up as they are read: what is known of pairs is what a history of them has. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBuilder } from '../../../src/dataset/build.ts';
import { datasetProblem } from '../../../src/dataset/check.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { createSummingBuilder } from '../../../src/dataset/sums/build.ts';
import { createTally } from '../../../src/orders/cleaning/account.ts';
import { createTables } from '../../../src/orders/table.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { train } from '../../../src/tuning/train.ts';
import { finish } from '../../../src/turns.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { comparable, filesOf } from '../files.ts';

const test = suite('orders without a history');
const { file } = filesOf(test);

const fields = ['order', 'customer', 'product', 'quantity', 'date'] as const;
type Row = Record<(typeof fields)[number], string>;

/** Whole orders, whose lines follow one another: returns among them, and a few of C and digits. */
const someRows = fc
  .array(
    fc.record({
      customer: fc.constantFrom('ann', 'bob', 'cy', 'dé', 'e\u{1f600}', '\uffee', '7', '8'),
      letter: fc.constantFrom('', '', '', '', 'C'),
      date: fc.constantFrom('', '2024-01-01', '2024-01-01', '2024-03-05', '2025-01-01', '4/3/2024'),
      items: fc.array(
        fc.record({
          product: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
          quantity: fc.constantFrom('1', '1', '2', '-1'),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((orders) =>
    orders.flatMap(({ letter, customer, date, items }, i) =>
      items.map((item): Row => ({ order: `${letter}${i}`, customer, date, ...item })),
    ),
  );

type Summing = Parameters<typeof createSummingBuilder>[2];

/** The dataset of rows, and what became of them. @param summing how they are added up; undefined if they are not. */
function built(rows: readonly Row[], summing: Summing | undefined) {
  const tally = createTally();
  const builder = summing ? createSummingBuilder(tally, {}, summing) : createBuilder(tally);
  const columns = { ...Object.fromEntries(fields.map((field) => [field, field])), time: 'date', date: undefined };
  const tables = createTables({ columns }, tally, builder);
  const records = rows.map((row) => fields.map((field) => row[field]));
  tables.open({ source: 'orders', names: fields, records, runs: [0], complete: true });
  for (const [i, record] of records.entries()) tables.record(record, i + 2);
  return finish(builder.finish({ order: 'order', time: 'date' }, tables.reading().dateOrder));
}

/** As a dataset that was read has them: absent if all are 1, or none is known. */
const contentOf = ({ dataset }: ReturnType<typeof built>) => {
  const { customers, products, purchases, byProduct, returned, account, units } = dataset;
  return comparable({ customers: [...customers], products, purchases, byProduct, returned, account, units });
};

test('pairs are those of a history, however often lines are added up', () => {
  fc.assert(
    fc.property(
      someRows,
      fc.constantFrom(1, 2, 7, 1000),
      fc.constantFrom(0, 1, 16),
      fc.constantFrom(1, 100),
      (rows, leastLogged, partBits, manyIds) => {
        const expected = built(rows, undefined);
        const found = built(rows, { leastLogged, partBits, manyIds });
        assert.equal(contentOf(found), contentOf(expected));
        assert.is(found.dataset.history, undefined);
        if (expected.dataset.purchases.products.length === 0) return;
        const dataset = { ...found.dataset, fingerprint: '' };
        assert.is(datasetProblem(dataset), undefined);
      },
    ),
    { numRuns: 300 },
  );
});

test('a customer may have any number of lines, and a product any number of units', () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    order: String(Math.floor(i / 10)),
    customer: i % 30 < 10 ? 'one' : `other ${i % 7}`,
    product: String((i * 7919) % 500),
    quantity: i % 10 === 0 ? '2000000000' : '1',
    date: '',
  }));
  for (const leastLogged of [50, 10_000])
    assert.equal(contentOf(built(rows, { leastLogged })), contentOf(built(rows, undefined)));
});

test('readOrders adds orders up if no history is wanted, and says what is missing', async () => {
  const orders = [...sampleOrders({ lines: 2000 })];
  const expected = await readOrders(orders);
  const found = await readOrders(orders, { history: false });
  assert.equal(comparable(found.purchases), comparable(expected.purchases));
  assert.is(found.history, undefined);
  assert.ok(found.notes!.some(({ code }) => code === 'no-history'));
  assert.equal(found.unlisted, expected.unlisted);
  assert.is.not(found.fingerprint, expected.fingerprint);
  const others = await readOrders(orders.slice(0, -1), { history: false });
  assert.is.not(found.fingerprint, others.fingerprint);
});

test('blocks of a file of text are added up as records are', async () => {
  const lines = [...sampleOrders({ lines: 3000 })].map((line) => Object.values(line).map(String));
  const names = Object.keys([...sampleOrders({ lines: 1 })][0]);
  const path = await file(
    'orders.csv',
    [names, ...lines].map((cells) => JSON.stringify(cells).slice(1, -1)).join('\n'),
  );
  const [found, expected] = [await readOrders(path, { history: false }), await readOrders(path)];
  assert.equal(comparable(found.purchases), comparable(expected.purchases));
  assert.equal(found.account, expected.account);
  assert.equal(found.productInfo, expected.productInfo);
});

test('a model is trained on pairs alone', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 4000, customers: 500 }), { history: false });
  const model = await train(dataset, { factors: 8, iterations: 2 });
  assert.is(model.metadata.unchosen, 'no_history');
  assert.is(model.boughtTogether, undefined);
  assert.is(model.customers.length, dataset.customers.length);
});

test('what needs orders is refused', async () => {
  const rows = [{ order: '1', customer: 'a', product: 'b', quantity: 1 }];
  const error = await endcapErrorOf(readOrders(rows, { history: false, lines: true }));
  assert.is(error.code, 'invalid_options');
  assert.match(error.message, 'since history is false');
  assert.match((await endcapErrorOf(readOrders(rows, { history: 1 as never }))).message, 'history');
});

test.run();
