import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ColumnEvidence, createEvidence } from '../../../src/orders/columns/evidence.ts';

const test = suite('evidence of columns');

function seenIn(...cells: unknown[]): ColumnEvidence {
  const records = cells.map((cell) => [cell]);
  return createEvidence({ source: 'orders', names: ['column'], records, runs: [0], complete: true }).of(0);
}

test('blanks, words for a missing value, and invalid dates are not filled', () => {
  const seen = seenIn('', ' ', null, undefined, Number.NaN, 'NaN', 'NULL', new Date(Number.NaN), 'x');
  assert.equal([seen.records, seen.filled, seen.distinct], [9, 1, 1]);
  assert.equal(seen.samples, ['x']);
});

test('the most frequent value, and the first ones', () => {
  const seen = seenIn('a', 'b', 'c', 'd', 'b');
  assert.equal([seen.topValue, seen.topShare, seen.samples], ['b', 0.4, ['a', 'b', 'c']]);
});

test('each kind of cell is told', () => {
  const kinds: Record<string, unknown[]> = {
    numbers: [
      '1',
      '01104905',
      '20250131',
      '1.5',
      '1,200',
      "1'200",
      '2x',
      '3 pcs',
      '0.350 kg',
      '(1)',
      '−2',
      7,
      7n,
      '€ 9.90',
      '4.00638E+12',
    ],
    money: ['9.90', '12,50', '€ 4', '$1,200', '9.9', '4 EUR', 9.9],
    zeros: ['0', '0.00', '0,000', 0],
    smallNumbers: ['3', '1631', '1.5', 711],
    dates: ['2025-01-31', '31.01.2025', '1/31/2025 8:26', '1 février 2025', 'Jan 31, 2025', 'Mar-01-25', '20250131'],
    dateTimes: ['2025-01-31T08:26:00Z', '31.01.2025 8:26', 1738310400, '1738310400000', 45717.5, new Date(0)],
    clocks: ['8:26', '08:26:10', '8:26 PM'],
    clockNumbers: ['1631', '082610', '0.55625'],
    emails: ['ann@x.org', 'hash2@marketplace.amazon.de'],
    words: ['Green tea', 'HON-300', '商品'],
    rounded: ['4.00638E+12', '1,2E+08'],
    objects: [{}, [1], { id: 7 }],
  };
  for (const [kind, cells] of Object.entries(kinds)) {
    for (const cell of cells) assert.is(seenIn(cell)[kind as keyof ColumnEvidence], 1, `${kind}: ${String(cell)}`);
  }
});

test('what looks like a kind is not always one', () => {
  const others: [keyof ColumnEvidence, unknown[]][] = [
    ['money', ['2', '2,000', '1.200', '2.0000', '0.350', '1,299']],
    ['dates', ['HON-300', '304-1001-55', '1631', '17', 'Mars bar', 'market@x.org', '4006381333931']],
    ['clocks', ['9.90', 'Tea 8:1', '12']],
    ['numbers', ['C001', '#1001', 'tea', '2025-01-31', '']],
    ['words', ['12', 'ann@x.org', '2025-01-31']],
  ];
  for (const [kind, cells] of others) {
    for (const cell of cells) assert.is(seenIn(cell)[kind], 0, `${kind}: ${String(cell)}`);
  }
});

test('a sample of many different values gives the shares', () => {
  const seen = seenIn(...Array.from({ length: 4000 }, (_, i) => (i % 4 === 0 ? `tea ${i}` : i)));
  assert.is(seen.distinct, 4000);
  assert.ok(Math.abs(seen.words - 0.25) < 0.05, `${seen.words}`);
});

test.run();
