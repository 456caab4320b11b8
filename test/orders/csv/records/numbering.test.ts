import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../../src/kernel/open.ts';
import { numberingCount } from '../../../../src/kernel/operations/record-layout.ts';
import { cleanCustomerId, cleanId } from '../../../../src/orders/cleaning/ids.ts';
import { type ByteNumbering, createByteNumbering } from '../../../../src/orders/csv/records/numbering.ts';

const test = suite('numbering ids in bytes');

function numberingOf(clean: typeof cleanId): ByteNumbering {
  const { memory } = openKernel({ threads: 1 });
  return createByteNumbering(clean, memory, memory.allocate(Uint32Array, Object.keys(numberingCount).length));
}

function numberOf(numbering: ByteNumbering, cell: string): number {
  const bytes = Uint8Array.from(Buffer.from(`"${cell},`));
  return numbering.number(bytes, 1, bytes.length - 1);
}

test('similar ids, short and long, get different numbers and keep them', () => {
  const numbering = numberingOf(cleanId);
  const ids = Array.from({ length: 30_000 }, (_, i) => [`${i}`, `shop${i}`, `customer number ${i}`, `é${i}`]).flat();
  ids.forEach((id, i) => {
    assert.is(numberOf(numbering, id), i);
  });
  assert.equal(numbering.takeNewIds(), ids);
  assert.equal(numbering.takeNewIds(), []);
  ids.forEach((id, i) => {
    assert.is(numberOf(numbering, id), i);
  });
  assert.equal(numbering.takeNewIds(), []);
});

test('cells with the same clean id have the same number, and cells without an id have -1', () => {
  const numbering = numberingOf(cleanId);
  assert.is(numberOf(numbering, '17850.0'), 0);
  for (const cell of ['17850', ' 17850', '17850 ', '17850.00', '\u00a017850', '="17850"', "'17850", '17850\0']) {
    assert.is(numberOf(numbering, cell), 0, cell);
  }
  for (const cell of ['', '  ', 'NaN', 'null', ' N/A ']) assert.is(numberOf(numbering, cell), -1, cell);
  assert.equal(numbering.takeNewIds(), ['17850']);
  const customers = numberingOf(cleanCustomerId);
  for (const cell of ['Anna@Example.com', 'anna@example.com', ' ANNA@EXAMPLE.COM'])
    assert.is(numberOf(customers, cell), 0);
});

test.run();
