import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { orderFilesAmong } from '../../../src/orders/sources/inputs.ts';
import { csv, filesOf, refusal } from '../../dataset/files.ts';

const test = suite('several sources');
const { folder } = filesOf(test);

const [header, ...lines] = csv.split('\n');
const part = (...of: number[]) => [header, ...of.map((line) => lines[line])].join('\n');
const jsonl = '{"order_id":"o3","customer_id":"ann","product_id":"tea","quantity":3,"ordered_at":"2024-02-01 09:30"}';

/** Writes files into a new folder, and returns its path. */
async function folderOf(name: string, files: Record<string, string | Uint8Array>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder(), name, path, '..'), { recursive: true });
    await writeFile(join(folder(), name, path), content);
  }
  return join(folder(), name);
}

test('files, URLs, folders, and patterns are read one after the other, each once', async () => {
  const path = await folderOf('months', {
    'orders-1.csv': part(0, 1),
    'orders-2.csv.gz': gzipSync(part(2)),
    'more.jsonl': jsonl,
    '.hidden.csv': 'x',
    _SUCCESS: '',
    'notes.pdf': 'x',
    'readme.txt': 'x',
  });
  const one = join(path, 'orders-1.csv');
  const two = join(path, 'orders-2.csv.gz');
  const three = join(path, 'more.jsonl');
  const expected = await readOrders([one, two, three]);
  assert.is(expected.account.purchases, 4);
  assert.is(expected.orders, 3);
  for (const source of [path, [path], [`${path}/orders-*`, pathToFileURL(three)], [path, one, `${path}/*.csv`]]) {
    const dataset = await readOrders(source);
    assert.is(dataset.fingerprint, expected.fingerprint);
    assert.is(dataset.account.read, 4);
  }
  assert.is((await readOrders(`${path}/orders-*.csv*`)).account.read, 3);
});

test('files of a pattern are called as it is written', async () => {
  const path = await folderOf('named', { 'bad-1.csv': Buffer.from([1, 0, 2]) });
  const { message } = await refusal(join(path, 'bad-*.csv'));
  assert.ok(message.startsWith(join(path, 'bad-1.csv')), message);
});

test('a file whose name looks like a pattern is a file', async () => {
  const path = await folderOf('odd', { 'orders [1].csv': csv });
  assert.is((await readOrders(join(path, 'orders [1].csv'))).account.read, 4);
});

test('parts of one table may have equal records, in folders by the values of a column, too', async () => {
  const path = await folderOf('spark', {
    'part-00000-x.csv': part(0),
    'part-00001-x.csv': part(0),
    '.part-00001-x.csv.crc': 'x',
    _SUCCESS: '',
  });
  assert.is((await readOrders(path)).account.purchases, 2);
  const hive = await folderOf('hive', {
    'day=1/part-0.csv': part(0),
    'day=2/part-0.csv': part(0, 3),
    'other/a.csv': part(2),
  });
  assert.is((await readOrders(hive)).account.purchases, 3);
});

test('files with other columns are read by their own, which a note says', async () => {
  const path = await folderOf('changed', {
    'a.csv': csv,
    'b.csv': 'Order No;Customer No;SKU;Qty;Date\no4;bob;pot;2;2024-03-01\no5;eve;tea;1;2024-03-02\n',
    'c.csv':
      'quantity,order_id,customer_id,product_id,product_name,category,price,ordered_at\n1,o6,ann,pot,Pot,kitchen,3,2024-03-03 10:00\n',
  });
  const { account, notes } = await readOrders(path);
  assert.is(account.purchases, 7);
  const note = notes!.find(({ code }) => code === 'different-columns')!;
  assert.match(note.text, /b\.csv has other columns than .*a\.csv: it lacks order_id, .*; it adds Order No/);
  assert.is(notes!.filter(({ code }) => code === 'different-columns').length, 1);
});

test('progress adds up the bytes of all files', async () => {
  const path = await folderOf('progress', { 'a.csv': part(0), 'b.csv': part(1), 'c.csv': part(2, 3) });
  const seen: number[] = [];
  let total = 0;
  const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => {
    seen.push(bytes);
    total = totalBytes;
  };
  await readOrders(path, { onProgress });
  assert.equal(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.is(seen.at(-1), total);
  assert.is(total, part(0).length + part(1).length + part(2, 3).length);
});

test('an error names the file that it is about', async () => {
  const path = await folderOf('broken', { 'a.csv': csv, 'b.csv': Buffer.from([1, 2, 0, 3]) });
  const error = await refusal(path);
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /b\.csv is not text/);
});

test('of the files of a folder or an archive, those with orders are read', () => {
  assert.equal(orderFilesAmong(['b.CSV', 'a.tsv.gz', 'x.xlsx', 'readme.txt', '.a.csv', 'c.parquet', 'p.csv.crc']), [
    'a.tsv.gz',
    'b.CSV',
    'c.parquet',
  ]);
  assert.equal(orderFilesAmong(['b.txt', 'a.txt', 'x.pdf']), ['a.txt', 'b.txt']);
  assert.equal(orderFilesAmong(['export', '.DS_Store', '__MACOSX/export']), ['export']);
  assert.equal(orderFilesAmong(['a.pdf', 'b.pdf']), []);
});

test('bytes are read with their format, and refused without it; so is text', async () => {
  const path = await folderOf('bytes', { 'a.csv': csv, 'a.json': `[${jsonl}]` });
  const expected = (await readOrders(join(path, 'a.csv'))).fingerprint;
  const bytes = Buffer.from(csv);
  const one = () => createReadStream(join(path, 'a.csv'), { highWaterMark: 7 });
  for (const source of [
    one(),
    bytes,
    new Uint8Array(bytes),
    [bytes.subarray(0, 50), bytes.subarray(50)],
    new Blob([bytes]).stream(),
    [gzipSync(csv)],
  ]) {
    assert.is((await readOrders(source as Iterable<object>, { format: 'csv' })).fingerprint, expected);
  }
  assert.is((await readOrders(createReadStream(join(path, 'a.json')), { format: 'json' })).account.kept, 1);
  for (const [source, options, words] of [
    [one(), {}, /^the orders are given as bytes; say what they are with format: 'csv', 'tsv', 'json', or 'jsonl'$/],
    [bytes, { format: 'auto' }, /are given as bytes/],
    [
      new Blob([bytes]).stream(),
      { format: 'parquet' },
      /the orders is Parquet, which is read from its end; expected a file/,
    ],
    [bytes, { format: 'parquet' }, /the orders is not a complete Parquet file/],
    [
      createReadStream(join(path, 'a.csv'), 'utf8'),
      { format: 'csv' },
      /^the orders are given as text; expected objects/,
    ],
    [new Set([csv]), {}, /are given as text/],
    [[bytes, {}], { format: 'csv' }, /begin as bytes and go on as something else/],
  ] as const) {
    const error = await refusal(source as Iterable<object>, options);
    assert.is(error.code, 'orders_unreadable');
    assert.match(error.message, words);
  }
});

test('stdin is read to its end, as it comes', async () => {
  const { href } = new URL('../../../dist/dataset/read.js', import.meta.url);
  const program = `import { readOrders } from ${JSON.stringify(href)}; console.log((await readOrders('-')).account.purchases)`;
  const run = (input: string | Uint8Array) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], { input, encoding: 'utf8' });
  for (const input of [csv, gzipSync(csv), `[${jsonl},${jsonl},${jsonl},${jsonl}]`])
    assert.is(run(input).stdout.trim(), '4');
  assert.match(run('').stderr, /stdin is empty/);
});

test.run();
