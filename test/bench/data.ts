import type { Dataset } from '../../src/dataset/dataset.ts';
import { transpose } from '../../src/dataset/sort.ts';
import { createRandom, shuffle } from '../../src/random.ts';

/**
 * A dataset of about `pairs` distinct pairs: products drawn by Zipf's law (exponent 1), customers with a long tail of
 * activity. Quantities and orders are 1; ids are row numbers with leading zeros.
 */
export function zipfDataset(customers: number, products: number, pairs: number, seed = 1): Dataset {
  const random = createRandom(seed);
  // The inverse of the cumulative 1 / rank law, and a random naming so that popular products are spread over the rows.
  const harmonic = Math.log(products);
  const names = Uint32Array.from({ length: products }, (_, row) => row);
  shuffle(names, random);
  const offsets = new Uint32Array(customers + 1);
  const rows: Uint32Array[] = [];
  const activity = Float64Array.from({ length: customers }, () => random.uniform() ** -0.5);
  const scale = pairs / activity.reduce((a, b) => a + b, 0);
  const seen = new Uint32Array(products).fill(0xffffffff);
  for (let c = 0; c < customers; c++) {
    const wanted = Math.max(1, Math.min(Math.round(activity[c] * scale), products >> 2));
    const row = new Uint32Array(wanted);
    for (let i = 0; i < wanted; ) {
      const product = names[Math.min(products - 1, Math.floor(Math.exp(random.uniform() * harmonic)) - 1)];
      if (seen[product] === c && random.uniform() < 0.9) continue;
      const fresh = seen[product] === c ? random.below(products) : product;
      if (seen[fresh] === c) continue;
      seen[fresh] = c;
      row[i++] = fresh;
    }
    rows.push(row.sort());
    offsets[c + 1] = offsets[c] + wanted;
  }
  const total = offsets[customers];
  const purchased = new Uint32Array(total);
  rows.forEach((row, c) => {
    purchased.set(row, offsets[c]);
  });
  const purchases = {
    offsets,
    products: purchased,
    quantities: new Float32Array(total).fill(1),
    orders: new Uint32Array(total).fill(1),
    lastPurchase: new Float64Array(total).fill(Number.NaN),
  };
  const productOffsets = new Uint32Array(products + 1);
  for (const product of purchased) productOffsets[product + 1]++;
  for (let p = 0; p < products; p++) productOffsets[p + 1] += productOffsets[p];
  return {
    customers: rowIds(customers),
    products: rowIds(products),
    productInfo: Array.from({ length: products }, () => ({})),
    purchases,
    byProduct: transpose(purchases, productOffsets),
    account: { read: total, kept: total, purchases: total, returns: 0, dropped: {}, examples: {}, columns: {} },
    fingerprint: `zipf ${customers} ${products} ${pairs} ${seed}`,
  };
}

/** Sorted as ids are. */
function rowIds(count: number): string[] {
  return Array.from({ length: count }, (_, row) => String(row).padStart(String(count).length, '0'));
}
