import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OrderLine } from '../../../../src/orders/cleaning/lines.ts';
import { purchaseInts } from '../../../../src/orders/csv/records/block-lines.ts';
import { createCollector } from '../../../../src/orders/parquet/records/collect.ts';

const test = suite('blocks of clean lines');
const line: OrderLine = {
  customer: 'c',
  product: 'p',
  quantity: 1,
  returned: false,
  cancelled: '',
  order: 7,
  time: 1e12,
  otherTime: Number.NaN,
  price: Number.NaN,
  name: '',
  category: '',
  line: 0,
};

test('a block has room for more lines than records, and the next one begins anew', () => {
  const collector = createCollector(() => new Int32Array(2 * purchaseInts));
  for (let i = 0; i < 7; i++) collector.addLine({ ...line, product: `p${i}`, quantity: i + 1, time: i });
  const account = { records: 2, textLines: 2, dropped: [], cancellations: 0, dateOrder: undefined };
  const block = collector.take(account);
  assert.is(block.purchaseCount, 7);
  assert.equal(block.products, ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  const times = new Float64Array(block.purchases.buffer);
  for (let i = 0; i < 7; i++) {
    assert.equal([...block.purchases.subarray(i * purchaseInts, i * purchaseInts + 4)], [0, i, i + 1, 7]);
    assert.is(times[(i * purchaseInts) / 2 + 2], i);
  }
  collector.addLine({ ...line, product: 'p6' });
  const next = collector.take(account);
  assert.equal([next.purchaseCount, next.products, next.purchases[1]], [1, [], 6]);
});

test.run();
