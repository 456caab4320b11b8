import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { transpose } from '../../src/dataset/sort.ts';
import type { Model } from '../../src/model/model.ts';
import { createRandom, shuffle } from '../../src/random.ts';

/** Who bought what: customer `c` has the pairs `offsets[c] .. offsets[c + 1]`, with ascending product rows. */
export interface Pairs {
  products: number;
  offsets: Uint32Array;
  rows: Uint32Array;
}

/**
 * Draws about `pairs` distinct pairs: products follow Zipf's law (exponent 1), and the activity of customers has a long
 * tail. The same arguments give the same pairs. Takes 4 bytes per pair, and about 1 s for 10 million.
 */
export function zipfPairs(customers: number, products: number, pairs: number, seed = 1): Pairs {
  const random = createRandom(seed);
  // Sampling inverts the cumulative 1 / rank law; the shuffle spreads popular products over the rows.
  const harmonic = Math.log(products);
  const names = Uint32Array.from({ length: products }, (_, row) => row);
  shuffle(names, random);
  const activity = Float64Array.from({ length: customers }, () => random.uniform() ** -0.5);
  const scale = pairs / activity.reduce((a, b) => a + b, 0);
  const offsets = shared(customers + 1);
  for (let c = 0; c < customers; c++) {
    offsets[c + 1] = offsets[c] + Math.max(1, Math.min(Math.round(activity[c] * scale), products >> 2));
  }
  const rows = shared(offsets[customers]);
  const bought = new Uint32Array(products);
  const seen = new Uint32Array(products).fill(0xffffffff);
  for (let c = 0; c < customers; c++) {
    const wanted = offsets[c + 1] - offsets[c];
    for (let i = 0; i < wanted; ) {
      const product = names[Math.min(products - 1, Math.floor(Math.exp(random.uniform() * harmonic)) - 1)];
      if (seen[product] === c && random.uniform() < 0.9) continue;
      const fresh = seen[product] === c ? random.below(products) : product;
      if (seen[fresh] === c) continue;
      seen[fresh] = c;
      bought[i++] = fresh;
    }
    rows.set(bought.subarray(0, wanted).sort(), offsets[c]);
  }
  return { products, offsets, rows };
}

/** Turns pairs into a dataset: each is bought once, without a time; ids are row numbers with leading zeros. */
export function datasetOf({ products, offsets, rows }: Pairs): Dataset {
  const customers = offsets.length - 1;
  const total = rows.length;
  const purchases = { offsets, products: rows };
  const productOffsets = shared(products + 1);
  for (const product of rows) productOffsets[product + 1]++;
  for (let p = 0; p < products; p++) productOffsets[p + 1] += productOffsets[p];
  return {
    customers: rowIds(customers),
    products: rowIds(products),
    productInfo: new Array(products).fill({}),
    purchases,
    byProduct: transpose(purchases, productOffsets),
    account: { read: total, kept: total, purchases: total, returns: 0, dropped: {}, examples: {}, columns: {} },
    fingerprint: `pairs ${customers} ${products} ${total}`,
  };
}

export function zipfDataset(customers: number, products: number, pairs: number, seed = 1): Dataset {
  return datasetOf(zipfPairs(customers, products, pairs, seed));
}

/**
 * Returns a model with factors drawn from N(0, 1). Their lengths hardly differ, so that no kernel can skip candidates.
 */
export function randomModel(dataset: Dataset, factors: number, seed = 1): Model {
  const { customers, products, purchases, fingerprint, account } = dataset;
  const random = createRandom(seed);
  const normals = (rows: number) => {
    const values = new Float32Array(rows * factors);
    for (let i = 0; i < values.length; i++) values[i] = random.normal();
    return values;
  };
  return {
    algorithm: 'als',
    factors,
    customers,
    products,
    productInfo: products.map((id) => ({ name: `Product number ${id}` })),
    customerFactors: normals(customers.length),
    productFactors: normals(products.length),
    purchases,
    metadata: {
      version: 'random',
      endcap: '',
      trainedAt: new Date(0).toISOString(),
      options: { confidence: 'orders', unobservedWeight: 0.1, frequencyExponent: 1 },
      losses: [],
      trainingMs: 0,
      fingerprint,
      account,
      kernel: { backend: '', isa: '', threads: 1 },
      foldIn: { confidenceScale: 1, regularizationScale: 0.01 },
    },
  };
}

/** Writes pairs to two files of unsigned 32-bit integers, `offsets.u32` and `rows.u32`. */
export function writePairs(folder: string, { offsets, rows }: Pairs): void {
  writeNumbers(join(folder, 'offsets.u32'), offsets);
  writeNumbers(join(folder, 'rows.u32'), rows);
}

export function readPairs(folder: string, products: number): Pairs {
  const read = (name: string) => readNumbers(join(folder, name), Uint32Array);
  return { products, offsets: read('offsets.u32'), rows: read('rows.u32') };
}

const chunkBytes = 1 << 28;

/** Writes the bytes of an array in the machine's byte order. */
export function writeNumbers(path: string, { buffer, byteOffset, byteLength }: ArrayBufferView): void {
  const file = openSync(path, 'w');
  for (let at = 0; at < byteLength; ) {
    at += writeSync(file, new Uint8Array(buffer, byteOffset + at, Math.min(chunkBytes, byteLength - at)));
  }
  closeSync(file);
}

export function readNumbers<T extends Uint32Array | Int32Array | Float32Array>(
  path: string,
  type: { new (buffer: SharedArrayBuffer): T },
): T {
  const file = openSync(path, 'r');
  const bytes = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(file, bytes, at, Math.min(chunkBytes, bytes.length - at), at);
    if (read === 0) throw new Error(`${path} was truncated while it was read`);
    at += read;
  }
  closeSync(file);
  return new type(bytes.buffer);
}

/** Returns zeros in memory that threads can share. */
function shared(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}

/** Leading zeros keep the order of the rows when ids are sorted as text. */
function rowIds(count: number): string[] {
  return Array.from({ length: count }, (_, row) => String(row).padStart(String(count).length, '0'));
}
