import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, ordersOf, quantityOf } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { transposeValues } from '../../src/dataset/sort.ts';
import type { OrderSource } from '../../src/orders/options.ts';
import { sampleCsv, sampleOrders } from '../../src/sample/sample.ts';
import { comparable, csv, filesOf, refusal } from './files.ts';

const test = suite('readOrders');
const { file } = filesOf(test);

function pairs({ customers, products, purchases }: Dataset) {
  return customers.flatMap((customer, row) =>
    Array.from({ length: purchases.offsets[row + 1]! - purchases.offsets[row]! }, (_, i) => {
      const pair = purchases.offsets[row]! + i;
      return [customer, products[purchases.products[pair]!], quantityOf(purchases, pair), ordersOf(purchases, pair)];
    }),
  );
}

const objects = [
  {
    order_id: 'o1',
    customer_id: 'ann',
    product_id: 'tea',
    product_name: 'Tea, green',
    category: 'drinks',
    quantity: 2,
    price: 4.5,
    ordered_at: new Date('2024-01-02T10:00:00Z'),
  },
  {
    order_id: 'o1',
    customer_id: 'ann',
    product_id: 'cup',
    product_name: 'Cup',
    category: 'kitchen',
    quantity: 1,
    price: 7,
    ordered_at: new Date('2024-01-02T10:00:00Z'),
  },
  {
    order_id: 'o2',
    customer_id: 'bob',
    product_id: 'tea',
    product_name: 'Green tea',
    category: 'drinks',
    quantity: 1,
    price: 4.75,
    ordered_at: new Date('2024-01-03T11:00:00Z'),
  },
  {
    order_id: 'o3',
    customer_id: 'ann',
    product_id: 'tea',
    product_name: 'Green tea',
    category: 'drinks',
    quantity: 3,
    price: 4.75,
    ordered_at: new Date('2024-02-01T09:30:00Z'),
  },
];

test('a dataset has sorted ids, and the pairs in both directions', async () => {
  const dataset = await readOrders(objects);
  assert.equal(dataset.customers, ['ann', 'bob']);
  assert.equal(dataset.products, ['cup', 'tea']);
  assert.equal(pairs(dataset), [
    ['ann', 'cup', 1, 1],
    ['ann', 'tea', 5, 2],
    ['bob', 'tea', 1, 1],
  ]);
  assert.equal(
    [...dataset.purchases.lastPurchase!],
    ['2024-01-02T10:00Z', '2024-02-01T09:30Z', '2024-01-03T11:00Z'].map(Date.parse),
  );
  assert.equal([...dataset.byProduct.offsets], [0, 1, 3]);
  assert.equal([...dataset.byProduct.customers], [0, 0, 1]);
  const values = new Float32Array(3);
  transposeValues(dataset.purchases, dataset.byProduct.offsets, Float32Array.of(5, 6, 7), values);
  assert.equal([...values], [5, 6, 7]);
  assert.equal(dataset.productInfo, [
    { name: 'Cup', category: 'kitchen', price: 7 },
    { name: 'Green tea', category: 'drinks', price: 4.75 },
  ]);
  assert.match(dataset.fingerprint, /^[0-9a-f]{64}$/);
  assert.is(dataset.lines, undefined);
  assert.is(dataset.account.firstPurchase, Date.parse('2024-01-02T10:00Z'));
  assert.is(dataset.account.lastPurchase, Date.parse('2024-02-01T09:30Z'));
  assert.is(dataset.account.columns.product, 'product_id');
});

test('every kind of source gives the same dataset', async () => {
  const column = (name: keyof (typeof objects)[0]) => objects.map((row) => row[name]);
  const parquet = parquetWriteBuffer({
    columnData: Object.keys(objects[0]!).map((name) => ({ name, data: column(name as 'order_id') })),
    rowGroupSize: 3,
  });
  const json = objects.map((row) => JSON.stringify(row)).join('\n');
  const half = csv.length >> 1;
  async function* later() {
    yield* objects;
  }
  const sources: Record<string, OrderSource> = {
    csv: await file('orders.csv', csv),
    url: pathToFileURL(await file('with a blank.csv', csv)),
    semicolons: await file(
      'semicolons.csv',
      csv.replace('"Tea, green"', 'Tea; green').replaceAll(',', '\t').replaceAll(';', ','),
    ),
    tsv: await file('orders.tsv', csv.replace('"Tea, green"', 'Tea| green').replaceAll(',', '\t').replaceAll('|', ',')),
    gzip: await file('orders.csv.gz', gzipSync(csv)),
    'gzip without saying so': await file('orders', gzipSync(csv)),
    'gzip in two members': await file(
      'two.csv.gz',
      Buffer.concat([gzipSync(csv.slice(0, half)), gzipSync(csv.slice(half))]),
    ),
    jsonl: await file('orders.jsonl', json),
    ndjson: await file('orders.ndjson.gz', gzipSync(`${json}\n\n`)),
    'JSON lines by their looks': await file('orders.json', json),
    parquet: await file('orders.parquet', new Uint8Array(parquet)),
    'Parquet by its looks': await file('part-0000', new Uint8Array(parquet)),
    'UTF-16': await file('wide.csv', Buffer.from(`\ufeff${csv}`, 'utf16le')),
    set: new Set(objects),
    'async iterable': later(),
  };
  const { account, ...expected } = await readOrders(objects);
  for (const [kind, source] of Object.entries(sources)) {
    const { account: found, ...dataset } = await readOrders(source);
    assert.equal(comparable(dataset), comparable(expected), kind);
    assert.equal(found, account, kind);
  }
});

test('64-bit ids and times of any unit in Parquet are exact', async () => {
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'customer_id', data: [9007199254740993n, 9007199254740992n, 5n], type: 'INT64' },
      { name: 'product_id', data: [1, 2, 2], type: 'DOUBLE' },
      { name: 'quantity', data: [1, 2, 3], type: 'INT32' },
      { name: 'timestamp', data: [1291191960n, 1291191960n, 1291191961n], type: 'INT64' },
    ],
  });
  const dataset = await readOrders(await file('ids.parquet', new Uint8Array(buffer)));
  assert.equal(dataset.customers, ['5', '9007199254740992', '9007199254740993']);
  assert.equal(dataset.products, ['1', '2']);
  assert.is(dataset.account.lastPurchase, 1291191961000);
});

test('every dirty record is counted for one reason, with its line', async () => {
  const text = [
    'order,customer,product,quantity,date',
    'o1,ann,tea,1,2024-01-01',
    'o1,,tea,1,2024-01-01',
    'o1,ann,NaN,1,2024-01-01',
    'o1,ann,tea,,2024-01-01',
    'o1,ann,tea,abc,2024-01-01',
    'o1,ann,tea,0.0,2024-01-01',
    'o1,ann,tea,1,someday',
    'o1,ann,"tea\nbag",1,',
    'o1,ann,tea,1,,x',
    'C9,bob,tea,-1,2024-01-01',
    'o2,eve,cup,2,2024-01-01',
    'C3,eve,cup,-2,2024-01-02',
    '',
    'o1,ann,tea,1,2024-01-01',
  ].join('\n');
  const { account, customers } = await readOrders(await file('dirty.csv', text), {
    duplicates: 'drop',
    acceptLoss: true,
  });
  assert.equal(customers, ['ann']);
  assert.equal(account.dropped, {
    'missing customer': 1,
    'missing product': 1,
    'missing quantity': 1,
    'unreadable quantity': 1,
    'zero quantity': 1,
    'unreadable date': 1,
    'malformed row': 1,
    'return without purchase': 1,
    'returned in full': 2,
    duplicate: 1,
  });
  assert.equal(account.examples, {
    'missing customer': [{ line: 3, value: '' }],
    'missing product': [{ line: 4, value: 'NaN' }],
    'missing quantity': [{ line: 5, value: '' }],
    'unreadable quantity': [{ line: 6, value: 'abc' }],
    'zero quantity': [{ line: 7, value: '0.0' }],
    'unreadable date': [{ line: 8, value: 'someday' }],
    'malformed row': [{ line: 11, value: '6 cells, expected 5: o1,ann,tea,1,,x' }],
    'return without purchase': [{ line: 12, value: 'product tea, customer bob' }],
    'returned in full': [{ line: 14, value: 'product cup, customer eve' }],
    duplicate: [{ line: 16, value: 'o1' }],
  });
  assert.is(account.read, 13);
  assert.is(account.kept, 2);
});

test('ids of dropped records only are not in the dataset', async () => {
  const rows = [
    { customer: 'a', product: 'x', quantity: 1 },
    { customer: 'b', product: 'y', quantity: 2 },
    { customer: 'b', product: 'y', quantity: -2 },
    { customer: 'c', product: 'z', quantity: -1 },
  ];
  const dataset = await readOrders(rows, { lines: true });
  assert.equal(dataset.customers, ['a']);
  assert.equal(dataset.products, ['x']);
  assert.equal([...dataset.lines!.quantities], [1]);
});

test('returns, by sign or by order id, are subtracted in any order of the records, but never below zero', async () => {
  const row = (order: string, customer: string, quantity: number) => ({ order, customer, product: 'x', quantity });
  const rows = [
    row('C1', 'ann', -2),
    row('1', 'ann', 5),
    row('2', 'ann', -1),
    row('C3', 'bob', 1),
    row('4', 'bob', 3),
    row('5', 'eve', 1),
    row('C6', 'eve', -9),
    row('CX7', 'eva', 1),
  ];
  const many = Array.from({ length: 40 }, (_, i) => ({ ...row(`o${i}`, 'all', 1), product: 'y' }));
  const dataset = await readOrders([...rows, ...many]);
  assert.equal(pairs(dataset), [
    ['all', 'y', 40, 40],
    ['ann', 'x', 2, 1],
    ['bob', 'x', 2, 1],
    ['eva', 'x', 1, 1],
  ]);
  assert.is(dataset.account.returns, 3);
  assert.equal(dataset.account.dropped, { 'returned in full': 2 });
});

test('the records of customers who are left out are dropped, whatever the source and however the ids are written', async () => {
  const rows = ['ann', ' Ann@X.de ', 'bob', '0000', '17.0', 'ann'].map((customer, i) => ({
    customer,
    product: `p${i}`,
    quantity: 1,
    order: i,
  }));
  const text = ['customer,product,quantity,order', ...rows.map((row) => Object.values(row).join())].join('\n');
  const options = { customersOut: ['17', '0000', 'ANN@x.de', 'nobody'] };
  for (const source of [rows, await file('out.csv', text)]) {
    const { customers, products, account } = await readOrders(source, options);
    assert.equal(customers, ['ann', 'bob']);
    assert.equal(products, ['p0', 'p2', 'p5']);
    assert.equal(account.dropped, { 'left-out customer': 3 });
    assert.equal(
      account.examples['left-out customer']!.map(({ value }) => value.trim()),
      ['Ann@X.de', '0000', '17.0'],
    );
  }
});

test('units that a record says were returned are taken off, and what is left of nothing is known as returned', async () => {
  const row = (order: number, customer: string, sku: string, quantity: string, returned_quantity: string) => ({
    order,
    customer,
    sku,
    quantity,
    returned_quantity,
  });
  const rows = [
    row(1, 'ann', 'x', '3', '1'),
    row(2, 'ann', 'y', '2', '2'),
    row(3, 'ann', 'z', '1', ''),
    row(4, 'ann', 'z', '1', '-1'),
    row(5, 'bob', 'x', '1', '5'),
    row(6, 'bob', 'y', '1', '0'),
    row(7, 'bob', 'z', '-1', '0'),
  ];
  const dataset = await readOrders(rows);
  assert.equal(pairs(dataset), [
    ['ann', 'x', 2, 1],
    ['ann', 'z', 1, 1],
    ['bob', 'y', 1, 1],
  ]);
  assert.equal(dataset.account.dropped, { 'returned in full': 3, 'return without purchase': 1 });
  assert.is(dataset.account.read, dataset.account.kept + 4);
  const returned = dataset.customers.map((_, c) => {
    const { offsets, products } = dataset.returned!;
    return [...products.subarray(offsets[c], offsets[c + 1])].map((product) => dataset.products[product!]);
  });
  assert.equal(returned, [['y'], ['x']]);
});

test('a quantity that is already without what was returned stays as it is', async () => {
  const rows = [
    { customer: 'ann', sku: 'x', 'Quantity (- Refund)': 2, 'Quantity Refunded': 1 },
    { customer: 'bob', sku: 'x', 'Quantity (- Refund)': 1, 'Quantity Refunded': 0 },
  ];
  assert.equal(
    pairs(await readOrders(rows, { columns: { quantity: 'Quantity (- Refund)', refunded: 'Quantity Refunded' } })),
    [
      ['ann', 'x', 2, 1],
      ['bob', 'x', 1, 1],
    ],
  );
});

test('sums below a table are dropped as such, with a note', async () => {
  const rows = [
    { order: 1, customer: 'ann', sku: 'x', quantity: 2 },
    { order: 2, customer: 'bob', sku: 'y', quantity: 1 },
    { order: 3, customer: '', sku: 'y', quantity: 1 },
    { order: 'Summe', customer: '', sku: '', quantity: 4 },
    { order: '', customer: '', sku: '', quantity: 4 },
  ];
  const { account, notes } = await readOrders(rows);
  assert.equal(account.dropped, { 'missing customer': 1, 'totals record': 2 });
  assert.match(notes!.find(({ code }) => code === 'totals-record')!.text, /: 2, such as line 4, 5\./);
});

test('orders are counted by order id, without ids by time, and without times by record', async () => {
  const rows = ['1', '1', '2', '2', '3'].map((order, i) => ({
    order,
    date: `2024-01-0${Math.min(i + 1, 4)}`,
    customer: 'a',
    product: 'x',
    quantity: 1,
  }));
  assert.equal([...(await readOrders(rows)).purchases.orders!], [3]);
  assert.equal([...(await readOrders(rows, { columns: { order: false } })).purchases.orders!], [4]);
  assert.equal([...(await readOrders(rows, { columns: { order: false, time: false } })).purchases.orders!], [5]);
});

test('lines keep every purchase in the order it was read', async () => {
  const { lines, customers, products } = await readOrders(objects.toReversed(), { lines: true });
  const shown = Array.from(lines!.customers, (customer, i) => [
    customers[customer],
    products[lines!.products[i]!],
    lines!.quantities[i],
  ]);
  assert.equal(shown, [
    ['ann', 'tea', 3],
    ['bob', 'tea', 1],
    ['ann', 'cup', 1],
    ['ann', 'tea', 2],
  ]);
});

test('the order of day and month applies to all dates, even if a late one shows it', async () => {
  const text =
    'customer,product,quantity,date\na,x,1,1/2/2018\nb,x,1,2/2/2018\na,x,1,3/1/2018\nc,x,1,24/2/2018\na,y,1,4/2/2018\n';
  const { account, purchases } = await readOrders(await file('days.csv', text));
  const day = (time: number | undefined) => new Date(time!).toISOString().slice(0, 10);
  assert.equal(Array.from(purchases.lastPurchase!, day), ['2018-02-01', '2018-02-04', '2018-02-02', '2018-02-24']);
  assert.is(day(account.firstPurchase), '2018-01-03');
  assert.is(day(account.lastPurchase), '2018-02-24');
});

test('a duplicate is found even if the order of day and month shows in between', async () => {
  const rows = ['1/2/2018', '24/2/2018', '1/2/2018'].map((date) => ({
    customer: 'a',
    product: 'x',
    quantity: 1,
    date,
  }));
  const { account } = await readOrders(rows, { duplicates: 'drop' });
  assert.equal(account.examples, { duplicate: [{ line: 3, value: '' }] });
});

test('the sample orders read the same as objects and as CSV, and their dirt is found', async () => {
  const options = { lines: 20_000, seed: 3 };
  const given = await readOrders(sampleOrders(options));
  const written = await readOrders(await file('sample.csv', [...sampleCsv(options)].join('')));
  assert.is(written.fingerprint, given.fingerprint);
  assert.equal(written.productInfo, given.productInfo);
  assert.equal(written.account.dropped, given.account.dropped);
  assert.is(given.account.read, 20_000);
  assert.ok(given.account.kept > 18_000);
});

test('records without a date are kept, and pairs without any date have NaN', async () => {
  const text = 'customer,product,quantity,date\na,x,1,\na,x,1,2024-01-01\nb,x,1,\n';
  const { account, purchases } = await readOrders(await file('dateless.csv', text));
  assert.is(account.kept, 3);
  assert.equal([...purchases.lastPurchase!].map(String), [String(Date.parse('2024-01-01')), 'NaN']);
  assert.is((await readOrders([{ customer: 1, product: 2, quantity: 3 }])).account.firstPurchase, undefined);
});

test('an array of ones, and times if there are none, take no memory', async () => {
  const rows = ['x', 'y', 'z'].map((product) => ({ customer: 'a', product, quantity: 1 }));
  const { purchases, fingerprint } = await readOrders(rows);
  assert.equal(Object.keys(purchases), ['offsets', 'products']);
  assert.equal([quantityOf(purchases, 2), ordersOf(purchases, 2)], [1, 1]);
  assert.instance(purchases.products.buffer, SharedArrayBuffer);
  const twice = await readOrders([...rows, rows[0]!]);
  assert.equal(Object.keys(twice.purchases), ['offsets', 'products', 'quantities', 'orders']);
  assert.is.not(twice.fingerprint, fingerprint);
});

test('objects may lack fields, even the first ones', async () => {
  const rows = [
    { product: 'x' },
    { customer: 'a', product: 'x' },
    { customer: 'a', product: 'x', quantity: 2, price: 3 },
  ];
  const { account, productInfo } = await readOrders(rows, { acceptLoss: true });
  assert.equal(account.dropped, { 'missing customer': 1, 'missing quantity': 1 });
  assert.equal(productInfo, [{ price: 3 }]);
});

test('lines that are not JSON objects are malformed', async () => {
  const text = 'oops\n{"customer":1,"product":2,"quantity":3}\r\n\r\n[1]\n{"customer":\n7\nnull';
  const { account } = await readOrders(await file('broken.jsonl', text), { acceptLoss: true });
  assert.is(account.kept, 1);
  assert.equal(
    account.examples['malformed row']!.map(({ line }) => line),
    [1, 4, 5, 6, 7],
  );
});

test('reading can be stopped, and reports its progress', async () => {
  const path = await file('long.csv', `customer,product,quantity\n${'a,x,1\nb,y,2\n'.repeat(300_000)}`);
  const seen: [number, number, number][] = [];
  await readOrders(path, { onProgress: ({ bytes, totalBytes, rows }) => seen.push([bytes, totalBytes, rows]) });
  assert.ok(seen.length >= 3);
  assert.equal(seen.at(-1), [3_600_026, 3_600_026, 600_000]);
  assert.ok(seen.every(([bytes], i) => i === 0 || bytes >= seen[i - 1]![0]));
  const stop = new AbortController();
  const stopped = await refusal(path, { signal: stop.signal, onProgress: () => stop.abort() });
  assert.is(stopped.code, 'aborted');
  assert.is((await refusal(objects, { signal: AbortSignal.abort() })).code, 'aborted');
});

test('the fingerprint changes with the content and with nothing else', async () => {
  const { fingerprint } = await readOrders(objects);
  assert.is((await readOrders([...objects].reverse())).fingerprint, fingerprint);
  for (const change of [{ customer_id: 'Ann' }, { product_id: 'teas' }, { quantity: 4 }, { ordered_at: new Date() }]) {
    assert.is.not((await readOrders([...objects.slice(0, 3), { ...objects[3], ...change }])).fingerprint, fingerprint);
  }
});

test.run();
