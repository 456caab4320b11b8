import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { transpose } from '../../src/dataset/sort.ts';
import type { Model } from '../../src/model/model.ts';
import { createRandom, shuffle } from '../../src/random.ts';

/** Who bought what: the pairs of customer `c` are `offsets[c] .. offsets[c + 1]`, product rows ascending. */
export interface Pairs {
  products: number;
  offsets: Uint32Array;
  rows: Uint32Array;
}

/**
 * About `pairs` distinct pairs: products drawn by Zipf's law (exponent 1), customers with a long tail of activity. The
 * same arguments give the same pairs. 4 bytes a pair; about 1 s for 10 million.
 */
export function zipfPairs(customers: number, products: number, pairs: number, seed = 1): Pairs {
  const random = createRandom(seed);
  // The inverse of the cumulative 1 / rank law, and a random naming so that popular products are spread over the rows.
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

/** The pairs as a dataset: each bought once, without a time; ids are row numbers with leading zeros. */
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
 * A model that nobody trained: factors drawn from N(0, 1), which leave no candidate out of the running by its length.
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
    productInfo: products.map((id) => ({ name: `A product by the name of ${id}` })),
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

/** Writes pairs as two files of unsigned 32-bit numbers, `offsets.u32` and `rows.u32`. */
export function writePairs(folder: string, { offsets, rows }: Pairs): void {
  writeNumbers(join(folder, 'offsets.u32'), offsets);
  writeNumbers(join(folder, 'rows.u32'), rows);
}

export function readPairs(folder: string, products: number): Pairs {
  const read = (name: string) => readNumbers(join(folder, name), Uint32Array);
  return { products, offsets: read('offsets.u32'), rows: read('rows.u32') };
}

const chunkBytes = 1 << 28;

/** Writes the bytes of an array as they lie in memory. */
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
    if (read === 0) throw new Error(`${path} became shorter while it was read`);
    at += read;
  }
  closeSync(file);
  return new type(bytes.buffer);
}

/** Zeros that threads can share. */
function shared(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}

/** Sorted as ids are. */
function rowIds(count: number): string[] {
  return Array.from({ length: count }, (_, row) => String(row).padStart(String(count).length, '0'));
}
