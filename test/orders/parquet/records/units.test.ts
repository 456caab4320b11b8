import type { BasicType, ColumnSource } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { roles } from '../../../../src/orders/columns/roles.ts';
import { type BlockLines, purchaseInts, returnNumbers } from '../../../../src/orders/csv/records/block-lines.ts';
import { type DescribedTexts, none, same } from '../../../../src/orders/csv/records/descriptions.ts';
import { readFooter } from '../../../../src/orders/parquet/file.ts';
import { canReadByColumn, createUnitReader } from '../../../../src/orders/parquet/records/units.ts';
import { columnsOf } from '../../../../src/orders/parquet/schema.ts';
import type { Plan } from '../../../../src/orders/plan.ts';
import { createRandom, type Random } from '../../../../src/random.ts';
import { nestedFile, nestedShapes, parquetOf, scratchFile, smallFile } from '../files.ts';

const test = suite('units of Parquet');
const scratch = scratchFile(test);

/** Clean lines with ids and texts instead of numbers. */
function createResolver() {
  const customers: string[] = [];
  const products: string[] = [];
  const known = { names: [] as string[], categories: [] as string[] };
  return (lines: BlockLines) => {
    customers.push(...lines.customers);
    products.push(...lines.products);
    const { described, purchases, purchaseCount, returns } = lines;
    const times = new Float64Array(purchases.buffer);
    const textsOf = (field: 'names' | 'categories', { states, texts }: DescribedTexts) => {
      let next = 0;
      return Array.from(described.products, (product, i) => {
        if (states[i] !== none && states[i] !== same) known[field][product] = texts[next++];
        return states[i] === none ? '' : known[field][product];
      });
    };
    return {
      purchases: Array.from({ length: purchaseCount }, (_, i) => {
        const [customer, product, quantity, order] = purchases.subarray(i * purchaseInts);
        return [customers[customer], products[product], quantity, order, ...times.subarray(4 * i + 2, 4 * i + 4)];
      }),
      returns: Array.from({ length: returns.length / returnNumbers }, (_, i) => {
        const [customer, product, ...numbers] = Array.from(returns).slice(i * returnNumbers, (i + 1) * returnNumbers);
        return [customers[customer], products[product], ...numbers];
      }),
      described: {
        products: Array.from(described.products, (product) => products[product]),
        prices: [...described.prices],
        names: textsOf('names', described.names),
        categories: textsOf('categories', described.categories),
      },
      spans: [lines.span, lines.otherSpan],
      cancelled: [lines.cancelled, lines.cancelledId],
      records: [lines.records, lines.textLines],
      dropped: new Map(lines.dropped.map(({ reason, ...drop }) => [reason, drop])),
      dateOrder: lines.dateOrder,
    };
  };
}

/** What is read of units of a file, either way. */
function readUnits(bytes: Uint8Array, plan: Plan, isByColumn: boolean, units: (groups: number) => [number, number][]) {
  const file = scratch(bytes);
  const { row_groups: groups, ...metadata } = readFooter(file, () => {});
  const columns = columnsOf({ ...metadata, row_groups: groups });
  const resolve = createResolver();
  const blocks: ReturnType<typeof resolve>[] = [];
  const source = { file, groups, columns, plan };
  const read = createUnitReader(
    source,
    isByColumn,
    (lines) => blocks.push(resolve(lines)),
    () => {},
  );
  for (const [from, to] of units(groups.length)) read({ from, to });
  return blocks;
}

type Draw = (random: Random) => unknown;
const pick = (...values: unknown[]): Draw => {
  return (random) => values[random.below(values.length)];
};
const ids = pick(
  '17850',
  '17850.0',
  ' a ',
  'A@b.de',
  '',
  'NaN',
  'left out',
  'a',
  '="7"',
  'long customer id',
  'é',
  '\ufeffa',
);
const usualTypes: Partial<Record<BasicType, Draw>> = {
  INT32: pick(0, 1, 2, 7, -1, 2 ** 31 - 1, 20240131),
  INT64: pick(0n, 1n, 7n, -1n, 2n ** 62n, 1_700_000_000n, 1_700_000_000_000n),
  DOUBLE: pick(0, -0, 1, 2.5, -3, 1e300, Number.NaN, 0.299, 17850, 45_000.25),
  FLOAT: pick(0.5, 1, 7, 2.25),
  BOOLEAN: pick(true, false),
  TIMESTAMP: (random) => new Date(1.7e12 + 1000 * random.below(5)),
  JSON: pick('a', 7, [1], { a: 1 }),
};
/** What texts there are for each role, and another type that its column often has. */
const drawn = {
  customer: [ids, 'INT64'],
  product: [ids, 'INT32'],
  quantity: [pick('1', '2', '-1', '0', '2.5', '1,000', '1.299', 'x', '', '-2', '3 pcs'), 'INT32'],
  order: [pick('1', '2', 'C3', 'C', 'C4 ', '3.0', '', 'null', "'3", 'Cx'), 'INT64'],
  time: [
    pick(
      '2024-01-02',
      '2024-02-03',
      '2024-01-02 03:04',
      '1/2/2024',
      '13/1/2024 8:26',
      '',
      'never',
      '20240131',
      '3.1.2024',
      '\ufeff2024-01-02',
      '5/5/2024',
    ),
    'TIMESTAMP',
  ],
  clock: [pick(''), 'STRING'],
  price: [pick('1.50', '.5', '$3', '', '4,20', '1.299'), 'DOUBLE'],
  name: [pick('Tea, green', 'Tea', '', ' Tea', 'nan', 'Teekännchen', 'Tea'), 'INT32'],
  category: [pick('drinks', 'N/A', ''), 'STRING'],
  refunded: [pick('x'), 'STRING'],
  status: [pick('x'), 'STRING'],
  sequence: [pick('1', '2'), 'INT32'],
} as const satisfies Record<(typeof roles)[number], [Draw, BasicType]>;

function anyFile(random: Random): Uint8Array {
  const rows = random.below(60);
  const columnData = roles.map((name): ColumnSource => {
    const [text, usual] = drawn[name];
    const kind = random.below(10);
    const others = Object.keys(usualTypes) as BasicType[];
    const type = kind < 6 ? 'STRING' : kind < 9 ? usual : others[random.below(others.length)];
    const draw = type === 'STRING' ? text : usualTypes[type]!;
    const nullable = random.below(2) === 0;
    const data = Array.from({ length: rows }, () => (nullable && random.below(4) === 0 ? null : draw(random)));
    const encoding = (['PLAIN', 'DELTA_BYTE_ARRAY', undefined, undefined] as const)[random.below(4)];
    return { name, type, data, nullable, ...(type === 'STRING' && { encoding }) };
  });
  return parquetOf(columnData, { rowGroupSize: 1 + random.below(40), pageSize: 16 + random.below(300) });
}

function anyPlan(random: Random): Plan {
  const maybe = (share: number, index: number) => (random.uniform() < share ? index : -1);
  const shares = { customer: 1, product: 1, quantity: 0.9, clock: 0, refunded: 0, status: 0, sequence: 0.1 };
  const columns = roles.map((role, index) => maybe(role in shares ? shares[role as keyof typeof shares] : 0.8, index));
  if (columns[roles.indexOf('time')] === -1) columns[roles.indexOf('sequence')] = -1;
  return {
    columns,
    everyRecordIsOne: columns[roles.indexOf('quantity')] === -1,
    conventions: {
      decimalMark: random.below(2) === 0 ? '.' : ',',
      dateOrder: (['auto', 'auto', 'dmy', 'mdy'] as const)[random.below(4)],
      timeUnit: (['auto', 'days'] as const)[random.below(2)],
      assumedDateOrder: 'mdy',
    } as Plan['conventions'],
    duplicates: 'keep',
    customersOut: random.below(2) === 0 ? ['left out', '7'] : [],
  };
}

test('records that are cleaned by column are those that are cleaned one by one', () => {
  const random = createRandom(1);
  let purchases = 0;
  for (let round = 0; round < 120; round++) {
    const bytes = anyFile(random);
    const plan = anyPlan(random);
    const whole = (groups: number): [number, number][] => [[0, groups]];
    const [byColumn, expected] = [true, false].map((isByColumn) => readUnits(bytes, plan, isByColumn, whole));
    assert.equal(byColumn, expected, `round ${round}`);
    purchases += expected.reduce((sum, block) => sum + block.purchases.length, 0);
  }
  assert.ok(purchases > 200, `${purchases} purchases`);
});

const everyRole: Plan = {
  columns: [1, 2, 3, 0, 5, -1, 4, 6, -1, -1, -1, -1],
  everyRecordIsOne: false,
  conventions: {
    decimalMark: '.',
    dateOrder: 'auto',
    timeUnit: 'auto',
    assumedDateOrder: 'mdy',
  } as Plan['conventions'],
  duplicates: 'keep',
};

test('units of row groups have blocks of their own, and the same lines', () => {
  const rows = (blocks: ReturnType<typeof readUnits>) => blocks.flatMap(({ purchases }) => purchases);
  const apart = readUnits(smallFile(), everyRole, true, (groups) =>
    Array.from({ length: groups }, (_, i) => [i, i + 1]),
  );
  const whole = readUnits(smallFile(), everyRole, true, (groups) => [[0, groups]]);
  assert.equal([apart.length, whole.length], [2, 1]);
  assert.equal(rows(apart), rows(whole));
});

test('what depends on other records, or has items in a list, is not read by column', () => {
  const columns = columnsOf(readFooter(scratch(smallFile()), () => {}));
  const withRole = (role: (typeof roles)[number], column = 6) => everyRole.columns.with(roles.indexOf(role), column);
  assert.is(canReadByColumn(everyRole, columns), true);
  assert.is(canReadByColumn({ ...everyRole, duplicates: 'drop' }, columns), false);
  assert.is(canReadByColumn({ ...everyRole, steps: { filters: [] } }, columns), false);
  assert.is(canReadByColumn({ ...everyRole, columns: withRole('clock') }, columns), false);
  assert.is(canReadByColumn({ ...everyRole, columns: withRole('sequence').with(4, -1) }, columns), false);
  assert.is(canReadByColumn({ ...everyRole, columns: withRole('sequence') }, columns), true);
  const nested = columnsOf(readFooter(scratch(nestedFile([], nestedShapes[0])), () => {}));
  assert.is(canReadByColumn(everyRole, nested), false);
});

test.run();
