/** Records of a shop's export: usual cells, and every kind of dirt. */
import type { Random } from '../../../src/random.ts';
import { anyJson, chance, extremeNumbers, hostileTexts, pick, several, whole } from '../draw.ts';

export interface Export {
  header: string[];
  rows: unknown[][];
}

interface Column {
  names: readonly string[];
  usual(random: Random): unknown;
}

const columns: readonly Column[] = [
  {
    names: ['customer_id', 'CustomerID', 'user'],
    usual: (random) =>
      pick(random, [`c${random.below(9)}`, random.below(9), '17850.0', "'0017", '="0017"', 'A@shop.de']),
  },
  {
    names: ['product_id', 'StockCode', 'sku'],
    usual: (random) => pick(random, [`p${random.below(9)}`, random.below(9), 'mug']),
  },
  {
    names: ['quantity', 'Qty'],
    usual: (random) => pick(random, [whole(random, 1, 9), '2', '1,000', '3.0', -1, '-2', 0, '2 pcs', '(1)', '0,5']),
  },
  {
    names: ['order_id', 'InvoiceNo', 'order'],
    usual: (random) => pick(random, [`o${random.below(20)}`, random.below(20), `C${random.below(20)}`]),
  },
  { names: ['ordered_at', 'InvoiceDate', 'timestamp'], usual: dateOf },
  { names: ['time', 'ordertime'], usual: (random) => `${random.below(24)}:${10 + random.below(50)}` },
  { names: ['price', 'UnitPrice'], usual: (random) => pick(random, [random.below(1000) / 100, '4.50', '$3', '']) },
  {
    names: ['product_name', 'Description'],
    usual: (random) => pick(random, ['Mug, "blue"', 'Tea\ngreen', 'Käse', '']),
  },
  { names: ['category'], usual: (random) => pick(random, ['drinks', 'N/A', '']) },
];
const needed = 3;

function dateOf(random: Random): unknown {
  const [day, month, year] = [whole(random, 0, 32), whole(random, 0, 13), pick(random, [2024, 1969, 12, 99, 275_761])];
  return pick(random, [
    `2024-0${whole(random, 1, 9)}-1${random.below(9)}`,
    `2024-01-02T0${random.below(10)}:00:00Z`,
    `${month}/${day}/${year} 8:26 PM`,
    `${day}.${month}.${year}`,
    `${day} Mar ${year} 10h15 GMT+0100`,
    45_717 + random.below(99) / 8,
    `${year}-${month}-${day} 25:61:61.999999999+99:99`,
    1.7e9 + random.below(1e7),
    1.7e12 + random.below(1e9),
    String(1.7e18),
    `2024${month}${day}`,
    new Date(1.7e12 + random.below(1e9)),
  ]);
}

/** A cell that nobody expects: any text, number, JSON value, or date. */
function wildCell(random: Random): unknown {
  switch (random.below(6)) {
    case 0:
      return pick(random, hostileTexts);
    case 1:
      return pick(random, extremeNumbers);
    case 2:
      return pick(random, [new Date(Number.NaN), new Date(8.64e15), 2n ** 70n, -1n, undefined]);
    case 3:
      return pick<unknown>(random, [
        { toString: 1 },
        [[{ toString: 1 }]],
        { valueOf: null },
        { toJSON: 1 },
        [1],
        {},
        [],
      ]);
    case 4:
      return String.fromCharCode(...several(random.below(9), () => random.below(0x10000)));
    default:
      return anyJson(random);
  }
}

/** An export of up to `most` rows. Most have the columns that are needed, under names that are recognized. */
export function anyExport(random: Random, most: number): Export {
  const kept = columns.filter((_, i) => chance(random, i < needed ? 0.995 : 0.6));
  const header = kept.map(({ names }) => (chance(random, 0.005) ? pick(random, hostileTexts) : pick(random, names)));
  const dirt = pick(random, [0, 0.02, 0.1, 0.5]);
  const rows = several(random.below(most + 1), () => {
    const row = kept.map(({ usual }) => (chance(random, dirt) ? wildCell(random) : usual(random)));
    return chance(random, dirt / 4) ? row.slice(0, random.below(row.length + 1)) : row;
  });
  return { header, rows };
}
