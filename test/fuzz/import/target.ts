/** Tables of factors and ids from other systems, sound and damaged. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { importModel } from '../../../src/exchange/import/import.ts';
import type { Random } from '../../../src/random.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { npy, npz } from '../../exchange/import/numpy.ts';
import { factorsPart } from '../../exchange/tables.ts';
import { chance, extremeNumbers, hostileTexts, mutateBytes, pick, several, whole } from '../draw.ts';
import { folderOfCases } from '../folder.ts';
import type { Input, Outcome } from '../target.ts';

/** What the other system writes; the extension says which. */
const kinds = ['csv', 'npz', 'npy', 'parquet'] as const;
const codes = ['table_unreadable', 'invalid_options', 'not_finite', 'out_of_memory'];

export function make(random: Random): Input {
  const factors = whole(random, 1, 20);
  const kind = pick(random, kinds);
  const [customers, products] = [whole(random, 1, 30), whole(random, 1, 30)].map((count) =>
    several(count, () =>
      several(factors, () => (chance(random, 0.002) ? pick(random, extremeNumbers) : random.normal())),
    ),
  );
  const input: Record<string, Uint8Array | string> = {};
  if (kind === 'npz') {
    const options = { descr: pick(random, ['<f4', '<f8', '>f4']), isFortran: chance(random, 0.5) };
    const arrays = { user_factors: npy(customers, options), item_factors: npy(products, options), alpha: npy(2) };
    input['customers.npz'] = npz(arrays, chance(random, 0.5));
  } else {
    input[`customers.${kind}`] = tableOf(random, kind, customers);
    input[`products.${kind}`] = tableOf(random, kind, products);
  }
  if (chance(random, 0.5))
    input['ids.csv'] = ['id,name', ...customers.map((_, i) => `${i},${idOf(random, i)}`)].join('\n');
  for (const [name, bytes] of Object.entries(input))
    if (chance(random, 0.35)) input[name] = mutateBytes(random, Buffer.from(bytes as string));
  return input;
}

function tableOf(random: Random, kind: 'csv' | 'npy' | 'parquet', rows: number[][]): Uint8Array {
  if (kind === 'npy') return npy(rows, { isFortran: chance(random, 0.3) });
  if (kind === 'parquet') return factorsPart([...rows.keys()], rows, { rowGroupSize: whole(random, 1, 40) });
  const header = ['id', ...rows[0].map((_, k) => `f${k}`)].join();
  return Buffer.from([header, ...rows.map((row, i) => [i, ...row].join())].join(pick(random, ['\n', '\r\n'])));
}

const idOf = (random: Random, i: number) => (chance(random, 0.05) ? pick(random, hostileTexts) : `c${i}`);

/** A model answers with finite scores, or an error says what is wrong; nothing else is thrown. */
export async function run(input: Input): Promise<Outcome> {
  const folder = join(folderOfCases(), 'import');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(input)) writeFileSync(join(folder, name), bytes);
  const [customers, products = customers] = Object.keys(input).filter((name) => name !== 'ids.csv');
  const isNumpy = customers.includes('.np');
  const paths = { customers: join(folder, customers), products: join(folder, products) };
  const ids = 'ids.csv' in input ? { customerIds: join(folder, 'ids.csv') } : {};
  try {
    const { model } = await importModel({ from: isNumpy ? 'implicit' : 'csv', ...paths, ...ids, threads: 1 });
    const recommender = createRecommender(model, { threads: 1 });
    const { items } = await recommender.recommendForBasket([model.products[0]], { n: 3 });
    await recommender.recommend(model.customers[0], { n: 3 });
    await recommender.close();
    assert.ok(items.every(({ score }) => Number.isFinite(score)));
    return { label: 'usable', amounts: { customers: model.customers.length } };
  } catch (error) {
    if (!(error instanceof EndcapError)) throw error;
    if (!codes.includes(error.code)) throw new Error(`an error of another kind: ${error.code}`, { cause: error });
    assert.ok(error.message.length < 2000, 'a message that people can read');
    return { label: error.code };
  }
}
