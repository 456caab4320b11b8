import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportModel } from '../../../src/exchange/export/export.ts';
import type { Model } from '../../../src/model/model.ts';
import { train } from '../../../src/tuning/train.ts';
import { endcap, json } from '../../cli/run.ts';
import { filesOf } from '../../dataset/files.ts';
import { anyModel, smallModel } from '../../model/models.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('export of a model');
const { folder } = filesOf(test);

async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(path) });
}

/** The tables that a model should have, in the simplest way. */
function expected(model: Model) {
  const { customers, products, purchases, returned, signals, factors } = model;
  const featuresOf = (all: Float32Array, row: number) => [...all.subarray(row * factors, (row + 1) * factors)];
  const date = (ms: number | undefined) => (ms === undefined || Number.isNaN(ms) ? null : new Date(ms));
  const pairs = customers.flatMap((customer, c) => {
    const own: Record<string, unknown>[] = [];
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++)
      own.push({
        customer,
        product: products[purchases.products[pair]],
        quantity: purchases.quantities?.[pair] ?? 1,
        orders: purchases.orders?.[pair] ?? 1,
        ...(purchases.lastPurchase && { last_order: date(purchases.lastPurchase[pair]) }),
        ...(signals && { recency: signals.recency[pair] }),
      });
    for (let i = returned?.offsets[c] ?? 0; i < (returned?.offsets[c + 1] ?? 0); i++)
      own.push({
        ...{ customer, product: products[returned!.products[i]], quantity: 0, orders: 0 },
        ...(purchases.lastPurchase && { last_order: null }),
        ...(signals && { recency: 0 }),
      });
    return own;
  });
  return {
    customers: customers.map((customer, id) => ({
      ...{ id, customer, features: featuresOf(model.customerFactors, id) },
      ...(signals && { orders: signals.orders[id] }),
    })),
    products: products.map((product, id) => ({
      ...{ id, product, name: null, category: null, price: null, ...model.productInfo[id] },
      features: featuresOf(model.productFactors, id),
      listed: !model.unlisted?.includes(id),
      orders: BigInt(
        purchases.products.reduce((sum, row, pair) => sum + (row === id ? (purchases.orders?.[pair] ?? 1) : 0), 0),
      ),
      ...(signals && { popularity: signals.popularity[id] }),
      ...(signals?.uptake && { uptake: signals.uptake[id] }),
      ...(signals && { repeat_propensity: signals.repeatPropensity[id] }),
      ...(signals?.firstSales && { first_sold: date(signals.firstSales[id]) }),
    })),
    pairs,
  };
}

async function assertExported(model: Model, to: string): Promise<void> {
  await exportModel(model, to);
  for (const [name, rows] of Object.entries(expected(model)))
    assert.equal(await rowsOf(join(to, `${name}.parquet`)), rows, name);
}

/** UTF-8 has no half of a character, and the reader here drops a byte order mark. */
const isWellFormed = (model: Model) => {
  const { customers, products, productInfo } = model;
  const texts = [...customers, ...products, ...productInfo.flatMap(({ name = '', category = '' }) => [name, category])];
  return texts.every((text) => !/\p{Surrogate}|^\ufeff/u.test(text));
};

test('the tables have all that the model has, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(anyModel.filter(isWellFormed), (model) => assertExported(model, join(folder(), 'any'))),
    { numRuns: 60, seed: 3 },
  );
});

test('rows of several row groups follow one another', async () => {
  const factors = 2048;
  const customers = Array.from({ length: 2100 }, (_, row) => String(10_000 + row));
  const products = Array.from({ length: 80 }, (_, row) => String(100 + row));
  const count = customers.length * products.length;
  const { ranking: _, ...metadata } = smallModel().metadata;
  const model: Model = {
    algorithm: 'als',
    ...{ factors, customers, products, metadata, productInfo: products.map((name) => ({ name })) },
    customerFactors: Float32Array.from({ length: customers.length * factors }, (_, i) => i % 1013),
    productFactors: new Float32Array(products.length * factors),
    purchases: {
      offsets: Uint32Array.from([...customers, ''], (_, c) => c * products.length),
      products: Uint32Array.from({ length: count }, (_, pair) => pair % products.length),
      quantities: Float32Array.from({ length: count }, (_, pair) => 1 + (pair % 97)),
    },
  };
  const to = join(folder(), 'groups');
  await exportModel(model, to);
  const read = await rowsOf(join(to, 'customers.parquet'));
  assert.is(read.length, customers.length);
  for (const at of [0, 2047, 2048, 2099]) {
    assert.equal([read[at].id, read[at].customer], [at, customers[at]]);
    assert.equal(read[at].features, [...model.customerFactors.subarray(at * factors, (at + 1) * factors)]);
  }
  const file = await asyncBufferFromFile(join(to, 'pairs.parquet'));
  assert.ok((await parquetMetadataAsync(file)).row_groups.length > 1);
  const pairs = await parquetReadObjects({ file });
  assert.is(pairs.length, count);
  assert.ok(
    pairs.every(
      ({ customer, product, quantity }, pair) =>
        customer === customers[Math.floor(pair / 80)] &&
        product === products[pair % 80] &&
        quantity === 1 + (pair % 97),
    ),
  );
});

test('files say which model they are of, and model.json says how to read them', async () => {
  const model = await train(randomShop(), { fast: true, factors: 8 });
  const to = join(folder(), 'new', 'folder');
  const shares: number[] = [];
  const { files, bytes } = await exportModel(model, to, { onProgress: (share) => shares.push(share) });
  assert.equal(readdirSync(to).sort(), ['customers.parquet', 'model.json', 'pairs.parquet', 'products.parquet']);
  assert.is(shares.at(-1), 1);
  const description = JSON.parse(readFileSync(join(to, 'model.json'), 'utf8'));
  const { version, options, ranking, foldIn } = model.metadata;
  assert.equal({ ...description.options }, { ...options });
  assert.equal(
    [description.format, description.version, description.ranking, description.foldIn, description.factors],
    ['endcap-export', version, ranking, foldIn, 8],
  );
  assert.equal(description.rows, {
    'customers.parquet': model.customers.length,
    'products.parquet': model.products.length,
    'pairs.parquet': model.purchases.products.length,
  });
  let sum = 0;
  for (const { name, rows, bytes } of files) {
    sum += bytes;
    assert.is(readFileSync(join(to, name)).length, bytes);
    if (name === 'model.json') continue;
    const { key_value_metadata, num_rows } = await parquetMetadataAsync(await asyncBufferFromFile(join(to, name)));
    assert.equal(key_value_metadata, [{ key: 'endcap.version', value: version }]);
    assert.is(Number(num_rows), rows);
  }
  assert.is(bytes, sum);
});

test('what stops an export leaves the one before as it was', async () => {
  const model = await train(randomShop(), { fast: true, factors: 8 });
  const other = await train(randomShop({ seed: 2 }), { fast: true, factors: 4 });
  const to = join(folder(), 'stopped');
  await exportModel(model, to);
  const contents = () => readdirSync(to).map((name) => [name, readFileSync(join(to, name), 'hex')]);
  const before = contents();
  const stop = new AbortController();
  const onProgress = (share: number) => share === 1 && stop.abort();
  assert.is((await endcapErrorOf(exportModel(other, to, { signal: stop.signal, onProgress }))).code, 'aborted');
  const anew = join(folder(), 'made/deep');
  assert.is((await endcapErrorOf(exportModel(other, anew, { signal: stop.signal }))).code, 'aborted');
  assert.not.ok(existsSync(join(folder(), 'made')));
  assert.equal(contents(), before);
  // Each of the tables.
  for (const name of ['customers.parquet', 'products.parquet', 'pairs.parquet', 'model.json']) {
    const taken = join(folder(), `taken-${name}`);
    mkdirSync(join(taken, name), { recursive: true });
    const { code, message } = await endcapErrorOf(exportModel(other, taken));
    assert.is(code, 'write_failed');
    assert.match(message, `${name} cannot be written: it is a directory`);
    assert.equal(readdirSync(taken), [name]);
  }
});

test('what is no model, and what is no folder, is refused', async () => {
  const model = smallModel();
  const path = join(folder(), 'file');
  writeFileSync(path, '');
  assert.match((await endcapErrorOf(exportModel(model, path))).message, 'it is not a directory');
  assert.is((await endcapErrorOf(exportModel(model, ''))).code, 'invalid_options');
  const { message, details } = await endcapErrorOf(exportModel(model, 'postgres://ann:s3cret@host/shop'));
  assert.match(message, 'not to an address');
  assert.not.match(message + JSON.stringify(details), 's3cret');
  assert.not.ok(existsSync('postgres:'));
  assert.is((await endcapErrorOf(exportModel({} as Model, join(folder(), 'none')))).code, 'model_unreadable');
  const { productFactors } = model;
  const broken = { ...model, productFactors: productFactors.map(() => Number.NaN) };
  assert.is((await endcapErrorOf(exportModel(broken, join(folder(), 'none')))).code, 'model_unreadable');
  assert.not.ok(existsSync(join(folder(), 'none')));
  const options = { signals: true } as never;
  assert.match((await endcapErrorOf(exportModel(model, path, options))).message, /^signals: .*signal/);
});

test('the command writes the same files, and says which', async () => {
  const cwd = folder();
  await endcap(['sample', '--lines', '600', '-o', 'orders.csv'], { cwd });
  await endcap(['train', 'orders.csv', '--fast', '--factors', '4', '-o', 'model.safetensors'], { cwd });
  const ran = await endcap(['export', 'model.safetensors', '-o', 'out', '--json'], { cwd });
  assert.is(ran.code, 0, ran.stderr);
  const { files } = json<{ files: { name: string; rows: number }[] }>(ran);
  assert.is(
    (await rowsOf(join(cwd, 'out', 'pairs.parquet'))).length,
    files.find(({ name }) => /pairs/.test(name))!.rows,
  );
  const told = await endcap(['export', 'model.safetensors', '-o', 'out'], { cwd });
  assert.match(told.stdout.toString(), /customers\.parquet +\d+ +\d/);
  assert.is((await endcap(['export', 'model.safetensors'], { cwd })).code, 2);
});

test.run();
