/** Orders that a program gives, read without Node's modules, make the dataset that `endcap` makes of the same in files. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { readOrders as readGiven, type WebReadOptions } from '../../src/dataset/read-web.ts';
import { openKernel } from '../../src/kernel/open.ts';
import type { GivenSource } from '../../src/orders/given-sources.ts';
import type { ReadOptions } from '../../src/orders/options.ts';
import { sampleCsv, sampleOrders } from '../../src/sample/sample.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { sharedCases, sharedData, testUnless } from '../support/skip.ts';
import { csv, filesOf } from './files.ts';

const test = suite('orders that a program gives');
const { file } = filesOf(test);
const cases = sharedCases('');
const retail = sharedData('online-retail.csv.gz');
const lines = 20_000;
const sample = new TextEncoder().encode([...sampleCsv({ lines })].join(''));

function fileOf(path: string): File {
  return new File([readFileSync(path)], basename(path));
}

/** Texts name files by their paths if they have any; here they do by what the files are called. */
function named(said: object): unknown {
  return JSON.parse(JSON.stringify(said).replaceAll(/[^\s"]*\//g, ''));
}

/** What reading says: the dataset, without what is too long to compare twice, or why there is none. */
async function saidBy(reading: Promise<Dataset>): Promise<unknown> {
  try {
    const { customers, account, fingerprint, notes, decisions, columns, unusedColumns, files, orders } = await reading;
    return named({ customers, account, fingerprint, notes, decisions, columns, unusedColumns, files, orders });
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return named({ code, message });
  }
}

testUnless(test, cases.absent, 'every text file of the collected exports is read as it is from disk', async () => {
  const names = readdirSync(cases.path, { recursive: true, encoding: 'utf8' });
  // But for an archive that is named like one.
  const isText = (name: string) => /\.(csv|tsv|txt|json|jsonl)(\.gz)?$/.test(name) && !name.startsWith('33-zipped');
  const texts = names.filter((name) => isText(name) && !name.endsWith('expect.json'));
  assert.ok(texts.length > 40);
  const kernel = openKernel({ threads: 1 });
  for (const [i, name] of texts.entries()) {
    const path = join(cases.path, name);
    const expected = await saidBy(readOrders(path));
    const options = i % 2 === 0 ? { kernel } : {};
    assert.equal(await saidBy(readGiven(fileOf(path), options)), expected, name);
  }
});

test('files that belong together are read as one, and joined', async () => {
  const [orders, items] = [
    'order_id,user_id,order_date\n1,ann,2024-01-01\n2,bob,2024-02-01\n',
    'order_id,product_id,quantity\n1,tea,2\n1,cup,1\n2,tea,1\n',
  ];
  const paths = [await file('orders.csv', orders), await file('items.csv', items)];
  const expected = await saidBy(readOrders(paths[1], { join: [paths[0]] }));
  const [first, second] = paths.map(fileOf);
  assert.equal(await saidBy(readGiven(second, { join: [first] })), expected);
  assert.equal(
    await saidBy(readGiven(second, { join: [{ file: first, on: 'order_id' }] })),
    await saidBy(readOrders(paths[1], { join: [{ file: paths[0], on: 'order_id' }] })),
  );
  const months = [await file('january.csv', csv), await file('february.csv', csv.replaceAll('o3', 'o4'))];
  assert.equal(await saidBy(readGiven(months.map(fileOf))), await saidBy(readOrders(months)));
  assert.equal((await readGiven(months.map(fileOf))).files, ['january.csv', 'february.csv']);
});

async function* inParts(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length];
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

test('text, bytes, streams, and parts of any size are the same orders, on every reader', async () => {
  const expected = await readOrders(await file('sample.csv', sample));
  const same = ({ fingerprint, account, decisions }: Dataset, what: string) => {
    assert.is(fingerprint, expected.fingerprint, what);
    assert.equal({ account, decisions }, { account: expected.account, decisions: expected.decisions }, what);
  };
  const packed = new Uint8Array(gzipSync(sample));
  const sources: Record<string, () => string | GivenSource> = {
    text: () => new TextDecoder().decode(sample),
    array: () => sample,
    buffer: () => sample.slice().buffer,
    blob: () => new Blob([sample]),
  };
  for (const [name, source] of Object.entries(sources)) same(await readGiven(source(), { format: 'csv' }), name);
  // What a stream holds further on is not known at its beginning.
  const inPart = await readGiven(inParts(sample, [4000]), { format: 'csv' });
  assert.is(inPart.fingerprint, expected.fingerprint);
  const streams: Record<string, () => GivenSource> = {
    stream: () => new Blob([sample]).stream() as unknown as GivenSource,
    'packed stream': () => new Blob([packed]).stream() as unknown as GivenSource,
    'packed bytes': () => packed,
  };
  for (const [name, source] of Object.entries(streams)) {
    const { fingerprint, account } = await readGiven(source(), { format: 'csv' });
    assert.equal({ fingerprint, account }, { fingerprint: inPart.fingerprint, account: inPart.account }, name);
    assert.is((await readOrders(source(), { format: 'csv' })).fingerprint, expected.fingerprint, `${name}, in Node`);
  }
  const objects = [...sampleOrders({ lines })];
  assert.is((await readGiven(objects)).fingerprint, expected.fingerprint);
  const json = objects.map((line) => JSON.stringify(line)).join('\n');
  assert.is((await readGiven(json, { format: 'jsonl' })).fingerprint, expected.fingerprint);
});

test('where bytes are cut changes nothing, in any encoding', async () => {
  const text = `kunde;artikel;menge;datum\n${Array.from({ length: 300 }, (_, i) => `Jürgen ${i % 40};"Käse ${i % 17}";${1 + (i % 3)};${1 + (i % 28)}.3.2024`).join('\r\n')}`;
  const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const utf16 = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
  const encoded = [new TextEncoder().encode(text), latin1, utf16, new Uint8Array(gzipSync(latin1))];
  const expected = await saidBy(readGiven(encoded[0], { format: 'csv' }));
  const [{ fingerprint }] = [expected as Dataset];
  assert.ok(fingerprint);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...encoded),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
      async (bytes, sizes) => {
        const dataset = await readGiven(inParts(bytes, sizes), { format: 'csv' });
        assert.is(dataset.fingerprint, fingerprint);
        assert.equal(dataset.account, (expected as Dataset).account);
      },
    ),
    { numRuns: 40 },
  );
});

testUnless(
  test,
  retail.absent,
  'Online Retail is the same with and without a kernel, and memory that threads share',
  async () => {
    const bytes = new Uint8Array(gunzipSync(readFileSync(retail.path)));
    const expected = await readOrders(await file('retail.csv', bytes));
    const kernel = openKernel({ backend: 'wasm', threads: 1 });
    const { SharedArrayBuffer: shared } = globalThis;
    for (const options of [{}, { kernel }]) {
      // As in a page that is not isolated.
      Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
      let dataset: Dataset;
      try {
        dataset = await readGiven(new File([bytes], 'retail.csv'), 'kernel' in options ? {} : options);
      } finally {
        globalThis.SharedArrayBuffer = shared;
      }
      if ('kernel' in options) dataset = await readGiven(new File([bytes], 'retail.csv'), options);
      assert.is(dataset.fingerprint, expected.fingerprint);
      assert.equal(dataset.account, expected.account);
      assert.equal(dataset.productInfo, expected.productInfo);
      assert.equal([...dataset.notes!], [...expected.notes!]);
    }
  },
);

/** Runs work while each look at the clock is 10 ms after the one before, and counts the turns of the event loop. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  const { now } = performance;
  let time = 0;
  performance.now = () => (time += 10);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  try {
    await work();
  } finally {
    isOver = true;
    performance.now = now;
  }
  return turns;
}

test('reading gives way to everything else after each piece, and ends when it is told to', async () => {
  const pieces = Math.floor(sample.length / (1 << 17));
  assert.ok(pieces > 10);
  assert.ok((await turnsDuring(() => readGiven(sample, { format: 'csv' }))) > pieces);
  const objects = [...sampleOrders({ lines: 5000 })];
  assert.ok((await turnsDuring(() => readGiven(objects))) > 5000 / 256 - 1);
  const json = JSON.stringify(objects);
  assert.ok((await turnsDuring(() => readGiven(json, { format: 'json' }))) > json.length / (1 << 16) - 1);

  const seen: number[] = [];
  await readGiven(sample, { format: 'csv', onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes) });
  assert.is(seen.at(-1), 1);
  const stopping = new AbortController();
  setImmediate(() => stopping.abort());
  const error = await endcapErrorOf(turnsDuring(() => readGiven(sample, { format: 'csv', signal: stopping.signal })));
  assert.is(error.code, 'aborted');
});

test('a page without WebCrypto is told so before it has read anything', async () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  try {
    const error = await endcapErrorOf(readGiven(sample, { format: 'csv', onProgress: () => assert.unreachable() }));
    assert.match(error.message, /has no WebCrypto.*; serve it by https/);
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
  }
});

test('what cannot be read says why', async () => {
  const parquet = new File(['PAR1'], 'orders.parquet');
  const zip = new File([Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)], 'orders.zip');
  const cut = new File([gzipSync(csv).subarray(0, 60)], 'orders.csv.gz');
  for (const [source, options, words] of [
    [csv, {}, /^format: .*since the orders are text/],
    [csv, { format: 'csv', encoding: 'utf-8' }, /^encoding: /],
    [new Blob([csv]), {}, /are given as bytes; say what they are with format/],
    [sample, { format: 'auto' }, /are given as bytes/],
    [['customer,product'], {}, /are given as text/],
    [parquet, {}, /orders\.parquet .*Parquet/],
    [zip, {}, /orders\.zip is a zip archive or a workbook; unpack it/],
    [cut, {}, /orders\.csv\.gz is a damaged or truncated gzip file/],
    [7, {}, /^source: /],
    [csv, { format: 'parquet' }, /^format: /],
    [csv, { format: 'csv', join: ['orders.csv'] }, /^join: /],
    [csv, { format: 'csv', kernel: {} }, /^kernel: /],
    [csv, { format: 'csv', threads: 2 }, /^threads: 2 cannot be used/],
  ] as unknown as [GivenSource, ReadOptions & WebReadOptions, RegExp][]) {
    assert.match((await endcapErrorOf(readGiven(source, options as WebReadOptions))).message, words);
  }
});

test.run();
