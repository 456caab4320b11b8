import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import type { Account } from '../../src/orders/cleaning/account.ts';
import type { ReadOptions } from '../../src/orders/options.ts';
import { csv, filesOf, refusal } from './files.ts';

const test = suite('what readOrders refuses');
const { file, folder } = filesOf(test);

test('an error for a source without orders says what happened to its records', async () => {
  for (const [name, content, words] of [
    ['empty.csv', '', /empty\.csv is empty/],
    ['empty.jsonl', '\n', /empty\.jsonl is empty/],
    ['header.csv', 'customer,product,quantity\n', /has a header but no rows/],
    [
      'all.csv',
      'customer,product,quantity\n,x,1\na,,2\n',
      /no order line is left\n2 rows read, 0 kept.*\n.*missing customer: line 2/,
    ],
    ['bad.csv', 'customer,product,quantity,date\na,x,1,someday\n', /columns: \{ time: false \}/],
    ['big.jsonl', '{"customer":1.5e20,"product":1,"quantity":1}', /unreadable customer: line 1 .*\n.*as text/],
    ['list.jsonl', '{"customer":[1],"product":1,"quantity":1}', /line 1 \("\[1\]"\)/],
  ] as const) {
    const error = await refusal(await file(name, content));
    assert.is(error.code, 'no_orders', name);
    assert.match(error.message, words);
    assert.ok(error.details.account, name);
  }
  assert.is((await refusal([])).code, 'no_orders');
});

async function emptyFolder(): Promise<string> {
  const path = join(folder(), 'empty');
  await mkdir(path);
  return path;
}

const lossy = (kept: number, lost: number, records = '') =>
  `buyer,customer_email,product,quantity,order\n${'b,a@x.de,tea,1,1\n'.repeat(kept)}${',a@x.de,tea,1,2\n'.repeat(lost)}${records}`;

test('a file of which less than half is kept is refused: which column, what it has, and which to try', async () => {
  const error = await refusal(await file('lossy.csv', lossy(4, 5)), { columns: { customer: 'buyer' } });
  assert.is(error.code, 'orders_lost');
  assert.match(error.message, /^.*lossy.csv: only 4 of 9 rows that should be purchases are kept\n9 rows read/);
  assert.match(error.message, /5 {2}missing customer: lines 6, 7/);
  assert.match(error.message, 'The customer is read from the column "buyer", which is blank in these rows.');
  assert.match(error.message, '--columns customer="customer_email"');
  assert.match(error.message, '--accept-loss, or acceptLoss: true');
  assert.is((error.details.account as Account).purchases, 4);
  const price = await refusal([{ customer: 'a', product: 'x', quantity: 'many' }], {
    columns: { quantity: 'quantity' },
  });
  assert.match(price.message, 'The quantity is read from the column "quantity", which has values such as "many".');
});

test('half is enough, and so is less if the caller says so', async () => {
  const columns = { customer: 'buyer' };
  assert.is((await readOrders(await file('half.csv', lossy(5, 5)), { columns })).account.kept, 5);
  const dataset = await readOrders(await file('less.csv', lossy(1, 9)), { columns, acceptLoss: true });
  assert.is(dataset.account.purchases, 1);
});

test('what is left out on purpose is no loss', async () => {
  const more = `${'0000,,tea,1,3\n'.repeat(20)}c,,tea,2,4\nc,,tea,-2,4\nd,,tea,-1,4\n`;
  const options = { columns: { customer: 'buyer' }, customersOut: ['0000'] };
  const { account } = await readOrders(await file('out.csv', lossy(2, 1, more)), options);
  assert.equal(account.dropped, {
    'missing customer': 1,
    'left-out customer': 20,
    'returned in full': 2,
    'return without purchase': 1,
  });
  const duplicates = lossy(6, 1);
  const dropped = await readOrders(await file('same.csv', duplicates), { ...options, duplicates: 'drop' });
  assert.is(dropped.account.kept, 1);
});

test('an error for a file that cannot be read says why', async () => {
  const parquet = parquetWriteBuffer({ columnData: [{ name: 'customer', data: ['a'] }] });
  for (const [path, words] of [
    [join(folder(), 'nowhere.csv'), /nowhere\.csv does not exist/],
    [await emptyFolder(), /is a folder without files of orders/],
    [join(folder(), 'no*.csv'), /no\*\.csv matches no file/],
    [await file('binary.csv', Buffer.from([1, 2, 0, 3, 10, 4])), /is not text/],
    [await file('cut.csv.gz', gzipSync(csv).subarray(0, 60)), /damaged or truncated gzip file/],
    [
      await file('cut.parquet', new Uint8Array(parquet).subarray(0, 40)),
      /not a complete Parquet file: .*; copy or export it again/,
    ],
    [await file('text.parquet', csv), /not a complete Parquet file: .*; copy or export it again/],
    [await file('zipped.parquet', gzipSync(new Uint8Array(parquet))), /unpack it first/],
  ] as const) {
    const error = await refusal(path);
    assert.is(error.code, 'orders_unreadable', path);
    assert.match(error.message, words);
  }
});

test('a column that is not recognized is an error for any kind of source', async () => {
  const sources = [
    await file('odd.csv', 'who,what\n1,2\n'),
    await file('odd.jsonl', '{"who":1,"what":2}'),
    [{ who: 1, what: 2 }],
  ];
  for (const source of sources) {
    const error = await refusal(source);
    assert.is(error.code, 'columns_unrecognized');
    assert.match(error.message, /who, what/);
    const { account } = await readOrders(source, { columns: { customer: 'who', product: 'what', quantity: false } });
    assert.equal(account.columns, { customer: 'who', product: 'what' });
  }
});

test('unknown options and impossible values are refused by name', async () => {
  for (const [options, word] of [
    [{ encoding: 'ebcdic' }, 'encoding'],
    [{ dateOrder: 'ymd' }, 'dateOrder'],
    [{ duplicates: true }, 'duplicates'],
    [{ delimiter: '\n' }, 'delimiter'],
    [{ delimiter: '::' }, 'delimiter'],
    [{ format: 'xlsx' }, 'format'],
    [{ column: {} }, 'column'],
    [{ columns: { kunde: 'x' } }, 'kunde'],
    [{ columns: { customer: false } }, 'columns.customer'],
    [{ columns: { quantity: 1 } }, 'columns.quantity'],
    [{ columns: null }, 'columns: null'],
    [{ signal: {} }, 'signal'],
    [{ onProgress: true }, 'onProgress'],
    [{ rows: 500 }, 'rows: 500 cannot be used; expected one of the options columns,'],
  ] as const) {
    const error = await refusal([], options as unknown as ReadOptions);
    assert.is(error.code, 'invalid_options');
    assert.ok(error.message.includes(word), error.message);
  }
  assert.is((await refusal(undefined as unknown as string)).code, 'invalid_options');
  assert.is((await refusal(new URL('ftp://example.com/orders.csv'))).code, 'invalid_options');
});

test('whatever the source and the options are, the error is an EndcapError', async () => {
  const bare: object = Object.create(null);
  const junk = [
    null,
    0,
    -1,
    Number.NaN,
    1n,
    true,
    '',
    'x',
    Symbol('x'),
    () => 1,
    {},
    bare,
    [],
    [null],
    { toString: 1 },
  ];
  const sources = [...junk, { [Symbol.iterator]: 1 }, new URL('file://host/x.csv'), new URL('file:///a%2Fb'), 'a\0b'];
  for (const source of sources) {
    const { code } = await refusal(source as string);
    assert.ok(['invalid_options', 'orders_unreadable', 'no_orders'].includes(code), code);
  }
  for (const options of junk) {
    if (options === bare || (typeof options === 'object' && options !== null && Object.keys(options).length === 0))
      continue;
    assert.is((await refusal([], options as object)).code, 'invalid_options');
  }
  const names = 'columns delimiter encoding dateOrder duplicates lines format idleTimeoutMs signal onProgress'.split(
    ' ',
  );
  const record = { customer: 'a', product: 'b', quantity: 1 };
  let refused = 0;
  for (const name of [...names, 'columns.customer', 'columns.quantity', 'columns.time']) {
    const [option, role] = name.split('.');
    for (const value of junk) {
      try {
        await readOrders([record], { [option]: role === undefined ? value : { [role]: value } });
      } catch (error) {
        assert.instance(error, EndcapError, name);
        refused++;
      }
    }
  }
  assert.ok(refused > 10 * junk.length, String(refused));
});

test.run();
