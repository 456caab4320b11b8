import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createFileCounts } from '../../../src/dataset/log/overlap.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { filesOf } from '../files.ts';

const test = suite('exports that overlap');
const { file } = filesOf(test);

const header = 'order_id,customer,product,quantity,date';

async function read(...texts: string[]) {
  const paths = await Promise.all(
    texts.map((text, i) => file(`part-${i}.csv`.replace('part', 'file'), `${header}\n${text}`)),
  );
  return readOrders(paths);
}

test('a record that occurs in two files counts once, and one that a file has twice counts twice', async () => {
  const march = [
    '1,ann,tea,1,2025-03-30',
    '2,bob,tea,1,2025-03-31',
    '2,bob,tea,1,2025-03-31',
    '2,bob,cup,3,2025-03-31',
  ];
  const april = [
    '2,bob,tea,1,2025-03-31',
    '2,bob,tea,1,2025-03-31',
    '2,bob,tea,1,2025-03-31',
    '2,bob,cup,3,2025-03-31',
    '3,ann,pot,1,2025-04-01',
  ];
  const { account, orders, units } = await read(march.join('\n'), april.join('\n'));
  assert.equal(account.dropped, { 'in an earlier file': 3 });
  assert.is(account.read, 9);
  assert.is(account.purchases, 6);
  assert.is(orders, 3);
  assert.is(units, 8);
  const alone = await read(april.join('\n'));
  assert.equal(alone.account.dropped, {});
});

test('returns and cancelled orders in two files count once, too', async () => {
  const many = Array.from({ length: 80 }, (_, i) => `9${i},eve,${i % 2 === 0 ? 'cup' : 'pot'},1,2025-03-01`);
  const first = [
    '1,ann,tea,5,2025-03-30',
    '2,ann,tea,-1,2025-03-31',
    'C3,ann,tea,2,2025-03-31',
    'C4,ann,tea,1,2025-03-31',
  ];
  const second = [
    'C3,ann,tea,2,2025-03-31',
    '5,bob,tea,1,2025-04-01',
    'C6,bob,tea,9,2025-04-02',
    '2,ann,tea,-1,2025-03-31',
  ];
  const { account, customers, purchases } = await read([...first, ...many].join('\n'), second.join('\n'));
  assert.equal(account.dropped, { 'in an earlier file': 2, 'returned in full': 2 });
  assert.is(account.returns, 3);
  assert.equal(account.examples['returned in full']?.[0], { line: 4, value: 'product tea, customer bob' });
  assert.is(purchases.quantities![customers.indexOf('ann')], 1);
});

test('an order id counts with its day, and a record without order and time is always new', async () => {
  const stores = await read(
    '1,ann,tea,1,2025-03-30\n2,bob,cup,1,2025-03-30',
    '1,ann,tea,1,2025-06-30\n2,bob,cup,1,2025-06-30',
  );
  assert.is(stores.account.purchases, 4);
  const plain = await read(
    '1,ann,tea,1,2025-03-30 08:00\n2,bob,cup,1,2025-03-30 09:00',
    '1,ann,tea,1,2025-03-30\n2,bob,cup,1,2025-03-30',
  );
  assert.is(plain.account.purchases, 2);
  const bare = [
    await file('a.csv', 'customer,product,quantity\nann,tea,1\nbob,cup,1\n'),
    await file('b.csv', 'customer,product,quantity\nann,tea,1\nbob,cup,1\n'),
  ];
  assert.is((await readOrders(bare)).account.purchases, 4);
});

test('records are told apart as by a plain count of each file', () => {
  const record = fc.tuple(
    fc.nat(2),
    fc.nat(2),
    fc.integer({ min: -1, max: 1 }),
    fc.nat(3),
    fc.constantFrom(0, 86_400_000, Number.NaN),
  );
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 20 }), { maxLength: 5 }), (files) => {
      const counts = createFileCounts();
      const most = new Map<string, number>();
      for (const records of files) {
        const own = new Map<string, number>();
        for (const key of records) {
          const id = JSON.stringify(key);
          own.set(id, (own.get(id) ?? 0) + 1);
          assert.is(counts.isNew(...key), own.get(id)! > (most.get(id) ?? 0));
        }
        for (const [id, count] of own) most.set(id, Math.max(count, most.get(id) ?? 0));
        counts.nextFile();
      }
    }),
  );
});

test('more different records than there is room for at first are all found again', () => {
  const counts = createFileCounts();
  for (const isFirst of [true, false]) {
    for (let i = 0; i < 20_000; i++) assert.is(counts.isNew(i % 997, i % 31, 1, i, i * 1e6), isFirst);
    counts.nextFile();
  }
});

test.run();
