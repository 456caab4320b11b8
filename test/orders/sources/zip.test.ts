import { createReadStream, readdirSync, readlinkSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { csv, filesOf, refusal } from '../../dataset/files.ts';
import { type ZipMember, zipOf } from './zip-files.ts';

const test = suite('zip archives');
const { file, folder } = filesOf(test);

const [header, ...lines] = csv.split('\n');
const half = (from: number, to: number) => [header, ...lines.slice(from, to)].join('\n');

test('an archive of one file reads like the file, under any name', async () => {
  const expected = await readOrders(await file('plain.csv', csv));
  for (const [name, members] of [
    ['orders.zip', [{ name: 'orders.csv', content: csv }]],
    ['orders.csv', [{ name: 'export 1/Bestellungen.dat', content: csv }]],
    ['stored.zip', [{ name: 'orders.csv', content: csv, method: 0 }]],
    ['packed.zip', [{ name: 'orders.csv.gz', content: gzipSync(csv) }]],
    [
      'mac.zip',
      [
        { name: 'orders.csv', content: csv },
        { name: '__MACOSX/._orders.csv', content: 'x\0' },
        { name: 'a/', content: '' },
      ],
    ],
    [
      'more.zip',
      [
        { name: 'orders.csv', content: csv },
        { name: 'LICENSE', content: 'x' },
        { name: 'readme.txt', content: 'x' },
      ],
    ],
  ] as const) {
    const dataset = await readOrders(await file(name, zipOf(members)));
    assert.is(dataset.fingerprint, expected.fingerprint, name);
  }
});

test('all files of an archive are read, and what one file has of another counts once', async () => {
  const path = await file(
    'months.zip',
    zipOf([
      { name: 'b/2.csv', content: half(1, 4) },
      { name: 'a/1.csv', content: half(0, 2) },
    ]),
  );
  const seen: number[] = [];
  const dataset = await readOrders(path, { onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes) });
  assert.is(dataset.account.purchases, 4);
  assert.equal(dataset.account.dropped, { 'in an earlier file': 1 });
  assert.equal(seen, seen.toSorted());
  assert.is(seen.at(-1), 1);
});

test('an archive that does not come from a file is held in memory', async () => {
  const path = await file('stream.zip', zipOf([{ name: 'orders.csv', content: csv }]));
  const dataset = await readOrders(createReadStream(path, { highWaterMark: 100 }), { format: 'csv' });
  assert.is(dataset.account.purchases, 4);
});

test('what cannot be read of an archive is an error that says why', async () => {
  const damaged = zipOf([{ name: 'orders.csv', content: csv, method: 0 }]);
  damaged[100] ^= 1;
  const of = (member: Partial<ZipMember>) => zipOf([{ name: 'orders.csv', content: csv, ...member }]);
  for (const [name, bytes, words] of [
    ['changed.zip', damaged, /changed\.zip\/orders\.csv is a damaged or truncated zip archive: its checksum is wrong/],
    ['cut.zip', of({}).subarray(0, 200), /cut\.zip is a damaged or truncated zip archive/],
    ['secret.zip', of({ isEncrypted: true }), /secret\.zip\/orders\.csv is encrypted; unpack/],
    ['method.zip', of({ method: 12 }), /packed by a method \(12\)/],
    ['nested.zip', of({ content: of({}), name: 'inner.zip' }), /is an archive in an archive/],
    [
      'parquet.zip',
      of({ name: 'orders.parquet', content: 'PAR1' }),
      /is packed Parquet|is Parquet, which is read from its end; expected a file by itself/,
    ],
    ['empty.zip', zipOf([]), /without files of orders/],
    [
      'others.zip',
      zipOf([
        { name: 'a.pdf', content: '1' },
        { name: 'b.pdf', content: '2' },
      ]),
      /without files of orders/,
    ],
    [
      'book.xlsx',
      zipOf([
        { name: 'xl/workbook.xml', content: '<' },
        { name: 'a.xml', content: '<' },
      ]),
      /is a workbook; .*save the sheet as CSV/,
    ],
    ['old.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /is a workbook; .*save the sheet as CSV/],
  ] as const) {
    const error = await refusal(await file(name, bytes));
    assert.is(error.code, 'orders_unreadable', name);
    assert.match(error.message, words);
  }
  if (process.platform !== 'linux') return;
  const open = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder());
    } catch {
      return false;
    }
  });
  assert.equal(open, []);
});

test.run();
